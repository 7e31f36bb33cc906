package fleet

import "testing"

func TestWhatTheGatewaySharesOut(t *testing.T) {
	member := func(id TargetID, blocked bool, order int) Target {
		m := Target{Spec: TargetSpec{ID: id}, Blocked: Some(blocked)}
		if order >= 0 {
			m.Order = Some(order)
		}
		return m
	}
	set := Weights{"a": 60, "b": 30, "c": 10}
	byOrder := Routing{ByOrder: Some(true)}
	for _, x := range []struct {
		name        string
		r           Route
		w           Weights
		open, takes Weights
	}{
		{"plain", Route{Targets: []Target{member("a", false, 0), member("b", false, 1), member("c", false, 2)}}, set, set, set},
		{"blocked", Route{Targets: []Target{member("a", true, -1), member("b", false, -1), member("c", false, -1)}}, set,
			Weights{"a": 0, "b": 30, "c": 10}, Weights{"a": 0, "b": 30, "c": 10}},
		{"orders", Route{Routing: byOrder, Targets: []Target{member("a", false, 1), member("b", false, 0), member("c", false, 0)}}, set, set,
			Weights{"a": 0, "b": 30, "c": 10}},
		{"the first group is blocked", Route{Routing: byOrder, Targets: []Target{member("a", false, 1), member("b", true, 0), member("c", false, 2)}}, set,
			Weights{"a": 60, "b": 0, "c": 10}, Weights{"a": 60, "b": 0, "c": 0}},
		{"the first group has no weight", Route{Routing: byOrder, Targets: []Target{member("a", false, 0), member("b", false, 1), member("c", false, -1)}},
			Weights{"a": 0, "b": 30, "c": 10}, Weights{"a": 0, "b": 30, "c": 10}, Weights{"a": 0, "b": 30, "c": 0}},
		{"without any order", Route{Routing: byOrder, Targets: []Target{member("a", false, -1), member("b", false, -1)}}, Weights{"a": 1, "b": 1},
			Weights{"a": 1, "b": 1}, Weights{"a": 1, "b": 1}},
		{"alone, and takes all", Route{Routing: Routing{AloneTakesAll: true}, Targets: []Target{member("a", false, -1)}}, Weights{"a": 0}, Weights{"a": 0},
			Weights{"a": 1}},
	} {
		before := x.w.Clone()
		if got := x.r.Open(x.w); !got.Equal(x.open) {
			t.Errorf("%s: open %v, want %v", x.name, got, x.open)
		}
		if got := x.r.Takes(x.w); !got.Equal(x.takes) {
			t.Errorf("%s: takes %v, want %v", x.name, got, x.takes)
		}
		if !x.w.Equal(before) {
			t.Errorf("%s: the weights were changed", x.name)
		}
	}
	r := Route{Targets: []Target{member("a", true, 0), member("b", false, 1)}}
	if !r.OrdersUnknown() || r.Without("a").Targets[0].Blocked.V || !r.Targets[0].Blocked.V {
		t.Errorf("%+v", r)
	}
	r.Routing.ByOrder = Some(false)
	if r.OrdersUnknown() {
		t.Error("orders that do not decide are known")
	}
}
