package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// How long the reading of the object that a plan was made on counts.
const (
	// stateLife is for what moves by itself: whether something rolls, what an autoscaler wants. It is where IL-23 blocks.
	stateLife = 2 * time.Minute
	// specLife is for what somebody has to write first: versions, owners, deadlines, what was loaded. It is where IL-37 asks
	// for another plan.
	specLife = actions.PlanLife
)

// unlessOld adds to a verdict that the reading it is made of is too old, at the severity of missing data; an objection stays,
// since taking data away makes none milder. Behind the first stage it is not asked any more: the change itself has moved what was
// read, and the runner compares the fields before each write.
func unlessOld(c actions.Check, p *actions.Plan, life time.Duration, sev actions.Severity, now time.Time) actions.Check {
	at := p.Work.Was.At
	switch old := now.Sub(at); {
	case p.Work.Later:
		return c
	case at.IsZero():
		return worse(c, missing(sev, fleet.Text("when the object was read is unknown: plan again")))
	case old > life:
		return worse(c, missing(sev, fleet.Text("the reading is "), fleet.Age(old), fleet.Text(" old > "), fleet.Age(life),
			fleet.Text(": unknown, plan again")))
	}
	return c
}
