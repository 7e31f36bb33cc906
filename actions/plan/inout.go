package plan

import (
	"fmt"

	"pitwall/fleet"
)

// inOrOut refuses weights of a route that has none.
func inOrOut(r *fleet.Route, after fleet.Weights) error {
	if r.Routing.Weighing != fleet.WeighingInOut {
		return nil
	}
	for _, id := range r.Order() {
		if n := after[id]; n != 0 && n != 1 {
			return refuse(fmt.Errorf("%s has no weights: 1 is in and 0 is out, and %s would get %d", fleet.Label(string(r.Spec.ID)),
				fleet.Label(string(id)), n))
		}
	}
	return nil
}

// flips cuts a change of a route without weights into steps: first all that come in, then one at a time those that go. The last one
// is after, exactly.
func flips(before, after fleet.Weights, order []fleet.TargetID) []fleet.Weights {
	var path []fleet.Weights
	now := before.Clone()
	for _, id := range order {
		if after[id] > before[id] {
			now[id] = after[id]
		}
	}
	if !now.Equal(before) {
		path = append(path, now.Clone())
	}
	for _, id := range order {
		if after[id] < before[id] {
			now[id] = after[id]
			path = append(path, now.Clone())
		}
	}
	if len(path) == 0 || !path[len(path)-1].Equal(after) {
		path = append(path, after.Clone())
	}
	return path
}

// flipped tells whether weights are such as a route without weights has.
func flipped(w fleet.Weights) bool {
	for _, n := range w {
		if n != 0 && n != 1 {
			return false
		}
	}
	return true
}
