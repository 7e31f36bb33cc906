package desk

import (
	"pitwall/actions"
	"pitwall/actions/failover"
	"pitwall/fleet"
)

// Failover finds where the load of members of a route can go, on what is read now. Nothing is sent.
func (d *Desk) Failover(route fleet.RouteID, away []fleet.TargetID) (actions.Failover, error) {
	d.expire()
	return failover.Find(route, away, d.o.Latest(), d.runner.Book(), d.o.Clock.Now())
}

// FailoverIntent is the shift that carries one of its proposals out.
func (d *Desk) FailoverIntent(f actions.Failover, p actions.Proposal) actions.Intent {
	return failover.Intent(f, p, d.o.Latest())
}
