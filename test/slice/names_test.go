package slice

import (
	"context"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/backends/sim"
	"pitwall/fleet"
)

// twoGateways is a LiteLLM and a Kong beside it, both with the same routes. Of Kong's only chat is configured.
func twoGateways(t *testing.T) *rig {
	t.Helper()
	return rigBeside(t, sim.Options{}, func(r *rig, inv *fleet.Inventory) {
		other, err := sim.Listen(context.Background(), sim.Options{Clock: r.clock, Gateway: "kong", Seed: 2})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = other.Close() })
		of := other.Inventory()
		gw := of.Gateways[0]
		gw.ID = "kong"
		for i := range gw.Replicas {
			gw.Replicas[i].ID = "kong-" + gw.Replicas[i].ID
		}
		inv.Gateways = append(inv.Gateways, gw)
		for _, s := range of.Sources {
			if s.Subject.GatewayReplica != "" {
				s.ID, s.Subject = "kong-"+s.ID, fleet.Subject{Gateway: "kong", GatewayReplica: "kong-" + s.Subject.GatewayReplica}
				inv.Sources = append(inv.Sources, s)
			}
		}
		for _, route := range of.Routes {
			if route.ID == "chat" {
				route.ID, route.Name, route.Gateway = "chat-kong", "chat", "kong"
				inv.Routes = append(inv.Routes, route)
			}
		}
	})
}

// finish lets a change come to its end, also where a person has to say that it may go on: Kong does not tell how requests end.
func (r *rig) finish(id fleet.ChangeID) *actions.Change {
	r.t.Helper()
	c := r.until(id, actions.StateHeld)
	if c.State == actions.StateHeld {
		if err := r.desk.NextNow(id); err != nil {
			r.t.Fatal(err)
		}
		c = r.until(id)
	}
	return c
}

// A change of a route of one gateway is written to this one, by the name that it calls the route by, though another one has a route
// of the same name.
func TestRoutesOfOneNameAreShiftedEachAtItsGateway(t *testing.T) {
	longWatch(t)
	t.Parallel()
	r := twoGateways(t)
	s := r.after(90 * time.Second)
	chat, kong := s.Route("chat"), s.Route("chat-kong")
	if chat == nil || kong == nil || chat.Weights == nil || kong.Weights == nil || s.Route("code@kong") == nil || s.Route("code").Spec.Gateway != "edge" {
		show(t, s)
		t.Fatal("routes are missing, or have the ID of another")
	}
	was := kong.Weights.Clone()
	after := fleet.Weights{"b200-a": 58, "h100-b": 30, "openai": 12} // more of both is more than the account allows
	if c := r.finish(r.start(actions.Intent{Kind: actions.KindShift, Route: "chat", Soak: soak, Weights: after})); c.State != actions.StateCommitted {
		t.Fatalf("chat: the change is %s: %s", c.State, c.Why)
	}
	s = r.after(30 * time.Second)
	if w := s.Route("chat").Weights; !w.Equal(after) {
		t.Errorf("chat has %v", w)
	}
	if w := s.Route("chat-kong").Weights; !w.Equal(was) {
		t.Errorf("chat of kong was changed with it: %v", w)
	}
	next := fleet.Weights{"b200-a": 59, "h100-b": 30, "openai": 11}
	id := r.start(actions.Intent{Kind: actions.KindShift, Route: "chat-kong", Soak: soak, Weights: next})
	if b := r.desk.Book(); b.OpenOn("chat") != nil || b.OpenOn("chat-kong") == nil || b.LockOn("chat") != nil {
		t.Error("the change of one route is open on the other")
	}
	if c := r.finish(id); c.State != actions.StateCommitted {
		t.Fatalf("chat of kong: the change is %s: %s", c.State, c.Why)
	}
	s = r.after(30 * time.Second)
	if w := s.Route("chat-kong").Weights; !w.Equal(next) {
		t.Errorf("chat of kong has %v", w)
	}
	if w := s.Route("chat").Weights; !w.Equal(after) {
		t.Errorf("chat was changed with it: %v", w)
	}
}

// A pool that routes of one name of two gateways send to is left at both.
func TestAFailoverFindsRoutesOfOneNameAtBothGateways(t *testing.T) {
	t.Parallel()
	r := twoGateways(t)
	before := r.after(90 * time.Second)
	e, err := r.desk.Evacuate(actions.Origin{Kind: actions.OriginPool, ID: "b200-a"}, actions.Bounds{})
	if err != nil {
		t.Fatal(err)
	}
	parts, err := r.desk.FailoverParts(e, actions.FailoverWish{Split: actions.SplitBalanced, Soak: soak, Reason: "b200-a burns"})
	if err != nil {
		t.Fatal(err)
	}
	var overrides []string
	for _, p := range parts {
		overrides = append(overrides, actions.Overrides(p.Checks)...)
	}
	at := map[fleet.RouteID]fleet.GatewayID{}
	for _, s := range r.desk.StartParts(parts, actions.Approval{Overrides: overrides, Reason: "b200-a burns", Typed: "b200-a"}) {
		if s.Err != nil {
			t.Errorf("%s: %v", s.Route, s.Err)
			continue
		}
		at[s.Route] = r.desk.Book().Change(s.Change).Plan.Gateway
	}
	if at["chat"] != "edge" || at["chat-kong"] != "kong" {
		t.Fatalf("started %v; %d routes found, %v stay", at, len(e.Found), e.Stays)
	}
	now := r.after(90 * time.Second)
	for _, id := range []fleet.RouteID{"chat", "chat-kong"} {
		was, is := before.Route(id).Weights, now.Route(id).Weights
		if !is.Share("b200-a").OK || is.Share("b200-a").V >= was.Share("b200-a").V {
			t.Errorf("%s has %v, and had %v", id, is, was)
		}
	}
}
