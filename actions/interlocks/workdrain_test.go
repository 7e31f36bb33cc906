package interlocks

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

func TestDisruptionBudgets(t *testing.T) {
	budget := func(f func(*fleet.DisruptionBudget, *fleet.Leaving)) func(w *works) {
		return func(w *works) {
			w.drain()
			f(&w.leaving().Budgets.V[0], w.leaving())
		}
	}
	second := func(w *works, f func(l *fleet.Leaving)) {
		l := *w.leaving()
		l.Pod.Name = "llama-9"
		l.Budgets = fleet.Some(append([]fleet.DisruptionBudget(nil), l.Budgets.V...))
		w.draft.Leaves = append(w.draft.Leaves, l)
		f(&w.draft.Leaves[1])
	}
	judgeWorks(t, "IL-29", []workCase{
		{"a roll", nil, ok, "evicts no pod", ""},
		{"allowed", (*works).drain, ok, "llama allows 1 = 3 healthy - 2 wanted", ""},
		{"no budget", func(w *works) { w.drain(); w.leaving().Budgets = fleet.Some([]fleet.DisruptionBudget{}) }, ok, "no budget applies", ""},
		{"nothing to evict", func(w *works) {
			w.drain()
			w.draft.Leaves, w.draft.Stages[0].Writes = nil, []fleet.ObjectWrite{{Object: w.was.Object, Verb: fleet.WriteSet}}
		}, ok, "no pod has to leave", ""},
		{"allows none", budget(func(b *fleet.DisruptionBudget, _ *fleet.Leaving) { b.Allowed, b.Healthy = 0, 2 }), block,
			"allows 0 = 2 healthy - 2 wanted: it is refused", ""},
		{"a pod that crashes blocks for ever", budget(func(b *fleet.DisruptionBudget, l *fleet.Leaving) { b.Allowed, b.Healthy, l.Ready = 0, 1, false }),
			block, "allows 0", ""},
		{"a pod that crashes beside enough healthy ones", budget(func(b *fleet.DisruptionBudget, l *fleet.Leaving) {
			b.Allowed, b.Healthy, l.Ready = 0, 2, false
		}), ok, "not ready: it may go", ""},
		{"a pod that crashes and may go always", budget(func(b *fleet.DisruptionBudget, l *fleet.Leaving) {
			b.Allowed, b.Healthy, b.Unready, l.Ready = 0, 0, true, false
		}), ok, "not ready: it may go", ""},
		{"two budgets", budget(func(_ *fleet.DisruptionBudget, l *fleet.Leaving) {
			l.Budgets.V = append(l.Budgets.V, fleet.DisruptionBudget{Name: fleet.Label("all"), Allowed: 5})
		}), block, "2 budgets select it (llama, all)", ""},
		{"half of a group", func(w *works) { w.drain(); w.leaving().Group, w.leaving().Size = "llama-0", 2 }, block,
			"1 of 2 pods of the group llama-0 leave", ""},
		{"a whole group", func(w *works) {
			w.drain()
			w.leaving().Group, w.leaving().Size = "llama-0", 2
			w.leaving().Budgets.V[0].Allowed = 2
			second(w, func(*fleet.Leaving) {})
		}, ok, "", ""},
		{"a group of unknown size", func(w *works) { w.drain(); w.leaving().Group = "llama-0" }, ovr, "how many pods it has is not known", "missing"},
		{"more than allowed at once", func(w *works) { w.drain(); second(w, func(*fleet.Leaving) {}) }, warn,
			"2 pods leave under llm/llama, which allows 1", ""},
		{"the second one is refused", func(w *works) {
			w.drain()
			second(w, func(l *fleet.Leaving) { l.Budgets.V[0].Allowed = 0 })
		}, block, "llama-9", ""},
		{"budgets not read", func(w *works) { w.drain(); w.leaving().Budgets = fleet.None[[]fleet.DisruptionBudget]() }, ovr, "not known", "missing"},
		{"pods not read", func(w *works) { w.drain(); w.draft.Leaves = nil }, ovr, "which pods leave", "missing"},
		{"stale", func(w *works) { w.drain(); w.late = 3 * time.Minute }, ovr, "age 3m > 2m: plan again", "missing"},
		{"stale and refused", func(w *works) { w.drain(); w.late = 3 * time.Minute; w.leaving().Budgets.V[0].Allowed = 0 }, block, "allows 0", ""},
	})
}

