package stuck

import (
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"pitwall/backends/internal/podstate"
	"pitwall/fleet"
)

// Eviction is what the server will say when a pod is asked to go (orchestration.md 3.4).
type Eviction struct {
	Text    fleet.Safe // the budgets in words, with their numbers
	Refused bool       // at the moment
	Never   bool       // for as long as nothing else changes
}

// Evict decides by the budgets of a cluster.
func Evict(p *corev1.Pod, budgets []*policyv1.PodDisruptionBudget) Eviction {
	if isUnasked(p) {
		return Eviction{Text: fleet.Text("no budget is asked: it does not run")}
	}
	mine := of(p, budgets)
	switch len(mine) {
	case 0:
		return Eviction{Text: fleet.Text("no disruption budget")}
	case 1:
		return byBudget(p, mine[0])
	}
	return Eviction{Refused: true, Never: true, Text: fleet.Textf("budgets %s and %s both select it: the server refuses "+
		"every eviction (500)",
		fleet.Quote(mine[0].Name), fleet.Quote(mine[1].Name))}
}

// isUnasked tells pods for which the server asks no budget. One of which nothing is known, since its node does not answer, is none.
func isUnasked(p *corev1.Pod) bool {
	switch p.Status.Phase {
	case corev1.PodPending, corev1.PodSucceeded, corev1.PodFailed:
		return true
	case corev1.PodRunning, corev1.PodUnknown:
	}
	return p.DeletionTimestamp != nil
}

// of are the budgets that select a pod.
func of(p *corev1.Pod, budgets []*policyv1.PodDisruptionBudget) []*policyv1.PodDisruptionBudget {
	var mine []*policyv1.PodDisruptionBudget
	for _, b := range budgets {
		if b.Namespace == p.Namespace && selects(b, p) {
			mine = append(mine, b)
		}
	}
	return mine
}

// Budgets are those that the server asks when a pod is evicted, as it counted them; none for a pod that does not run. One
// whose numbers are not counted yet allows nothing.
func Budgets(p *corev1.Pod, budgets []*policyv1.PodDisruptionBudget) []fleet.DisruptionBudget {
	list := []fleet.DisruptionBudget{}
	if isUnasked(p) {
		return list
	}
	for _, b := range of(p, budgets) {
		s := &b.Status
		one := fleet.DisruptionBudget{Name: fleet.Quote(b.Name), Allowed: int(s.DisruptionsAllowed), Healthy: int(s.CurrentHealthy),
			Wanted:  int(s.DesiredHealthy),
			Unready: b.Spec.UnhealthyPodEvictionPolicy != nil && *b.Spec.UnhealthyPodEvictionPolicy == policyv1.AlwaysAllow}
		if b.Generation > s.ObservedGeneration {
			one.Allowed = 0
		}
		list = append(list, one)
	}
	return list
}

func selects(b *policyv1.PodDisruptionBudget, p *corev1.Pod) bool {
	s, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
	return err == nil && s.Matches(labels.Set(p.Labels)) // an absent selector selects nothing, an empty one everything
}

func byBudget(p *corev1.Pod, b *policyv1.PodDisruptionBudget) Eviction {
	s := &b.Status
	e := Eviction{Text: fleet.Textf("budget %s allows %s, %s of %s healthy, %s needed", fleet.Quote(b.Name),
		fleet.Int(int(s.DisruptionsAllowed)),
		fleet.Int(int(s.CurrentHealthy)), fleet.Int(int(s.ExpectedPods)), fleet.Int(int(s.DesiredHealthy)))}
	always := b.Spec.UnhealthyPodEvictionPolicy != nil && *b.Spec.UnhealthyPodEvictionPolicy == policyv1.AlwaysAllow
	switch {
	case !isReady(p) && always:
		e.Text = fleet.Concat(e.Text, fleet.Text("; it is not ready and may always go"))
	case !isReady(p) && s.CurrentHealthy >= s.DesiredHealthy && s.DesiredHealthy > 0:
		e.Text = fleet.Concat(e.Text, fleet.Text("; it is not ready and the healthy ones suffice"))
	case b.Generation > s.ObservedGeneration:
		e.Refused = true
		e.Text = fleet.Concat(e.Text, fleet.Text("; its numbers are not counted yet: refused until they are (429)"))
	case s.DisruptionsAllowed > 0:
	case !isReady(p) && isLoading(p) && s.ExpectedPods > s.DesiredHealthy:
		e.Refused = true
		e.Text = fleet.Concat(e.Text, fleet.Text("; it is not ready yet: refused (429) until it is, or the budget says "+
			"unhealthyPodEvictionPolicy AlwaysAllow"))
	case !isReady(p):
		e.Refused, e.Never = true, true
		e.Text = fleet.Concat(e.Text, fleet.Text("; it is not ready itself, and counts against the budget for ever: it blocks the drain "+
			"until it is repaired, deleted, or the budget says unhealthyPodEvictionPolicy AlwaysAllow"))
	default:
		e.Refused, e.Never = true, s.ExpectedPods <= s.DesiredHealthy
		e.Text = fleet.Concat(e.Text, fleet.Text("; refused (429) as long as that is so"))
		if e.Never {
			e.Text = fleet.Concat(e.Text, fleet.Text(", which is for ever: it needs all of them"))
		}
	}
	return e
}

// isLoading tells that a pod which is not ready may become so: none of its containers goes on ending or waits with a fault.
func isLoading(p *corev1.Pod) bool {
	return !containers(p, func(s *corev1.ContainerStatus, _ fleet.Safe) bool {
		return int(s.RestartCount) >= loops || s.State.Waiting != nil && podstate.IsTrouble(s.State.Waiting.Reason)
	})
}
