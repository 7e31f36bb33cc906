package plan

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

// noted are the remarks of a plan on a fleet that is edited.
func noted(t *testing.T, w fleet.Weights, edit func(*fleet.Snapshot)) string {
	t.Helper()
	s := demo()
	edit(s)
	p, err := Shift(shiftTo(w), s, now)
	if err != nil {
		t.Fatal(err)
	}
	return fleet.Join(p.Notes, fleet.Text("\n")).String()
}

func TestAPlanSaysWhereItLeavesAPolicy(t *testing.T) {
	easy := fleet.RoutePolicy{Pattern: fleet.PatternEasyLocal, Local: 0.8, Tolerance: 0.05}
	core := fleet.RoutePolicy{Pattern: fleet.PatternCoreLocal, Local: 0.9, Tolerance: 0.05}
	pair := easy
	pair.Hard = "hard"
	with := func(p fleet.RoutePolicy) func(*fleet.Snapshot) {
		return func(s *fleet.Snapshot) { s.Routes[0].Spec.Policy = &p }
	}
	hard := func(id fleet.RouteID, p *fleet.RoutePolicy, requests fleet.Rate, target fleet.TargetSpec) fleet.Route {
		w := fleet.Weights{target.ID: 1}
		return fleet.Route{Spec: fleet.RouteSpec{ID: id, Gateway: "edge", Policy: p}, Weights: w, Load: fleet.Load{Requests: fleet.Some(requests)},
			Targets: []fleet.Target{{Spec: target, Set: fleet.Some(1)}}}
	}
	api, own := fleet.TargetSpec{ID: "api", Provider: "openai", Model: "gpt-x"}, fleet.TargetSpec{ID: "own", Pool: "h100-b"}
	for name, x := range map[string]struct {
		w    fleet.Weights
		edit func(*fleet.Snapshot)
		want string // "" for no remark
	}{
		"left":         {fleet.Weights{"b200-a": 10, "openai": 60}, with(easy), "policy easy-local intends 80.0% on own GPUs; this plan gives 40%"},
		"kept":         {fleet.Weights{"b200-a": 50, "openai": 20}, with(easy), ""},
		"within":       {fleet.Weights{"b200-a": 54, "openai": 16}, with(easy), ""},
		"too much":     {fleet.Weights{"openai": 0}, with(easy), "this plan gives 100%"},
		"core":         {fleet.Weights{"openai": 0}, with(core), ""},
		"core left":    {fleet.Weights{"b200-a": 40, "openai": 30}, with(core), "policy core-local intends 90.0% on own GPUs; this plan gives 70%"},
		"none":         {fleet.Weights{"openai": 60}, func(*fleet.Snapshot) {}, ""},
		"unknown side": {fleet.Weights{"openai": 60}, func(s *fleet.Snapshot) { with(easy)(s); s.Routes[0].Targets[0].Spec.Pool = "" }, ""},
		"pair":         {fleet.Weights{"b200-a": 10, "openai": 60}, func(s *fleet.Snapshot) { with(pair)(s); s.Routes[1] = hard("hard", nil, 10, api) }, "this plan gives 20%"},
		"pair, no load": {fleet.Weights{"b200-a": 10, "openai": 60}, func(s *fleet.Snapshot) {
			with(pair)(s)
			s.Routes[1] = hard("hard", nil, 0, api)
			s.Routes[1].Load = fleet.Load{}
		}, ""},
		"hard half": {fleet.Weights{"openai": 0}, func(s *fleet.Snapshot) {
			p := easy
			p.Hard = "chat"
			s.Routes[1] = hard("easy", &p, 10, own)
		}, "policy easy-local of easy intends 80.0% on own GPUs; this plan gives 100%"},
	} {
		got := noted(t, x.w, x.edit)
		if x.want == "" && strings.Contains(got, "policy") || !strings.Contains(got, x.want) {
			t.Errorf("%s: %q, not %q", name, got, x.want)
		}
	}
}
