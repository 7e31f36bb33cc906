package views

import (
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// What a gateway counts of money is an estimate of its own: it is shown by itself, and added to nothing.

// gatewaySpend is "~$2.00 today, its own estimate, 3m ago", and of a route "~$1.50 today (estimate)"; empty where it tells
// nothing of today.
func gatewaySpend(g *fleet.Gateway, route fleet.RouteID, now time.Time) fleet.Safe {
	if g == nil || g.Spend == nil || now.UTC().Before(g.Spend.Day) || now.Sub(g.Spend.Day) >= 24*time.Hour {
		return fleet.Safe{}
	}
	s := g.Spend
	if route != "" {
		own, ok := s.Routes[route]
		if !ok {
			return fleet.Safe{}
		}
		return fleet.Concat(fleet.Text("~$"), own.Text(), fleet.Text(" today (estimate)"))
	}
	least := fleet.Safe{}
	if s.Parted {
		least = fleet.Text("at least ")
	}
	return fleet.Concat(least, fleet.Text("~$"), s.Total.Text(),
		fleet.Text(" today, its own estimate, "), fleet.Age(now.Sub(s.At)), fleet.Text(" ago"))
}

// gatewayBudgets is what is left at each provider that a gateway has a budget for: "openai $87.50 of $100.00 (1d)".
func gatewayBudgets(g *fleet.Gateway) fleet.Safe {
	const most = 3
	var list []fleet.Safe
	for _, b := range g.Budgets {
		if !b.Limit.OK || !b.Spent.OK {
			continue
		}
		text := fleet.Textf("%s $%s of $%s", fleet.Label(b.Provider), (b.Limit.V - b.Spent.V).Text(), b.Limit.V.Text())
		if b.Period != "" {
			text = fleet.Textf("%s (%s)", text, fleet.Label(b.Period))
		}
		list = append(list, text)
	}
	if n := len(list); n > most {
		list = append(list[:most], fleet.Textf("+%s more", fleet.Int(n-most)))
	}
	return fleet.Join(list, fleet.Text(", "))
}

// gatewaysSay draws on the cost screen what each gateway counts, for the first of them.
func gatewaysSay(b *part.Block, sc Scene) {
	const most = 2
	n := 0
	for i := range sc.Snap.Gateways {
		g := &sc.Snap.Gateways[i]
		says, left := gatewaySpend(g, "", sc.Now), gatewayBudgets(g)
		if says.IsEmpty() && left.IsEmpty() {
			continue
		}
		if n++; n > most {
			continue
		}
		name := fleet.Concat(fleet.Text("gateway "), fleet.Label(string(g.Spec.ID)))
		if !says.IsEmpty() {
			b.Gap(1).Put(themes.Dim, name).Say(themes.Dim, " says ").Put(themes.Text, says).Say(themes.Dim, ", added to nothing").End()
		}
		if !left.IsEmpty() {
			b.Gap(1).Put(themes.Dim, name).Say(themes.Dim, " has left for ").Put(themes.Text, left).End()
		}
	}
	if n > most {
		b.Gap(1).Put(themes.Dim, fleet.Textf("%s more gateways count spending", fleet.Int(n-most))).End()
	}
}

// gatewayLimit is what a gateway lets through to a member: "<=600rpm".
func gatewayLimit(t *fleet.Target) fleet.Safe {
	switch {
	case t.RequestsPerMinute.OK:
		return fleet.Concat(fleet.Text("<="), fleet.Count(t.RequestsPerMinute.V).Text(), fleet.Text("rpm"))
	case t.TokensPerMinute.OK:
		return fleet.Concat(fleet.Text("<="), fleet.Tokens(t.TokensPerMinute.V).Text(), fleet.Text("tpm"))
	}
	return fleet.Text(fleet.Unknown)
}
