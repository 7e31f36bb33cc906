package stuck

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"pitwall/fleet"
)

// goneWithin is how long after its grace period a pod may still be there.
const goneWithin = 30 * time.Second

func (f Facts) going() []*corev1.Pod {
	var list []*corev1.Pod
	for _, p := range slices.Concat(f.Old, f.New) {
		if p.DeletionTimestamp != nil {
			list = append(list, p)
		}
	}
	return list
}

// heldPods is 9 where it does not end: pods whose grace period is over, held by a finalizer or by a node that is away.
func heldPods(f Facts) (Verdict, bool) {
	for _, p := range f.going() {
		over := f.Now.Sub(p.DeletionTimestamp.Time)
		if over <= goneWithin {
			continue
		}
		v := Verdict{Phase: fleet.RolloutStuck, Since: p.DeletionTimestamp.Time}
		v.Why = fleet.Textf("pod %s should be gone since %s", name(p), fleet.Age(over))
		switch n := f.Cluster.node(p.Spec.NodeName); {
		case len(p.Finalizers) > 0:
			v.Never = true
			v.Why = fleet.Textf("%s: finalizer %s holds it: will never finish unless who set it takes it away", v.Why,
				fleet.Quote(strings.Join(p.Finalizers, ", ")))
		case n != nil && !answers(n):
			v.Never = true
			v.Why = fleet.Textf("%s: its node %s does not answer: will never finish unless the node comes back or the pod is deleted by force",
				v.Why, fleet.Quote(n.Name))
		default:
			v.Why = fleet.Textf("%s: node %s has not ended it", v.Why, fleet.Quote(p.Spec.NodeName))
		}
		return v, true
	}
	return Verdict{}, false
}

// leaving is 9: old pods that finish their requests.
func leaving(f Facts) (Verdict, bool) {
	list := f.going()
	if len(list) == 0 {
		return Verdict{}, false
	}
	last := list[0]
	for _, p := range list {
		if p.DeletionTimestamp.After(last.DeletionTimestamp.Time) {
			last = p
		}
	}
	grace := time.Duration(0)
	if g := last.DeletionGracePeriodSeconds; g != nil {
		grace = time.Duration(*g) * time.Second
	}
	v := Verdict{Phase: fleet.RolloutMoving, Since: last.DeletionTimestamp.Add(-grace)}
	v.Why = fleet.Textf("%s leaving: pod %s, its grace period of %s ends in %s", fleet.Many(len(list), "pod"), name(last), fleet.Age(grace),
		fleet.Age(max(last.DeletionTimestamp.Sub(f.Now), 0)))
	for i := range last.Spec.Containers {
		if l := last.Spec.Containers[i].Lifecycle; l != nil && l.PreStop != nil {
			v.Why = fleet.Concat(v.Why, fleet.Text(" (it has a preStop hook)"))
			break
		}
	}
	return v, true
}
