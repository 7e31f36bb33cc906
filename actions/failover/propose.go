package failover

import (
	"cmp"
	"slices"

	"pitwall/actions"
	"pitwall/fleet"
)

// propose spreads the moved weight over the candidates, none more than it could take, and all together no more than they could take
// together: two of them may share a quota, a pool or the budget. What fits nowhere stays.
func (f *finder) propose(split actions.Split, all []actions.Candidate) actions.Proposal {
	if f.r.Routing.Weighing == fleet.WeighingInOut {
		return f.proposeInOut(split, all)
	}
	moved := f.moved()
	room := make([]int, len(all))
	total := 0
	for i := range all {
		room[i] = roomOf(&all[i], moved)
		total += room[i]
	}
	goal := min(moved, total)
	var got []int
	if split == actions.SplitBalanced {
		deal := func(n int) []int {
			part := make([]int, len(all))
			balance(all, part, room, n)
			return part
		}
		goal = f.greatest(goal, func(n int) fleet.Weights { return f.given(all, deal(n)) }, all)
		got = deal(goal)
	} else {
		got = make([]int, len(all))
		left := goal
		for _, i := range ranked(split, all) {
			got[i] = f.greatest(min(left, room[i]), func(n int) fleet.Weights {
				got[i] = n
				return f.given(all, got)
			}, all)
			left -= got[i]
		}
		goal -= left
	}
	if goal == 0 {
		return f.stays(split)
	}
	return actions.Proposal{Split: split, Weights: f.given(all, got), Left: fleet.Ratio(float64(moved-goal) / float64(moved))}
}

// reserve is the part of what bounded receivers could take that a proposal leaves: loads rise and fall, and one that is filled to its
// limit would hold the next step.
const reserve = 0.1

// roomOf is how much of the moved weight a proposal may give to a candidate.
func roomOf(c *actions.Candidate, moved int) int {
	fit := float64(c.Fit)
	if fit < 1 {
		fit *= 1 - reserve
	}
	return int(fit*float64(moved) + 1e-9)
}

// stays is a proposal by which nothing moves. Its weights are those that the route has: multiplied ones would be written.
func (f *finder) stays(split actions.Split) actions.Proposal {
	return actions.Proposal{Split: split, Weights: weightsOf(f.r), Left: 1}
}

// given are the weights by which each candidate gets what is dealt to it.
func (f *finder) given(all []actions.Candidate, got []int) fleet.Weights {
	out, sum := f.before.Clone(), 0
	for i := range all {
		out[all[i].Target] += got[i]
		sum += got[i]
	}
	f.lead(out, sum)
	return out
}

// greatest is the most, up to a limit, to which no interlock objects when all candidates take their parts at once, beside what they ask
// for any amount.
func (f *finder) greatest(limit int, with func(int) fleet.Weights, all []actions.Candidate) int {
	fits := func(n int) bool { return !f.objectsTogether(with(n), all) }
	if limit == 0 || fits(limit) {
		return limit
	}
	low, high := 0, limit
	for high-low > 1 {
		if mid := (low + high) / 2; fits(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// objectsTogether tells whether an interlock objects to weights beside what the candidates ask for any amount.
func (f *finder) objectsTogether(after fleet.Weights, all []actions.Candidate) bool {
	return slices.ContainsFunc(f.objectionsTo(f.planOf(after)), func(x actions.Check) bool {
		asked := slices.ContainsFunc(all, func(c actions.Candidate) bool {
			return c.Fit > 0 && (c.Unproven && x.Missing || slices.ContainsFunc(c.Asks, func(a actions.Ask) bool { return a.ID == x.ID }))
		})
		return x.Severity > actions.SeverityOVR || !asked
	})
}

// proposeInOut takes the failing members out and brings those in that could take something. The gateway itself shares the load
// among who is in, so that all ways are the same: all of it goes, or nothing does.
func (f *finder) proposeInOut(split actions.Split, all []actions.Candidate) actions.Proposal {
	out := actions.Proposal{Split: split, Weights: fleet.Weights{}}
	for id, n := range f.before {
		out.Weights[id] = min(n, 1)
	}
	for i := range all {
		if all[i].Fit > 0 {
			out.Weights[all[i].Target] = 1
		}
	}
	for _, id := range f.away {
		out.Weights[id] = 0
	}
	one := func(int) fleet.Weights { return out.Weights }
	if out.Weights.Sum() == 0 || f.greatest(1, one, all) == 0 {
		return f.stays(split)
	}
	return out
}

// balance deals goal out to those that ask no override, and what they have no room for to the others.
func balance(all []actions.Candidate, got, room []int, goal int) {
	for _, asking := range []bool{false, true} {
		of, total := make([]int, len(all)), 0
		for i := range all {
			if asking == (len(all[i].Asks) > 0) {
				of[i] = room[i]
				total += room[i]
			}
		}
		n := min(goal, total)
		share(got, of, n, total)
		goal -= n
	}
}

// share deals goal out in proportion to room, in whole numbers: the largest remainders are rounded up.
func share(got, room []int, goal, total int) {
	if total == 0 {
		return
	}
	left := goal
	order := make([]int, 0, len(room))
	for i := range room {
		if room[i] > 0 {
			order = append(order, i)
			got[i] = goal * room[i] / total
			left -= got[i]
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(goal*room[b]%total, goal*room[a]%total) })
	for _, i := range order {
		if left > 0 && got[i] < room[i] {
			got[i]++
			left--
		}
	}
}

// ranked orders candidates by price or by speed; those of which it is not known come last.
func ranked(split actions.Split, all []actions.Candidate) []int {
	key := func(i int) (float64, bool) {
		if split == actions.SplitCheapest {
			return float64(all[i].Price.V), all[i].Price.OK
		}
		return float64(all[i].TTFT95.V), all[i].TTFT95.OK
	}
	order := make([]int, len(all))
	for i := range all {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, knownX := key(a)
		y, knownY := key(b)
		if knownX != knownY {
			if knownX {
				return -1
			}
			return 1
		}
		return cmp.Compare(x, y)
	})
	return order
}

// rank puts those first that ask no override, and those last that may take nothing.
func rank(c *actions.Candidate) int {
	switch {
	case c.Fit <= 0:
		return 2
	case len(c.Asks) > 0:
		return 1
	}
	return 0
}
