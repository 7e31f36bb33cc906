package interlocks

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

// editing is a world in which giving chat the fallback spare, which is rented, passes everything.
func editing() *world {
	w := good()
	w.s.Routes[0].Spec.Uses = map[string]fleet.Ratio{}
	w.s.Routes[0].Routing.Edits = []fleet.EditKind{fleet.EditFallbacks, fleet.EditAlias, fleet.EditBlock}
	spare := fleet.Route{Spec: fleet.RouteSpec{ID: "spare", Gateway: w.s.Routes[0].Spec.Gateway}, Targets: []fleet.Target{*w.target("b")}}
	spare.Targets[0].Spec.ID = "s"
	w.s.Routes = append(w.s.Routes, spare)
	for i := range w.s.Routes[0].Targets {
		w.s.Routes[0].Targets[i].Blocked = fleet.Some(false)
	}
	w.in = actions.Intent{Kind: actions.KindEdit, Route: "chat", Edit: &actions.EditIntent{Kind: fleet.EditFallbacks, To: []fleet.RouteID{"spare"}}}
	return w
}

func checksOf(t *testing.T, w *world, at time.Time, after func(*world)) map[string]actions.Check {
	t.Helper()
	p, err := plan.New(w.in, w.s, now)
	if err != nil {
		t.Fatal(err)
	}
	if after != nil {
		after(w)
	}
	out := map[string]actions.Check{}
	for _, c := range Evaluate(p, w.s, w.b, at) {
		out[c.ID] = c
	}
	return out
}

func TestAFallbackIsAskedWhatAReceiverIsAsked(t *testing.T) {
	for id, c := range checksOf(t, editing(), now, nil) {
		if c.Severity != actions.SeverityPass {
			t.Errorf("%s %s: %s", id, c.Severity, c.Formula)
		}
	}
	for _, x := range []struct {
		id    string
		sev   actions.Severity
		says  string
		at    time.Duration
		edit  func(*world) // before the plan
		after func(*world)
	}{
		{id: "IL-14", sev: actions.SeverityHard, says: "spare: ", edit: func(w *world) { w.s.Sites[1].Labels, w.pool("b").Spec.Labels = nil, nil }},
		{id: "IL-16", sev: actions.SeverityBlock, says: "lacks vision", edit: func(w *world) { w.s.Routes[0].Spec.Uses["vision"] = 0.5 }},
		{id: "IL-17", sev: actions.SeverityHard, says: "is not", edit: func(w *world) {
			w.s.Routes[0].Spec.Embedding = &fleet.EmbeddingIdentity{Model: "e", Dimensions: 3}
			w.pool("b").Spec.Embedding = &fleet.EmbeddingIdentity{Model: "e", Dimensions: 4}
		}},
		{id: "IL-36", sev: actions.SeverityBlock, says: "other fallbacks", after: func(w *world) {
			w.s.Routes[0].RoutingAs = fleet.Text("gw-2 has other fallbacks than gw-1")
		}},
		{id: "IL-36", sev: actions.SeverityOVR, says: "1 of 3 replicas do not answer", after: func(w *world) { w.s.Routes[0].Replicas[1].Stale = true }},
		{id: "IL-37", sev: actions.SeverityHard, says: "11m ago", at: 11 * time.Minute},
		{id: "IL-37", sev: actions.SeverityHard, says: "no longer has what was planned on", after: func(w *world) {
			w.s.Routes[0].Routing.Fallbacks = []fleet.Fallback{{Kind: fleet.FallbackFailure, To: []fleet.RouteID{"theirs"}}}
		}},
		{id: "IL-39", sev: actions.SeverityHard, says: "read-only", after: func(w *world) { w.b.Access.Write = false }},
		{id: "IL-14", sev: actions.SeverityHard, says: "no longer has route spare", after: func(w *world) { w.s.Routes = w.s.Routes[:1] }},
	} {
		w := editing()
		if x.edit != nil {
			x.edit(w)
		}
		c := checksOf(t, w, now.Add(x.at), x.after)[x.id]
		if c.Severity != x.sev || !strings.Contains(c.Formula.String(), x.says) {
			t.Errorf("%s, %q: %s %s", x.id, x.says, c.Severity, c.Formula)
		}
	}
}

