package plan

import (
	"math"
	"slices"

	"pitwall/actions"
	"pitwall/fleet"
)

// percent is the sum that makes one unit of weight one point of share.
const percent = 100

// ramp cuts a change into steps. No target's share moves by more than the ramp's points in one step; each target
// moves in one direction only; sums are never 0. Where before and after have the same sum the steps have it too,
// unless it is too coarse for the points. The last step is after, exactly.
// Where the gateway takes no weights as great as the steps between would need, there is one step.
func ramp(before, after fleet.Weights, order []fleet.TargetID, r actions.Ramp, most int) []actions.Step {
	if len(r.Way) > 0 && before.Sum() > 0 {
		return stations(before, after, order, r, most)
	}
	if before.Sum() <= 0 {
		// All weights are 0: there is no share to move gradually.
		return steps(before, []fleet.Weights{after.Clone()}, r)
	}
	points := float64(r.Points) / percent
	least := max(1, int(math.Ceil(farthest(shares(before, order), shares(after, order))/points-slack)))
	var path []fleet.Weights
	for _, scale := range scales(before, after) {
		for n := least; n <= 2*least+2; n++ {
			if path = cut(before, after, order, n, scale); keeps(path, before, order, points) && fits(path, most) {
				return steps(before, path, r)
			}
		}
	}
	if !fits(path, most) {
		path = path[len(path)-1:]
	}
	return steps(before, path, r)
}

// fits tells whether a gateway takes all weights of a path; most is 0 where no bound is known.
func fits(path []fleet.Weights, most int) bool {
	return !slices.ContainsFunc(path[:len(path)-1], func(w fleet.Weights) bool { return over(w, most) })
}

func over(w fleet.Weights, most int) bool {
	for _, v := range w {
		if most > 0 && v > most {
			return true
		}
	}
	return false
}

// stations are the steps of a ramp whose parts of the way are given. The first parts are small, so the weights between are finer
// than those at the ends.
func stations(before, after fleet.Weights, order []fleet.TargetID, r actions.Ramp, most int) []actions.Step {
	const finer = 10 // a hundredth of a way of ten points is a tenth of a point
	scale := finer * scales(before, after)[0]
	if before.Sum() == after.Sum() {
		scale = finer * scales(before, after)[1]
	}
	if most > 0 && scale > most { // as fine as the gateway can
		scale = max(most, before.Sum(), after.Sum())
	}
	from, to := shares(before, order), shares(after, order)
	last := apportion(from, scale, nil, nil)
	end := apportion(to, scale, nil, nil)
	even := r
	even.Way = nil
	var out []actions.Step
	at := before
	for _, part := range r.Way {
		next := after.Clone()
		if part < percent {
			want := make([]float64, len(order))
			for i := range order {
				want[i] = from[i] + (to[i]-from[i])*float64(part)/percent
			}
			last = apportion(want, scale, last, end)
			for i, id := range order {
				if _, member := after[id]; member {
					next[id] = last[i]
				}
			}
		}
		if next.Equal(at) || over(next, most) {
			continue
		}
		for _, s := range ramp(at, next, order, even, most) {
			s.N = len(out) + 1
			out = append(out, s)
		}
		at = next
	}
	return out
}

// slack absorbs the rounding of shares that are no binary fractions.
const slack = 1e-9

// scales are the sums of the intermediate weights to try, from coarse to fine. Multiples of both sums hold both ends
// exactly.
func scales(before, after fleet.Weights) []int {
	a, b := max(1, before.Sum()), max(1, after.Sum())
	sum := max(a, b)
	fine := sum * ((percent + sum - 1) / sum)
	both := a / gcd(a, b) * b
	list := []int{fine, 10 * fine, percent * fine, both, 10 * both, percent * both}
	if a == b {
		list = append([]int{sum}, list...)
	}
	return list
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// cut returns n weights on the straight way from before to after; all but the last add up to scale.
func cut(before, after fleet.Weights, order []fleet.TargetID, n, scale int) []fleet.Weights {
	from, to := shares(before, order), shares(after, order)
	last := apportion(from, scale, nil, nil)
	end := apportion(to, scale, nil, nil)
	path := make([]fleet.Weights, 0, n)
	for k := 1; k < n; k++ {
		want := make([]float64, len(order))
		for i := range order {
			want[i] = from[i] + (to[i]-from[i])*float64(k)/float64(n)
		}
		last = apportion(want, scale, last, end)
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
func apportion(want []float64, scale int, last, end []int) []int {
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
		d := 1
		if sum > scale {
			d = -1
		}
		best := mostOff(out, want, scale, d, last, end)
		if best < 0 {
			return out
		}
		out[best] += d
		sum += d
	}
	return out
}

// mostOff is the index whose weight gains most by a change of d, or -1 where none may change. What has no share
// gets none.
func mostOff(out []int, want []float64, scale, d int, last, end []int) int {
	best, miss := -1, math.Inf(-1)
	for i, w := range want {
		next := out[i] + d
		if next < 0 || last == nil && w == 0 || last != nil && next != clamp(next, last[i], end[i]) {
			continue
		}
		if off := float64(d) * (w*float64(scale) - float64(out[i])); off > miss {
			best, miss = i, off
		}
	}
	return best
}

func clamp(v, a, b int) int { return max(min(a, b), min(v, max(a, b))) }

// keeps tells whether no share moves further than allowed in any step, nor away from where it goes.
func keeps(path []fleet.Weights, before fleet.Weights, order []fleet.TargetID, points float64) bool {
	last, end := shares(before, order), shares(path[len(path)-1], order)
	for _, w := range path {
		now := shares(w, order)
		for i := range order {
			if math.Abs(now[i]-last[i]) > points+slack || math.Abs(end[i]-now[i]) > math.Abs(end[i]-last[i])+slack {
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
// which the second is the beginning, exactly. Where a member is only in or out, each step changes one member, those that come back first.
func Rollback(p actions.Plan, from fleet.Weights) []actions.Step {
	if p.InOrOut {
		return turns(from, p.Before, p.Order, actions.Ramp{})
	}
	hops := 1
	if from.Sum() > 0 && p.Before.Sum() > 0 && farthest(shares(from, p.Order), shares(p.Before, p.Order)) > rollbackHop {
		hops = 2
	}
	path := cut(from, p.Before, p.Order, hops, scales(from, p.Before)[0])
	if !fits(path, p.Most) {
		path = path[len(path)-1:]
	}
	return steps(from, path, actions.Ramp{})
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
