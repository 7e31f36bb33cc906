package tui

import (
	"strconv"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// minOverrideReason is how long the reason for an override must be at least, in characters.
const minOverrideReason = 10

// Ladder tells what the confirmation of a plan asks. It is pure. A context that is not declared staging or
// development is production: the name and a reason are typed there. An override asks for both everywhere; a block
// cannot be confirmed.
func Ladder(plan actions.Plan, checks []actions.Check) views.Ladder {
	l := views.Ladder{Prod: plan.Env != fleet.EnvStage && plan.Env != fleet.EnvDev, Overrides: actions.Overrides(checks)}
	l.TypeName = l.Prod || len(l.Overrides) > 0
	l.NeedsReason = l.TypeName
	if len(checks) == 0 {
		l.Refused = fleet.Text("no check has run")
	}
	worst := actions.Worst(checks)
	if worst < actions.SeverityBlock {
		return l
	}
	for i := range checks {
		if c := &checks[i]; c.Severity == worst {
			l.Refused = fleet.Concat(fleet.Label(c.ID), fleet.Text(" "), fleet.Label(worst.String()), fleet.Text(": "), c.Title)
			if !c.Fix.IsEmpty() {
				l.Refused = fleet.Concat(l.Refused, fleet.Text("; "), c.Fix)
			}
			break
		}
	}
	return l
}

// rawName draws a name that must be typed or is written to: where a label does not show it exactly, its quoted form
// stands beside it.
func rawName(name string) fleet.Safe {
	if fleet.IsClean(name) {
		return fleet.Label(name)
	}
	return fleet.Concat(fleet.Label(name), fleet.Text(" (raw "), fleet.Label(strconv.QuoteToASCII(name)), fleet.Text(")"))
}
