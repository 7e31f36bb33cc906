package kubeapi

import (
	"net/http"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var scaleGVK = schema.GroupVersionKind{Group: "autoscaling", Version: "v1", Kind: "Scale"}

// scale reads or sets how many replicas a workload wants.
func (s *Server) scale(c *call) error {
	if c.verb == "get" {
		r := s.o.Store.row(c.t, key(c.namespace, c.name))
		if r == nil {
			return apierrors.NewNotFound(c.res.groupResource(), c.name)
		}
		c.f.metadata = false
		c.f.respond(c.w, http.StatusOK, named(scaleOf(r.obj), scaleGVK))
		return nil
	}
	set, err := c.settings()
	if err != nil {
		return err
	}
	next, err := s.nextScale(c, set)
	if err != nil {
		return err
	}
	return s.replace(c, set, next, func(obj runtime.Object) runtime.Object { return named(scaleOf(obj), scaleGVK) })
}

// nextScale makes the function that turns the present workload into one of the size that the body asks for.
func (s *Server) nextScale(c *call, set settings) (func(*row) (runtime.Object, error), error) {
	switch c.verb {
	case "patch":
		p, err := readPatch(c)
		if err != nil {
			return nil, err
		}
		return func(seen *row) (runtime.Object, error) {
			raw, err := p.apply(scaleOf(seen.obj), scaleGVK)
			if err != nil {
				return nil, err
			}
			obj, err := c.decodeAs(jsonFormat().info, raw, set, &autoscalingv1.Scale{}, scaleGVK)
			if err != nil {
				return nil, err
			}
			return resize(c, seen, obj)
		}, nil
	case "update":
		obj := &autoscalingv1.Scale{}
		if _, err := s.body(c, obj); err != nil {
			return nil, err
		}
		return func(seen *row) (runtime.Object, error) { return resize(c, seen, obj) }, nil
	}
	return nil, notAllowed(c.query)
}

// resize is the workload with the replicas of a Scale, which may name the revision that it was made on.
func resize(c *call, seen *row, scale runtime.Object) (runtime.Object, error) {
	want, ok := scale.(*autoscalingv1.Scale)
	if !ok {
		return nil, badRequest("the object provided is no Scale")
	}
	if rv := want.ResourceVersion; rv != "" && rv != seen.meta.GetResourceVersion() {
		return nil, conflict(c, "the object has been modified; please apply your changes to the latest version and try again")
	}
	n := want.Spec.Replicas
	out := shallow(seen.obj)
	switch o := out.(type) {
	case *appsv1.Deployment:
		o.Spec.Replicas = &n
	case *appsv1.ReplicaSet:
		o.Spec.Replicas = &n
	case *appsv1.StatefulSet:
		o.Spec.Replicas = &n
	default:
		return nil, errNoPath
	}
	return out, nil
}

func scaleOf(obj runtime.Object) *autoscalingv1.Scale {
	out := &autoscalingv1.Scale{}
	if acc, err := meta.Accessor(obj); err == nil {
		out.ObjectMeta = metav1.ObjectMeta{Name: acc.GetName(), Namespace: acc.GetNamespace(), UID: acc.GetUID(),
			ResourceVersion: acc.GetResourceVersion(), CreationTimestamp: acc.GetCreationTimestamp()}
	}
	fill := func(want *int32, have int32, sel *metav1.LabelSelector) {
		out.Spec.Replicas, out.Status.Replicas = 1, have
		if want != nil {
			out.Spec.Replicas = *want
		}
		if s, err := metav1.LabelSelectorAsSelector(sel); err == nil {
			out.Status.Selector = s.String()
		}
	}
	switch o := obj.(type) {
	case *appsv1.Deployment:
		fill(o.Spec.Replicas, o.Status.Replicas, o.Spec.Selector)
	case *appsv1.ReplicaSet:
		fill(o.Spec.Replicas, o.Status.Replicas, o.Spec.Selector)
	case *appsv1.StatefulSet:
		fill(o.Spec.Replicas, o.Status.Replicas, o.Spec.Selector)
	}
	return out
}
