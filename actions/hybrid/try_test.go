package hybrid

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

var now = time.Date(2026, 11, 30, 14, 0, 0, 0, time.UTC)

// hybridFleet is a route "chat" of a pool and an API with weights of which the pool can carry so many output tokens a second more,
// and a route "spare" of another pool. All requests are of 100 + 50 tokens; chat gets 100 a second.
func hybridFleet(own, rented int, rating, spare float64, p fleet.RoutePolicy) *fleet.Snapshot {
	s := &fleet.Snapshot{Gen: 1, At: now, Context: "eu", Env: fleet.EnvDev, Mode: fleet.ModeLive}
	sum := float64(own + rented)
	up := func(kinds ...fleet.HealthKind) []fleet.HealthVerdict {
		var list []fleet.HealthVerdict
		for _, k := range kinds {
			list = append(list, fleet.HealthVerdict{Kind: k, Up: fleet.Some(true), At: now})
		}
		return list
	}
	load := func(requests float64) fleet.Load {
		return fleet.Load{At: now, Requests: fleet.Some(fleet.Rate(requests)), InRate: fleet.Some(fleet.TokenRate(100 * requests)),
			OutRate: fleet.Some(fleet.TokenRate(50 * requests)), E2E: fleet.Some(fleet.Seconds(1)), PromptMean: fleet.Some(fleet.Tokens(100)),
			OutputMean: fleet.Some(fleet.Tokens(50)), TTFT95: fleet.Some(fleet.Seconds(0.3))}
	}
	pool := func(id fleet.PoolID, decode, requests float64) {
		x := fleet.Pool{Spec: fleet.PoolSpec{ID: id, MaxContext: fleet.Some(fleet.Tokens(32000))}, State: fleet.StateOK, Ready: 2, Desired: 2,
			Load: load(requests), KVTokens: fleet.Some(fleet.Tokens(1e7)), Progress: fleet.Progress{Moving: fleet.Some(true)}}
		if decode > 0 {
			x.Rating = fleet.Some(fleet.Rating{Decode: fleet.TokenRate(decode), Prefill: 1e6, From: now.Add(-24 * time.Hour), Kind: "history"})
		}
		s.Pools = append(s.Pools, x)
	}
	pool("own", rating, 100*float64(own)/sum)
	pool("spare", spare, 0)
	s.Providers = []fleet.Provider{{Spec: fleet.ProviderSpec{ID: "api", Models: []fleet.ProviderModel{{Name: "big",
		MaxContext: fleet.Some(fleet.Tokens(32000))}}}, Load: load(100 * float64(rented) / sum), State: fleet.StateOK, Authorised: fleet.Some(true),
		ProbeAt: now, Limits: []fleet.Limit{{Kind: fleet.LimitRPM, Max: fleet.Some(6000.0)}}}}
	target := func(spec fleet.TargetSpec, set int, requests float64, kind fleet.HealthKind) fleet.Target {
		return fleet.Target{Spec: spec, Set: fleet.Some(set), State: fleet.StateOK, Load: load(requests), Carried: fleet.Some(fleet.Ratio(1)), CarriedAt: now,
			Verdicts: up(fleet.HealthGateway, kind, fleet.HealthProbe)}
	}
	route := func(id fleet.RouteID, requests float64, targets ...fleet.Target) fleet.Route {
		r := fleet.Route{Spec: fleet.RouteSpec{ID: id, Gateway: "g"}, Targets: targets, Load: load(requests), Weights: fleet.Weights{},
			Routing: fleet.Routing{Weighing: fleet.WeighingShares}}
		for _, t := range targets {
			r.Weights[t.Spec.ID] = t.Set.V
		}
		r.Hash = fleet.HashWeights(r.Weights)
		r.Replicas = []fleet.RouteReplica{{ID: "g-1", Weights: r.Weights.Clone(), Hash: r.Hash, At: now}}
		return r
	}
	chat := route("chat", 100, target(fleet.TargetSpec{ID: "own", Pool: "own"}, own, 100*float64(own)/sum, fleet.HealthEngine),
		target(fleet.TargetSpec{ID: "api", Provider: "api", Model: "big"}, rented, 100*float64(rented)/sum, fleet.HealthProbe))
	chat.Spec.Policy = &p
	s.Routes = []fleet.Route{chat, route("spare", 0, target(fleet.TargetSpec{ID: "own", Pool: "spare"}, 1, 0, fleet.HealthEngine))}
	return s
}

