package kubeapi

import (
	"fmt"
	"io"
	"net/http"
	"slices"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// remove deletes an object, or has the backend do so in its own time.
func (s *Server) remove(c *call) error {
	o := &metav1.DeleteOptions{}
	if err := s.deleteOptions(c, o); err != nil {
		return err
	}
	return s.take(c, o, "delete", func(r *row) {
		if c.res.Plural == "pods" {
			c.f.respond(c.w, http.StatusOK, c.f.one(c.res, r.obj))
			return
		}
		c.f.respond(c.w, http.StatusOK, success(&metav1.StatusDetails{Name: c.name, Group: c.res.Group, Kind: c.res.Plural,
			UID: r.meta.GetUID()}))
	})
}

func success(d *metav1.StatusDetails) *metav1.Status {
	return &metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusSuccess, Details: d}
}

func (s *Server) deleteOptions(c *call, o *metav1.DeleteOptions) error {
	raw, err := io.ReadAll(c.r.Body)
	if err != nil {
		return tooLarge(err)
	}
	if len(raw) > 0 {
		info, err := inputFormat(c.r)
		if err != nil {
			return err
		}
		gvk := schema.GroupVersionKind{Version: "v1", Kind: "DeleteOptions"}
		if _, _, err := info.Serializer.Decode(raw, &gvk, o); err != nil {
			return badRequest(err.Error())
		}
	} else if err := served().parameters.DecodeParameters(c.r.URL.Query(), metav1.SchemeGroupVersion, o); err != nil {
		return badRequest(err.Error())
	}
	if len(o.DryRun) == 0 {
		o.DryRun = c.r.URL.Query()["dryRun"]
	}
	if errs := validation.ValidateDeleteOptions(o); len(errs) > 0 {
		return apierrors.NewInvalid(schema.GroupKind{Group: metav1.GroupName, Kind: "DeleteOptions"}, "", errs)
	}
	return nil
}

// take removes an object under the options' preconditions and tells of its last state.
func (s *Server) take(c *call, o *metav1.DeleteOptions, verb string, done func(*row)) error {
	k := key(c.namespace, c.name)
	for range maxTries {
		seen := s.o.Store.row(c.t, k)
		if seen == nil {
			return apierrors.NewNotFound(c.res.groupResource(), c.name)
		}
		if err := preconditions(c, o.Preconditions, seen); err != nil {
			return err
		}
		w := c.intent(verb, seen.obj, nil, settings{dry: len(o.DryRun) > 0})
		w.Grace = o.GracePeriodSeconds
		if err := s.o.Backend.Admit(w); err != nil {
			return err
		}
		if w.DryRun {
			done(seen)
			return nil
		}
		if s.o.Backend.Remove(w) {
			if now := s.o.Store.row(c.t, k); now != nil && now.meta.GetUID() == seen.meta.GetUID() {
				seen = now
			}
			done(seen)
			return nil
		}
		last, ok := s.o.Store.commit(c.t, k, seen, nil)
		if !ok {
			continue
		}
		s.o.Backend.Written(w)
		done(last)
		return nil
	}
	return conflict(c, "the object is changing too fast to be deleted")
}

func preconditions(c *call, p *metav1.Preconditions, seen *row) error {
	switch {
	case p == nil:
	case p.UID != nil && *p.UID != seen.meta.GetUID():
		return conflict(c, fmt.Sprintf("Precondition failed: UID in precondition: %s, UID in object meta: %s", *p.UID, seen.meta.GetUID()))
	case p.ResourceVersion != nil && *p.ResourceVersion != seen.meta.GetResourceVersion():
		return conflict(c, fmt.Sprintf("Precondition failed: ResourceVersion in precondition: %s, ResourceVersion in object meta: %s",
			*p.ResourceVersion, seen.meta.GetResourceVersion()))
	}
	return nil
}

// evict deletes a pod if its disruption budget allows that.
func (s *Server) evict(c *call) error {
	if c.verb != "create" {
		return notAllowed(c.query)
	}
	e := &policyv1.Eviction{}
	if _, err := s.body(c, e); err != nil {
		return err
	}
	if e.Name != "" && e.Name != c.name {
		return badRequest("name in URL does not match name in Eviction object")
	}
	o := e.DeleteOptions
	if o == nil {
		o = &metav1.DeleteOptions{}
	}
	dry := c.r.URL.Query()["dryRun"]
	switch {
	case len(o.DryRun) == 0:
		o.DryRun = dry
	case len(dry) > 0 && !slices.Equal(dry, o.DryRun):
		return badRequest("Non-matching dry-run options in request and content")
	}
	pod, ok := s.o.Store.Get(Pods, c.namespace, c.name).(*corev1.Pod)
	if !ok {
		return apierrors.NewNotFound(c.res.groupResource(), c.name)
	}
	if err := s.budget(pod, len(o.DryRun) > 0); err != nil {
		return err
	}
	return s.take(c, o, "evict", func(*row) { c.f.respond(c.w, http.StatusCreated, success(nil)) })
}

// budget asks the one disruption budget that covers a pod, and takes one disruption from it.
func (s *Server) budget(pod *corev1.Pod, dry bool) error {
	if pod.Status.Phase != corev1.PodRunning || pod.DeletionTimestamp != nil {
		return nil
	}
	var covering []*policyv1.PodDisruptionBudget
	for _, obj := range s.o.Store.List(Budgets, pod.Namespace) {
		b, ok := obj.(*policyv1.PodDisruptionBudget)
		if !ok {
			continue
		}
		if sel, err := metav1.LabelSelectorAsSelector(b.Spec.Selector); err == nil && sel.Matches(labels.Set(pod.Labels)) {
			covering = append(covering, b)
		}
	}
	switch len(covering) {
	case 0:
		return nil
	case 1:
	default:
		return status(http.StatusInternalServerError, "", "This pod has more than one PodDisruptionBudget, which "+
			"the eviction subresource does not support.")
	}
	b := covering[0]
	st := b.Status
	if !ready(pod) && (alwaysAllow(b) || st.CurrentHealthy >= st.DesiredHealthy && st.DesiredHealthy > 0) {
		return nil
	}
	if st.DisruptionsAllowed < 1 {
		err := apierrors.NewTooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 0)
		err.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: policyv1.DisruptionBudgetCause, Message: fmt.Sprintf(
			"The disruption budget %s needs %d healthy pods and has %d currently", b.Name, st.DesiredHealthy, st.CurrentHealthy)}}
		return err
	}
	if !dry {
		next := b.DeepCopy()
		next.Status.DisruptionsAllowed--
		s.o.Store.Put(Budgets, next)
	}
	return nil
}

func alwaysAllow(b *policyv1.PodDisruptionBudget) bool {
	return b.Spec.UnhealthyPodEvictionPolicy != nil && *b.Spec.UnhealthyPodEvictionPolicy == policyv1.AlwaysAllow
}

func ready(p *corev1.Pod) bool {
	return slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}
