package views

import (
	"slices"

	"pitwall/fleet"
)

// routeCharts are the histories of a route's targets, the most telling first: who gets the traffic, how much of it
// fails and how long it waits.
func routeCharts(_ Scene, r *fleet.Route) []chartSpec {
	if r == nil {
		return nil
	}
	limit := limitsOfRoute(r)
	none := fleet.None[float64]()
	charts := []chartSpec{
		{title: fleet.Text("SEEN share"), lines: targetLines(r, func(t *fleet.Trends) fleet.Trend { return t.Seen }),
			limit: none, label: ratioLabel, top: 1},
		{title: fleet.Text("ERR%"), lines: targetLines(r, func(t *fleet.Trends) fleet.Trend { return t.Errors }),
			limit: limit.errors, label: ratioLabel},
		{title: fleet.Text("TTFT95"), lines: targetLines(r, func(t *fleet.Trends) fleet.Trend { return t.TTFT95 }),
			limit: limit.ttft, label: secondsLabel},
		{title: fleet.Text("REQ/S"), lines: targetLines(r, func(t *fleet.Trends) fleet.Trend { return t.Requests }),
			limit: none, label: rateLabel},
		{title: fleet.Text("ITL95"), lines: targetLines(r, func(t *fleet.Trends) fleet.Trend { return t.ITL95 }),
			limit: none, label: secondsLabel},
	}
	return slices.DeleteFunc(charts, func(c chartSpec) bool { return len(c.lines) == 0 })
}

func targetLines(r *fleet.Route, of func(*fleet.Trends) fleet.Trend) []line {
	lines := make([]line, 0, min(maxSeries, len(r.Targets)))
	for i := range r.Targets {
		if t := of(&r.Targets[i].Trends); len(t.V) > 0 && len(lines) < maxSeries {
			lines = append(lines, line{string(r.Targets[i].Spec.ID), t})
		}
	}
	return lines
}