func run(t *testing.T, s *fleet.Snapshot) map[string]actions.PolicyCase {
	t.Helper()
	got, err := Test("chat", s, actions.Book{At: now, Access: actions.Access{Write: true}}, now)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]actions.PolicyCase{}
	for _, c := range got.Cases {
		cases[c.What.String()] = c
	}
	return cases
}

var (
	easy    = fleet.RoutePolicy{Pattern: fleet.PatternEasyLocal, Local: 0.8, Tolerance: 0.05}
	primary = fleet.RoutePolicy{Pattern: fleet.PatternAPIPrimary, Tolerance: 0.05, Fallback: "spare"}
)

func fallsBack(s *fleet.Snapshot, to fleet.RouteID) *fleet.Snapshot {
	s.Routes[0].Routing.Fallbacks = []fleet.Fallback{{Kind: fleet.FallbackFailure, To: []fleet.RouteID{to}}}
	return s
}

func TestASideThatFailsIsTakenOverWhereThereIsRoom(t *testing.T) {
	cases := run(t, hybridFleet(80, 20, 1e5, 0, easy))
	api, own := cases["the API fails"], cases["own GPUs fail"]
	if api.Verdict != actions.CaseHolds || len(api.Takers) != 1 || api.Takers[0].Gets != 1 || api.Requests != fleet.Some(fleet.Rate(20)) {
		t.Errorf("the API fails: %+v", api)
	}
	// 80 requests a second are 4800 a minute, beside 1200 of 6000: the API takes 4800 in all without an override.
	if own.Verdict != actions.CaseFails || !strings.Contains(own.Why.String(), "api would get 100% of it and could take 7") ||
		!strings.Contains(own.Why.String(), "IL-10") || !own.Room.OK || own.Room.V > 0.8 {
		t.Errorf("own GPUs fail: %+v", own)
	}
	// The pool carries 4000 tokens a second and may carry 0.85 x 5000: 250 of the 1000 that come.
	cases = run(t, hybridFleet(80, 20, 5000, 0, easy))
	if api := cases["the API fails"]; api.Verdict != actions.CaseFails || !strings.Contains(api.Why.String(), "own would get 100% of it and could take 25%: IL-04") {
		t.Errorf("a small pool: %+v", api)
	}
	cases = run(t, hybridFleet(80, 20, 0, 0, easy))
	if api := cases["the API fails"]; api.Verdict != actions.CaseUnknown || api.Room.OK || !strings.Contains(api.Why.String(), "what own can take is not known") {
		t.Errorf("a pool without a rating: %+v", api)
	}
}

func TestAFallbackRouteIsAskedForRoom(t *testing.T) {
	for name, x := range map[string]struct {
		s       *fleet.Snapshot
		verdict actions.CaseVerdict
		says    string
	}{
		"it fits":          {fallsBack(hybridFleet(0, 100, 1e5, 1e5, primary), "spare"), actions.CaseHolds, "fits without an override"},
		"it does not":      {fallsBack(hybridFleet(0, 100, 1e5, 3000, primary), "spare"), actions.CaseFails, "own would get 100% of it and could take 51%: IL-04"},
		"nobody knows":     {fallsBack(hybridFleet(0, 100, 1e5, 0, primary), "spare"), actions.CaseUnknown, "what own can take is not known"},
		"another fallback": {fallsBack(hybridFleet(0, 100, 1e5, 1e5, primary), "elsewhere"), actions.CaseFails, "nothing takes over by itself"},
	} {
		c := run(t, x.s)["the API fails"]
		if c.Verdict != x.verdict || !strings.Contains(c.Why.String(), x.says) {
			t.Errorf("%s: %+v", name, c)
		}
		if x.verdict == actions.CaseHolds && (len(c.Takers) != 1 || c.Takers[0].Route != "spare" || c.Takers[0].Fit != 1) {
			t.Errorf("%s: %+v", name, c.Takers)
		}
	}
}

func TestAGatewayThatMovesNothingLeavesItToPeople(t *testing.T) {
	s := hybridFleet(80, 20, 1e5, 0, easy)
	s.Routes[0].Routing.KeepsShare = true
	c := run(t, s)["the API fails"]
	if c.Verdict != actions.CaseFails || len(c.Takers) != 0 || c.Room != fleet.Some(fleet.Ratio(1)) ||
		!strings.Contains(c.Why.String(), "nothing takes over by itself: requests fail; by a failover, others could take 100% of it") {
		t.Errorf("%+v", c)
	}
}

