package plain

import (
	"pitwall/fleet"
)

// Table draws a snapshot as tables without colour, for "pitwall snapshot": alerts, pools, routes with what is set and
// seen, gateways, providers, clusters with what is in trouble on them, and sources. The columns and their order are
// fixed; every unknown value is "-".
func Table(s *fleet.Snapshot) string {
	r := &report{}
	if s == nil {
		r.line(fleet.Text("no snapshot yet"))
		return r.String()
	}
	r.line(fleet.Text("CONTEXT "), fleet.Label(s.Context), fleet.Text("  "), or(fleet.Label(string(s.Env))),
		fleet.Text("  "),
		or(fleet.Label(string(s.Mode))), fleet.Text("  generation "), fleet.Int(s.Gen), fleet.Text("  at "),
		fleet.Label(s.At.UTC().Format("2006-01-02T15:04:05Z")))
	l := &s.Totals.Load
	r.line(fleet.Text("TOTAL req/s "), fleet.Show(l.Requests), fleet.Text("  err% "), fleet.Show(l.Errors),
		fleet.Text("  ttft95 "), fleet.Show(l.TTFT95), fleet.Text("  queue "), fleet.Show(l.Waiting),
		fleet.Text("  gpu% "), wholePercent(s.Totals.GPUUtil), fleet.Text("  $/h "), fleet.Show(s.Totals.Burn))
	alertTable(r, s)
	poolTable(r, s)
	routeTable(r, s)
	gatewayTable(r, s)
	providerTable(r, s)
	clusterTables(r, s)
	sourceTable(r, s)
	return r.String()
}

func wholePercent(m fleet.Maybe[fleet.Ratio]) fleet.Safe {
	if !m.OK {
		return fleet.Text(fleet.Unknown)
	}
	return m.V.Whole()
}

func heading[T any](r *report, title fleet.Safe, list []T) {
	r.line()
	r.line(title, fleet.Text(" "), fleet.Int(len(list)))
}

func alertTable(r *report, s *fleet.Snapshot) {
	heading(r, fleet.Text("ALERTS"), s.Alerts)
	rows := make([][]fleet.Safe, 0, len(s.Alerts))
	for i := range s.Alerts {
		a := &s.Alerts[i]
		rows = append(rows, []fleet.Safe{a.Level.Text(), fleet.Age(s.At.Sub(a.Since)), a.Object,
			or(fleet.Label(string(a.Route))), or(a.Runbook), fleet.Join(kept(a.Text, a.Detail), fleet.Text("; "))})
	}
	r.table([]column{left(fleet.Text("LEVEL")), right(fleet.Text("AGE")), left(fleet.Text("OBJECT")),
		left(fleet.Text("ROUTE")), left(fleet.Text("RUNBOOK")), left(fleet.Text("WHAT"))}, rows)
}

func poolTable(r *report, s *fleet.Snapshot) {
	heading(r, fleet.Text("POOLS"), s.Pools)
	rows := make([][]fleet.Safe, 0, len(s.Pools))
	for i := range s.Pools {
		p := &s.Pools[i]
		l := &p.Load
		rows = append(rows, []fleet.Safe{fleet.Label(string(p.Spec.ID)), or(fleet.Label(string(p.Spec.Model))),
			p.State.Text(),
			fleet.Textf("%s/%s", fleet.Int(p.Ready), fleet.Int(p.Desired)), fleet.Show(l.Requests), fleet.Show(l.Errors),
			fleet.Show(l.TTFT95), fleet.Show(l.ITL95), fleet.Show(l.Waiting), wholePercent(p.GPUUtil), wholePercent(l.KV),
			fleet.Show(l.OutRate), fleet.Show(p.Burn), or(p.Why)})
	}
	r.table([]column{left(fleet.Text("POOL")), left(fleet.Text("MODEL")), left(fleet.Text("STATE")),
		right(fleet.Text("READY")),
		right(fleet.Text("REQ/S")), right(fleet.Text("ERR%")), right(fleet.Text("TTFT95")), right(fleet.Text("ITL95")),
		right(fleet.Text("QUEUE")), right(fleet.Text("GPU%")), right(fleet.Text("KV%")), right(fleet.Text("TOK/S")),
		right(fleet.Text("$/H")), left(fleet.Text("WHY"))}, rows)
}

