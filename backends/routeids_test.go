package backends

import (
	"slices"
	"testing"
	"time"

	"pitwall/fleet"
)

// holds is a gateway replica that answers from a moment on with members of routes: "route/member".
func holds(from time.Time, weight float64, members ...[2]string) func(time.Time) (fleet.Partial, error) {
	return func(now time.Time) (fleet.Partial, error) {
		if now.Before(from) {
			return fleet.Partial{}, &fleet.Error{Kind: fleet.KindUnreachable, Op: "read"}
		}
		g := &fleet.GatewayReading{Mode: fleet.GatewayModeAPI, Metrics: true, Routing: map[fleet.RouteID]fleet.Routing{}}
		for _, m := range members {
			route := fleet.RouteID(m[0])
			g.Deployments = append(g.Deployments, fleet.DeploymentReading{ID: fleet.DeploymentID(m[1]), Route: route, Weight: fleet.Some(weight),
				Requests: fleet.Some(weight * now.Sub(start).Seconds())})
			g.Routing[route] = fleet.Routing{Strategy: fleet.Label("of " + m[0]),
				Fallbacks: []fleet.Fallback{{Kind: fleet.FallbackFailure, To: []fleet.RouteID{"chat"}}}}
		}
		return fleet.Partial{Gateway: g}, nil
	}
}

// twoGateways makes gw1 the only replica of gateway g and gw2 that of gateway k.
func twoGateways(routes ...fleet.RouteSpec) func(*fleet.Inventory) {
	return func(inv *fleet.Inventory) {
		inv.Gateways = []fleet.GatewaySpec{{ID: "g", Kind: "litellm", Replicas: []fleet.GatewayReplicaSpec{{ID: "gw1"}}},
			{ID: "k", Kind: "kong", Replicas: []fleet.GatewayReplicaSpec{{ID: "gw2"}}}}
		inv.Routes = routes
	}
}

func benchOfTwo(
	t *testing.T, g, k func(time.Time) (fleet.Partial, error), routes ...fleet.RouteSpec,
) (*bench, func(d time.Duration) []string) {
	t.Helper()
	b := newBenchIn(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){"gw1": g, "gw2": k}, twoGateways(routes...),
		map[fleet.SourceID]fleet.Subject{"gw2": {Gateway: "k", GatewayReplica: "gw2"}})
	return b, func(d time.Duration) []string {
		var ids []string
		for _, r := range b.after(d).Routes {
			ids = append(ids, string(r.Spec.ID)+" of "+string(r.Spec.Gateway)+" as "+string(r.Spec.Called()))
		}
		slices.Sort(ids)
		return ids
	}
}

func TestRoutesOfOneNameHaveIDsOfTheirOwn(t *testing.T) {
	chat, mail := [2]string{"chat", "own"}, [2]string{"mail", "m"}
	both := [][2]string{chat, mail}
	for name, x := range map[string]struct {
		g, k   func(time.Time) (fleet.Partial, error)
		routes []fleet.RouteSpec
		want   []string
	}{
		"nobody configured them": {holds(start, 60, both...), holds(start, 40, chat), nil,
			[]string{"chat@g of g as chat", "chat@k of k as chat", "mail of g as mail"}},
		"both are configured": {holds(start, 60, chat), holds(start, 40, chat),
			[]fleet.RouteSpec{{ID: "chat", Gateway: "g"}, {ID: "chat-k", Gateway: "k", Name: "chat"}},
			[]string{"chat of g as chat", "chat-k of k as chat"}},
		"one is configured": {holds(start, 60, chat), holds(start, 40, both...), []fleet.RouteSpec{{ID: "chat", Gateway: "g"}},
			[]string{"chat of g as chat", "chat@k of k as chat", "mail of k as mail"}},
		"one is configured under an ID": {holds(start, 60, chat), holds(start, 40, chat), []fleet.RouteSpec{{ID: "c", Gateway: "k", Name: "chat"}},
			[]string{"c of k as chat", "chat@g of g as chat"}},
		"an ID is the name of another": {holds(start, 60, both...), holds(start, 40), []fleet.RouteSpec{{ID: "mail", Gateway: "g", Name: "chat"}},
			[]string{"mail of g as chat", "mail@g of g as mail"}},
		"even what it would get is taken": {holds(start, 60, chat), holds(start, 40, chat), []fleet.RouteSpec{{ID: "chat@k", Gateway: "g", Name: "chat"}},
			[]string{"chat@k of g as chat", "chat@k@k of k as chat"}},
		"one gateway fails at first": {holds(start, 60, chat), holds(start.Add(time.Second), 40, chat), nil, // what is read first must not decide
			[]string{"chat@g of g as chat", "chat@k of k as chat"}},
	} {
		_, after := benchOfTwo(t, x.g, x.k, x.routes...)
		if got := after(time.Minute); !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, not %q", name, got, x.want)
		}
	}
}

