package plan

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/fleet"
)

var names = []fleet.TargetID{"a", "b", "c", "d", "e"}

func drawWeights(t *rapid.T, label string, members []fleet.TargetID) fleet.Weights {
	w := fleet.Weights{}
	top := rapid.SampledFrom([]int{1, 4, 10, 100, 1000}).Draw(t, label+" top")
	for _, id := range members {
		w[id] = rapid.IntRange(0, top).Draw(t, label)
	}
	if w.Sum() == 0 {
		w[members[0]] = 1
	}
	return w
}

// Every step stays within the points, moves each target one way only, has a positive sum, and the last one is after.
func TestRampProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := names[:rapid.IntRange(2, len(names)).Draw(t, "members")]
		before, after := drawWeights(t, "before", order), drawWeights(t, "after", order)
		if before.Equal(after) {
			return
		}
		points := rapid.IntRange(1, 100).Draw(t, "points")
		list := ramp(before, after, order, actions.Ramp{Points: points}.WithDefaults(), 0)
		if len(list) == 0 || !list[len(list)-1].After.Equal(after) {
			t.Fatalf("the last step is not %v: %+v", after, list)
		}
		last, sums := before, before.Sum() == after.Sum()
		for i, st := range list {
			if !st.Before.Equal(last) || st.N != i+1 {
				t.Fatalf("step %d does not begin where the last one ended", i)
			}
			if st.After.Sum() <= 0 {
				t.Fatalf("step %d has sum %d", i, st.After.Sum())
			}
			if sums && st.After.Sum()%after.Sum() != 0 && i < len(list)-1 {
				t.Fatalf("step %d has sum %d, planned %d", i, st.After.Sum(), after.Sum())
			}
			for _, id := range order {
				was, is, end := share(last, id), share(st.After, id), share(after, id)
				if math.Abs(is-was) > float64(points)/100+1e-6 {
					t.Fatalf("step %d moves %s by %.4f, allowed %d points", i, id, is-was, points)
				}
				if math.Abs(end-is) > math.Abs(end-was)+1e-6 {
					t.Fatalf("step %d moves %s away from its end", i, id)
				}
				if st.After[id] < 0 {
					t.Fatalf("step %d has a negative weight", i)
				}
			}
			last = st.After
		}
	})
}

func share(w fleet.Weights, id fleet.TargetID) float64 { return float64(w.Share(id).V) }

// Weights of the same sum that the points can be cut on keep their sum: 60/30/10 never becomes 600/300/100.
func TestRampKeepsTheScale(t *testing.T) {
	list := ramp(fleet.Weights{"a": 6, "b": 4}, fleet.Weights{"a": 3, "b": 7}, names[:2], actions.Ramp{}.WithDefaults(), 0)
	if len(list) != 3 || list[0].After["a"] != 5 || list[1].After["a"] != 4 {
		t.Errorf("steps %+v, want 5/5, 4/6, 3/7", list)
	}
	coarse := ramp(fleet.Weights{"a": 1, "b": 0}, fleet.Weights{"a": 0, "b": 1}, names[:2], actions.Ramp{}.WithDefaults(), 0)
	if len(coarse) != 10 || coarse[0].After["a"] != 90 || coarse[9].After["b"] != 1 {
		t.Errorf("1/0 to 0/1 in 10 points: %+v", coarse)
	}
	if one := ramp(fleet.Weights{"a": 0}, fleet.Weights{"a": 1}, names[:1], actions.Ramp{}.WithDefaults(), 0); len(one) != 1 {
		t.Errorf("from nothing: %+v, want one step", one)
	}
}

func TestRollbackIsTheWayBackInTwoStepsAtMost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := names[:rapid.IntRange(2, len(names)).Draw(t, "members")]
		before, from := drawWeights(t, "before", order), drawWeights(t, "from", order)
		list := Rollback(actions.Plan{Before: before, Order: order}, from)
		if from.Equal(before) {
			if len(list) != 0 {
				t.Fatalf("a way back from the beginning: %+v", list)
			}
			return
		}
		if len(list) < 1 || len(list) > 2 || !list[len(list)-1].After.Equal(before) || !list[0].Before.Equal(from) {
			t.Fatalf("way back from %v to %v: %+v", from, before, list)
		}
		for _, st := range list {
			if st.After.Sum() <= 0 {
				t.Fatalf("a roll-back step has sum %d", st.After.Sum())
			}
		}
	})
}

// Undo of a shift is the identity, from whatever step it was left at.
func TestUndoOfApplyIsTheIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := demo()
		order := s.Routes[0].Order()
		before, after := drawWeights(t, "before", order), drawWeights(t, "after", order)
		if before.Equal(after) {
			return
		}
		s.Routes[0].Weights = before
		p, err := Shift(shiftTo(after), s, now)
		if err != nil {
			t.Fatal(err)
		}
		n := rapid.IntRange(1, len(p.Steps)).Draw(t, "steps done")
		in, err := Undo(actions.Change{ID: "c", Plan: p, Step: n}, actions.Actor{})
		if err != nil {
			t.Fatal(err)
		}
		s.Routes[0].Weights = p.Steps[n-1].After
		if s.Routes[0].Weights.Equal(before) {
			return
		}
		back, err := Shift(in, s, now)
		if err != nil || !back.After.Equal(before) || back.AfterHash != p.BeforeHash {
			t.Fatalf("undo after %d steps leads to %v, %v; want %v", n, back.After, err, before)
		}
	})
}

// A way in given parts ends each step where it is asked, or earlier where that would be too far, and moves one way only.
func TestStationsOfAWayBack(t *testing.T) {
	order := []fleet.TargetID{"a", "b", "c"}
	list := ramp(fleet.Weights{"a": 0, "b": 60, "c": 40}, fleet.Weights{"a": 60, "b": 30, "c": 10}, order, actions.Returning(), 0)
	var got []int
	last := 0.0
	for i, st := range list {
		is := share(st.After, "a")
		if st.N != i+1 || is < last || is-last > 0.25+1e-6 || st.Hold != actions.Returning().Every {
			t.Fatalf("step %d: %+v", i, st)
		}
		last = is
		got = append(got, int(math.Round(is*1000)))
	}
	want := []int{6, 30, 150, 300, 450, 600} // 1, 5, 25, 50, 75 and 100 % of 60 points
	if len(got) != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("step %d ends at %d thousandths, want %d", i+1, got[i], want[i])
		}
	}
	if !list[len(list)-1].After.Equal(fleet.Weights{"a": 60, "b": 30, "c": 10}) {
		t.Errorf("the end is %v", list[len(list)-1].After)
	}
}

func TestStationsFarApartAreCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := names[:rapid.IntRange(2, len(names)).Draw(t, "members")]
		before, after := drawWeights(t, "before", order), drawWeights(t, "after", order)
		if before.Equal(after) {
			return
		}
		last := before
		list := ramp(before, after, order, actions.Returning(), 0)
		if len(list) == 0 || !list[len(list)-1].After.Equal(after) {
			t.Fatalf("%v -> %v ends elsewhere: %+v", before, after, list)
		}
		for i, st := range list {
			if !st.Before.Equal(last) || st.N != i+1 || st.After.Sum() <= 0 {
				t.Fatalf("step %d: %+v", i, st)
			}
			for _, id := range order {
				was, is, end := share(last, id), share(st.After, id), share(after, id)
				if math.Abs(is-was) > 0.25+0.002 || math.Abs(end-is) > math.Abs(end-was)+0.002 {
					t.Fatalf("step %d moves %s from %.4f to %.4f on the way to %.4f", i, id, was, is, end)
				}
			}
			last = st.After
		}
	})
}