func TestTimeToDrain(t *testing.T) {
	shut := func(grace, hook, engine int) func(w *works) {
		return func(w *works) {
			for i, to := range []*fleet.Maybe[time.Duration]{&w.was.Shutdown.Grace, &w.was.Shutdown.PreStop, &w.was.Shutdown.Engine} {
				if v := []int{grace, hook, engine}[i]; v >= 0 {
					*to = fleet.Some(time.Duration(v) * time.Second)
				} else {
					*to = fleet.None[time.Duration]()
				}
			}
		}
	}
	judgeWorks(t, "IL-30", []workCase{
		{"the slower of two pools", func(w *works) {
			second := w.s.Pools[0]
			second.Spec.ID, second.Load.E2E99 = "second", fleet.Some(fleet.Seconds(90))
			w.s.Pools = append(w.s.Pools, second)
		}, ovr, "pool second: 99 % of requests end within 90s > 60s", ""},
		{"two pools of a pod that leaves", func(w *works) {
			w.drain()
			second := w.s.Pools[0]
			second.Spec.ID, second.Load.E2E99 = "second", fleet.Some(fleet.Seconds(90))
			w.s.Pools = append(w.s.Pools, second)
		}, ovr, "llama-0: pool second: 99 % of requests end within 90s > 60s", ""},
		{"ends in time", nil, ok, "within 40s <= 60s = 120s grace - 15s hook - 45s engine timeout, age 5s", ""},
		{"stops nothing", func(w *works) { w.to(actions.KindHoldScaler); w.draft.Stages[0].Until = fleet.Until{} }, ok, "stops no replica", ""},
		{"scales up", func(w *works) { w.to(actions.KindScale); w.want.Replicas = fleet.Some(4) }, ok, "stops no replica", ""},
		{"scales down", func(w *works) {
			w.to(actions.KindScale)
			w.want.Replicas, w.draft.Down = fleet.Some(2), 1
			w.s.Pools[0].Load.E2E99.V = 61
		}, ovr, "61s > 60s", ""},
		{"scales down what is counted otherwise", func(w *works) {
			w.to(actions.KindScale)
			w.want.Replicas, w.draft.Down = fleet.Some(9), 1
			w.s.Pools[0].Load.E2E99.V = 61
		}, ovr, "61s > 60s", ""},
		{"suspends", func(w *works) {
			w.to(actions.KindPause)
			w.draft.Stages[0].Until, w.draft.Down = fleet.Until{}, 3
			w.s.Pools[0].Load.E2E99.V = 61
		}, ovr, "61s > 60s", ""},
		{"cut off", func(w *works) { w.s.Pools[0].Load.E2E99.V = 60.5 }, ovr, "within 61s > 60s", ""},
		{"just in time", func(w *works) { w.s.Pools[0].Load.E2E99.V = 60 }, ok, "60s <= 60s", ""},
		{"nothing left", shut(60, 15, 45), block, "0s = 60s grace - 15s hook - 45s engine timeout: it is killed", ""},
		{"nothing left whatever the engine waits", shut(15, 20, -1), block, "nothing is left", ""},
		{"hook of unknown length", shut(60, -1, 0), ovr, "grace 60s, hook -, engine timeout 0s", "missing"},
		{"engine of unknown length", shut(60, 0, -1), ovr, "not known", "missing"},
		{"durations not read", func(w *works) { w.s.Pools[0].Load.E2E99 = fleet.None[fleet.Seconds]() }, ovr, "requests take is not known", "missing"},
		{"no pool", func(w *works) { w.s.Pools = nil }, ovr, "no pool is read of it", "missing"},
		{"stale", func(w *works) { w.s.Pools[0].Load.At = ago(3 * time.Minute) }, ovr, "too long ago, age 3m", "missing"},
		{"a drain", (*works).drain, ok, "llama-0: 99 % of requests end within 40s", ""},
		{"a drain that cuts off", func(w *works) { w.drain(); w.s.Pools[0].Load.E2E99.V = 500 }, ovr, "llama-0: 99 % of requests end within 500s > 60s", ""},
		{"a drain of what serves nothing", func(w *works) { w.drain(); w.s.Pools = nil; w.leaving().GPUs = 0 }, ok, "no pod of a pool", ""},
		{"a drain of an unknown pod with GPUs", func(w *works) { w.drain(); w.s.Pools = nil }, ovr, "no pool is read", "missing"},
		{"a drain without its pods", func(w *works) { w.drain(); w.draft.Leaves = nil }, ovr, "which pods leave", "missing"},
	})
}

