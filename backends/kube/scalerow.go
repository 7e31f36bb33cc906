package kube

import (
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"pitwall/fleet"
)

// scaleRow is an autoscaler in one line, with what it scales.
type scaleRow struct {
	at     key
	target fleet.ObjectRef
	text   fleet.Safe
}

func (r *scaleRow) key() key { return r.at }

func autoscalerRow(h *autoscalingv2.HorizontalPodAutoscaler, w *words) *scaleRow {
	r := &scaleRow{at: key{w.text(h.Namespace), h.Name}, target: fleet.ObjectRef{
		Kind: w.text(h.Spec.ScaleTargetRef.Kind), Namespace: w.text(h.Namespace), Name: w.text(h.Spec.ScaleTargetRef.Name)}}
	r.text = fleet.Textf("%s to %s, at %s, wants %s", number(orOne(h.Spec.MinReplicas)), number(int(h.Spec.MaxReplicas)),
		number(int(h.Status.CurrentReplicas)), number(int(h.Status.DesiredReplicas)))
	for i := range h.Status.Conditions {
		c := &h.Status.Conditions[i]
		if c.Status == corev1.ConditionFalse && (c.Type == autoscalingv2.AbleToScale || c.Type == autoscalingv2.ScalingActive) {
			r.text = fleet.Concat(r.text, fleet.Text("; cannot scale: "), because(c.Reason, clip(c.Message, 200)))
			break
		}
		if c.Type == autoscalingv2.ScalingLimited && c.Status == corev1.ConditionTrue {
			r.text = fleet.Concat(r.text, fleet.Text("; limited: "), fleet.Label(c.Reason))
		}
	}
	return r
}

// budgetRow is a disruption budget in one line, with what it selects.
type budgetRow struct {
	at       key
	selector labels.Selector
	text     fleet.Safe
}

func (r *budgetRow) key() key { return r.at }

func disruptionRow(b *policyv1.PodDisruptionBudget, w *words) *budgetRow {
	r := &budgetRow{at: key{w.text(b.Namespace), b.Name}, selector: labels.Nothing()}
	if s, err := metav1.LabelSelectorAsSelector(b.Spec.Selector); err == nil {
		r.selector = s // an absent selector selects nothing, an empty one everything
	}
	r.text = fleet.Textf("allows %s of %s", number(int(b.Status.DisruptionsAllowed)), number(int(b.Status.ExpectedPods)))
	if b.Generation > b.Status.ObservedGeneration {
		r.text = fleet.Concat(r.text, fleet.Text(", not counted yet"))
	}
	return r
}

// budgetOf words the budgets of a workload. More than one makes every eviction fail.
func budgetOf(all []*budgetRow, r *workRow) fleet.Safe {
	from, _ := slices.BinarySearchFunc(all, r.base.Namespace, func(b *budgetRow, ns string) int {
		return key{b.at.namespace, b.at.name}.compare(key{ns, ""})
	})
	var text fleet.Safe
	n := 0
	for _, b := range all[from:] {
		if b.at.namespace != r.base.Namespace {
			break
		}
		if b.selector.Matches(labels.Set(r.labels)) {
			text = b.text
			n++
		}
	}
	if n > 1 {
		return fleet.Textf("%s: no eviction is possible", fleet.Many(n, "budget"))
	}
	return text
}
