package kubeapi

import (
	"maps"
	"reflect"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// shallow copies an object so far that its own kind and metadata can be set; what it points to stays shared.
func shallow(obj runtime.Object) runtime.Object {
	if u, ok := obj.(*unstructured.Unstructured); ok {
		out := &unstructured.Unstructured{Object: maps.Clone(u.Object)}
		if m, ok := u.Object["metadata"].(map[string]any); ok {
			out.Object["metadata"] = maps.Clone(m)
		}
		return out
	}
	from := reflect.ValueOf(obj).Elem()
	to := reflect.New(from.Type())
	to.Elem().Set(from)
	out, ok := to.Interface().(runtime.Object)
	if !ok {
		return obj.DeepCopyObject()
	}
	return out
}

// named is the object with its kind written into it, as a single object goes over the wire.
func named(obj runtime.Object, gvk schema.GroupVersionKind) runtime.Object {
	out := shallow(obj)
	out.GetObjectKind().SetGroupVersionKind(gvk)
	return out
}

// Get returns an object, nil when there is none. It must not be changed.
func (s *Store) Get(resource, namespace, name string) runtime.Object {
	t := s.tables[resource]
	if t == nil {
		return nil
	}
	if r := s.row(t, key(namespace, name)); r != nil {
		return r.obj
	}
	return nil
}

// Put creates an object or replaces the one of its name, whoever wrote that. The object belongs to the store
// afterwards; its kind must be one of those served. Where nothing would change, no revision is spent.
func (s *Store) Put(resource string, obj runtime.Object) bool {
	return s.Update(resource, obj, func(runtime.Object) runtime.Object { return obj })
}

// Update lets f make the next state from the current one (nil where there is none), which it must not change; f is
// called again where a client wrote in between. A nil answer leaves the object as it is, or absent. like tells the name.
func (s *Store) Update(resource string, like runtime.Object, f func(current runtime.Object) runtime.Object) bool {
	t := s.tables[resource]
	acc, err := meta.Accessor(like)
	if t == nil || err != nil {
		return false
	}
	k := key(acc.GetNamespace(), acc.GetName())
	for range maxTries {
		seen := s.row(t, k)
		var current runtime.Object
		if seen != nil {
			current = seen.obj
		}
		next := f(current)
		if next == nil {
			return true
		}
		complete(next)
		if seen == nil {
			s.born(t.res, next)
		} else {
			inherit(t.res, seen, next)
		}
		if _, ok := s.commit(t, k, seen, next); ok {
			return true
		}
	}
	return false
}

// Delete takes an object out. It says whether there was one.
func (s *Store) Delete(resource, namespace, name string) bool {
	t := s.tables[resource]
	if t == nil {
		return false
	}
	k := key(namespace, name)
	for range maxTries {
		seen := s.row(t, k)
		if seen == nil {
			return false
		}
		if _, ok := s.commit(t, k, seen, nil); ok {
			return true
		}
	}
	return false
}

// maxTries is how often a write is repeated that others overtook.
const maxTries = 16

// List returns the objects of a kind, of one namespace or with "" of all, in order. They must not be changed.
func (s *Store) List(resource, namespace string) []runtime.Object {
	t := s.tables[resource]
	if t == nil {
		return nil
	}
	rows, _ := s.current(t, namespace)
	out := make([]runtime.Object, len(rows))
	for i, r := range rows {
		out[i] = r.obj
	}
	return out
}
