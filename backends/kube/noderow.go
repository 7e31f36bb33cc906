package kube

import (
	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

// maxConditions and maxTaints bound what one node may bring.
const (
	maxConditions = 100
	maxTaints     = 50
	maxAddresses  = 10
)

const upgradeLabel = "nvidia.com/gpu-driver-upgrade-state"

// lifecycleLabel says where CoreWeave has a machine in its life; work is only placed on one in production.
const (
	lifecycleLabel = "node.coreweave.cloud/state"
	inProduction   = "production"
)

// nodeRow makes the row of a node. What its pods ask for is added later.
func nodeRow(n *corev1.Node, p polarity, w *words) *fleet.KubeNode {
	r := &fleet.KubeNode{
		Name: n.Name, UID: string(n.UID), Created: n.CreationTimestamp.UTC(), Unscheduled: n.Spec.Unschedulable,
		GPUProduct: share(w, podspec.NodeProduct(n.Labels)), Driver: share(w, driver(n.Labels)),
		Upgrade: share(w, firstLabel(n.Labels, upgradeLabel)), Lifecycle: share(w, firstLabel(n.Labels, lifecycleLabel)),
	}
	if id := n.Spec.ProviderID; len(id) <= fleet.MaxLabelBytes {
		r.Provider = id
	}
	for i, a := range n.Status.Addresses {
		if i == maxAddresses {
			break
		}
		if a.Address != n.Name && len(a.Address) <= fleet.MaxLabelBytes {
			r.Addresses = append(r.Addresses, a.Address)
		}
	}
	for i, t := range n.Spec.Taints {
		if i == maxTaints {
			break
		}
		r.Taints = append(r.Taints, share(w, fleet.Label(taintText(t))))
	}
	for i := range n.Status.Conditions {
		if i == maxConditions {
			break
		}
		r.Conditions = append(r.Conditions, condition(&n.Status.Conditions[i], p, w))
	}
	for i := range n.Status.Conditions {
		c := &n.Status.Conditions[i]
		if c.Type != corev1.NodeReady {
			continue
		}
		r.Ready = fleet.Some(c.Status == corev1.ConditionTrue)
		if c.Status != corev1.ConditionTrue {
			r.ReadyWhy = because(c.Reason, c.Message)
		}
	}
	if total, any := podspec.GPUsIn(n.Status.Capacity); any {
		usable, _ := podspec.GPUsIn(n.Status.Allocatable)
		r.GPUCapacity, r.GPUUsable = fleet.Some(total), fleet.Some(usable)
	}
	judgeNode(r)
	return r
}

func taintText(t corev1.Taint) string {
	if t.Value == "" {
		return t.Key + ":" + string(t.Effect)
	}
	return t.Key + "=" + t.Value + ":" + string(t.Effect)
}

// condition drops the heartbeat: it would make every node change every few seconds.
func condition(c *corev1.NodeCondition, p polarity, w *words) fleet.NodeCondition {
	return fleet.NodeCondition{
		Type: share(w, fleet.Label(string(c.Type))), Status: share(w, fleet.Label(string(c.Status))),
		Bad: p.bad(string(c.Type), string(c.Status)), Since: c.LastTransitionTime.UTC(),
		Why: share(w, because(c.Reason, c.Message)),
	}
}

// judgeNode sets the state of a node from worst to best: not ready, failed devices, bad conditions, an upgrade that
// failed, an upgrade under way, out of production, cordoned.
func judgeNode(r *fleet.KubeNode) {
	var lesser fleet.Safe
	for i := range r.Conditions {
		if c := &r.Conditions[i]; c.Bad && c.Type.String() != string(corev1.NodeReady) {
			// Its status is said: "FabricOperational: fine" would not tell that True was taken for trouble.
			lesser = fleet.Concat(fleet.Label(clip(c.Type.String(), 100)), fleet.Text(" is "), c.Status)
			if !c.Why.IsEmpty() {
				lesser = fleet.Concat(lesser, fleet.Text(": "), c.Why)
			}
			break
		}
	}
	failed := r.GPUCapacity.V - r.GPUUsable.V
	switch {
	case r.Ready.OK && !r.Ready.V:
		r.State, r.Why = fleet.StateDown, fleet.Concat(fleet.Text("not ready: "), r.ReadyWhy)
	case !r.Ready.OK:
		r.State, r.Why = fleet.StateUnknown, fleet.Text("it has not reported whether it is ready")
	case failed > 0:
		r.State, r.Why = fleet.StateCrit, fleet.Textf("%s of %s GPUs failed: no more than %s can be allocated",
			number(failed), number(r.GPUCapacity.V), number(r.GPUUsable.V))
	case !lesser.IsEmpty():
		r.State, r.Why = fleet.StateCrit, lesser
	case r.Upgrade.String() == "upgrade-failed":
		r.State, r.Why = fleet.StateCrit, fleet.Text("the driver upgrade failed")
	default:
		r.State, r.Why = fleet.StateOK, closed(r)
		if !r.Why.IsEmpty() {
			r.State = fleet.StateWarn
		}
	}
}

// closed says who keeps a sound node from taking work; "" where nobody does.
func closed(r *fleet.KubeNode) fleet.Safe {
	switch upgrade := r.Upgrade.String(); {
	case upgrade != "" && upgrade != "upgrade-done" && upgrade != "upgrade-required":
		return fleet.Textf("driver upgrade under way: %s", r.Upgrade)
	case !r.Lifecycle.IsEmpty() && r.Lifecycle.String() != inProduction:
		return fleet.Textf("CoreWeave has it out of production: %s", r.Lifecycle)
	case r.Unscheduled:
		return fleet.Text("cordoned")
	}
	return fleet.Safe{}
}

// share makes equal texts one text in memory. Label leaves a shared clean text as it is.
func share(w *words, s fleet.Safe) fleet.Safe { return fleet.Label(w.text(s.String())) }