// A change may be open on it: the second gateway that comes with the name takes another ID, and so it stays when one leaves.
func TestARouteKeepsTheIDThatItWasGiven(t *testing.T) {
	late := start.Add(time.Hour)
	_, after := benchOfTwo(t, holds(start, 60, [2]string{"chat", "own"}), holds(late, 40, [2]string{"chat", "own"}))
	if got := after(2 * time.Minute); !slices.Equal(got, []string{"chat of g as chat"}) {
		t.Fatalf("alone: %q", got)
	}
	if got := after(2 * time.Hour); !slices.Equal(got, []string{"chat of g as chat", "chat@k of k as chat"}) {
		t.Errorf("both: %q", got)
	}
}

// What is read of a name is joined with the route of that name of the same gateway, and its fallbacks lead to routes of it.
func TestReadingsOfOneNameAreKeptApart(t *testing.T) {
	members := [][2]string{{"chat", "own"}, {"mail", "m"}}
	b, _ := benchOfTwo(t, holds(start, 60, members...), holds(start, 40, members...),
		fleet.RouteSpec{ID: "chat", Gateway: "g", Targets: []fleet.TargetSpec{{ID: "own", Pool: "p"}}},
		fleet.RouteSpec{ID: "chat-k", Gateway: "k", Name: "chat", Targets: []fleet.TargetSpec{{ID: "mine", Provider: "api", Model: "big", Deployment: "own"}}})
	s := b.after(2 * time.Minute)
	if r := s.Route("chat"); !r.Weights.Equal(fleet.Weights{"own": 60}) || r.Load.Requests.V < 59 || r.Load.Requests.V > 61 {
		t.Errorf("chat of g: %v, %v requests/s", r.Weights, r.Load.Requests)
	}
	r := s.Route("chat-k")
	if !r.Weights.Equal(fleet.Weights{"mine": 40}) || r.Load.Requests.V < 39 || r.Load.Requests.V > 41 || r.Strategy.String() != "of chat" {
		t.Errorf("chat of k: %v, %v requests/s, strategy %s", r.Weights, r.Load.Requests, r.Strategy)
	}
	for _, l := range r.Lints {
		if l.Rule == fleet.LintNowhere && l.Text.String() != "its fallback for failure is itself" {
			t.Errorf("chat of k: %s", l.Text)
		}
	}
	if to := s.FailsTo(s.Route("mail@k")); len(to) != 1 || to[0].Spec.ID != "chat-k" {
		t.Errorf("mail of k falls back to %v", to)
	}
	if to := s.FailsTo(s.Route("mail@g")); len(to) != 1 || to[0].Spec.ID != "chat" {
		t.Errorf("mail of g falls back to %v", to)
	}
	if s.RouteOf(fleet.RouteSpec{ID: "anything", Gateway: "k", Name: "chat"}) != r || s.RouteOf(fleet.RouteSpec{ID: "chat-k", Gateway: "k"}) != nil {
		t.Error("a route is not found by what its gateway calls it")
	}
}

func TestALabelThatGatewaysShareNamesNoRoute(t *testing.T) {
	n := newNames(fleet.Inventory{Routes: []fleet.RouteSpec{{ID: "chat-g", Gateway: "g", Name: "chat"}, {ID: "chat-k", Gateway: "k", Name: "chat"},
		{ID: "post", Gateway: "k", Name: "mail"}}})
	for label, want := range map[string]fleet.RouteID{"chat": "", "mail": "post", "chat-k": "chat-k", "nobody": ""} {
		if _, got := n.find(map[string]string{"model_group": label}); got != want {
			t.Errorf("%q names route %q, not %q", label, got, want)
		}
	}
}
