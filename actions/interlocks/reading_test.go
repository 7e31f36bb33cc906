package interlocks

import (
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

func readAgo(d time.Duration) func(*works) { return func(w *works) { w.was.At = ago(d) } }

func also(edits ...func(*works)) func(*works) {
	return func(w *works) {
		for _, e := range edits {
			e(w)
		}
	}
}

func scale(w *works) { w.to(actions.KindScale); w.want.Replicas = fleet.Some(5); w.draft.Down = 1 }

// An old reading counts as none, at the severity that part C gives to missing data; what it objects to is objected to still.
func TestAnOldReadingOfTheObjectCountsAsNone(t *testing.T) {
	never := func(w *works) { w.was.At = time.Time{} }
	held := func(w *works) { w.was.Holder = fleet.ObjectRef{Kind: "InferenceService", Name: "llama"} }
	other := func(w *works) { w.was.Manifests[1].Digest = fleet.Label(digestB) }
	const young, state, spec = 2 * time.Minute, 121 * time.Second, 10*time.Minute + time.Second
	const oldState, oldSpec, unread = "the reading is 2m old > 2m: unknown, plan again", "the reading is 10m old > 10m: unknown, plan again", "was read is unknown"
	for id, cases := range map[string][]workCase{
		"IL-18": {
			{"in time", readAgo(10 * time.Minute), ok, "llama keeps org/llama", ""},
			{"old", readAgo(spec), warn, oldSpec, "missing"},
			{"never read", never, warn, unread, "missing"},
			{"old, and another model", also(readAgo(spec), func(w *works) { w.want.Revision = "70aa" }), ovr, "another model", ""},
			{"old, and it replaces nothing", also(readAgo(spec), scale), ok, "replaces no replica", ""},
		},
		"IL-19": {
			{"in time", readAgo(young), ok, "no roll in flight, its version is 2d old, age 2m", ""},
			{"old", readAgo(state), ovr, oldState, "missing"},
			{"never read", never, ovr, unread, "missing"},
			{"old, and a roll went on", also(readAgo(state), func(w *works) { w.was.Phase, w.was.Why = fleet.RolloutMoving, fleet.Text("1 of 3 updated") }),
				ovr, "1 of 3 updated; " + oldState, "missing"},
			{"old, and it replaces nothing", also(readAgo(state), scale), ok, "replaces no replica", ""},
		},
		"IL-32": {
			{"in time", readAgo(young), ok, "scales it between", ""},
			{"old", readAgo(state), warn, oldState, "missing"},
			{"never read", never, warn, unread, "missing"},
			{"old, and nothing scaled it", also(readAgo(state), func(w *works) { w.was.Scaler = fleet.Scaler{} }), warn, oldState, "missing"},
			{"old, and at its maximum", also(readAgo(state), func(w *works) { w.was.Scaler.Max = 3 }), ovr, "at its maximum of 3", ""},
		},
		"IL-33": {
			{"in time", readAgo(10 * time.Minute), ok, "300s = 90th percentile of 3 starts", ""},
			{"old", readAgo(spec), warn, oldSpec, "missing"},
			{"never read", never, warn, unread, "missing"},
			{"old, and longer than its deadline", also(readAgo(spec), func(w *works) { w.was.Deadline = time.Minute }), warn, "deadline", "missing"},
			{"an old drain", also((*works).drain, func(w *works) { w.draft.Leaves[0].GPUs = 0 }, readAgo(spec)), warn, oldSpec, "missing"},
			{"old, and it starts nothing", also(readAgo(spec), scale), ok, "starts no replica", ""},
		},
		"IL-38": {
			{"in time", readAgo(10 * time.Minute), ok, "no controller", ""},
			{"old", readAgo(spec), warn, oldSpec, "missing"},
			{"never read", never, warn, unread, "missing"},
			{"old, and a controller keeps it", also(readAgo(spec), held), ovr, "InferenceService llama", ""},
			{"old, and frozen", also(readAgo(spec), func(w *works) { w.was.Frozen = fleet.Text("it is frozen") }), block, "it is frozen", ""},
		},
		"IL-41": {
			{"in time", readAgo(10 * time.Minute), ok, "replicas loaded the same weights", ""},
			{"old", readAgo(spec), ovr, oldSpec, "missing"},
			{"never read", never, ovr, unread, "missing"},
			{"old, and other weights", also(readAgo(spec), other), hard, "its files are not what they should be", ""},
			{"old, and it loads nothing", also(readAgo(spec), scale), ok, "it loads no weights", ""},
		},
	} {
		t.Run(id, func(t *testing.T) { judgeWorks(t, id, cases) })
	}
}

// Behind the first stage hours may have gone by, in which the change itself rolled the object: the age of what was read before
// it stops none, since the fields are compared before each write.
func TestTheAgeOfTheReadingStopsNoLaterStage(t *testing.T) {
	w := goodWork()
	w.draft.Stages = append(w.draft.Stages, w.draft.Stages[0])
	p := w.plan(t)
	late := now.Add(3 * time.Hour)
	stale := map[string]bool{"IL-18": true, "IL-33": true, "IL-38": true, "IL-41": true}
	for n, want := range map[int]bool{1: true, 2: false} {
		for _, c := range EvaluateStep(p, n, w.s, w.b, late) {
			if stale[c.ID] && (c.Severity != ok) != want {
				t.Errorf("stage %d: %s %s: %s", n, c.ID, c.Severity, c.Formula)
			}
		}
	}
	if p.Work.Later {
		t.Error("the plan itself was changed")
	}
}
