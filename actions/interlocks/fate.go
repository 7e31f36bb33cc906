package interlocks

import (
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// sharedFate is IL-26: a target that receives load must not depend on what the failing one depends on.
func sharedFate(p actions.Plan, s *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	r := route(p, s)
	if r == nil {
		return missing(actions.SeverityWarn, fleet.Text("the route is not in the fleet as read now"))
	}
	var failing []*fleet.Target
	for _, id := range givers(p, r) {
		if t := r.Target(id); t == nil || t.State.Rank() >= fleet.StateUnknown.Rank() {
			failing = append(failing, t)
		}
	}
	if len(failing) == 0 {
		return pass(fleet.Text("no target that gives load is failing"))
	}
	if slices.Contains(failing, nil) {
		return missing(actions.SeverityWarn, fleet.Text("the dependencies of the failing target are unknown"))
	}
	return eachReceiver(p, s, func(_ *fleet.Route, t *fleet.Target) actions.Check {
		mine := s.FateOf(t)
		out := pass(fleet.Text("shares nothing with the failing target"))
		for _, f := range failing {
			theirs := s.FateOf(f)
			if len(mine) == 0 || len(theirs) == 0 {
				out = worse(out, missing(actions.SeverityWarn, fleet.Text("dependencies of it or of "), target(f.Spec.ID),
					fleet.Text(" are not declared")))
				continue
			}
			for _, kind := range sortedKinds(mine) {
				if theirs[kind] == mine[kind] {
					out = worse(out, verdict(actions.SeverityOVR, fleet.Text("shares "), fleet.Label(kind), fleet.Text(" "),
						fleet.Label(mine[kind]), fleet.Text(" with "), target(f.Spec.ID), fleet.Text(", which is "), f.State.Text()))
				}
			}
		}
		return out
	})
}

func sortedKinds(f fleet.Fate) []string {
	out := make([]string, 0, len(f))
	for k := range f {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
