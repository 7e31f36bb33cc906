package interlocks

import (
	"slices"
	"strconv"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// leastWatched is how much of the time an error budget is given for has to be on file: of less nobody can say what is left of it.
const leastWatched = fleet.BudgetWindow / 4

// errorBudget is IL-09: a route that has failed as often as its objective allows takes no optional change.
func errorBudget(p actions.Plan, s *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	if s == nil {
		s = &fleet.Snapshot{}
	}
	if why := needed(p, s); !why.IsEmpty() {
		return pass(why)
	}
	var out actions.Check
	routes, _ := touched(p, s)
	for _, id := range routes {
		r := touchedRoute(p, s, id)
		switch {
		case r == nil && id == p.Route.ID && !p.Route.SLO.OK:
		case r == nil:
			out = worse(out, missing(actions.SeverityWarn, fleet.Label(string(id)), fleet.Text(" is not in the fleet as read now")))
		case r.Spec.SLO.OK && r.Spec.SLO.V < 1:
			c := spentOf(r.Objective, r.Spec.SLO.V)
			c.Formula = fleet.Concat(fleet.Label(string(id)), fleet.Text(": "), c.Formula)
			out = worse(out, c)
		}
	}
	if out.Formula.IsEmpty() {
		return pass(fleet.Text("no route of it declares an objective"))
	}
	return out
}

// spentOf compares what failed with what an objective allows, over the time that is on file of the 30 days that the budget is given
// for. It says which time that is: what failed before it is not known.
func spentOf(b fleet.ErrorBudget, slo fleet.Ratio) actions.Check {
	if !b.Requests.OK || !b.Errors.OK || !b.Watched.OK || b.From.IsZero() {
		return missing(actions.SeverityWarn, fleet.Text("nothing is on file of the 30 days that the error budget is given for"))
	}
	allowed := float64(1-slo) * b.Requests.V
	window := fleet.Concat(fleet.Text(" over the "), fleet.Age(b.Watched.V), fleet.Text(" on file since "), fleet.Stamp(b.From),
		fleet.Text(" (of 30d)"))
	terms := fleet.Concat(grouped(b.Errors.V), fleet.Text(" failures of "), grouped(allowed), fleet.Text(" that "),
		fleet.Label(strconv.FormatFloat(float64(slo)*100, 'g', 6, 64)), fleet.Text("% allows of "), grouped(b.Requests.V),
		fleet.Text(" requests"), window)
	switch {
	case b.Requests.V <= 0:
		return missing(actions.SeverityWarn, fleet.Text("no request is on file"), window)
	case b.Watched.V >= leastWatched && b.Errors.V > allowed:
		return verdict(actions.SeverityOVR, fleet.Text("the error budget is exhausted: "), terms)
	case b.Errors.V > float64(1-slo)*b.Requests.V*float64(fleet.BudgetWindow)/float64(b.Watched.V):
		// So much failed in little time that as many requests as now for all of the 30 days would not make up for it.
		return verdict(actions.SeverityOVR, fleet.Text("the error budget of all of the 30d is exhausted: "), terms)
	case b.Watched.V < leastWatched:
		return missing(actions.SeverityWarn, fleet.Text("too little is on file (< "), fleet.Age(leastWatched), fleet.Text("): "), terms)
	}
	return pass(terms)
}

// needed says why a change is not an optional one; it is empty where it is. What takes load off failing targets alone, what brings a
// replica back to what is stored, and what stops or ends a roll is needed most when a budget is used up.
func needed(p actions.Plan, s *fleet.Snapshot) fleet.Safe {
	switch {
	case p.Intent.Kind == actions.KindResync:
		return fleet.Text("not optional: it brings a replica back to what is stored")
	case p.Work != nil:
		return neededWork(p, s)
	case p.Edit != nil && p.Edit.Edit.Kind != fleet.EditBlock:
		return fleet.Safe{}
	}
	r := route(p, s)
	from := givers(p, r)
	if r == nil || len(from) == 0 || slices.ContainsFunc(from, func(id fleet.TargetID) bool { return !failing(r.Target(id)) }) {
		return fleet.Safe{}
	}
	return fleet.Concat(fleet.Text("not optional: it leaves "), target(from[0]), fleet.Text(", which is "), r.Target(from[0]).State.Text())
}

func neededWork(p actions.Plan, s *fleet.Snapshot) fleet.Safe {
	switch {
	case p.Intent.Kind == actions.KindGiveUpRoll || p.Intent.Kind == actions.KindPause:
		return fleet.Text("not optional: it ends or stops what goes on")
	case adds(&p) || p.Intent.Kind == actions.KindUncordon:
		return fleet.Text("not optional: it adds room")
	}
	pools := p.Work.Serving()
	if len(pools) == 0 {
		return fleet.Safe{}
	}
	for _, id := range pools {
		if pool := s.Pool(id); pool == nil || pool.State.Rank() < fleet.StateCrit.Rank() {
			return fleet.Safe{}
		}
	}
	return fleet.Concat(fleet.Text("not optional: "), fleet.Label(string(pools[0])), fleet.Text(" is "), s.Pool(pools[0]).State.Text())
}

// failing tells whether a target is known to fail, not merely not known to work.
func failing(t *fleet.Target) bool {
	return t != nil && t.State.Rank() >= fleet.StateCrit.Rank()
}

// touchedRoute is a route that a plan is about as it was read. Edits name routes of their own gateway only.
func touchedRoute(p actions.Plan, s *fleet.Snapshot, id fleet.RouteID) *fleet.Route {
	r := s.Route(id)
	switch {
	case p.Work != nil:
	case id == p.Route.ID:
		return s.RouteOf(p.Route)
	case r != nil && r.Spec.Gateway != p.Gateway:
		return nil
	}
	return r
}
