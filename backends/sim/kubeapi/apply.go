package kubeapi

import (
	"io"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

// apply makes the fields of the body those of its manager: it sets them, takes back those that the manager named before
// and no longer does, and is refused where another manager owns one, unless it is forced.
func (s *Server) apply(c *call, set settings) error {
	want, force, err := s.applied(c, set)
	if err != nil {
		return err
	}
	fm, err := s.owners.of(c.res, c.sub)
	if err != nil {
		return err
	}
	manager := c.r.URL.Query().Get("fieldManager")
	next := func(live runtime.Object) (runtime.Object, error) {
		out, err := fm.Apply(live, want.DeepCopy(), manager, force)
		if err != nil {
			return nil, err
		}
		if !c.res.Custom {
			out.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{}) // stored objects bear none
		}
		s.stamp(live, out)
		return out, nil
	}
	if s.o.Store.row(c.t, key(c.namespace, c.name)) != nil {
		return s.replace(c, set, func(seen *row) (runtime.Object, error) { return next(seen.obj) },
			func(obj runtime.Object) runtime.Object { return c.f.one(c.res, obj) })
	}
	create := c.attributes()
	if create.verb = "create"; !c.user.may(create) {
		return forbidden(c.user, create)
	}
	empty, err := c.res.object()
	if err != nil {
		return err
	}
	obj, err := next(empty)
	if err != nil {
		return err
	}
	return s.store(c, set, obj)
}

// applied reads the body and the options of a server-side apply.
func (s *Server) applied(c *call, set settings) (*unstructured.Unstructured, bool, error) {
	v := c.r.URL.Query()
	if v.Get("fieldManager") == "" {
		return nil, false, apierrors.NewInvalid(schema.GroupKind{Group: metav1.GroupName, Kind: "PatchOptions"}, "", field.ErrorList{
			field.Required(field.NewPath("fieldManager"), "is required for apply patch")})
	}
	raw, err := io.ReadAll(c.r.Body)
	if err != nil {
		return nil, false, tooLarge(err)
	}
	want := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(raw, &want.Object); err != nil {
		return nil, false, badRequest("error decoding YAML: " + err.Error())
	}
	if err := yaml.UnmarshalStrict(raw, &map[string]any{}); err != nil && set.validation == metav1.FieldValidationStrict {
		return nil, false, badRequest("error strict decoding YAML: " + err.Error())
	}
	if want.GroupVersionKind() != c.res.gvk() {
		return nil, false, badRequest("the object provided is unrecognized (must be of type " + c.res.Kind + "): got " +
			want.GroupVersionKind().String())
	}
	if err := c.place(want); err != nil {
		return nil, false, err
	}
	return want, v.Get("force") == "true" || v.Get("force") == "1", nil
}

// store puts a new object in and answers with it.
func (s *Server) store(c *call, set settings, obj runtime.Object) error {
	if err := s.prepare(c, obj); err != nil {
		return err
	}
	w := c.intent("create", nil, obj, set)
	if err := s.o.Backend.Admit(w); err != nil {
		return err
	}
	if s.o.Store.row(c.t, key(c.namespace, c.name)) != nil {
		return apierrors.NewAlreadyExists(c.res.groupResource(), c.name)
	}
	if !set.dry {
		r, ok := s.o.Store.commit(c.t, key(c.namespace, c.name), nil, obj)
		if !ok {
			return apierrors.NewAlreadyExists(c.res.groupResource(), c.name)
		}
		obj = r.obj
		s.o.Backend.Written(w)
	}
	c.f.respond(c.w, http.StatusCreated, c.f.one(c.res, obj))
	return nil
}
