package clusters

import (
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"pitwall/backends/sim/kubeapi"
)

// budgets counts what disruption budgets allow, those of clients included.
func (c *Cluster) budgets() {
	for _, obj := range c.store.List(kubeapi.Budgets, "") {
		if b, ok := obj.(*policyv1.PodDisruptionBudget); ok {
			c.budget(b)
		}
	}
}

func (c *Cluster) budget(b *policyv1.PodDisruptionBudget) {
	sel, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
	if err != nil {
		return // the API validates selectors; one that slipped through covers nothing
	}
	expected, healthy := c.covered(b.Namespace, sel)
	desired, err := desiredHealthy(b, expected)
	if err != nil {
		return // a share that is none allows nothing, as the last status says
	}
	c.store.Update(kubeapi.Budgets, b, func(current runtime.Object) runtime.Object {
		old, ok := current.(*policyv1.PodDisruptionBudget)
		if !ok {
			return nil
		}
		out := old.DeepCopy()
		out.Status = policyv1.PodDisruptionBudgetStatus{ObservedGeneration: old.Generation, ExpectedPods: int32(expected),
			CurrentHealthy: int32(healthy), DesiredHealthy: int32(desired), DisruptionsAllowed: int32(max(healthy-desired, 0)),
			Conditions: allowed(old.Status.Conditions, healthy > desired, metav1.NewTime(c.store.Now()))}
		return out
	})
}

// covered counts the pods that a budget covers, and those of them that serve.
func (c *Cluster) covered(namespace string, sel labels.Selector) (expected, healthy int) {
	for _, obj := range c.store.List(kubeapi.Pods, namespace) {
		p, ok := obj.(*corev1.Pod)
		if !ok || !sel.Matches(labels.Set(p.Labels)) || p.Status.Phase == corev1.PodFailed || p.Status.Phase == corev1.PodSucceeded {
			continue
		}
		expected++
		for _, k := range p.Status.Conditions {
			if k.Type == corev1.PodReady && k.Status == corev1.ConditionTrue && p.DeletionTimestamp == nil {
				healthy++
			}
		}
	}
	return expected, healthy
}

// desiredHealthy is how many pods a budget wants to serve of so many.
func desiredHealthy(b *policyv1.PodDisruptionBudget, expected int) (int, error) {
	switch {
	case b.Spec.MaxUnavailable != nil:
		n, err := intstr.GetScaledValueFromIntOrPercent(b.Spec.MaxUnavailable, expected, true)
		return max(expected-n, 0), err
	case b.Spec.MinAvailable != nil:
		return intstr.GetScaledValueFromIntOrPercent(b.Spec.MinAvailable, expected, true)
	}
	return 0, nil
}

func allowed(was []metav1.Condition, yes bool, now metav1.Time) []metav1.Condition {
	one := metav1.Condition{Type: policyv1.DisruptionAllowedCondition, Status: metav1.ConditionFalse,
		Reason: policyv1.InsufficientPodsReason, LastTransitionTime: now}
	if yes {
		one.Status, one.Reason = metav1.ConditionTrue, policyv1.SufficientPodsReason
	}
	for _, old := range was {
		if old.Type == one.Type && old.Status == one.Status {
			one.LastTransitionTime = old.LastTransitionTime
		}
	}
	return []metav1.Condition{one}
}
