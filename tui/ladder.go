package tui

import (
	"strconv"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// ladder is what the confirmation of a plan asks, as views draw it.
func ladder(plan actions.Plan, checks []actions.Check) views.Ladder {
	l := actions.Confirm(plan, checks)
	return views.Ladder{
		Prod: l.Prod, TypeName: l.TypeName, NeedsReason: l.NeedsReason, Overrides: l.Overrides, Refused: l.Refused,
	}
}

// rawName draws a name that must be typed or is written to: where a label does not show it exactly, its quoted form
// stands beside it.
func rawName(name string) fleet.Safe {
	if fleet.IsClean(name) {
		return fleet.Label(name)
	}
	return fleet.Concat(fleet.Label(name), fleet.Text(" (raw "), fleet.Label(strconv.QuoteToASCII(name)), fleet.Text(")"))
}
