package desk

import (
	"pitwall/actions"
	"pitwall/actions/hybrid"
	"pitwall/fleet"
)

// PolicyTest tries in thought what may happen to a route under its policy, on what is read now. Nothing is sent.
func (d *Desk) PolicyTest(route fleet.RouteID) (actions.PolicyTest, error) {
	d.expire()
	return hybrid.Test(route, d.o.Latest(), d.runner.Book(), d.o.Clock.Now())
}
