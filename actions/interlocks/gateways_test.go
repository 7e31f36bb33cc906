package interlocks

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/fleet"
)

// gatewayMode is what one gateway, in one of its modes, does with a route.
type gatewayMode struct {
	name    string
	routing fleet.Routing
	blocks  bool // it tells which members are blocked
	orders  bool // members may have an order
}

// gatewayModes are those of the connectors, as their readers give them.
func gatewayModes() []gatewayMode {
	yes, no := fleet.Some(true), fleet.Some(false)
	edits := []fleet.EditKind{fleet.EditFallbacks, fleet.EditAlias, fleet.EditBlock}
	shares := fleet.Routing{Weighing: fleet.WeighingShares, Most: 1_000_000}
	with := func(r fleet.Routing, do func(*fleet.Routing)) fleet.Routing {
		do(&r)
		return r
	}
	return []gatewayMode{
		{name: "not read"},
		{"litellm, new", with(shares, func(r *fleet.Routing) { r.ByOrder, r.Edits = yes, edits }), true, true},
		{"litellm, old", with(shares, func(r *fleet.Routing) { r.ByOrder, r.Edits = no, edits }), true, true},
		{"litellm, whose version does not tell", with(shares, func(r *fleet.Routing) { r.Edits = edits }), true, true},
		{"litellm, least-busy", fleet.Routing{Weighing: fleet.WeighingIgnored, ByOrder: yes, Edits: edits}, true, true},
		{"kong upstream", with(shares, func(r *fleet.Routing) { r.ByOrder, r.Most = no, 65535 }), false, false},
		{"kong ai-proxy-advanced", fleet.Routing{Weighing: fleet.WeighingFromOne, Most: 65535, ByOrder: no}, false, false},
		{"kong priority", fleet.Routing{Weighing: fleet.WeighingGroups, ByOrder: yes, Fixed: fleet.Text("it names the group")}, false, true},
		{"kong least-connections", fleet.Routing{Weighing: fleet.WeighingIgnored, ByOrder: no, Fixed: fleet.Text("by requests in flight")}, false, false},
		{"portkey loadbalance", with(shares, func(r *fleet.Routing) { r.ByOrder, r.KeepsShare = no, true }), false, false},
		{"portkey fallback", fleet.Routing{Weighing: fleet.WeighingInOut, ByOrder: yes, Fixed: fleet.Text("by order")}, false, true},
		{"httproute", with(shares, func(r *fleet.Routing) { r.KeepsShare = true }), false, false},
		{"aigatewayroute", with(shares, func(r *fleet.Routing) { r.ByOrder = yes }), false, true},
		{"inferencemodelrewrite", fleet.Routing{Weighing: fleet.WeighingFromOne, Most: 1_000_000}, false, false},
		{"virtualservice", with(shares, func(r *fleet.Routing) { r.AloneTakesAll, r.KeepsShare = true, true }), false, false},
		{"in or out", fleet.Routing{Weighing: fleet.WeighingInOut}, false, false},
		{"in or out, with blocks", fleet.Routing{Weighing: fleet.WeighingInOut, ByOrder: yes, Edits: edits}, true, true},
	}
}

var everyTarget = []fleet.TargetID{"a", "b", "api"}

// drawGateway gives what puts a world behind a gateway: its mode, blocked members, orders, a fallback, and the site's policy.
func drawGateway(t *rapid.T) func(*world) {
	mode := rapid.SampledFrom(gatewayModes()).Draw(t, "gateway")
	blocked, order := map[fleet.TargetID]bool{}, map[fleet.TargetID]int{}
	for _, id := range everyTarget {
		blocked[id] = mode.blocks && rapid.IntRange(0, 3).Draw(t, string(id)+" is blocked at 0") == 0
		order[id] = -1
		if mode.orders {
			order[id] = rapid.IntRange(-1, 1).Draw(t, "order of "+string(id))
		}
	}
	policy := drawPolicy(t)
	abroad := rapid.Bool().Draw(t, "the spare route is abroad")
	return func(w *world) {
		r := w.route()
		r.Routing = mode.routing
		for i := range r.Targets {
			m := &r.Targets[i]
			if id := m.Spec.ID; order[id] >= 0 {
				m.Order = fleet.Some(order[id])
			}
			if mode.blocks {
				m.Blocked = fleet.Some(blocked[m.Spec.ID])
			}
		}
		if mode.routing.Weighing == fleet.WeighingInOut {
			w.hold(fleet.Weights{"a": 1, "b": 1, "api": 0})
		}
		w.s.Rules.Policy = policy
		spare := fleet.Route{Spec: fleet.RouteSpec{ID: "spare", Gateway: "edge"}, Targets: []fleet.Target{*w.target("b")}}
		spare.Targets[0].Spec.ID = "s"
		if abroad {
			w.s.Providers = append(w.s.Providers, fleet.Provider{Spec: fleet.ProviderSpec{ID: "far", Kind: "openai", Labels: []string{"us"}}})
			spare.Targets[0].Spec = fleet.TargetSpec{ID: "s", Provider: "far", Model: "gpt-x"}
		}
		w.s.Routes = append(w.s.Routes, spare)
	}
}

