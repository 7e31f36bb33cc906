package kubeapi

import (
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Write is one change that a client asks for.
type Write struct {
	Verb            string // "create", "update", "patch", "delete" or "evict"
	Resource        string // as in Store
	Namespace, Name string
	Sub             string
	User            string
	Before, Now     runtime.Object
	DryRun          bool
	Grace           *int64 // seconds that a deletion gives
}

// settings are the options of a write.
type settings struct {
	dry        bool
	validation string // of fields
	apply      bool   // server-side apply, which tells of its fields itself
}

func (c *call) settings() (settings, error) {
	v := c.r.URL.Query()
	o := &metav1.UpdateOptions{DryRun: v["dryRun"], FieldManager: v.Get("fieldManager"), FieldValidation: v.Get("fieldValidation")}
	if errs := metavalidation.ValidateUpdateOptions(o); len(errs) > 0 {
		return settings{}, apierrors.NewInvalid(schema.GroupKind{Group: metav1.GroupName, Kind: "UpdateOptions"}, "", errs)
	}
	set := settings{dry: len(o.DryRun) > 0, validation: o.FieldValidation}
	if set.validation == "" {
		set.validation = metav1.FieldValidationWarn
	}
	return set, nil
}

func (c *call) intent(verb string, before, now runtime.Object, set settings) Write {
	return Write{Verb: verb, Resource: c.res.ID(), Namespace: c.namespace, Name: c.name, Sub: c.sub, User: c.user.Name,
		Before: before, Now: now, DryRun: set.dry}
}

// create stores a new object.
func (s *Server) create(c *call) error {
	if c.name != "" {
		return notAllowed(c.query)
	}
	set, err := c.settings()
	if err != nil {
		return err
	}
	obj, err := s.read(c, set)
	if err != nil {
		return err
	}
	return s.store(c, set, s.signed(c, nil, obj))
}

// prepare names a new object, gives it what the server gives, and checks it.
func (s *Server) prepare(c *call, obj runtime.Object) error {
	acc, err := meta.Accessor(obj)
	if err != nil {
		return badRequest(err.Error())
	}
	if c.res.Namespaced && c.namespace == "" {
		return badRequest("an object of this kind needs a namespace")
	}
	if acc.GetName() == "" && acc.GetGenerateName() != "" {
		acc.SetName(acc.GetGenerateName() + uid(acc.GetGenerateName(), version(s.serial.Add(1)))[:5])
	}
	if err := c.place(acc); err != nil {
		return err
	}
	c.name = acc.GetName()
	if acc.GetResourceVersion() != "" {
		return badRequest("resourceVersion should not be set on objects to be created")
	}
	acc.SetUID("")
	acc.SetCreationTimestamp(metav1.Time{})
	complete(obj)
	s.o.Store.born(c.res, obj)
	return c.judge(acc, nil, obj)
}

// update replaces an object by the one in the body.
func (s *Server) update(c *call) error {
	set, err := c.settings()
	if err != nil {
		return err
	}
	obj, err := s.read(c, set)
	if err != nil {
		return err
	}
	return s.replace(c, set, func(*row) (runtime.Object, error) { return shallow(obj), nil },
		func(obj runtime.Object) runtime.Object { return c.f.one(c.res, obj) })
}

// replace stores what next makes of the present state, again where another write came between, and answers with what
// show makes of it.
func (s *Server) replace(
	c *call, set settings, next func(*row) (runtime.Object, error), show func(runtime.Object) runtime.Object,
) error {
	k := key(c.namespace, c.name)
	for range maxTries {
		seen := s.o.Store.row(c.t, k)
		if seen == nil {
			return apierrors.NewNotFound(c.res.groupResource(), c.name)
		}
		now, err := next(seen)
		if err != nil {
			return err
		}
		if err := s.settle(c, seen, now); err != nil {
			return err
		}
		if !set.apply {
			now = s.signed(c, seen.obj, now)
		}
		w := c.intent(c.verb, seen.obj, now, set)
		if err := s.o.Backend.Admit(w); err != nil {
			return err
		}
		if set.dry {
			c.f.respond(c.w, http.StatusOK, show(now))
			return nil
		}
		r, ok := s.o.Store.commit(c.t, k, seen, now)
		if !ok {
			continue
		}
		if r != seen {
			s.o.Backend.Written(w)
		}
		c.f.respond(c.w, http.StatusOK, show(r.obj))
		return nil
	}
	return conflict(c, "the object has been modified; please apply your changes to the latest version and try again")
}

// settle checks what a client makes of an object against the present one, and keeps from it what is not the client's.
func (s *Server) settle(c *call, seen *row, now runtime.Object) error {
	acc, err := meta.Accessor(now)
	if err != nil {
		return badRequest(err.Error())
	}
	if err := c.place(acc); err != nil {
		return err
	}
	if rv := acc.GetResourceVersion(); rv != "" && rv != seen.meta.GetResourceVersion() {
		return conflict(c, "the object has been modified; please apply your changes to the latest version and try again")
	}
	if id := acc.GetUID(); id != "" && id != seen.meta.GetUID() {
		if c.verb == "patch" {
			return apierrors.NewInvalid(c.res.groupKind(), c.name, field.ErrorList{
				field.Invalid(field.NewPath("metadata", "uid"), id, "field is immutable")})
		}
		return conflict(c, "Precondition failed: UID in precondition: "+string(id)+", UID in object meta: "+string(seen.meta.GetUID()))
	}
	if c.res.has(subStatus) {
		if c.sub == subStatus {
			keepPart(now, seen.obj, "Spec")
		} else {
			keepPart(now, seen.obj, "Status")
		}
	}
	if c.sub != subStatus {
		complete(now)
	}
	inherit(c.res, seen, now)
	acc.SetResourceVersion(seen.meta.GetResourceVersion())
	return c.judge(acc, seen, now)
}

// place fills the name and namespace of the path in, and refuses others.
func (c *call) place(acc metav1.Object) error {
	switch {
	case c.name != "" && acc.GetName() == "":
		acc.SetName(c.name)
	case c.name != "" && acc.GetName() != c.name:
		return badRequest("the name of the object (" + acc.GetName() + ") does not match the name on the URL (" + c.name + ")")
	}
	switch {
	case acc.GetNamespace() == "":
		acc.SetNamespace(c.namespace)
	case acc.GetNamespace() != c.namespace:
		return badRequest("the namespace of the provided object does not match the namespace sent on the request")
	}
	return nil
}

// judge validates metadata, and the few fields that hold whatever the kind means.
func (c *call) judge(acc metav1.Object, seen *row, now runtime.Object) error {
	errs := validation.ValidateObjectMetaAccessor(acc, c.res.Namespaced, validation.NameIsDNSSubdomain, field.NewPath("metadata"))
	errs = append(errs, judgeSpec(seen, now)...)
	if len(errs) > 0 {
		return apierrors.NewInvalid(c.res.groupKind(), acc.GetName(), errs)
	}
	return nil
}

func conflict(c *call, why string) error {
	return apierrors.NewConflict(c.res.groupResource(), c.name, errText(why))
}

type errText string

func (e errText) Error() string { return string(e) }

// born gives a new object what the server gives.
func (s *Store) born(res *Resource, obj runtime.Object) {
	acc, err := meta.Accessor(obj)
	if err != nil {
		return
	}
	if acc.GetCreationTimestamp().Time.IsZero() {
		acc.SetCreationTimestamp(metav1.NewTime(s.Now()))
	}
	if acc.GetUID() == "" {
		acc.SetUID(types.UID(uid(res.ID(), acc.GetNamespace(), acc.GetName(), version(s.Revision()))))
	}
	if res.Generation && acc.GetGeneration() == 0 {
		acc.SetGeneration(1)
	}
}
