package interlocks

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/fleet"
)

// leastOfWorks is what part C demands when the data of an interlock of objects is missing. IL-41 is asked for less where
// the weights stay: they were vouched for when they came.
var leastOfWorks = map[string]actions.Severity{
	"IL-18": warn, "IL-19": ovr, "IL-20": block, "IL-29": ovr, "IL-30": ovr, "IL-31": ovr, "IL-32": warn, "IL-33": warn, "IL-34": warn,
	"IL-37": hard, "IL-38": warn, "IL-39": warn, "IL-41": warn, "IL-42": warn, "IL-43": ovr, "IL-45": hard,
}

// saysNone names what of a rollout says by its emptiness that there is nothing, with the reason why that is no loss.
var saysNone = []string{
	".Object", ".API", ".UID", ".System", ".Unit", ".Why", // who it is and how it is drawn
	".Holder", ".GitOps", ".Frozen", ".OwnersUnread", ".Scaler", ".Traffic", ".Old", // none; that it is not known has a field of its own
	".Product",                                 // "" for any
	".PodGPUs",                                 // nil for a single pod
	".Now.Quant", ".Now.Template", ".Now.Name", // none is given to the engine
	".Now.Engine", ".Now.Release", ".Now.CUDA", // the image says them
	".Now.Served", ".Runs", ".UpdatedPods", ".OldPods", // names; without them all are taken to stay
	".Manifests (without 0)", ".Manifests (without 1)", ".Manifests (without 2)", // a replica that is not there is none
}

// forgettingsOfWork lists what can be lost of what a roll is planned on: of the rollout, the pods that leave, and the
// snapshot, of which each pod, node and condition can be one that is not there.
func forgettingsOfWork(w *works) []forgetting {
	var all, out []forgetting
	walk(reflect.ValueOf(&w.was).Elem(), "", &all)
	for i := range w.draft.Leaves {
		l := &w.draft.Leaves[i]
		all = append(all, forgetting{".Leaves.Budgets", func() { l.Budgets = fleet.None[[]fleet.DisruptionBudget]() }})
		walk(reflect.ValueOf(&l.Shutdown).Elem(), ".Leaves.Shutdown", &all)
	}
	for _, f := range all {
		if !slices.ContainsFunc(saysNone, func(p string) bool { return strings.HasPrefix(f.path, p) }) {
			out = append(out, f)
		}
	}
	out = append(out, forgetting{"clusters", func() { w.s.Clusters = nil }}, forgetting{"routes", func() { w.s.Routes[0].Targets[0].Set.OK = false }},
		forgetting{"the draft's pods", func() { w.draft.Leaves = nil }}, forgetting{"pods", func() { w.cluster().Pods = nil }},
		forgetting{"nodes", func() { w.cluster().Nodes = nil }}, forgetting{"stale cluster", func() { w.cluster().State = fleet.StateStale }},
		forgetting{"pools", func() { w.s.Pools = nil }}, forgetting{"load", func() { w.s.Pools[0].Load = fleet.Load{} }},
		forgetting{"use", func() { w.s.Pools[0].Used.OK = false }}, forgetting{"the pack", func() { *w.pack = emptyPack() }})
	for i := range w.cluster().Nodes {
		n := w.node(i)
		// A node that does not say that it is ready, or names no GPUs, takes no pod: that is a fact of it, not a loss.
		out = append(out, forgetting{"driver", func() { n.Driver = fleet.Safe{} }},
			forgetting{"exporter", func() { w.s.Pools[0].Nodes[i].At = time.Time{} }}, forgetting{"GPUs", func() { w.s.Pools[0].Nodes = nil }})
	}
	return out
}

func troublesOfWork() []func(*works) {
	return []func(*works){
		func(w *works) { w.was.Phase = fleet.RolloutMoving }, func(w *works) { w.was.Now.At = ago(time.Minute) },
		func(w *works) { w.s.Pools[0].Load.E2E99.V = 300 }, func(w *works) { w.was.Shutdown.Grace.V = 30 * time.Second },
		func(w *works) { w.draft.Extra = 40 }, func(w *works) { w.was.GPUsEach, w.draft.Extra = 8, 8 },
		func(w *works) { w.draft.Extra, w.draft.Down = 0, 3 }, func(w *works) { w.was.Scaler.Min, w.was.Ready = 0, 0 },
		func(w *works) { w.was.Scaler.Max = 3 }, func(w *works) { w.was.Deadline = time.Minute },
		func(w *works) { w.was.Startup.V = time.Minute }, func(w *works) { w.gpu(1).Missing = true },
		func(w *works) { w.gpu(1).Reading.RemapFailed = fleet.Some(true) }, func(w *works) { w.s.Pools[0].Used.V = 0.9 },
		func(w *works) { w.was.Manifests[1].Digest = fleet.Label(digestB) }, func(w *works) { w.want.Revision = "70aa" },
		func(w *works) { w.draft.To = renewed(w, fleet.TrustUnsigned) }, func(w *works) { w.want.Image = "vllm/vllm-openai:v0.21.0-cu130" },
		func(w *works) { w.node(2).Driver = fleet.Label("535.1.1") }, func(w *works) { w.was.Holder.Name = "isvc" },
		func(w *works) { w.drain() }, func(w *works) { w.drain(); w.leaving().Budgets.V[0].Allowed = 0 },
		func(w *works) { w.to(actions.KindScale); w.want.Replicas = fleet.Some(5) }, func(w *works) { w.to(actions.KindRestart) },
	}
}