// drawPolicy draws rules that a site may lay down.
func drawPolicy(t *rapid.T) []fleet.PolicyRule {
	var able []fleet.PolicyRule
	for _, id := range slices.Sorted(maps.Keys(strongest)) {
		for _, to := range []string{"WARN", "OVR"} {
			if r := (fleet.PolicyRule{Interlock: id, LowerTo: to, Reason: since2025}); invalid(r) == nil {
				able = append(able, r)
			}
		}
	}
	chosen := rapid.SliceOfNDistinct(rapid.SampledFrom(able), 0, 6, func(r fleet.PolicyRule) string { return r.Interlock }).Draw(t, "policy")
	slices.SortFunc(chosen, func(a, b fleet.PolicyRule) int { return compareIDs(a.Interlock, b.Interlock) })
	return chosen
}

// drawIntent draws what is wanted of the route: weights as its gateway takes them, or an edit where it has any.
func drawIntent(t *rapid.T, w *world) actions.Intent {
	in := actions.Intent{Kind: actions.KindShift, Route: "chat", Weights: fleet.Weights{},
		Ramp: actions.Ramp{Points: rapid.SampledFrom([]int{10, 20, 50, 100}).Draw(t, "points")}}
	if len(w.route().Routing.Edits) > 0 && rapid.Bool().Draw(t, "edit") {
		in.Kind, in.Weights = actions.KindEdit, nil
		in.Edit = rapid.SampledFrom([]*actions.EditIntent{
			{Kind: fleet.EditFallbacks, To: []fleet.RouteID{"spare"}}, {Kind: fleet.EditAlias, Alias: "chat-2", To: []fleet.RouteID{"chat"}},
			{Kind: fleet.EditBlock, Target: "a", Out: true}, {Kind: fleet.EditBlock, Target: "b", Out: true}, {Kind: fleet.EditBlock, Target: "api", Out: true},
			{Kind: fleet.EditBlock, Target: "a"}, {Kind: fleet.EditBlock, Target: "b"}, {Kind: fleet.EditBlock, Target: "api"},
		}).Draw(t, "what")
		return in
	}
	wishes := []int{0, 0, 5, 10, 20, 30, 50, 60, 90}
	if w.route().Routing.Weighing == fleet.WeighingInOut {
		wishes = []int{0, 1}
	}
	for _, id := range everyTarget {
		in.Weights[id] = rapid.SampledFrom(wishes).Draw(t, "weight of "+string(id))
	}
	return in
}

// applied makes the gateway hold what a step sets.
func (w *world) applied(p actions.Plan, st actions.Step) {
	if p.Edit == nil {
		w.hold(st.After)
		return
	}
	e := &p.Edit.Edit
	switch e.Kind {
	case fleet.EditBlock:
		w.target(e.Target).Blocked = fleet.Some(e.Out)
	case fleet.EditFallbacks:
		w.route().Routing.Fallbacks = []fleet.Fallback{{Kind: e.Fallback, To: e.After}}
	case fleet.EditAlias:
		w.route().Routing.Aliases = []fleet.RouteID{e.Alias}
	default: // members that come and go are not among the edits that this world draws
	}
}

// serving are the members that take requests of one replica, told without the interlocks' own code: with a weight, where weights
// decide, and not blocked.
func (w *world) serving(replica *fleet.RouteReplica) (all, working []fleet.TargetID) {
	r := w.route()
	for i := range r.Targets {
		t := &r.Targets[i]
		if decide(r) && replica.Weights[t.Spec.ID] <= 0 || t.Blocked.V {
			continue
		}
		all = append(all, t.Spec.ID)
		if w.works(t.Spec.ID) {
			working = append(working, t.Spec.ID)
		}
	}
	return all, working
}

// No sequence of accepted steps, of whatever overrides and under whatever policy, behind whatever gateway, leads to a state that a
// HARD interlock forbids: no route without a working member, no weight that the gateway does not take, no request where its data may
// not be.
func TestNoSequenceOfAcceptedStepsReachesAHardState(t *testing.T) {
	reached := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)()
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			w.in = drawIntent(t, w)
			p, err := planOf(w)
			if err != nil || actions.Worst(Evaluate(p, w.s, w.b, now)) >= block {
				continue
			}
			for _, st := range p.Steps {
				if rapid.Bool().Draw(t, "something happens") {
					troubles()[rapid.IntRange(2, 9).Draw(t, "what")].do(w)
				}
				if actions.Worst(EvaluateStep(p, st.N, w.s, w.b, now)) >= block {
					break
				}
				w.applied(p, st)
				reached[string(p.Intent.Kind)+" "+string(w.route().Routing.Weighing)]++
				w.isNotForbidden(t, p, st)
			}
		}
	})
	for _, kind := range []string{"shift ", "shift shares", "edit shares"} { // the rarer ones come in most runs
		if reached[kind] == 0 || len(reached) < 4 {
			t.Errorf("no step of %q was ever accepted: the property was not tested; %v", kind, reached)
		}
	}
}

