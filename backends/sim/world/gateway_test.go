package world

import (
	"math/rand/v2"
	"testing"
)

func TestCooldownRules(t *testing.T) {
	repeat := func(status, n int) []int {
		out := make([]int, n)
		for i := range out {
			out[i] = status
		}
		return out
	}
	cases := []struct {
		name     string
		group    int
		answers  []int
		cools    bool
		boundary float64 // added to the time of the last answer
	}{
		{"429 cools at once", 2, []int{429}, true, 0},
		{"429 in a group of one does not", 1, []int{429}, false, 0},
		{"401 cools at once", 2, []int{401}, true, 0},
		{"404 cools even a group of one", 1, []int{404}, true, 0},
		{"400 never cools", 2, repeat(400, 50), false, 0},
		{"403 never cools", 2, repeat(403, 50), false, 0},
		{"422 never cools", 2, repeat(422, 50), false, 0},
		{"four failures are too few", 2, repeat(500, 4), false, 0},
		{"five failures of five cool", 2, repeat(500, 5), true, 0},
		{"half is not more than half", 2, []int{200, 200, 200, 500, 500, 500}, false, 0},
		{"more than half cools", 2, []int{200, 200, 500, 500, 500}, true, 0},
		{"408 counts as 5xx do", 2, repeat(408, 5), true, 0},
		{"a new minute begins at nothing", 2, repeat(500, 5), false, 60},
		{"a group of one needs a thousand", 1, repeat(500, 999), false, 0},
		{"a group of one cools at a thousand", 1, repeat(500, 1000), true, 0},
		{"one success keeps a group of one", 1, append([]int{200}, repeat(500, 1200)...), false, 0},
	}
	for _, c := range cases {
		d := &deployment{group: c.group}
		cooled := false
		for i, status := range c.answers {
			at := 120.5
			if i == len(c.answers)-1 {
				at += c.boundary
			}
			cooled = d.note(status, at)
			if cooled && d.cooldown != at+CooldownTime {
				t.Errorf("%s: cooled until %v", c.name, d.cooldown)
			}
		}
		if cooled != c.cools {
			t.Errorf("%s: cooled is %v", c.name, cooled)
		}
	}
}

func member(id string, weight any, blocked bool, cooldown float64) *deployment {
	params := map[string]any{}
	if w, ok := weight.(float64); ok {
		params["weight"] = w
	}
	return &deployment{row: &Row{Spec: &DeploymentSpec{ID: id}, Params: params, Blocked: blocked}, cooldown: cooldown}
}

func TestPick(t *testing.T) {
	none := any(nil)
	cases := []struct {
		name    string
		members []*deployment
		share   map[string]float64
		status  int
	}{
		{"by weight", []*deployment{member("a", 75.0, false, 0), member("b", 25.0, false, 0)},
			map[string]float64{"a": .75, "b": .25}, 0},
		{"weight 0 takes nothing while others live", []*deployment{member("a", 0.0, false, 0), member("b", 5.0, false, 0)},
			map[string]float64{"a": 0, "b": 1}, 0},
		{"all weights 0 is an even pick", []*deployment{member("a", 0.0, false, 0), member("b", 0.0, false, 0)},
			map[string]float64{"a": .5, "b": .5}, 0},
		{"cooled members are left out", []*deployment{
			member("a", 50.0, false, 9), member("b", 25.0, false, 0), member("c", 25.0, false, 0)},
			map[string]float64{"a": 0, "b": .5, "c": .5}, 0},
		{"blocked members are left out", []*deployment{member("a", 50.0, true, 0), member("b", 50.0, false, 0)},
			map[string]float64{"a": 0, "b": 1}, 0},
		{"the first healthy decides: weighted", []*deployment{member("a", 50.0, false, 0), member("b", none, false, 0)},
			map[string]float64{"a": 1, "b": 0}, 0},
		{"the first healthy decides: even", []*deployment{member("b", none, false, 0), member("a", 50.0, false, 0)},
			map[string]float64{"a": .5, "b": .5}, 0},
		{"weight 0 serves when it is alone", []*deployment{member("a", 0.0, false, 0), member("b", 5.0, false, 9)},
			map[string]float64{"a": 1, "b": 0}, 0},
		{"all cooled is 429", []*deployment{member("a", 1.0, false, 9), member("b", 1.0, true, 0)}, nil, 429},
		{"all blocked is 403", []*deployment{member("a", 1.0, true, 0), member("b", 1.0, true, 0)}, nil, 403},
		{"no member is 400", nil, nil, 400},
	}
	for _, c := range cases {
		rng := rand.New(rand.NewPCG(1, 2))
		g := &Gateway{groups: map[string][]*deployment{"r": c.members}, rng: rng}
		const n = 20000
		seen := map[string]float64{}
		for range n {
			d, status := g.pick("r", 8)
			if status != c.status {
				t.Fatalf("%s: status %d", c.name, status)
			}
			if d != nil {
				seen[d.row.Spec.ID] += 1.0 / n
			}
		}
		for id, want := range c.share {
			if got := seen[id]; got < want-0.02 || got > want+0.02 || want == 0 && got != 0 {
				t.Errorf("%s: %s gets %.3f, want %.3f", c.name, id, got, want)
			}
		}
	}
}
