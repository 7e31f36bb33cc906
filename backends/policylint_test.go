package backends

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

var lintedAt = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// policyLints are the faults of a route with a policy. Route chat has own members a and b; its policy is edited with the rest.
func policyLints(p fleet.RoutePolicy, edit func(s *fleet.Snapshot, chat, backup *fleet.Route)) []fleet.Lint {
	return linted(func(s *fleet.Snapshot, chat, backup *fleet.Route) {
		s.At = lintedAt
		chat.Spec.Policy = &p
		for i := range s.Pools {
			s.Pools[i].Ready, s.Pools[i].State, s.Pools[i].Spec.Model = 1, fleet.StateOK, "tuned"
			s.Pools[i].Rating = fleet.Some(fleet.Rating{Decode: 1})
		}
		if edit != nil {
			edit(s, chat, backup)
		}
	})
}

// apiFirst makes chat a route of the API whose gateway falls back to a route of the own pools.
func apiFirst(s *fleet.Snapshot, chat, backup *fleet.Route) {
	chat.Targets, backup.Targets = backup.Targets, chat.Targets
	s.Providers[0].Spec.Models[0].MaxContext = fleet.Some(fleet.Tokens(32000))
}

func apiPrimary() fleet.RoutePolicy {
	return fleet.RoutePolicy{Pattern: fleet.PatternAPIPrimary, Tolerance: 0.05, Rehearsed: lintedAt.Add(-48 * time.Hour)}
}

func coreLocal() fleet.RoutePolicy {
	return fleet.RoutePolicy{Pattern: fleet.PatternCoreLocal, Local: 0.9, Tolerance: 0.05, Model: "tuned"}
}

func mixed(own, rented int) func(s *fleet.Snapshot, chat, backup *fleet.Route) {
	return func(s *fleet.Snapshot, chat, _ *fleet.Route) {
		s.Providers[0].Spec.Models[0].MaxContext = fleet.Some(fleet.Tokens(32000))
		chat.Targets[1].Spec = fleet.TargetSpec{ID: "api", Provider: "api", Model: "big"}
		share := func(n int) fleet.Maybe[fleet.Ratio] { return fleet.Some(fleet.Ratio(float64(n) / float64(own+rented))) }
		chat.Targets[0].Set, chat.Targets[0].SetShare = fleet.Some(own), share(own)
		chat.Targets[1].Set, chat.Targets[1].SetShare = fleet.Some(rented), share(rented)
		chat.Routing.Fallbacks = nil
	}
}

func then(list ...func(s *fleet.Snapshot, chat, backup *fleet.Route)) func(s *fleet.Snapshot, chat, backup *fleet.Route) {
	return func(s *fleet.Snapshot, chat, backup *fleet.Route) {
		for _, f := range list {
			f(s, chat, backup)
		}
	}
}