func TestABlockIsAskedWhatAShiftIsAsked(t *testing.T) {
	w := editing()
	w.in.Edit = &actions.EditIntent{Kind: fleet.EditBlock, Target: "a", Out: true}
	got := checksOf(t, w, now, nil)
	for _, id := range []string{"IL-01", "IL-02", "IL-04", "IL-10", "IL-22", "IL-36", "IL-37"} {
		if _, asked := got[id]; !asked {
			t.Errorf("%s is not asked", id)
		}
	}
	if c := got["IL-22"]; c.Severity == actions.SeverityPass {
		t.Errorf("60 points at once: %s", c.Formula)
	}
	if c := got["IL-37"]; c.Severity != actions.SeverityPass {
		t.Errorf("%s: %s", c.Severity, c.Formula)
	}
}

func TestAnUndoOfAnEditSkipsWhatIsOfGoingForward(t *testing.T) {
	w := editing()
	w.in.Edit = &actions.EditIntent{Kind: fleet.EditBlock, Target: "a", Out: true}
	p, err := plan.New(w.in, w.s, now)
	if err != nil {
		t.Fatal(err)
	}
	w.b.Changes = []actions.Change{{ID: "c-1", Step: 1, State: actions.StateCommitted, Plan: p}}
	w.target("a").Blocked = fleet.Some(true)
	if w.in, err = plan.Undo(w.b.Changes[0], actions.Actor{}); err != nil {
		t.Fatal(err)
	}
	if c := checksOf(t, w, now, nil)["IL-22"]; c.Severity != actions.SeverityPass || !strings.Contains(c.Formula.String(), "restores") {
		t.Errorf("%s: %s", c.Severity, c.Formula)
	}
}

func TestAMemberThatComesOrGoesMovesNothing(t *testing.T) {
	settings := &fleet.MemberSettings{Model: "openai/m", APIBase: "http://h/v1", Credential: "east", Text: `{"params":{}}`}
	held := func() *world {
		w := editing()
		w.s.Routes[0].Routing.Edits, w.s.Routes[0].Routing.Weighing = []fleet.EditKind{fleet.EditAdd, fleet.EditRemove}, fleet.WeighingShares
		for i := range w.s.Routes[0].Targets {
			w.s.Routes[0].Targets[i].Settings = settings
		}
		w.in.Edit = &actions.EditIntent{Kind: fleet.EditAdd, Target: "a", Member: &fleet.MemberEdit{ID: "v2", Model: "openai/m2"}}
		return w
	}
	got := checksOf(t, held(), now, nil)
	if _, asked := got["IL-22"]; asked || got["IL-37"].Severity != actions.SeverityPass || got["IL-14"].Severity != actions.SeverityPass {
		t.Errorf("%+v", got)
	}
	if c := checksOf(t, held(), now, func(w *world) {
		w.target("b").Spec.Deployment = "v2"
	})["IL-37"]; c.Severity != actions.SeverityHard {
		t.Errorf("the gateway has it by now: %s %s", c.Severity, c.Formula)
	}
	remove := func() *world {
		w := held()
		w.target("b").Set = fleet.Some(0)
		w.in.Edit = &actions.EditIntent{Kind: fleet.EditRemove, Target: "b"}
		return w
	}
	if c := checksOf(t, remove(), now, nil)["IL-37"]; c.Severity != actions.SeverityPass {
		t.Errorf("%s %s", c.Severity, c.Formula)
	}
	for name, change := range map[string]func(*fleet.Target){
		"got a weight": func(t *fleet.Target) { t.Set = fleet.Some(1) },
		"other by now": func(t *fleet.Target) { t.Settings = &fleet.MemberSettings{Text: `{"params":{"rpm":1}}`} },
	} {
		if c := checksOf(t, remove(), now, func(w *world) { change(w.target("b")) })["IL-37"]; c.Severity != actions.SeverityHard {
			t.Errorf("%s: %s %s", name, c.Severity, c.Formula)
		}
	}
}