func TestAFaultOfTheFallbackDecidesBeforeItsRoom(t *testing.T) {
	s := fallsBack(hybridFleet(0, 100, 1e5, 1e5, primary), "spare")
	s.Routes[0].Lints = []fleet.Lint{{Rule: fleet.LintPolicyProven, Text: fleet.Text("never rehearsed")}, {Rule: fleet.LintPolicyCold, Text: fleet.Text("it is cold")},
		{Rule: fleet.LintOwner, Text: fleet.Text("somebody writes it")}}
	c := run(t, s)["the API fails"]
	if c.Verdict != actions.CaseFails || c.Why.String() != "it is cold" || len(c.Remarks) != 1 || c.Remarks[0].String() != "never rehearsed" {
		t.Errorf("%+v", c)
	}
}

func TestSharedFateKeepsAFallbackFromHolding(t *testing.T) {
	s := fallsBack(hybridFleet(0, 100, 1e5, 1e5, primary), "spare")
	s.Providers[0].Spec.Fate, s.Pools[1].Spec.Fate = fleet.Fate{"cloud": "one"}, fleet.Fate{"cloud": "one"}
	if c := run(t, s)["the API fails"]; c.Verdict != actions.CaseFails || !strings.Contains(c.Why.String(), "IL-26") {
		t.Errorf("%+v", c)
	}
}

func TestTheIntendedSplitIsTried(t *testing.T) {
	if c := run(t, hybridFleet(80, 20, 1e5, 0, easy))["the intended split is set"]; c.Verdict != actions.CaseHolds || c.Weights != nil {
		t.Errorf("it is set: %+v", c)
	}
	c := run(t, hybridFleet(3, 1, 1e5, 0, easy))["the intended split is set"]
	if !reflect.DeepEqual(c.Weights, fleet.Weights{"own": 80, "api": 20}) {
		t.Errorf("it is not: %+v", c)
	}
	if c := run(t, hybridFleet(0, 100, 1e5, 0, easy))["the intended split is set"]; c.Verdict != actions.CaseFails || !strings.Contains(c.Why.String(), "no own member has a weight") {
		t.Errorf("without own GPUs: %+v", c)
	}
	// 20 of 100 requests a second more are 1000 tokens; 3000 are carried, and 3500 at most.
	c = run(t, hybridFleet(60, 40, 3500, 0, easy))["the intended split is set"]
	if c.Verdict != actions.CaseFails || len(c.Checks) == 0 || !strings.Contains(c.Why.String(), "IL-04") {
		t.Errorf("where it does not fit: %+v", c)
	}
	core := fleet.RoutePolicy{Pattern: fleet.PatternCoreLocal, Local: 0.9, Tolerance: 0.05}
	if c := run(t, hybridFleet(97, 3, 1e5, 0, core))["the intended split is set"]; c.Verdict != actions.CaseHolds || c.Weights != nil {
		t.Errorf("a core above its least: %+v", c)
	}
	pair := easy
	pair.Hard = "spare"
	if c := run(t, hybridFleet(100, 0, 1e5, 0, pair))["the intended split is set"]; c.Verdict != actions.CaseUnknown || !strings.Contains(c.Why.String(), "what chooses between chat and spare") {
		t.Errorf("a pair: %+v", c)
	}
}

func TestNothingIsChangedAndWhatIsNotThereIsRefused(t *testing.T) {
	s, same := fallsBack(hybridFleet(0, 100, 1e5, 1e5, primary), "spare"), fallsBack(hybridFleet(0, 100, 1e5, 1e5, primary), "spare")
	run(t, s)
	if !reflect.DeepEqual(s, same) {
		t.Error("the snapshot was changed")
	}
	for _, id := range []fleet.RouteID{"gone", "spare"} {
		if _, err := Test(id, s, actions.Book{}, now); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %v", id, err)
		}
	}
	s.Routes[0].Weights, s.Routes[0].Targets[1].Set = nil, fleet.None[int]()
	s.Routes[0].Targets[0].Set = fleet.None[int]()
	for what, c := range run(t, s) {
		if c.Verdict == actions.CaseHolds {
			t.Errorf("without weights, %s: %+v", what, c)
		}
	}
}
