package tui

import (
	"slices"
	"strings"
	"testing"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// editRig stands on a route whose gateway keeps fallbacks, aliases and blocks.
func editRig(t *testing.T, edits ...fleet.EditKind) *rig {
	t.Helper()
	r := newRig(t, world(), writable())
	s := *r.m.snap
	s.Routes = slices.Clone(s.Routes)
	x := &s.Routes[0]
	x.Routing = fleet.Routing{Edits: edits, Aliases: []fleet.RouteID{"gpt-4o"}, Fallbacks: []fleet.Fallback{
		{Kind: fleet.FallbackFailure, To: []fleet.RouteID{"batch"}}}}
	s.Gen++
	r.send(snapshotMsg{snap: &s})
	r.control.PlanFunc = func(in actions.Intent) (actions.Plan, error) {
		e := fleet.RouteEdit{Kind: in.Edit.Kind, Fallback: in.Edit.Fallback, Alias: in.Edit.Alias, Target: in.Edit.Target, Before: []fleet.RouteID{"batch"},
			After: in.Edit.To, Out: in.Edit.Out}
		return actions.Plan{Digest: "ed17000000", Intent: in, Context: s.Context, Env: fleet.EnvDev, Gateway: "edge", Steps: []actions.Step{{N: 1}},
			Edit: &actions.EditPlan{Edit: e, Replicas: []fleet.GatewayReplicaID{"gw-1", "gw-2"}}}, nil
	}
	r.keys("2")
	r.m.states.routes.List.Selected = string(x.Spec.ID)
	return r
}

func TestFallbacksAreEditedByAPlan(t *testing.T) {
	r := editRig(t, fleet.EditFallbacks, fleet.EditAlias, fleet.EditBlock)
	route := r.m.snap.Routes[0].Spec.ID
	r.keys("E")
	r.wants("EDIT "+string(route), "fallbacks (failure): batch", "fallbacks (context window): none", "take alias gpt-4o away", "block ")
	r.keys("j", "enter")
	r.wants("other routes of the gateway:", "batch")
	r.keys(",", "e", "m", "b", "e", "d", "enter")
	if r.m.book.Access.Incident == "" {
		r.wants("why")
		r.keys("s", "p", "a", "r", "e", "enter")
	}
	r.wants("CONFIRM edit of", "fallbacks (failure): batch -> batch, embed", "done when all 2 replicas hold it")
	in := r.control.Intents()
	if len(in) != 1 || in[0].Kind != actions.KindEdit || in[0].Route != route || !slices.Equal(in[0].Edit.To, []fleet.RouteID{"batch", "embed"}) {
		t.Fatalf("%+v", in)
	}
	if strings.Contains(strings.Join(r.control.Calls(), " "), "start") {
		t.Fatal("it was started before the confirmation")
	}
	r.keys("j", "enter")
	if !strings.Contains(strings.Join(r.control.Calls(), " "), "start") {
		t.Errorf("%v", r.control.Calls())
	}
}

func TestWhatAGatewayCannotEditIsSaid(t *testing.T) {
	r := editRig(t)
	r.keys("E")
	r.wants("S moves its weights")
	s := *r.m.snap
	s.Routes = slices.Clone(s.Routes)
	s.Routes[0].Routing.EditsWhy = fleet.Text("its settings are kept in a file")
	s.Gen++
	r.send(snapshotMsg{snap: &s})
	r.keys("E")
	r.wants("its settings are kept in a file")
	r.at(place{screen: views.ScreenRoutes})
	if len(r.control.Intents()) != 0 {
		t.Error("something was planned")
	}
}

func TestEscapeFromAnEditSendsNothing(t *testing.T) {
	r := editRig(t, fleet.EditAlias)
	r.keys("E", "enter")
	r.wants("cancelled; nothing was sent")
	if len(r.control.Intents()) != 0 {
		t.Error("something was planned")
	}
}