// No loss of a piece of data makes a verdict milder than what was measured and than what the loss itself means, and
// none makes an objection vanish.
func TestForgettingNeverMakesAVerdictOnAnObjectMilder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := troublesOfWork()
		chosen := rapid.SliceOfNDistinct(rapid.IntRange(0, len(all)-1), 0, 4, rapid.ID).Draw(t, "troubles")
		slices.Sort(chosen)
		build := func() *works {
			w := goodWork()
			for _, i := range chosen {
				all[i](w)
			}
			return w
		}
		known := build()
		before := Evaluate(planWork(t, known), known.s, known.b, now)
		n := len(forgettingsOfWork(build()))
		if n < 25 {
			t.Fatalf("only %d pieces of data are found", n)
		}
		from := rapid.IntRange(0, n-1).Draw(t, "first piece")
		for i := range 8 {
			w := build()
			piece := forgettingsOfWork(w)[(from+i*7)%n]
			piece.do()
			for k, c := range Evaluate(planWork(t, w), w.s, w.b, now) {
				was := before[k]
				if c.Severity < min(was.Severity, leastOfWorks[c.ID]) || c.Severity == ok && was.Severity != ok {
					t.Fatalf("without %s %s falls from %s (%s) to %s (%s)", piece.path, c.ID, was.Severity, was.Formula, c.Severity, c.Formula)
				}
			}
		}
	})
}

func planWork(t *rapid.T, w *works) actions.Plan {
	p, err := planOfWork(w)
	if err != nil {
		t.Fatal(fmt.Errorf("plan: %w", err))
	}
	return p
}

// What is lost of a good world is noticed, and is called missing.
func TestForgettingEachPieceOfAGoodRoll(t *testing.T) {
	for name, edit := range map[string]func(*works){"roll": func(*works) {}, "drain": (*works).drain} {
		base := goodWork()
		edit(base)
		before := base.checks(t)
		stricter := map[string]bool{}
		for i := range forgettingsOfWork(base) {
			w := goodWork()
			edit(w)
			piece := forgettingsOfWork(w)[i]
			piece.do()
			for k, c := range w.checks(t) {
				if c.Severity > before[k].Severity {
					stricter[c.ID] = true
					if !c.Missing && c.ID != "IL-34" && c.ID != "IL-31" && c.ID != "IL-18" {
						t.Errorf("%s without %s: %s is %s as if it were measured: %s", name, piece.path, c.ID, c.Severity, c.Formula)
					}
				}
			}
		}
		want := map[string]string{"roll": "IL-18 IL-19 IL-30 IL-31 IL-33 IL-34 IL-41 IL-42 IL-43", "drain": "IL-29 IL-30 IL-34"}
		for _, id := range strings.Fields(want[name]) {
			if !stricter[id] {
				t.Errorf("%s: %s notices no loss at all", name, id)
			}
		}
	}
}

// Data that grows old while a plan waits makes no verdict milder, and nothing is done on a plan older than ten minutes.
func TestAgeNeverMakesAVerdictOnAnObjectMilder(t *testing.T) {
	changedByNow := func(w *works) bool { return now.Sub(w.was.Now.At) < settledFor } // which is what IL-19 waits for
	for i, trouble := range append(troublesOfWork(), func(*works) {}) {
		w := goodWork()
		trouble(w)
		p := w.plan(t)
		young := Evaluate(p, w.s, w.b, now)
		for _, late := range []time.Duration{3 * time.Minute, 11 * time.Minute, 60 * 24 * time.Hour} {
			for k, c := range Evaluate(p, w.s, w.b, now.Add(late)) {
				if c.Severity < young[k].Severity && (c.ID != "IL-19" || !changedByNow(w)) {
					t.Errorf("trouble %d: %s falls from %s (%s) to %s (%s) after %s", i, c.ID, young[k].Severity, young[k].Formula, c.Severity, c.Formula, late)
				}
				if c.ID == "IL-37" && late > actions.PlanLife && c.Severity != hard {
					t.Errorf("after %s the plan is still current: %s", late, c.Formula)
				}
			}
		}
	}
}
