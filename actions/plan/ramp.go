package plan

import (
	"math"

	"pitwall/actions"
	"pitwall/fleet"
)

// percent is the finest scale that steps are cut on: one point of share is one unit of weight.
const percent = 100

// ramp cuts a change into steps. No target's share moves by more than the ramp's points in one step; each target
// moves in one direction only; sums are never 0, and stay the same where before and after sums are equal and fine enough.
// The last step is after, exactly.
func ramp(before, after fleet.Weights, order []fleet.TargetID, r actions.Ramp) []actions.Step {
	from, to := shares(before, order), shares(after, order)
	greatest := 0.0
	for i := range order {
		greatest = math.Max(greatest, math.Abs(to[i]-from[i]))
	}
	points := float64(r.Points) / percent
	n := max(1, int(math.Ceil(greatest/points-1e-9)))
	for ; ; n++ {
		if path := cut(before, after, order, n); n >= 10*percent || keeps(path, before, order, points) {
			return steps(before, path, r)
		}
	}
}

// cut returns n weights on the straight way from before to after.
func cut(before, after fleet.Weights, order []fleet.TargetID, n int) []fleet.Weights {
	scale := scaleOf(before, after)
	from, to := shares(before, order), shares(after, order)
	last := apportion(from, scale, nil, nil, from, to)
	end := apportion(to, scale, nil, nil, from, to)
	path := make([]fleet.Weights, 0, n)
	for k := 1; k < n; k++ {
		want := make([]float64, len(order))
		for i := range order {
			want[i] = from[i] + (to[i]-from[i])*float64(k)/float64(n)
		}
		last = apportion(want, scale, last, end, from, to)
		w := fleet.Weights{}
		for i, id := range order {
			if _, member := after[id]; member {
				w[id] = last[i]
			}
		}
		path = append(path, w)
	}
	return append(path, after.Clone())
}

// scaleOf is the sum of the intermediate weights: the common sum of before and after, made finer
// where it is too coarse for points of share.
func scaleOf(before, after fleet.Weights) int {
	sum := max(after.Sum(), before.Sum())
	scale := sum
	for scale < percent {
		scale += sum
	}
	return scale
}

func shares(w fleet.Weights, order []fleet.TargetID) []float64 {
	sum := float64(w.Sum())
	out := make([]float64, len(order))
	for i, id := range order {
		if sum > 0 {
			out[i] = float64(w[id]) / sum
		}
	}
	return out
}

// apportion turns shares into integers that add up to scale. With last and end given, each stays between
// them, so that a target never turns back on its way.
func apportion(want []float64, scale int, last, end []int, from, to []float64) []int {
	out := make([]int, len(want))
	sum := 0
	for i, w := range want {
		out[i] = int(math.Round(w * float64(scale)))
		if last != nil {
			out[i] = clamp(out[i], last[i], end[i])
		}
		sum += out[i]
	}
	for sum != scale {
		best, miss := -1, math.Inf(-1)
		d := 1
		if sum > scale {
			d = -1
		}
		for i, w := range want {
			next := out[i] + d
			if next < 0 || last != nil && next != clamp(next, last[i], end[i]) || last == nil && w == 0 && from[i] == 0 && to[i] == 0 {
				continue
			}
			if off := float64(d) * (w*float64(scale) - float64(out[i])); off > miss {
				best, miss = i, off
			}
		}
		if best < 0 {
			return out
		}
		out[best] += d
		sum += d
	}
	return out
}

func clamp(v, a, b int) int { return max(min(a, b), min(v, max(a, b))) }

// keeps tells whether no share moves further than allowed in any step.
func keeps(path []fleet.Weights, before fleet.Weights, order []fleet.TargetID, points float64) bool {
	last := shares(before, order)
	for _, w := range path {
		now := shares(w, order)
		for i := range order {
			if math.Abs(now[i]-last[i]) > points+1e-9 {
				return false
			}
		}
		last = now
	}
	return true
}

func steps(before fleet.Weights, path []fleet.Weights, r actions.Ramp) []actions.Step {
	out := make([]actions.Step, 0, len(path))
	last := before
	for _, w := range path {
		if w.Equal(last) { // rounding can make a step stand still: it would write nothing
			continue
		}
		out = append(out, actions.Step{N: len(out) + 1, Before: last.Clone(), BeforeHash: fleet.HashWeights(last),
			After: w, AfterHash: fleet.HashWeights(w), Hold: r.Every})
		last = w
	}
	return out
}

// Rollback is the way back from what a change has written to where it began: at most two steps, of
// which the second is the beginning, exactly.
func Rollback(p actions.Plan, from fleet.Weights) []actions.Step {
	hops := 1
	if a, b := shares(from, p.Order), shares(p.Before, p.Order); farthest(a, b) > rollbackHop {
		hops = 2
	}
	return steps(from, cut(from, p.Before, p.Order, hops), actions.Ramp{})
}

// rollbackHop is the share beyond which going back takes two writes instead of one.
const rollbackHop = 0.5

func farthest(a, b []float64) float64 {
	d := 0.0
	for i := range a {
		d = math.Max(d, math.Abs(a[i]-b[i]))
	}
	return d
}
