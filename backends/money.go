package backends

import (
	"cmp"
	"slices"
	"time"

	"pitwall/economics"
	"pitwall/fleet"
)

// accountFor adds to the spend of a snapshot what goes beyond the present moment: averages, what bills teach about the meter, what
// the day and month cost, when budgets end, and the parts of it.
func (w *world) accountFor(s *fleet.Snapshot, seen gatewayLoads, now time.Time) {
	w.meterHours(s, seen, now)
	out := &s.Spend
	out.Unlisted = unlisted(s)
	a := w.kept
	live := liveModels(s)
	out.Calibrated = calibrated(live, a, out)
	w.shifted(s, now)
	w.billsOfTargets(s)
	var past []fleet.SpendRow
	if a != nil {
		b := *a.books
		b.Bills = w.billStatuses(a, now)
		out.Books, out.Day, out.Month, past = &b, a.day, a.month, a.rows
	}
	out.Rows = w.rows(s, live, past, now)
	out.Needle = wholePace(out.Rows)
	out.Beside = besideAPI(s, seen)
	if a != nil {
		out.MonthEnd = economics.MonthEnd(w.outlook(s, now))
	}
	out.Ends = w.budgetEnds(s, now)
}

// wholePace is that of all providers and pools, which cover different money. Each of them has its own average, so that one that
// is read later than the others does not look like a rise.
func wholePace(rows []fleet.SpendRow) fleet.Pace {
	var sum fleet.Pace
	for i := range rows {
		r := &rows[i]
		if (r.By == fleet.SpendByProvider || r.By == fleet.SpendByPool) && r.Pace.Rate.OK {
			sum.Needle, sum.Rate = fleet.Some(sum.Needle.V+r.Pace.Needle.V), fleet.Some(sum.Rate.V+r.Pace.Rate.V)
		}
	}
	return sum
}

// liveModel is what one rented model burns now, over all routes.
type liveModel struct {
	provider fleet.ProviderID
	model    fleet.ModelName
	burn     fleet.Maybe[fleet.USDPerHour]
}

func liveModels(s *fleet.Snapshot) []liveModel {
	var list []liveModel
	for i := range s.Routes {
		for j := range s.Routes[i].Targets {
			t := &s.Routes[i].Targets[j]
			if t.Spec.Provider == "" {
				continue
			}
			n := slices.IndexFunc(list, func(m liveModel) bool { return m.provider == t.Spec.Provider && m.model == t.Spec.Model })
			if n < 0 {
				n = len(list)
				list = append(list, liveModel{provider: t.Spec.Provider, model: t.Spec.Model})
			}
			if t.Burn.OK {
				list[n].burn = fleet.Some(list[n].burn.V + t.Burn.V)
			}
		}
	}
	return list
}

// calibrated is the metered burn times the factor of each of its models. Own machines need none.
func calibrated(live []liveModel, a *keptBooks, s *fleet.Spend) fleet.Calibrated {
	var c fleet.Calibrated
	if !s.Metered.OK {
		return c
	}
	var burn, low, high float64
	without := fleet.Safe{}
	for _, m := range live {
		if !m.burn.OK {
			continue
		}
		f, known := factorOf(a, m.provider, m.model)
		if !known {
			f = fleet.Factor{Rho: fleet.Some(1.0), Low: 1, High: 1}
			if m.burn.V > 0 && without.IsEmpty() {
				without = fleet.Quote(string(m.model))
			}
		}
		burn, low, high = burn+float64(m.burn.V)*f.Rho.V, low+float64(m.burn.V)*f.Low, high+float64(m.burn.V)*f.High
	}
	c.Burn, c.Low = fleet.Some(fleet.USDPerHour(burn)), fleet.Some(fleet.USDPerHour(low))
	if s.Metered.V > 0 {
		c.Rho = fleet.Some(burn / float64(s.Metered.V))
	}
	switch {
	case len(s.Unpriced) > 0:
		c.Why = fleet.Concat(fleet.Text("at least: "), fleet.Quote(string(s.Unpriced[0])), fleet.Text(" has no price"))
	case !without.IsEmpty():
		c.High = fleet.Some(fleet.USDPerHour(high))
		c.Why = fleet.Concat(fleet.Text("no closed bill yet of "), without)
	default:
		c.High = fleet.Some(fleet.USDPerHour(high))
	}
	return c
}

// billsOfTargets says of each rented target how far bills of its model were from the meter.
func (w *world) billsOfTargets(s *fleet.Snapshot) {
	for i := range s.Routes {
		for j := range s.Routes[i].Targets {
			if t := &s.Routes[i].Targets[j]; t.Spec.Provider != "" {
				t.Bills, _ = factorOf(w.kept, t.Spec.Provider, t.Spec.Model)
			}
		}
	}
}

func factorOf(a *keptBooks, id fleet.ProviderID, model fleet.ModelName) (fleet.Factor, bool) {
	if a == nil {
		return fleet.Factor{}, false
	}
	return economics.Rho(a.factors, id, economics.NameOf(a.names, id, model), "")
}

