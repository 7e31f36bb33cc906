package interlocks

import (
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

func TestRollInFlight(t *testing.T) {
	judgeWorks(t, "IL-19", []workCase{
		{"settled", nil, ok, "version is 2d old", ""},
		{"a roll goes on", func(w *works) { w.was.Phase, w.was.Why = fleet.RolloutMoving, fleet.Text("1 of 3 updated") }, ovr, "1 of 3 updated", ""},
		{"changed a moment ago", func(w *works) { w.was.Now.At = ago(9 * time.Minute) }, ovr, "9m ago < 10m", ""},
		{"changed at an unknown time", func(w *works) { w.was.Now.At = time.Time{} }, ovr, "not known", "missing"},
		{"unknown phase", func(w *works) { w.was.Phase = fleet.RolloutUnknown }, ovr, "not known", "missing"},
		{"a scale", func(w *works) { w.to(actions.KindScale); w.was.Phase = fleet.RolloutMoving }, ok, "no replica", ""},
		{"weights", func(w *works) { w.to(actions.KindTraffic); w.was.Now.At, w.draft.Weights = time.Time{}, true }, ok, "no replica", ""},
		{"the undo of weights", func(w *works) { w.to(actions.KindRestore); w.was.Now.At, w.draft.Weights = time.Time{}, true }, ok, "no replica", ""},
	})
}

func TestObjectAlreadyHeld(t *testing.T) {
	judgeWorks(t, "IL-20", []workCase{
		{"free", nil, ok, "", ""},
		{"locked by somebody", func(w *works) {
			p := actions.Plan{Intent: actions.Intent{Kind: w.kind, Work: &actions.WorkIntent{Object: w.was.Object, Want: w.want}},
				Work: &actions.WorkPlan{Was: w.was}}
			w.b.Locks = []actions.Lock{{Route: p.Lock(), Expires: now.Add(time.Minute)}}
		}, block, "", ""},
	})
}

func TestPlanOfAnObjectIsCurrent(t *testing.T) {
	judgeWorks(t, "IL-37", []workCase{
		{"just planned", nil, ok, "each field is compared", ""},
		{"stale", func(w *works) { w.late = 11 * time.Minute }, hard, "11m ago > 10m", ""},
		{"from the future", func(w *works) { w.late = -time.Minute }, hard, "unknown", "missing"},
	})
}

func TestWhoOwnsAnObject(t *testing.T) {
	judgeWorks(t, "IL-38", []workCase{
		{"nobody", nil, ok, "no controller", ""},
		{"a controller", func(w *works) { w.was.Holder = fleet.ObjectRef{Kind: "InferenceService", Name: "llama"} }, ovr, "InferenceService llama", ""},
		{"a repository", func(w *works) { w.was.GitOps = fleet.Text("Argo CD application llm") }, ovr, "undone at its next sync", ""},
		{"frozen", func(w *works) { w.was.Frozen = fleet.Text("disable-auto-update is set") }, block, "no effect", ""},
		{"not known", func(w *works) { w.was.OwnersUnread = fleet.Text("managedFields are hidden") }, warn, "managedFields are hidden", "missing"},
	})
}

func TestRightsOnAnObject(t *testing.T) {
	judgeWorks(t, "IL-39", []workCase{
		{"granted", nil, ok, "asked", ""},
		{"of a cloud", func(w *works) { w.cluster().Hosted = true }, warn, "shows when it is written", "missing"},
		{"read-only", func(w *works) { w.b.Access.Write = false }, hard, "", ""},
	})
}

func TestModelIdentity(t *testing.T) {
	judgeWorks(t, "IL-18", []workCase{
		{"the same model", nil, ok, "llama keeps org/llama 6f6073b sha256:111111111111", ""},
		{"weights that are waited for", func(w *works) { w.to(actions.KindTraffic); w.draft.Weights = true }, ok, "no replica", ""},
		{"no roll", func(w *works) { w.to(actions.KindPause); w.draft.Stages[0].Until = fleet.Until{} }, ok, "no replica", ""},
		{"other revision", func(w *works) { w.want.Revision = "70aa" }, ovr, "llama will answer with another model: revision 6f6073b -> 70aa", ""},
		{"other weights", func(w *works) { w.want.Weights = "org/llama-4" }, ovr, "weights org/llama -> org/llama-4", ""},
		{"quantised", func(w *works) { w.want.Args = []fleet.ArgEdit{{Flag: "--quantization", Value: "fp8"}} }, ovr,
			"quantisation (none given) -> fp8", ""},
		{"other chat template", func(w *works) { w.want.Args = []fleet.ArgEdit{{Flag: "chat-template", Value: "/t.jinja"}} }, ovr, "chat template", ""},
		{"other digest", func(w *works) {
			w.draft.To = w.was.Now
			w.draft.To.Manifest = fleet.Label(digestB)
		}, ovr, "digest sha256:111111111111 -> sha256:222222222222", ""},
		{"the name goes", func(w *works) { w.want.Args = []fleet.ArgEdit{{Flag: "--served-model-name", Value: "other"}} }, ovr, "llama -> other", ""},
		{"one of two names goes", func(w *works) {
			w.was.Now.Served = append(w.was.Now.Served, fleet.Label("chat"))
			w.want.Args = []fleet.ArgEdit{{Flag: "--served-model-name", Value: "llama"}}
		}, ovr, "the name chat is served no more", ""},
		{"nothing pins it", func(w *works) { w.was.Now.Revision, w.was.Now.Manifest = fleet.Safe{}, fleet.Safe{} }, warn,
			"without a revision or a digest", "missing"},
		{"weights not known", func(w *works) {
			w.was.Now.Weights, w.was.Now.Revision, w.was.Now.Manifest = fleet.Safe{}, fleet.Safe{}, fleet.Safe{}
		}, warn, "not known", "missing"},
		{"a version that is not listed", func(w *works) { w.want = fleet.Want{Do: fleet.DoUpgrade, Version: "3"} }, warn, "not known", "missing"},
		{"a version that is listed", func(w *works) {
			old := w.was.Now
			old.ID, old.Revision = "3", fleet.Label("0ld")
			w.was.Runs, w.want = []fleet.Version{old}, fleet.Want{Do: fleet.DoUpgrade, Version: "3"}
		}, ovr, "6f6073b -> 0ld", ""},
	})
}

func TestAnUndoIsNotAskedWhatItRestores(t *testing.T) {
	w := goodWork()
	w.want.Revision = "70aa"
	done := actions.Change{ID: "c-1", Plan: w.plan(t), State: actions.StateCommitted, Step: 1}
	w.b.Changes = []actions.Change{done}
	w.to(actions.KindRestore)
	p := w.plan(t)
	p.Intent.Undoes = "c-1"
	for _, id := range []string{"IL-18", "IL-19", "IL-33", "IL-41", "IL-42"} {
		if c := find(Evaluate(p, w.s, w.b, now), id); c.Severity != ok || c.Formula.String() != "not asked: it restores what was before c-1" {
			t.Errorf("%s %s: %s", id, c.Severity, c.Formula)
		}
	}
}
