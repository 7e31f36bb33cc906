package economics

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"pitwall/fleet"
)

type partKey struct {
	by       fleet.SpendBy
	name     string
	provider fleet.ProviderID
}

type part struct {
	today, month amounts
	stream       fleet.Stream
	until        time.Time
	mixed        bool // some days are of other streams
}

// Parts are what today and the month cost by provider and model, by route and pool, and by team and key where a source tells of
// them. Each parts the money anew. Days are those of a reconciliation.
func Parts(days []fleet.CostDay, ledgers []Ledger, today, month fleet.Span, names Names) []fleet.SpendRow {
	p := parts{today: today, month: month, by: map[partKey]*part{}, desk: desk(ledgers, names)}
	for i := range days {
		p.day(&days[i])
	}
	for i := range ledgers {
		if ledgers[i].Source == "" {
			p.own(&ledgers[i])
		}
	}
	p.tenants(ledgers)
	out := make([]fleet.SpendRow, 0, len(p.by))
	for key, v := range p.by {
		row := fleet.SpendRow{By: key.by, Name: key.name, Provider: key.provider, Stream: v.stream, Until: v.until}
		row.Today, _ = total(v.today)
		row.Month, _ = total(v.month)
		if v.mixed {
			row.Why = fleet.Text("the month also by other streams: bills where days are closed")
		}
		out = append(out, row)
	}
	slices.SortFunc(out, func(x, y fleet.SpendRow) int {
		return cmp.Or(cmp.Compare(x.By, y.By), cmp.Compare(x.Name, y.Name), cmp.Compare(x.Provider, y.Provider))
	})
	return out
}

type parts struct {
	today, month fleet.Span
	by           map[partKey]*part
	desk         *bench
}

func (p *parts) put(key partKey, stream fleet.Stream, at time.Time, m fleet.Maybe[fleet.Money]) *part {
	v := p.by[key]
	if v == nil {
		v = &part{stream: stream}
		p.by[key] = v
	}
	if !m.OK {
		return v
	}
	if p.today.Has(at) {
		v.today.add(m.V)
	}
	if p.month.Has(at) {
		v.month.add(m.V)
	}
	return v
}

func (p *parts) day(d *fleet.CostDay) {
	if !p.month.Has(d.Day) && !p.today.Has(d.Day) {
		return
	}
	amount, stream := d.Best()
	if !amount.OK {
		return
	}
	until := map[fleet.Stream]time.Time{fleet.StreamReported: d.Reported.Until, fleet.StreamBilled: d.Billed.Until}[stream]
	p.put(partKey{fleet.SpendByProvider, string(d.Provider), d.Provider}, stream, d.Day, amount).told(stream, until)
	if d.Model != "" {
		p.put(partKey{fleet.SpendByModel, string(d.Model), d.Provider}, stream, d.Day, amount).told(stream, until)
	}
}

// told notes what a day of it is by, and how far that reaches. The newest day comes first, and names the stream.
func (v *part) told(stream fleet.Stream, until time.Time) {
	if until.After(v.until) && stream == v.stream {
		v.until = until
	}
	v.mixed = v.mixed || stream != v.stream
}

// own parts the meter by route, and own capacity by pool and route.
func (p *parts) own(l *Ledger) {
	for i := range l.Pages {
		page := &l.Pages[i]
		if !p.month.Has(page.Day) && !p.today.Has(page.Day) {
			continue
		}
		for j := range page.Lines {
			line := &page.Lines[j]
			if line.Route != "" {
				p.put(partKey{by: fleet.SpendByRoute, name: string(line.Route)}, fleet.StreamMetered, line.Span.From, p.desk.cost(l.Source,
					line.Provider, line))
			}
			if line.Stream == fleet.StreamCapacity && !line.Item.IsEmpty() {
				p.put(partKey{by: fleet.SpendByPool, name: line.Item.String()}, fleet.StreamCapacity, line.Span.From, line.Cost)
			}
		}
	}
}

// tenants parts by team and key, by the truest stream that tells of them; of several sources of it, by the one with most. Keys of
// providers and those that gateways give out are different ones: both are parted by.
func (p *parts) tenants(ledgers []Ledger) {
	p.truest(ledgers, fleet.SpendByTeam, fleet.StreamBilled, fleet.StreamReported, fleet.StreamMetered)
	p.truest(ledgers, fleet.SpendByKey, fleet.StreamBilled, fleet.StreamReported)
	p.truest(ledgers, fleet.SpendByKey, fleet.StreamMetered)
}

func (p *parts) truest(ledgers []Ledger, by fleet.SpendBy, streams ...fleet.Stream) {
	for _, stream := range streams {
		var best map[partKey]*part
		most := 0
		for i := range ledgers {
			one := parts{today: p.today, month: p.month, by: map[partKey]*part{}, desk: p.desk}
			if n := one.tenantsOf(&ledgers[i], by, stream); n > most {
				best, most = one.by, n
			}
		}
		if most > 0 {
			maps.Copy(p.by, best)
			return
		}
	}
}

func (p *parts) tenantsOf(l *Ledger, by fleet.SpendBy, stream fleet.Stream) (lines int) {
	for i := range l.Pages {
		page := &l.Pages[i]
		if page.Stream != stream || !p.month.Has(page.Day) && !p.today.Has(page.Day) {
			continue
		}
		for j := range page.Lines {
			line := &page.Lines[j]
			key := partKey{by: by, name: line.Team}
			if by == fleet.SpendByKey {
				key.name = line.Key
				if stream != fleet.StreamMetered { // a gateway's key is good for all providers
					key.provider = providerOf(l, line)
				}
			}
			if key.name == "" || !line.IsUsage() {
				continue
			}
			cost, _ := p.desk.names.Rates.converted(p.desk.cost(l.Source, providerOf(l, line), line), fleet.Day(line.Span.From).From)
			v := p.put(key, stream, line.Span.From, cost)
			v.until = l.Watermark
			lines++
		}
	}
	return lines
}
