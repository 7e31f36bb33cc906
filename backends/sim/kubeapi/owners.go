package kubeapi

import (
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// converter knows the parts of the kinds that are served, as those see it who own fields of them.
var converter = sync.OnceValues(func() (managedfields.TypeConverter, error) {
	return managedfields.NewTypeConverter(schemas(), false)
})

// owners keeps for each kind what tells who has set which of its fields.
type owners struct {
	mu   sync.Mutex
	made map[string]*managedfields.FieldManager
}

func (o *owners) of(r *Resource, sub string) (*managedfields.FieldManager, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := r.ID() + "/" + sub
	if fm := o.made[key]; fm != nil {
		return fm, nil
	}
	fm, err := newOwners(r, sub)
	if err != nil {
		return nil, err
	}
	if o.made == nil {
		o.made = map[string]*managedfields.FieldManager{}
	}
	o.made[key] = fm
	return fm, nil
}

func newOwners(r *Resource, sub string) (*managedfields.FieldManager, error) {
	gv := r.groupVersion()
	keep := map[fieldpath.APIVersion]fieldpath.Filter{}
	if r.has(subStatus) { // each of both sides leaves the other's fields alone
		other := fieldpath.NewSet(fieldpath.MakePathOrDie("status"))
		if sub == subStatus {
			other = fieldpath.NewSet(fieldpath.MakePathOrDie("spec"), fieldpath.MakePathOrDie("metadata"))
		}
		keep[fieldpath.APIVersion(gv.String())] = fieldpath.NewExcludeSetFilter(other)
	}
	if r.Custom {
		return managedfields.NewDefaultCRDFieldManager(managedfields.NewDeducedTypeConverter(), loose{}, loose{}, loose{}, r.gvk(), gv,
			sub, keep)
	}
	types, err := converter()
	if err != nil {
		return nil, err
	}
	k := served().scheme
	return managedfields.NewDefaultFieldManager(types, k, k, k, r.gvk(), gv, sub, keep)
}

// loose handles objects of which no type is known.
type loose struct{}

// Default sets nothing.
func (loose) Default(runtime.Object) {}

// New makes an empty object.
func (loose) New(kind schema.GroupVersionKind) (runtime.Object, error) {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(kind)
	return u, nil
}

// Convert is never asked: there is one version of each kind.
func (loose) Convert(_, _, _ any) error { return errText("there is one version of each kind") }

// ConvertToVersion leaves the object as it is.
func (loose) ConvertToVersion(in runtime.Object, _ runtime.GroupVersioner) (runtime.Object, error) {
	return in, nil
}

// ConvertFieldLabel leaves the label as it is.
func (loose) ConvertFieldLabel(_ schema.GroupVersionKind, label, value string) (string, string, error) {
	return label, value, nil
}

// manager is who a write says that it is from, or the name of its program.
func (c *call) manager() string {
	if m := c.r.URL.Query().Get("fieldManager"); m != "" {
		return m
	}
	name, _, _ := strings.Cut(c.r.Header.Get("User-Agent"), "/")
	return name[:min(len(name), maxManager)]
}

// maxManager bounds the name of a manager, in bytes.
const maxManager = 128

// signed writes into an object who has set what a client changes; was is nil for a new one.
func (s *Server) signed(c *call, was, now runtime.Object) runtime.Object {
	fm, err := s.owners.of(c.res, c.sub)
	if err != nil {
		return now
	}
	if was == nil {
		if was, err = c.res.object(); err != nil {
			return now
		}
	}
	out := fm.UpdateNoErrors(was, now, c.manager())
	s.stamp(was, out)
	return out
}

// stamp gives new entries the store's time, where the machine's was put in.
func (s *Server) stamp(was, now runtime.Object) {
	before, err := meta.Accessor(was)
	if err != nil {
		return
	}
	after, err := meta.Accessor(now)
	if err != nil {
		return
	}
	known := before.GetManagedFields()
	list := after.GetManagedFields()
	at := metav1.NewTime(s.o.Store.Now().Truncate(1e9))
	for i := range list {
		same := func(e metav1.ManagedFieldsEntry) bool {
			return e.Time != nil && list[i].Time != nil && e.Time.Equal(list[i].Time)
		}
		if !slices.ContainsFunc(known, same) {
			list[i].Time = &at
		}
	}
	after.SetManagedFields(list)
}