func TestAPolicyThatCanHoldHasNoFault(t *testing.T) {
	for name, got := range map[string][]fleet.Lint{
		"easy-local":  policyLints(easyLocal(), mixed(80, 20)),
		"api-primary": policyLints(apiPrimary(), apiFirst),
		"core-local":  policyLints(coreLocal(), mixed(97, 3)),
		"core-local whose API is a fallback": policyLints(coreLocal(), func(_ *fleet.Snapshot, chat, _ *fleet.Route) {
			share := fleet.Some(fleet.Ratio(0.5))
			chat.Targets[0].SetShare, chat.Targets[1].SetShare = share, share
		}),
		"api-primary whose own member has a later order, though all of its weight": policyLints(apiPrimary(),
			then(mixed(50, 50), func(_ *fleet.Snapshot, chat, _ *fleet.Route) {
				chat.Routing.ByOrder, chat.Targets[0].Order, chat.Targets[1].Order = fleet.Some(true), fleet.Some(2), fleet.Some(1)
			})),
		"weights while a member is cooled down": policyLints(easyLocal(), then(mixed(80, 20), func(_ *fleet.Snapshot, chat, _ *fleet.Route) {
			chat.Routing.ByOrder, chat.Targets[0].Cooling = fleet.Some(true), true
		})),
		"api-primary with a trickle in the route": policyLints(fleet.RoutePolicy{Pattern: fleet.PatternAPIPrimary, Local: 0.1, Tolerance: 0.05},
			then(mixed(10, 90), func(_ *fleet.Snapshot, chat, _ *fleet.Route) { chat.Targets[0].Carried = fleet.Some(fleet.Ratio(0.9)) })),
	} {
		if len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestWhatKeepsAPolicyFromHoldingIsFoundWithASentence(t *testing.T) {
	rehearsed := func(at time.Time) fleet.RoutePolicy { p := apiPrimary(); p.Rehearsed = at; return p }
	pair := easyLocal()
	pair.Hard = "gone"
	for _, x := range []struct {
		rule fleet.LintRule
		says string
		p    fleet.RoutePolicy
		edit func(s *fleet.Snapshot, chat, backup *fleet.Route)
	}{
		{fleet.LintPolicySplit, "weights give own GPUs 60%, and policy easy-local intends 80.0%", easyLocal(), mixed(60, 40)},
		{fleet.LintPolicySplit, "weights give own GPUs 70%, and policy core-local intends 90.0%", coreLocal(), mixed(70, 30)},
		{fleet.LintPolicySides, "no member of chat is rented", fleet.RoutePolicy{Pattern: fleet.PatternEasyLocal, Local: 0.96, Tolerance: 0.05}, nil},
		{fleet.LintPolicySides, "gone, which is on no gateway", pair, nil},
		{fleet.LintPolicyFallback, "no fallback to own GPUs: when the API fails, requests fail", apiPrimary(), then(apiFirst, func(_ *fleet.Snapshot, chat, _ *fleet.Route) {
			chat.Routing.Fallbacks = []fleet.Fallback{{Kind: fleet.FallbackPolicy, To: []fleet.RouteID{"backup"}}}
		})},
		{fleet.LintPolicyFallback, "no fallback to backup on failures", fleet.RoutePolicy{Pattern: fleet.PatternAPIPrimary, Fallback: "backup", Tolerance: 0.05},
			then(apiFirst, func(_ *fleet.Snapshot, chat, _ *fleet.Route) {
				chat.Routing.Fallbacks = []fleet.Fallback{{Kind: fleet.FallbackPolicy, To: []fleet.RouteID{"backup"}}}
			})},
		{fleet.LintPolicyFallback, "only a could take over, and the gateway does not turn to it by itself", apiPrimary(), then(mixed(0, 100), func(_ *fleet.Snapshot, chat, _ *fleet.Route) {
			chat.Routing.Fallbacks = []fleet.Fallback{{Kind: fleet.FallbackPolicy, To: []fleet.RouteID{"backup"}}}
		})},
		{fleet.LintPolicyFallback, "only a could take over, and the gateway does not turn to it by itself", apiPrimary(),
			then(mixed(3, 97), func(_ *fleet.Snapshot, chat, _ *fleet.Route) { chat.Routing.KeepsShare = true })},
		{fleet.LintContext, "the long ones fail there", apiPrimary(), then(apiFirst, func(s *fleet.Snapshot, _, _ *fleet.Route) {
			s.Providers[0].Spec.Models[0].MaxContext = fleet.Some(fleet.Tokens(64000))
		})},
		{fleet.LintContext, "the long ones fail when the API does", rehearsed(lintedAt), then(mixed(3, 97), func(s *fleet.Snapshot, _, _ *fleet.Route) {
			s.Providers[0].Spec.Models[0].MaxContext = fleet.Some(fleet.Tokens(64000))
		})},
		{fleet.LintPolicyCold, "its fallback a has no ready replica", apiPrimary(), then(apiFirst, func(s *fleet.Snapshot, _, _ *fleet.Route) {
			s.Pools[0].Ready, s.Pools[0].State = 0, fleet.StateStandby
		})},
		{fleet.LintPolicyCold, "its fallback b is DOWN", apiPrimary(), then(apiFirst, func(s *fleet.Snapshot, _, _ *fleet.Route) { s.Pools[1].State = fleet.StateDown })},
		{fleet.LintPolicyProven, "nobody knows what its fallback a can carry", apiPrimary(), then(apiFirst, func(s *fleet.Snapshot, _, _ *fleet.Route) {
			s.Pools[0].Rating = fleet.None[fleet.Rating]()
		})},
		{fleet.LintPolicyProven, "never rehearsed", rehearsed(time.Time{}), apiFirst},
		{fleet.LintPolicyProven, "rehearsed 45 days ago", rehearsed(lintedAt.Add(-45 * 24 * time.Hour)), apiFirst},
		{fleet.LintPolicyFate, "its fallback b shares cdn edge with its primary api", apiPrimary(), then(apiFirst, func(s *fleet.Snapshot, _, _ *fleet.Route) {
			s.Pools[1].Spec.Fate, s.Providers[0].Spec.Fate = fleet.Fate{"cdn": "edge", "power": "F2"}, fleet.Fate{"cdn": "edge"}
		})},
		{fleet.LintPolicyModel, "a serves llama, and the core is the fine-tune tuned", coreLocal(), then(mixed(97, 3), func(s *fleet.Snapshot, _, _ *fleet.Route) {
			s.Pools[0].Spec.Model = "llama"
		})},
		{fleet.LintPolicyModel, "nobody says which model a serves", coreLocal(), then(mixed(97, 3), func(s *fleet.Snapshot, _, _ *fleet.Route) { s.Pools[0].Spec.Model = "" })},
		{fleet.LintPolicySides, "no API for edge cases", coreLocal(), func(_ *fleet.Snapshot, chat, _ *fleet.Route) {
			chat.Routing.Fallbacks = []fleet.Fallback{{Kind: fleet.FallbackFailure, To: []fleet.RouteID{"chat-2"}}}
			chat.Routing.Aliases = []fleet.RouteID{"chat-2"}
		}},
	} {
		got := policyLints(x.p, x.edit)
		if len(got) != 1 || got[0].Rule != x.rule || !strings.Contains(got[0].Text.String(), x.says) {
			t.Errorf("%s, %q: %+v", x.rule, x.says, got)
		}
	}
}