// routeTable has one row for each target, so that every row can be read alone.
func routeTable(r *report, s *fleet.Snapshot) {
	heading(r, fleet.Text("ROUTES"), s.Routes)
	var rows [][]fleet.Safe
	for i := range s.Routes {
		route := &s.Routes[i]
		for j := range route.Targets {
			t := &route.Targets[j]
			set := fleet.Text(fleet.Unknown)
			if t.Set.OK {
				set = fleet.Int(t.Set.V)
			}
			rows = append(rows, []fleet.Safe{fleet.Label(string(route.Spec.ID)), fleet.Label(string(t.Spec.ID)), t.State.Text(),
				set, fleet.Show(t.SetShare), fleet.Show(t.Seen), fleet.Show(t.Load.Requests), fleet.Show(t.Load.Errors),
				fleet.Show(t.Load.TTFT95), route.State.Text(), or(route.Why)})
		}
	}
	r.table([]column{left(fleet.Text("ROUTE")), left(fleet.Text("TARGET")), left(fleet.Text("STATE")),
		right(fleet.Text("SET")),
		right(fleet.Text("SET%")), right(fleet.Text("SEEN%")), right(fleet.Text("REQ/S")), right(fleet.Text("ERR%")),
		right(fleet.Text("TTFT95")), left(fleet.Text("ROUTE STATE")), left(fleet.Text("WHY"))}, rows)
}

func gatewayTable(r *report, s *fleet.Snapshot) {
	heading(r, fleet.Text("GATEWAYS"), s.Gateways)
	var rows [][]fleet.Safe
	for i := range s.Gateways {
		g := &s.Gateways[i]
		writes := fleet.Text(fleet.Unknown)
		if g.Writable.OK {
			writes = yes(g.Writable.V, fleet.Text("yes"), fleet.Text("no"))
		}
		for j := range g.Replicas {
			x := &g.Replicas[j]
			rows = append(rows, []fleet.Safe{fleet.Label(string(g.Spec.ID)), fleet.Label(string(x.ID)), x.State.Text(),
				or(fleet.Label(string(x.Mode))), or(x.Strategy), or(x.Version), writes, fleet.Show(x.InFlight),
				since(x.At, s.At), or(x.Why)})
		}
	}
	r.table([]column{left(fleet.Text("GATEWAY")), left(fleet.Text("REPLICA")), left(fleet.Text("STATE")),
		left(fleet.Text("MODE")), left(fleet.Text("STRATEGY")), left(fleet.Text("VERSION")), left(fleet.Text("WRITES")),
		right(fleet.Text("IN FLIGHT")), right(fleet.Text("AGE")), left(fleet.Text("WHY"))}, rows)
}

func providerTable(r *report, s *fleet.Snapshot) {
	heading(r, fleet.Text("PROVIDERS"), s.Providers)
	rows := make([][]fleet.Safe, 0, len(s.Providers))
	for i := range s.Providers {
		p := &s.Providers[i]
		rows = append(rows, []fleet.Safe{fleet.Label(string(p.Spec.ID)), p.State.Text(), keyWord(p),
			fleet.Show(p.Load.Requests),
			fleet.Show(p.Load.Errors), fleet.Show(p.Load.TTFT95), fleet.Show(p.Burn), since(p.ProbeAt, s.At), or(p.Why)})
	}
	r.table([]column{left(fleet.Text("PROVIDER")), left(fleet.Text("STATE")), left(fleet.Text("KEY")),
		right(fleet.Text("REQ/S")), right(fleet.Text("ERR%")), right(fleet.Text("TTFT95")), right(fleet.Text("$/H")),
		right(fleet.Text("PROBED")), left(fleet.Text("WHY"))}, rows)
}

func keyWord(p *fleet.Provider) fleet.Safe {
	if !p.Authorised.OK {
		return fleet.Text(fleet.Unknown)
	}
	return yes(p.Authorised.V, fleet.Text("accepted"), fleet.Text("REFUSED"))
}

func sourceTable(r *report, s *fleet.Snapshot) {
	heading(r, fleet.Text("SOURCES"), s.Sources)
	rows := make([][]fleet.Safe, 0, len(s.Sources))
	for i := range s.Sources {
		x := &s.Sources[i]
		rows = append(rows, []fleet.Safe{fleet.Label(string(x.ID)), or(fleet.Label(x.Kind)), sourceState(x).Text(),
			since(x.LastGood, s.At),
			fleet.Int(x.Failing), or(x.Version), or(x.URL), or(x.Err)})
	}
	r.table([]column{left(fleet.Text("SOURCE")), left(fleet.Text("KIND")), left(fleet.Text("STATE")),
		right(fleet.Text("AGE")),
		right(fleet.Text("FAILED")), left(fleet.Text("VERSION")), left(fleet.Text("ADDRESS")), left(fleet.Text("ERROR"))},
		rows)
}

// sourceState is the state of a connection in the words of the fleet.
func sourceState(x *fleet.SourceStatus) fleet.State {
	switch {
	case x.LastGood.IsZero() && x.Failing > 0:
		return fleet.StateDown
	case x.LastGood.IsZero():
		return fleet.StateUnknown
	case x.Stale:
		return fleet.StateStale
	case x.Failing > 0:
		return fleet.StateWarn
	default:
		return fleet.StateOK
	}
}
