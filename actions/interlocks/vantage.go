package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// vantage is IL-25: what only this machine sees failing may be this machine's own fault.
func vantage(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	r := route(p, s)
	if r == nil {
		return missing(actions.SeverityWarn, fleet.Text("the route was not read"))
	}
	var out actions.Check
	for _, id := range givers(p, r) {
		t := r.Target(id)
		if t == nil {
			out = worse(out, on(missing(actions.SeverityWarn, fleet.Text("nothing is known of it any more")), id))
			continue
		}
		out = worse(out, on(seenFrom(t, now), id))
	}
	if out.Formula.IsEmpty() {
		return pass(fleet.Text("nobody gives load away"))
	}
	return out
}

// seenFrom compares our own look at a target with what the gateway's requests say of it.
func seenFrom(t *fleet.Target, now time.Time) actions.Check {
	own, gateway := t.Verdict(fleet.HealthProbe), t.Verdict(fleet.HealthGateway)
	switch {
	case t.State == fleet.StateOK:
		return pass(fleet.Text("nothing fails there"))
	case own.Up.OK && own.Up.V:
		return pass(fleet.Text("this machine reaches it"))
	case !own.Up.OK:
		return missing(actions.SeverityWarn, fleet.Text("whether this machine reaches it is not known"))
	case !gateway.Up.OK:
		return missing(actions.SeverityWarn, fleet.Text("only this machine's probe is known, and it fails"))
	case gateway.Up.V:
		return verdict(actions.SeverityWarn, fleet.Text("only this machine sees it fail: the gateway gets answers from it"),
			age(now, gateway.At), fleet.Text(", "), own.Why)
	}
	return pass(fleet.Text("the gateway sees it fail too"))
}
