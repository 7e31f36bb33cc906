package kubeapi

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// part is the Spec or Status of an object; of a custom one the map of that name. It answers false where there is none.
func part(obj runtime.Object, name string) (any, bool) {
	if u, ok := obj.(*unstructured.Unstructured); ok {
		v, found := u.Object[strings.ToLower(name)]
		return v, found
	}
	f := reflect.ValueOf(obj).Elem().FieldByName(name)
	if !f.IsValid() {
		return nil, false
	}
	return f.Interface(), true
}

// keepPart puts the Spec or Status of one object into another.
func keepPart(into, from runtime.Object, name string) {
	v, ok := part(from, name)
	if u, custom := into.(*unstructured.Unstructured); custom {
		u.Object = maps.Clone(u.Object)
		delete(u.Object, strings.ToLower(name))
		if ok {
			u.Object[strings.ToLower(name)] = v
		}
		return
	}
	if f := reflect.ValueOf(into).Elem().FieldByName(name); ok && f.IsValid() && f.Type() == reflect.TypeOf(v) {
		f.Set(reflect.ValueOf(v))
	}
}

// inherit keeps what is not a writer's to set, and counts the generation on where the spec differs.
func inherit(res *Resource, seen *row, now runtime.Object) {
	acc, err := meta.Accessor(now)
	if err != nil {
		return
	}
	acc.SetUID(seen.meta.GetUID())
	acc.SetCreationTimestamp(seen.meta.GetCreationTimestamp())
	if !res.Generation {
		return
	}
	acc.SetGeneration(seen.meta.GetGeneration())
	was, _ := part(seen.obj, "Spec")
	is, _ := part(now, "Spec")
	moved := !equality.Semantic.DeepEqual(was, is)
	if _, ok := now.(*appsv1.Deployment); ok { // which counts its annotations among what is wanted
		moved = moved || !equality.Semantic.DeepEqual(seen.meta.GetAnnotations(), acc.GetAnnotations())
	}
	if moved {
		acc.SetGeneration(seen.meta.GetGeneration() + 1)
	}
}

// judgeSpec checks the fields that the kinds here have rules for.
func judgeSpec(seen *row, now runtime.Object) field.ErrorList {
	spec := field.NewPath("spec")
	switch o := now.(type) {
	case *appsv1.Deployment:
		return judgeDeployment(before[appsv1.Deployment](seen), o)
	case *appsv1.ReplicaSet:
		return judgeReplicas(o.Spec.Replicas, spec)
	case *appsv1.StatefulSet:
		return judgeStatefulSet(before[appsv1.StatefulSet](seen), o)
	case *corev1.Pod:
		if was := before[corev1.Pod](seen); was != nil {
			return judgePod(was, o)
		}
		return judgeContainers(o.Spec.Containers, spec.Child("containers"))
	case *corev1.Node:
		return judgeTaints(o.Spec.Taints, spec.Child("taints"))
	}
	return nil
}

// before is the object that a row holds, nil where it holds none of that kind.
func before[T any](seen *row) *T {
	if seen == nil {
		return nil
	}
	was, ok := any(seen.obj).(*T)
	if !ok {
		return nil
	}
	return was
}

func judgeReplicas(n *int32, spec *field.Path) field.ErrorList {
	if n != nil && *n < 0 {
		return field.ErrorList{field.Invalid(spec.Child("replicas"), *n, "must be greater than or equal to 0")}
	}
	return nil
}

func judgeContainers(list []corev1.Container, at *field.Path) field.ErrorList {
	if len(list) == 0 {
		return field.ErrorList{field.Required(at, "")}
	}
	var errs field.ErrorList
	seen := map[string]bool{}
	for i := range list {
		c := &list[i]
		switch {
		case c.Name == "":
			errs = append(errs, field.Required(at.Index(i).Child("name"), ""))
		case seen[c.Name]:
			errs = append(errs, field.Duplicate(at.Index(i).Child("name"), c.Name))
		}
		seen[c.Name] = true
		if c.Image == "" {
			errs = append(errs, field.Required(at.Index(i).Child("image"), ""))
		}
	}
	return errs
}

// judgePod refuses changes of a pod's spec beyond its images and tolerations.
func judgePod(was, now *corev1.Pod) field.ErrorList {
	a, b := was.Spec, now.Spec
	if len(a.Containers) == len(b.Containers) {
		b.Containers = slices.Clone(b.Containers)
		for i := range b.Containers {
			b.Containers[i].Image = a.Containers[i].Image
		}
	}
	b.Tolerations = a.Tolerations
	b.ActiveDeadlineSeconds, b.TerminationGracePeriodSeconds = a.ActiveDeadlineSeconds, a.TerminationGracePeriodSeconds
	if equality.Semantic.DeepEqual(a, b) {
		return nil
	}
	return field.ErrorList{field.Forbidden(field.NewPath("spec"), "pod updates may not change fields other than "+
		"`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"+
		"`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` "+
		"(allow it to be set to 1 if it was previously negative)")}
}

func judgeTaints(list []corev1.Taint, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, t := range list {
		switch t.Effect {
		case corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute:
		default:
			errs = append(errs, field.NotSupported(at.Index(i).Child("effect"), t.Effect,
				[]string{"NoSchedule", "PreferNoSchedule", "NoExecute"}))
		}
		if t.Key == "" {
			errs = append(errs, field.Required(at.Index(i).Child("key"), ""))
		}
	}
	return errs
}
