package plan

import (
	"fmt"

	"pitwall/actions"
	"pitwall/fleet"
)

// inOrOut refuses weights that a gateway without weights cannot hold: a member is in or out.
func inOrOut(w fleet.Weights) error {
	for id, v := range w {
		if v > 1 {
			return refuse(fmt.Errorf("weight %d of %q: this gateway has no weights, a member is in (1) or out (0)", v, id))
		}
	}
	return nil
}

// turns are the steps on a gateway without weights: one member at a time, those that come in first, so that the others never carry
// more than they must.
func turns(before, after fleet.Weights, order []fleet.TargetID, r actions.Ramp) []actions.Step {
	var path []fleet.Weights
	at := before.Clone()
	for _, in := range []bool{true, false} {
		for _, id := range order {
			if at[id] == after[id] || (after[id] > 0) != in {
				continue
			}
			at = at.Clone()
			at[id] = after[id]
			path = append(path, at)
		}
	}
	return steps(before, path, r)
}
