package backends

import (
	"strings"

	"pitwall/fleet"
)

// leavingTaints are those by which systems say that a node is going to be lost. Signals that can be read on the node only reach a
// console so: a handler on the node turns them into a taint. The constants are those of aws-node-termination-handler, GKE, the
// cluster autoscaler and Karpenter.
var leavingTaints = []struct {
	key   string
	what  fleet.Safe
	stops bool
}{
	{"aws-node-termination-handler/spot-itn", fleet.Text("spot interruption, about two minutes"), true},
	{"aws-node-termination-handler/asg-lifecycle-termination", fleet.Text("its scaling group ends it"), true},
	{"aws-node-termination-handler/scheduled-maintenance", fleet.Text("scheduled maintenance by its cloud"), true},
	{"aws-node-termination-handler/rebalance-recommendation", fleet.Text("rebalance recommendation: an interruption is likely"), false},
	{"cloud.google.com/impending-node-termination", fleet.Text("its cloud ends it"), true},
	{"ToBeDeletedByClusterAutoscaler", fleet.Text("the cluster autoscaler removes it"), true},
	{"karpenter.sh/disrupted", fleet.Text("Karpenter replaces it"), true},
	{"karpenter.sh/disruption", fleet.Text("Karpenter replaces it"), true},
	{"node.cloudprovider.kubernetes.io/shutdown", fleet.Text("its cloud has shut it down"), true},
}

const (
	interruptibleTaint = "qos.coreweave.cloud/interruptable"
	inProduction       = "production" // of node.coreweave.cloud/state
	azureEvent         = "VMEventScheduled"
)

// kubeNotices are interruptions and maintenance that taints, conditions and labels of a node tell.
func kubeNotices(n *fleet.KubeNode) []fleet.MachineNotice {
	var list []fleet.MachineNotice
	for _, t := range n.Taints {
		for _, x := range leavingTaints {
			if keyOfTaint(t) == x.key {
				list = append(list, fleet.MachineNotice{What: x.what, Stops: x.stops})
			}
		}
	}
	for _, c := range n.Conditions {
		if c.Type.String() == azureEvent && c.Status.String() == "True" {
			list = append(list, fleet.MachineNotice{What: fleet.Concat(fleet.Text("event of its machine: "), fleet.Quote(c.Why.String())),
				Stops: !strings.Contains(c.Why.String(), "Freeze")})
		}
	}
	switch state := n.Lifecycle.String(); {
	case state == "":
	case state != inProduction:
		list = append(list, fleet.MachineNotice{What: fleet.Textf("CoreWeave has it in state %s", fleet.Quote(state)), Stops: true})
	case n.Unscheduled:
		list = append(list, fleet.MachineNotice{What: fleet.Text("cordoned: maintenance is pending or a health check failed"), Stops: true})
	}
	return list
}

// interruptible tells whether a node is capacity that may be taken back at any time.
func interruptible(n *fleet.KubeNode) bool {
	for _, t := range n.Taints {
		if keyOfTaint(t) == interruptibleTaint {
			return true
		}
	}
	return false
}

// keyOfTaint is the key of KEY=VALUE:EFFECT.
func keyOfTaint(t fleet.Safe) string {
	key, _, _ := strings.Cut(t.String(), "=")
	if i := strings.LastIndexByte(key, ':'); i >= 0 {
		key = key[:i]
	}
	return key
}
