package backends

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

// linted is a snapshot with one route "chat" over two pools, and a fallback "backup" that is rented.
func linted(edit func(s *fleet.Snapshot, chat, backup *fleet.Route)) []fleet.Lint {
	s := &fleet.Snapshot{
		Pools: []fleet.Pool{
			{Spec: fleet.PoolSpec{ID: "a", MaxContext: fleet.Some(fleet.Tokens(32000)), Offers: []string{"tools"}, Labels: []string{"eu"}}},
			{Spec: fleet.PoolSpec{ID: "b", MaxContext: fleet.Some(fleet.Tokens(32000)), Offers: []string{"tools"}, Labels: []string{"eu"}}},
		},
		Providers: []fleet.Provider{{Spec: fleet.ProviderSpec{ID: "api", Labels: []string{"eu"}, Models: []fleet.ProviderModel{
			{Name: "big", MaxContext: fleet.Some(fleet.Tokens(64000)), Offers: []string{"tools"}}}}}},
	}
	target := func(id fleet.TargetID, n int, spec fleet.TargetSpec) fleet.Target {
		spec.ID = id
		return fleet.Target{Spec: spec, Set: fleet.Some(n)}
	}
	s.Routes = []fleet.Route{
		{Spec: fleet.RouteSpec{ID: "chat", Gateway: "g", Requires: []string{"eu"}, Uses: map[string]fleet.Ratio{"tools": 0.2}},
			Routing: fleet.Routing{Weighing: fleet.WeighingShares, Strategy: fleet.Text("s"),
				Fallbacks: []fleet.Fallback{{Kind: fleet.FallbackFailure, To: []fleet.RouteID{"backup"}}}},
			Targets: []fleet.Target{target("a", 50, fleet.TargetSpec{Pool: "a"}), target("b", 50, fleet.TargetSpec{Pool: "b"})}},
		{Spec: fleet.RouteSpec{ID: "backup", Gateway: "g"}, Routing: fleet.Routing{Weighing: fleet.WeighingShares},
			Targets: []fleet.Target{target("api", 1, fleet.TargetSpec{Provider: "api", Model: "big"})}},
	}
	if edit != nil {
		edit(s, &s.Routes[0], &s.Routes[1])
	}
	lint(s)
	return s.Routes[0].Lints
}

func TestARouteWithoutAFaultHasNoRemark(t *testing.T) {
	if got := linted(nil); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestFaultsOfARouteAreFoundWithASentence(t *testing.T) {
	for _, x := range []struct {
		rule fleet.LintRule
		says string
		edit func(s *fleet.Snapshot, chat, backup *fleet.Route)
	}{
		{fleet.LintTwins, "a and b are the same back end", func(_ *fleet.Snapshot, chat, _ *fleet.Route) { chat.Targets[1].Spec.Pool = "a" }},
		{fleet.LintMixed, "b has no weight", func(_ *fleet.Snapshot, chat, _ *fleet.Route) {
			chat.Targets[1].Set, chat.Unset = fleet.None[int](), []fleet.TargetID{"b"}
		}},
		{fleet.LintIgnored, "does not look at weights", func(_ *fleet.Snapshot, chat, _ *fleet.Route) {
			chat.Routing.Weighing = fleet.WeighingIgnored
		}},
		{fleet.LintIgnored, "no share of the traffic", func(_ *fleet.Snapshot, chat, _ *fleet.Route) {
			chat.Routing.Weighing = fleet.WeighingGroups
		}},
		{fleet.LintOut, "all weights are 0", func(_ *fleet.Snapshot, chat, _ *fleet.Route) {
			chat.Targets[0].Set, chat.Targets[1].Set = fleet.Some(0), fleet.Some(0)
		}},
		{fleet.LintAlone, "only a carries it", func(_ *fleet.Snapshot, chat, _ *fleet.Route) {
			chat.Targets[1].Set, chat.Routing.Fallbacks = fleet.Some(0), nil
		}},
		{fleet.LintNowhere, "gone is no route of g", func(_ *fleet.Snapshot, chat, _ *fleet.Route) {
			chat.Routing.Fallbacks[0].To[0] = "gone"
		}},
		{fleet.LintNowhere, "is itself", func(_ *fleet.Snapshot, chat, _ *fleet.Route) { chat.Routing.Fallbacks[0].To[0] = "chat" }},
		{fleet.LintContext, "the long ones fail there", func(s *fleet.Snapshot, _, _ *fleet.Route) {
			s.Providers[0].Spec.Models[0].MaxContext = fleet.Some(fleet.Tokens(8000))
		}},
		{fleet.LintContext, "too long there", func(s *fleet.Snapshot, chat, _ *fleet.Route) {
			chat.Routing.Fallbacks[0].Kind = fleet.FallbackContext
			s.Providers[0].Spec.Models[0].MaxContext = fleet.Some(fleet.Tokens(32000))
		}},
		{fleet.LintTools, "lacks tools, which 20.0% of requests use", func(s *fleet.Snapshot, _, _ *fleet.Route) {
			s.Providers[0].Spec.Models[0].Offers = []string{"json"}
		}},
		{fleet.LintResidency, "does not offer eu", func(s *fleet.Snapshot, _, _ *fleet.Route) { s.Providers[0].Spec.Labels = nil }},
		{fleet.LintOwner, "Argo CD writes it", func(_ *fleet.Snapshot, chat, _ *fleet.Route) { chat.Routing.Owner = fleet.Text("Argo CD") }},
	} {
		got := linted(x.edit)
		if len(got) != 1 || got[0].Rule != x.rule || !strings.Contains(got[0].Text.String(), x.says) {
			t.Errorf("%s, %q: %+v", x.rule, x.says, got)
		}
	}
}

func TestAFallbackMayBeNamedByItsAlias(t *testing.T) {
	got := linted(func(_ *fleet.Snapshot, chat, backup *fleet.Route) {
		chat.Routing.Fallbacks[0].To[0], backup.Routing.Aliases = "spare", []fleet.RouteID{"spare"}
	})
	if len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestWhatIsNotDeclaredIsNoFault(t *testing.T) {
	got := linted(func(s *fleet.Snapshot, _, _ *fleet.Route) {
		s.Providers[0].Spec.Models[0].MaxContext, s.Providers[0].Spec.Models[0].Offers = fleet.None[fleet.Tokens](), nil
	})
	if len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
