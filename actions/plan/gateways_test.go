package plan

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/fleet"
)

// No step, and no step back, has a weight that the gateway does not take: none over its bound, none but in and out where it has no
// weights.
func TestNoStepHasAWeightThatTheGatewayDoesNotTake(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := names[:rapid.IntRange(2, len(names)).Draw(t, "members")]
		most := rapid.SampledFrom([]int{1, 10, 100, 256, 65535}).Draw(t, "most")
		draw := func(name string) fleet.Weights {
			w := fleet.Weights{}
			for _, id := range order {
				w[id] = rapid.IntRange(0, most).Draw(t, name+" "+string(id))
			}
			if w.Sum() == 0 {
				w[order[0]] = 1
			}
			return w
		}
		before, after := draw("before"), draw("after")
		p := actions.Plan{Before: before, After: after, Order: order, Most: most}
		r := actions.Ramp{Points: rapid.IntRange(1, 50).Draw(t, "points")}.WithDefaults()
		if rapid.Bool().Draw(t, "by stations") {
			r = actions.Returning()
		}
		if p.Steps = ramp(before, after, order, r, most); most == 1 {
			p.InOrOut, p.Most = true, 0
			p.Steps = turns(before, after, order, r)
		}
		for _, st := range p.Steps {
			for _, to := range append(Rollback(p, st.After), st) {
				for id, v := range to.After {
					if v < 0 || v > most || to.After.Sum() <= 0 {
						t.Fatalf("a step sets %s to %d of at most %d: %v", id, v, most, to.After)
					}
				}
			}
		}
		if n := len(p.Steps); n > 0 && !p.Steps[n-1].After.Equal(after) {
			t.Fatalf("%d steps to %v: %+v", n, after, p.Steps)
		}
	})
}

func TestWeightsThatTheGatewayDoesNotTakeAreRefused(t *testing.T) {
	for _, x := range []struct {
		routing fleet.Routing
		weights fleet.Weights
		says    string
	}{
		{fleet.Routing{Weighing: fleet.WeighingInOut}, fleet.Weights{"b200-a": 50}, "has no weights, a member is in (1) or out (0)"},
		{fleet.Routing{Weighing: fleet.WeighingFromOne, Most: 100}, fleet.Weights{"b200-a": 101}, "over 100, the most that its gateway takes"},
		{fleet.Routing{Weighing: fleet.WeighingFromOne, Most: 100}, fleet.Weights{"b200-a": 100}, ""},
		{fleet.Routing{Weighing: fleet.WeighingGroups, Strategy: fleet.Text("priority")}, fleet.Weights{"b200-a": 1}, "does not share traffic by weights"},
		{fleet.Routing{Weighing: fleet.WeighingIgnored, Strategy: fleet.Text("least-busy")}, fleet.Weights{"b200-a": 1}, "does not share traffic by weights"},
		{fleet.Routing{Weighing: fleet.WeighingShares, Fixed: fleet.Text("ask Argo CD")}, fleet.Weights{"b200-a": 1}, "ask Argo CD"},
	} {
		s := demo()
		s.Routes[0].Routing = x.routing
		_, err := New(actions.Intent{Kind: actions.KindShift, Route: s.Routes[0].Spec.ID, Weights: x.weights}, s, s.At)
		if x.says == "" && err != nil || x.says != "" && (err == nil || !strings.Contains(err.Error(), x.says)) {
			t.Errorf("%+v to %v: %v", x.routing.Weighing, x.weights, err)
		}
	}
}

// A member can be blocked where no weight decides, or none is set; what the others would get is then not known, and said so.
func TestABlockWhereNoWeightDecides(t *testing.T) {
	for name, edit := range map[string]func(r *fleet.Route){
		"ignored": func(r *fleet.Route) { r.Routing.Weighing = fleet.WeighingIgnored },
		"unset": func(r *fleet.Route) {
			for i := range r.Targets {
				r.Targets[i].Set = fleet.None[int]()
			}
		},
	} {
		s := demo()
		r := &s.Routes[0]
		r.Routing.Edits = []fleet.EditKind{fleet.EditBlock}
		for i := range r.Targets {
			r.Targets[i].Blocked = fleet.Some(false)
		}
		edit(r)
		in := actions.Intent{Kind: actions.KindEdit, Route: r.Spec.ID, Edit: &actions.EditIntent{Kind: fleet.EditBlock, Target: r.Targets[0].Spec.ID, Out: true}}
		p, err := New(in, s, s.At)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if p.After[r.Targets[0].Spec.ID] != 0 || p.After.Sum() != len(r.Targets)-1 || len(p.Notes) != 1 {
			t.Errorf("%s: %v, %v", name, p.After, p.Notes)
		}
		if unknown := !p.Effects[1].ShareNew.OK; unknown != (name == "ignored") {
			t.Errorf("%s: %+v", name, p.Effects[1])
		}
		for i := range r.Targets[1:] {
			r.Targets[i+1].Blocked = fleet.Some(true)
		}
		if _, err := New(in, s, s.At); err == nil || !strings.Contains(err.Error(), "last member") {
			t.Errorf("%s: the last one that is not blocked: %v", name, err)
		}
	}
}

// Taking the block off a member without weight brings nothing, and is not planned as if it did.
func TestABlockOfAMemberWithoutWeight(t *testing.T) {
	s := demo()
	r := &s.Routes[0]
	r.Routing.Edits = []fleet.EditKind{fleet.EditBlock}
	for i := range r.Targets {
		r.Targets[i].Blocked = fleet.Some(true)
	}
	r.Targets[0].Set = fleet.Some(0)
	in := actions.Intent{Kind: actions.KindEdit, Route: r.Spec.ID, Edit: &actions.EditIntent{Kind: fleet.EditBlock, Target: r.Targets[0].Spec.ID}}
	if _, err := New(in, s, s.At); err == nil || !strings.Contains(err.Error(), "has no weight") {
		t.Errorf("%v", err)
	}
}