func TestHowThereIsRoomForASecondSet(t *testing.T) {
	for whole, says := range map[bool]string{false: "roll with surge 0", true: "before the first one leaves"} {
		p := actions.Plan{Work: &actions.WorkPlan{Was: fleet.Rollout{Surge: fleet.Surge{Whole: whole}}}}
		if fix := lacksRoom(&p, fleet.Text("16 GPUs")).Fix.String(); !strings.Contains(fix, says) {
			t.Errorf("whole %v: %s", whole, fix)
		}
	}
}

func TestRoomForTheSurge(t *testing.T) {
	judgeWorks(t, "IL-31", []workCase{
		{"room", nil, ok, "needs 4 GPUs more, 12 free of H100; room for 3 of 1 more replicas with 4 GPUs on one node", ""},
		{"none needed", func(w *works) { w.draft.Extra = 0 }, ok, "needs no GPU", ""},
		{"in place", func(w *works) { w.draft.Extra, w.draft.Down = 0, 1 }, warn, "1 of 3 replicas is away", ""},
		{"too few", func(w *works) { w.draft.Extra = 16 }, block, "needs 16 GPUs more, 12 free of H100, no replica may be away: it will never finish", ""},
		{"too few to scale", func(w *works) { w.to(actions.KindScale); w.draft.Extra = 16 }, block,
			"12 free of H100: the rest stays Pending until GPUs are free", ""},
		{"too few but some leave", func(w *works) { w.draft.Extra, w.draft.Down = 16, 1 }, ovr, "waits until 1 old replica leaves", ""},
		{"enough, on several nodes", func(w *works) { w.was.GPUsEach, w.draft.Extra = 8, 8 }, block, "12 free of H100; room for 0 of 1", ""},
		{"a group over two nodes", func(w *works) { w.was.GPUsEach, w.was.PodGPUs, w.draft.Extra = 8, []int{4, 4}, 8 }, ok,
			"room for 1 of 1 more groups of 2 pods", ""},
		{"two groups do not fit", func(w *works) {
			w.was.GPUsEach, w.was.PodGPUs, w.draft.Extra = 6, []int{3, 3}, 12
		}, block, "room for 1 of 2 more groups", ""},
		{"other product", func(w *works) {
			w.node(0).GPUProduct, w.node(1).GPUProduct = fleet.Label("L4"), fleet.Label("L4")
			w.draft.Extra = 8
		}, block,
			"4 free", ""},
		{"cordoned", func(w *works) {
			w.node(0).Unscheduled, w.node(1).Unscheduled, w.node(2).Ready = true, true, fleet.Some(false)
		}, block, "0 free", ""},
		{"a taint that none of its pods is under", func(w *works) {
			n := *w.node(0)
			n.Name, n.Taints, n.GPUAsked = "n9", []fleet.Safe{fleet.Label("team=other:NoSchedule")}, 0
			w.cluster().Nodes = []*fleet.KubeNode{&n}
		}, block, "0 free", ""},
		{"a taint that its pods are under", func(w *works) {
			w.node(0).Taints = []fleet.Safe{fleet.Label("gpu=yes:NoSchedule"), fleet.Label("nvidia.com/gpu:NoSchedule")}
		}, ok, "12 free", ""},
		{"nodes not read", func(w *works) { w.cluster().Nodes = nil }, ovr, "not known", "missing"},
		{"cluster not read", func(w *works) { w.s.Clusters = nil }, ovr, "not known", "missing"},
		{"stale", func(w *works) { w.cluster().State = fleet.StateStale }, ovr, "not known", "missing"},
		{"silent for long", func(w *works) { w.cluster().At = ago(4 * time.Minute) }, ovr, "not known", "missing"},
		{"machines of a cloud", func(w *works) { w.draft.Extra, w.draft.Rented = 0, fleet.Text("2 instances") }, ovr,
			"needs 2 instances: whether the cloud's quota", "missing"},
		{"GPUs of a replica not read", func(w *works) { w.was.GPUsEach = 0 }, ovr, "were not read", "missing"},
	})
}

