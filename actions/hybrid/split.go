package hybrid

import (
	"pitwall/actions"
	"pitwall/actions/interlocks"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

var setsSplit = fleet.Text("the intended split is set")

// split tries to set the weights that give the intended share, members of one side in the proportions that they have.
func (t tester) split(r *fleet.Route) actions.PolicyCase {
	c := actions.PolicyCase{What: setsSplit, Verdict: actions.CaseUnknown}
	p := r.Spec.Policy
	if p.Hard != "" {
		c.Why = fleet.Textf("what chooses between %s and %s decides the split: pitwall cannot set it", fleet.Label(string(r.Spec.ID)),
			fleet.Label(string(p.Hard)))
		return c
	}
	w, why := intended(r, p)
	if !why.IsEmpty() {
		c.Verdict, c.Why = actions.CaseFails, why
		return c
	}
	if sameShares(w, r.Held()) || p.Pattern == fleet.PatternCoreLocal && p.Holds(r.OwnShare(r.Held()).Or(0), 0) {
		c.Verdict, c.Why = actions.CaseHolds, fleet.Text("the weights give it already")
		return c
	}
	made, err := plan.New(actions.Intent{Kind: actions.KindShift, Route: r.Spec.ID, Weights: w}, t.s, t.now)
	if err != nil {
		c.Why = fleet.Sentence(err)
		return c
	}
	c.Weights, c.Verdict, c.Why = made.After, actions.CaseHolds, fleet.Text("no check objects to it")
	for _, check := range interlocks.Evaluate(made, t.s, t.b, t.now) {
		if check.Severity < actions.SeverityOVR {
			continue
		}
		c.Checks = append(c.Checks, check)
		switch {
		case !check.Missing && c.Verdict != actions.CaseFails:
			c.Verdict, c.Why = actions.CaseFails, objection(&check)
		case c.Verdict == actions.CaseHolds:
			c.Verdict, c.Why = actions.CaseUnknown, objection(&check)
		}
	}
	return c
}

func objection(c *actions.Check) fleet.Safe {
	return fleet.Textf("%s %s: %s", fleet.Label(c.ID), c.Title, c.Formula)
}

// intended are the weights that give a policy's share; it says why where no weights can.
func intended(r *fleet.Route, p *fleet.RoutePolicy) (fleet.Weights, fleet.Safe) {
	now := r.Held()
	of := map[fleet.Side]int{}
	for i := range r.Targets {
		spec := &r.Targets[i].Spec
		of[spec.Side()] += max(0, now[spec.ID])
	}
	if now.Sum() <= 0 {
		return nil, fleet.Sentence(errNoWeights)
	}
	if of[fleet.SideUnknown] > 0 {
		return nil, fleet.Text("a member with weight is neither a pool nor a provider in the configuration")
	}
	total := max(now.Sum(), scale)
	parts := map[fleet.Side]int{fleet.SideOwn: int(float64(p.Local)*float64(total) + 0.5)}
	parts[fleet.SideRented] = total - parts[fleet.SideOwn]
	for _, side := range []fleet.Side{fleet.SideOwn, fleet.SideRented} {
		if parts[side] > 0 && of[side] == 0 {
			return nil, fleet.Textf("no %s member has a weight, so nobody says how that side would share", fleet.Label(string(side)))
		}
	}
	return dealt(r, now, of, parts), fleet.Safe{}
}

// scale is the least sum of weights in which a share is set.
const scale = 100

// dealt gives each side its part, in the proportions of its members. What is rounded off one goes to the next.
func dealt(r *fleet.Route, now fleet.Weights, of, parts map[fleet.Side]int) fleet.Weights {
	out, sum, given := fleet.Weights{}, map[fleet.Side]int{}, map[fleet.Side]int{}
	for i := range r.Targets {
		spec := &r.Targets[i].Spec
		side := spec.Side()
		if _, set := now[spec.ID]; !set {
			continue
		}
		sum[side] += max(0, now[spec.ID])
		upTo := 0
		if of[side] > 0 {
			upTo = parts[side] * sum[side] / of[side]
		}
		out[spec.ID] = upTo - given[side]
		given[side] = upTo
	}
	return out
}

func sameShares(a, b fleet.Weights) bool {
	for id := range a {
		if d := a.Share(id).Or(0) - b.Share(id).Or(0); d > 0.005 || d < -0.005 {
			return false
		}
	}
	return true
}