func (w *world) isNotForbidden(t *rapid.T, p actions.Plan, st actions.Step) {
	g := &w.route().Routing
	if p.Edit == nil {
		for id, v := range st.After {
			if v < 0 || g.Most > 0 && v > g.Most || g.Weighing == fleet.WeighingInOut && v > 1 {
				t.Fatalf("accepted step to %v: %s takes no %d of %s", st.After, g.Weighing, v, id)
			}
		}
	}
	if p.Edit == nil || p.Edit.Edit.Kind == fleet.EditBlock {
		for i := range w.route().Replicas {
			replica := &w.route().Replicas[i]
			if all, working := w.serving(replica); len(working) == 0 {
				t.Fatalf("accepted step to %v: on %s %v take requests and none works", st.After, replica.ID, all)
			}
			held := actions.Plan{Route: p.Route, Order: p.Order, Before: replica.Weights, After: replica.Weights}
			if !decide(w.route()) {
				continue
			}
			for _, c := range []actions.Check{lastHealthy(held, w.s, w.b, now), zeroSum(held, w.s, w.b, now)} {
				if c.Severity == hard {
					t.Fatalf("after an accepted step to %v: %s", st.After, c.Formula)
				}
			}
		}
	}
	if p.Edit != nil && p.Edit.Edit.Kind == fleet.EditFallbacks {
		spare := w.s.Route("spare")
		for i := range spare.Targets {
			if offered := w.s.Residency(&spare.Targets[i]); !slices.Contains(offered, "eu") {
				t.Fatalf("accepted fallback to %s, which offers %v", spare.Targets[i].Spec.ID, offered)
			}
		}
	}
}

// Each mode by itself: what it lets be planned is judged, and by its own means.
func TestEveryGatewayIsJudged(t *testing.T) {
	for _, mode := range gatewayModes() {
		w := good()
		w.route().Routing = mode.routing
		w.in.Weights = fleet.Weights{"a": 50, "b": 40}
		if mode.routing.Weighing == fleet.WeighingInOut {
			w.hold(fleet.Weights{"a": 1, "b": 0, "api": 1})
			w.in.Weights = fleet.Weights{"b": 1}
		}
		p, err := planOf(w)
		movable := mode.routing.Fixed.IsEmpty() && (mode.routing.Weighing == fleet.WeighingUnknown || mode.routing.Weighing.Decides())
		if (err == nil) != movable {
			t.Errorf("%s: %v", mode.name, err)
		}
		if err != nil {
			continue
		}
		if c := find(Evaluate(p, w.s, w.b, now), "IL-01"); c.Severity != ok {
			t.Errorf("%s: %s %s", mode.name, c.Severity, c.Formula)
		}
		if mode.routing.Weighing == fleet.WeighingInOut && len(p.Steps) != 1 { // one member comes in
			t.Errorf("%s: %d steps between in and out", mode.name, len(p.Steps))
		}
	}
}

// A blocked member keeps its weight and takes nothing: it is no healthy target, and others carry what it would.
func TestBlockedMembersAndLaterOrdersTakeNothing(t *testing.T) {
	w := good()
	w.target("b").Blocked, w.target("api").Blocked = fleet.Some(true), fleet.Some(true)
	w.in.Weights = fleet.Weights{"a": 0, "b": 90}
	if c := find(Evaluate(w.plan(t), w.s, w.b, now), "IL-01"); c.Severity != hard {
		t.Errorf("all weight on blocked members: %s %s", c.Severity, c.Formula)
	}
	w = good()
	w.route().Routing.ByOrder = fleet.Some(true)
	for id, n := range map[fleet.TargetID]int{"a": 0, "b": 0, "api": 1} {
		w.target(id).Order = fleet.Some(n)
	}
	w.in.Weights = fleet.Weights{"a": 50, "b": 40}
	pr := project(w.plan(t), w.s, w.route(), "b")
	if want := fleet.Ratio(40.0/90 - 30.0/90); !pr.ShareNew.OK || pr.ShareNew.V-pr.ShareNow.V-want > 1e-9 || want-(pr.ShareNew.V-pr.ShareNow.V) > 1e-9 {
		t.Errorf("b grows from %v to %v", pr.ShareNow, pr.ShareNew)
	}
	w.p, w.in.Weights = actions.Plan{}, fleet.Weights{"a": 0, "b": 0}
	if pr := project(w.plan(t), w.s, w.route(), "api"); pr.ShareNow.V != 0 || pr.ShareNew.V != 1 {
		t.Errorf("what comes last takes from %v to %v when the first group has no weight", pr.ShareNow, pr.ShareNew)
	}
	w.route().Routing.ByOrder = fleet.None[bool]()
	if got := len(readings(w.p, w.s)); got != 2 {
		t.Errorf("%d readings where nobody knows whether orders decide", got)
	}
}