func TestAutoscaler(t *testing.T) {
	judgeWorks(t, "IL-32", []workCase{
		{"free", nil, ok, "llama scales it between 2 and 6", ""},
		{"none", func(w *works) { w.was.Scaler = fleet.Scaler{} }, ok, "nothing scales it", ""},
		{"not read", func(w *works) {
			w.was.Scaler = fleet.Scaler{Unread: fleet.Text("it lacks list on horizontalpodautoscalers")}
		}, warn,
			"it lacks list", "missing"},
		{"at its maximum", func(w *works) { w.was.Scaler.Max = 3 }, ovr, "at its maximum of 3", ""},
		{"fights a scale", func(w *works) { w.to(actions.KindScale) }, ovr, "(2 to 6) sets it back at once", ""},
		{"adds none", func(w *works) { w.was.Scaler.NoOut = fleet.Text("annotation x") }, ovr, "adds no replicas (annotation x): it cannot take more load meanwhile", ""},
		{"takes none away", func(w *works) { w.was.Scaler.NoIn = fleet.Text("annotation x") }, ok, "scales it between", ""},
		{"a scale of its own bounds", func(w *works) { w.to(actions.KindScale); w.was.Scaler.Object = w.was.Object }, ok, "are what is set", ""},
		{"may go to none, and does not count", func(w *works) { w.was.Scaler.Min, w.was.Gaps.Ready = 0, true }, ovr, "is not told", "missing"},
		{"held", func(w *works) { w.to(actions.KindScale); w.was.Scaler.Held = fleet.Text("paused at 4") }, ok, "paused at 4", ""},
		{"may go to none", func(w *works) { w.was.Scaler.Min = 0 }, ovr, "its minimum is 0", ""},
		{"may go to none, a pause", func(w *works) { w.was.Scaler.Min = 0; w.to(actions.KindPause); w.draft.Stages[0].Until = fleet.Until{} }, ok, "", ""},
		{"cold with weight", func(w *works) { w.was.Scaler.Min, w.was.Ready = 0, 0 }, block, "routes give it a weight of 100", ""},
		{"cold with weight on the second of two pools", func(w *works) {
			w.was.Scaler.Min, w.was.Ready = 0, 0
			w.s.Pools = append(w.s.Pools, w.s.Pools[0])
			w.s.Pools[1].Spec.ID = "second"
			w.s.Routes[0].Targets[0].Spec.Pool = "second"
		}, block, "routes give it a weight of 100", ""},
		{"cold without weight", func(w *works) { w.was.Scaler.Min, w.was.Ready = 0, 0; w.s.Routes[0].Targets[0].Set.V = 0 }, ovr, "nothing proves", ""},
		{"cold, weight not read", func(w *works) { w.was.Scaler.Min, w.was.Ready = 0, 0; w.s.Routes[0].Targets[0].Set.OK = false }, ovr, "not known", "missing"},
		{"cold, pool not known", func(w *works) { w.was.Scaler.Min, w.was.Ready = 0, 0; w.s.Pools = nil }, ovr, "not known", "missing"},
	})
}
