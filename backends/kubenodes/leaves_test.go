package kubenodes

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pitwall/fleet"
)

// What leaves is told with all that the checks ask: budgets as the server counted them, GPUs, group, time to end.
func TestWhatADrainMovesIsTold(t *testing.T) {
	r := newRig(t)
	r.pod("a", "n1", "ReplicaSet/chat", "chat", readyNow, "terminationGracePeriodSeconds: 300, ")
	r.pod("b", "n1", "ReplicaSet/free", "free", unready, "")
	for i := range 2 {
		r.Put(podKind, fmt.Sprintf(`{metadata: {name: g-%d, namespace: llm, labels: {app: g, leaderworkerset.sigs.k8s.io/name: g, leaderworkerset.sigs.k8s.io/group-index: "0"}, ownerReferences: [{kind: StatefulSet, name: g, controller: true}]}, spec: {nodeName: n%d, containers: [{name: x, resources: {limits: {nvidia.com/gpu: 8}}}]}, status: {%s}}`,
			i, i+1, readyNow))
	}
	r.budget("keep", "chat", ", unhealthyPodEvictionPolicy: AlwaysAllow", 1, 3, 2, 3)
	d := r.must(fleet.DoDrain)
	if len(d.Leaves) != 3 || len(d.Stages) != 4 {
		t.Fatalf("%d leave in %d stages", len(d.Leaves), len(d.Stages))
	}
	for i, l := range d.Leaves {
		if w := d.Stages[i+1].Writes[0]; w.Object != l.Pod {
			t.Errorf("%d: %+v leaves, the stage evicts %+v", i, l.Pod, w.Object)
		}
	}
	by := func(name string) fleet.Leaving {
		return d.Leaves[slices.IndexFunc(d.Leaves, func(l fleet.Leaving) bool { return l.Pod.Name == name })]
	}
	a := by("a")
	want := fleet.DisruptionBudget{Name: fleet.Text("keep"), Allowed: 1, Healthy: 3, Wanted: 2, Unready: true}
	if !a.Budgets.OK || len(a.Budgets.V) != 1 || a.Budgets.V[0] != want || !a.Ready || a.GPUs != 4 || a.Of.Name != "chat" || a.Shutdown.Grace.V != 5*time.Minute {
		t.Errorf("%+v", a)
	}
	if b := by("b"); !b.Budgets.OK || len(b.Budgets.V) != 0 || b.Ready || b.Group != "" {
		t.Errorf("%+v", b)
	}
	if g := by("g-0"); g.Group != "llm/g-0" || g.Size != 2 || g.GPUs != 8 || g.Of.Kind != "LeaderWorkerSet" {
		t.Errorf("%+v", g)
	}
	if got := r.rollout(); got.GPUsEach != 16 || !slices.Equal(slices.Sorted(slices.Values(got.PodGPUs)), []int{4, 4, 8}) {
		t.Errorf("the node's pods need %v of %d GPUs elsewhere", got.PodGPUs, got.GPUsEach)
	}
	r.Denied["poddisruptionbudgets"] = true
	if l := r.must(fleet.DoDrain).Leaves; len(l) != 3 || l[0].Budgets.OK {
		t.Errorf("budgets that may not be read are known: %+v", l)
	}
}

// A budget whose numbers are not counted yet allows nothing.
func TestABudgetThatIsNotCountedYetAllowsNothing(t *testing.T) {
	r := newRig(t)
	r.pod("a", "n1", "ReplicaSet/chat", "chat", readyNow, "")
	r.Put(budgetKind, `{metadata: {name: keep, namespace: llm, generation: 2}, spec: {selector: {}}, status: {observedGeneration: 1, disruptionsAllowed: 4, currentHealthy: 4}}`)
	if b := r.must(fleet.DoDrain).Leaves[0].Budgets; len(b.V) != 1 || b.V[0].Allowed != 0 {
		t.Errorf("%+v", b)
	}
}
