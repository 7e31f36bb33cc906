package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// fillRoute fills the cells of a row of the list.
func fillRoute(c []part.Cell, r *fleet.Route, sc Scene) {
	role := themes.Text
	if r.State == fleet.StateStale || r.State == fleet.StateUnknown {
		role = themes.Stale
	}
	set, seen := setAndSeen(r)
	limit := limitsOfRoute(r)
	c[colRoute] = part.Cell{Text: fleet.Label(string(r.Spec.ID))}
	c[colTier] = part.Cell{Text: tierText(r), Role: themes.Dim}
	c[colSet] = part.Cell{Text: set, Role: role}
	c[colSeen] = part.Cell{Text: seen, Role: role}
	c[colRouteRequests] = part.Cell{Text: fleet.Show(r.Load.Requests), Role: role}
	c[colRouteTrend] = trendCell(r.Trends.Requests, sc, dim(role))
	c[colRouteErrors] = part.Cell{Text: fleet.Show(r.Load.Errors), Role: bad(role, passed(r.Load.Errors, limit.errors))}
	c[colRouteTTFT] = part.Cell{Text: fleet.Show(r.Load.TTFT95), Role: bad(role, passed(r.Load.TTFT95, limit.ttft))}
	c[colFallback] = part.Cell{Text: fallbackText(r), Role: themes.Dim}
	c[colReplicas] = agreementCell(r)
	c[colFaults] = faultsCell(r)
	c[colRouteState] = part.Cell{Text: stateText(r.State, r.Load.At, sc.Now), Role: themes.OfState(r.State)}
}

// tierText draws the tier; an undeclared one counts as 2.
func tierText(r *fleet.Route) fleet.Safe {
	if r.Spec.Tier == 0 {
		return fleet.Text("(2)")
	}
	return fleet.Int(r.Spec.Tier)
}

// limitsOfRoute are the limits that roll back changes of this route.
func limitsOfRoute(r *fleet.Route) guardLimits {
	none := fleet.None[float64]()
	return guardLimits{errors: stricter(none, r.Spec.Guard.ErrRatio), ttft: stricter(none, r.Spec.Guard.TTFT95)}
}

// agreementCell says whether the gateway replicas agree, and names the first that does not.
func agreementCell(r *fleet.Route) part.Cell {
	var bad []fleet.Safe
	for i := range r.Replicas {
		if x := &r.Replicas[i]; x.Differs || x.Stale {
			word, _ := replicaWord(x)
			bad = append(bad, fleet.Concat(fleet.Label(string(x.ID)), fleet.Text(" "), word))
		}
	}
	switch len(bad) {
	case 0:
		return replicasCell(r)
	case 1:
		return part.Cell{Text: bad[0], Role: themes.Warn}
	default:
		off := fleet.Textf("%s of %s off", fleet.Int(len(bad)), fleet.Int(len(r.Replicas)))
		return part.Cell{Text: off, Role: themes.Warn}
	}
}

// faultsCell counts what is wrong with how a route is configured.
func faultsCell(r *fleet.Route) part.Cell {
	if len(r.Lints) == 0 {
		return part.Cell{Text: fleet.Text("0"), Role: themes.Dim}
	}
	return part.Cell{Text: fleet.Int(len(r.Lints)), Role: themes.Warn}
}