// outlook is what the month's forecast is made of.
func (w *world) outlook(s *fleet.Snapshot, now time.Time) economics.Outlook {
	a := w.kept
	o := economics.Outlook{Now: now, Month: a.month, Open: a.open, Hours: a.hours, Complete: a.month.BestWhy.IsEmpty()}
	c := s.Spend.Calibrated
	rate := s.Spend.Needle.Rate
	if rate.OK && c.Burn.OK && s.Spend.Metered.V > 0 { // of the average, the part that is rented is calibrated
		rented := float64(s.Spend.Metered.V) / float64(max(s.Spend.Burn.V, s.Spend.Metered.V))
		rate.V *= fleet.USDPerHour(1 + rented*(c.Rho.Or(1)-1))
	}
	o.Rate = rate
	if c.Burn.OK && c.Low.OK && c.High.OK && c.Burn.V > 0 {
		o.Low, o.High = float64(c.Low.V/c.Burn.V), float64(c.High.V/c.Burn.V)
	}
	return o
}

// rows joins what parts of the fleet have cost with what they burn now.
func (w *world) rows(s *fleet.Snapshot, live []liveModel, past []fleet.SpendRow, now time.Time) []fleet.SpendRow {
	rows := slices.Clone(past)
	at := func(by fleet.SpendBy, name string, provider fleet.ProviderID) *fleet.SpendRow {
		for i := range rows {
			if r := &rows[i]; r.By == by && r.Name == name && r.Provider == provider {
				return r
			}
		}
		rows = append(rows, fleet.SpendRow{By: by, Name: name, Provider: provider})
		return &rows[len(rows)-1]
	}
	for i := range s.Routes {
		r := &s.Routes[i]
		row := at(fleet.SpendByRoute, string(r.Spec.ID), "")
		row.Pace = w.paces.add("route/"+string(r.Spec.Gateway)+"/"+string(r.Spec.ID), now, r.Cost.Total())
		row.PerMTok, row.Trend, row.Why = r.Cost.PerMTok, r.Trends.Burn, r.Cost.Why
	}
	for i := range s.Providers {
		p := &s.Providers[i]
		row := at(fleet.SpendByProvider, string(p.Spec.ID), p.Spec.ID)
		row.Pace = w.paces.add("provider/"+string(p.Spec.ID), now, p.Burn)
		row.PerMTok, row.Trend = p.PerMTok, p.Trends.Burn
		if f, ok := factorOf(w.kept, p.Spec.ID, ""); ok {
			row.Rho = f.Rho
		}
	}
	for i := range s.Pools {
		p := &s.Pools[i]
		row := at(fleet.SpendByPool, string(p.Spec.ID), "")
		row.Pace = w.paces.add("pool/"+string(p.Spec.ID), now, p.Burn)
		row.PerMTok, row.Idle, row.Trend = p.PerMTok, p.Idle, p.Trends.Burn
		row.Usage = atFull(p)
	}
	for _, m := range live {
		name := m.model
		if w.kept != nil {
			name = economics.NameOf(w.kept.names, m.provider, m.model)
		}
		row := at(fleet.SpendByModel, string(name), m.provider)
		row.Pace = w.paces.add("model/"+string(m.provider)+"/"+string(name), now, m.burn)
		if f, ok := factorOf(w.kept, m.provider, m.model); ok {
			row.Rho = f.Rho
		}
	}
	slices.SortStableFunc(rows, func(x, y fleet.SpendRow) int {
		return cmp.Or(cmp.Compare(x.By, y.By), cmp.Compare(y.Pace.Rate.V, x.Pace.Rate.V), cmp.Compare(amountOf(y.Month), amountOf(x.Month)),
			cmp.Compare(x.Name, y.Name))
	})
	return rows
}

func amountOf(m fleet.Maybe[fleet.Money]) float64 {
	if !m.OK {
		return 0
	}
	return m.V.Float()
}

// atFull is what a million tokens of a pool cost where all of it is used: the price of use, without what stands idle.
func atFull(p *fleet.Pool) fleet.Maybe[fleet.USDPerMTok] {
	if !p.PerMTok.OK || !p.Used.OK {
		return fleet.None[fleet.USDPerMTok]()
	}
	return fleet.Some(p.PerMTok.V * fleet.USDPerMTok(min(1, p.Used.V)))
}

// unlisted is traffic of models that no price is known for, with the line that would price it.
func unlisted(s *fleet.Snapshot) []fleet.Unpriced {
	var list []fleet.Unpriced
	for i := range s.Providers {
		p := &s.Providers[i]
		for _, m := range p.Unpriced {
			u := fleet.Unpriced{Provider: p.Spec.ID, Kind: p.Spec.Kind, Model: m}
			for j := range s.Routes {
				for k := range s.Routes[j].Targets {
					if t := &s.Routes[j].Targets[k]; t.Spec.Provider == p.Spec.ID && t.Spec.Model == m && (t.Load.InRate.OK || t.Load.OutRate.OK) {
						u.Tokens = fleet.Some(u.Tokens.V + t.Load.InRate.V + t.Load.OutRate.V)
					}
				}
			}
			u.Line = fleet.Textf("%s,%s,chat,INPUT,CACHED,,OUTPUT,", fleet.Quote(p.Spec.Kind), fleet.Quote(string(m)))
			list = append(list, u)
		}
	}
	return list
}
