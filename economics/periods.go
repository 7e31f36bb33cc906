package economics

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Period adds up the days of a day or month, each stream for itself. ledgers are asked for own capacity only, which no other
// stream covers. Days that nothing is on file of are named in BestWhy: they are in no sum.
func Period(days []fleet.CostDay, ledgers []Ledger, span fleet.Span, now time.Time) fleet.PeriodSpend {
	p := fleet.PeriodSpend{Span: span}
	var metered, reported, billed, best, credit amounts
	told := map[time.Time]bool{}
	open, lacks, passed := 0, fleet.Safe{}, fleet.Safe{}
	var rates tally
	for i := range days {
		d := &days[i]
		if !span.Has(d.Day) {
			continue
		}
		put(&metered, &d.Metered)
		put(&reported, &d.Reported)
		put(&billed, &d.Billed)
		if d.Credit.OK {
			credit.add(d.Credit.V)
		}
		amount, stream := d.Best()
		if amount.OK {
			best.add(amount.V)
			told[d.Day] = true
		}
		if stream != fleet.StreamBilled {
			open++
		}
		if passed.IsEmpty() {
			passed = passedBy(d, stream)
		}
		rates.rated(of(d, stream).Converted)
		if why := of(d, stream).Missing; lacks.IsEmpty() && !why.IsEmpty() {
			lacks = why
		}
		mark(&p, d)
	}
	var capacity amounts
	eachCapacity(ledgers, span, func(l *fleet.BillLine) {
		if l.Cost.OK {
			capacity.add(l.Cost.V)
			best.add(l.Cost.V)
			told[fleet.Day(l.Span.From).From] = true
		}
	})
	p.Metered, _ = total(metered)
	p.Reported, _ = total(reported)
	p.Billed, p.Others = total(billed)
	p.Capacity, _ = total(capacity)
	p.Credit, _ = total(credit)
	var apart []fleet.Money
	if p.Best, apart = total(best); len(apart) > 0 && lacks.IsEmpty() {
		lacks = fleet.Concat(fleet.Text("without "), apart[0].Text(), fleet.Text(": no rate"))
	}
	p.BestWhy = bestWhy(span, now, told, open, passed, lacks, rates.said())
	return p
}

func put(to *amounts, s *fleet.StreamSum) {
	if s.Cost.OK {
		to.add(s.Cost.V)
	}
	for _, o := range s.Others {
		to.add(o)
	}
}

func total(a amounts) (fleet.Maybe[fleet.Money], []fleet.Money) {
	if len(a) == 0 {
		return fleet.None[fleet.Money](), nil
	}
	m, rest := a.parted()
	return fleet.Some(m), slices.Clip(rest)
}

// of is what a stream says of a day.
func of(d *fleet.CostDay, stream fleet.Stream) *fleet.StreamSum {
	switch stream {
	case fleet.StreamMetered:
		return &d.Metered
	case fleet.StreamReported:
		return &d.Reported
	default:
		return &d.Billed
	}
}

// mark keeps up to where streams reach within a period.
func mark(p *fleet.PeriodSpend, d *fleet.CostDay) {
	if end := d.Day.Add(oneDay); d.Closed && end.After(p.ClosedTo) {
		p.ClosedTo = end
	}
	if d.Billed.Until.After(p.BilledTo) {
		p.BilledTo = d.Billed.Until
	}
	if d.Reported.Until.After(p.ReportedTo) {
		p.ReportedTo = d.Reported.Until
	}
	if d.Metered.Told && (p.MeteredFrom.IsZero() || d.Day.Before(p.MeteredFrom)) {
		p.MeteredFrom = d.Day
	}
}

func bestWhy(span fleet.Span, now time.Time, told map[time.Time]bool, open int, also ...fleet.Safe) fleet.Safe {
	passed, missing := 0, 0
	for day := span.From; day.Before(span.To) && day.Before(now); day = day.Add(oneDay) {
		passed++
		if !told[day] {
			missing++
		}
	}
	missed := fleet.Safe{}
	if missing > 0 {
		missed = fleet.Textf("nothing is on file of %s of %s", fleet.Int(missing), fleet.Many(passed, "day"))
	}
	why := make([]fleet.Safe, 0, 3)
	for _, w := range append([]fleet.Safe{missed}, also...) {
		if !w.IsEmpty() {
			why = append(why, w)
		}
	}
	if len(why) == 0 && open > 0 {
		return fleet.Text("bills where days are closed, else the meter")
	}
	return fleet.Join(why, fleet.Text("; "))
}

// passedBy says what a day's best figure does about traffic that passed no gateway.
func passedBy(d *fleet.CostDay, stream fleet.Stream) fleet.Safe {
	if !d.Bypassed.OK || stream == fleet.StreamBilled {
		return fleet.Safe{}
	}
	beyond := fleet.Textf("%s%% of the tokens of %s passed no gateway", d.Bypassed.V.Whole(), fleet.Quote(string(d.Model)))
	if stream == fleet.StreamReported {
		return fleet.Concat(beyond, fleet.Text(": as reported"))
	}
	return fleet.Concat(fleet.Text("at least: "), beyond)
}

// eachCapacity gives the hours of machines of a span. Own machines are told by pitwall's own meter, and by others, such as OpenCost,
// for days that it has nothing of: both tell of the same money. What a provider rents out by the hour is money of its own.
func eachCapacity(ledgers []Ledger, span fleet.Span, f func(*fleet.BillLine)) {
	type owner struct {
		provider fleet.ProviderID
		day      time.Time
	}
	whose := map[owner]int{}
	eachCapacityPage(ledgers, span, func(i int, p *Page) {
		key := owner{ledgers[i].Provider, p.Day}
		if _, told := whose[key]; !told || ledgers[i].Source == "" {
			whose[key] = i
		}
	})
	eachCapacityPage(ledgers, span, func(i int, p *Page) {
		if whose[owner{ledgers[i].Provider, p.Day}] != i {
			return
		}
		for j := range p.Lines {
			if l := &p.Lines[j]; span.Has(l.Span.From) && l.IsUsage() {
				f(l)
			}
		}
	})
}

// eachCapacityPage gives the pages of capacity with lines, and the index of their ledger.
func eachCapacityPage(ledgers []Ledger, span fleet.Span, f func(int, *Page)) {
	for i := range ledgers {
		eachPage(ledgers[i:i+1], fleet.StreamCapacity, span, func(_ *Ledger, p *Page) {
			if len(p.Lines) > 0 {
				f(i, p)
			}
		})
	}
}

func eachPage(ledgers []Ledger, stream fleet.Stream, span fleet.Span, f func(*Ledger, *Page)) {
	for i := range ledgers {
		for j := range ledgers[i].Pages {
			if s := &ledgers[i].Pages[j]; s.Stream == stream && s.Day.Before(span.To) && s.Day.Add(oneDay).After(span.From) {
				f(&ledgers[i], s)
			}
		}
	}
}

// Chart is a bar for each day of a span, over the whole fleet and in US dollars. A day is closed once no provider's bill of it
// is open.
func Chart(days []fleet.CostDay, ledgers []Ledger, span fleet.Span) []fleet.CostPoint {
	var out []fleet.CostPoint
	for day := span.From; day.Before(span.To); day = day.Add(oneDay) {
		out = append(out, fleet.CostPoint{Span: fleet.Span{From: day, To: day.Add(oneDay)}, Closed: true})
	}
	rows := make([]int, len(out))
	for i := range days {
		d := &days[i]
		if !span.Has(d.Day) {
			continue
		}
		n := int(d.Day.Sub(span.From) / oneDay)
		p := &out[n]
		rows[n]++
		p.Closed, p.Bypassed = p.Closed && d.Closed, p.Bypassed || d.Bypassed.OK
		plus(&p.Metered, d.Metered.Cost)
		plus(&p.Reported, d.Reported.Cost)
		plus(&p.Billed, d.Billed.Cost)
	}
	eachCapacity(ledgers, span, func(l *fleet.BillLine) { plus(&out[int(l.Span.From.Sub(span.From)/oneDay)].Capacity, l.Cost) })
	for i := range out {
		out[i].Closed = out[i].Closed && rows[i] > 0
	}
	return out
}

// HourChart is a bar for each hour of a span, of what is known by hours.
func HourChart(ledgers []Ledger, span fleet.Span, names Names) []fleet.CostPoint {
	var out []fleet.CostPoint
	for at := span.From; at.Before(span.To); at = at.Add(time.Hour) {
		out = append(out, fleet.CostPoint{Span: fleet.Span{From: at, To: at.Add(time.Hour)}})
	}
	b := desk(ledgers, names)
	for _, stream := range []fleet.Stream{fleet.StreamMetered, fleet.StreamCapacity} {
		source, ok := speaking(ledgers, stream, span)
		if !ok {
			continue
		}
		eachHourly(ledgers[source:source+1], stream, span, func(l *Ledger, line *fleet.BillLine) {
			p := &out[int(line.Span.From.Sub(span.From)/time.Hour)]
			to := map[fleet.Stream]*fleet.Maybe[fleet.Money]{fleet.StreamMetered: &p.Metered, fleet.StreamCapacity: &p.Capacity}[stream]
			if !b.own(source, stream, providerOf(l, line), line.Model) {
				plus(to, b.cost(l.Source, providerOf(l, line), line))
			}
		})
	}
	whose := reportedHours(ledgers, span)
	eachHourly(ledgers, fleet.StreamReported, span, func(l *Ledger, line *fleet.BillLine) {
		if provider := providerOf(l, line); whose[provider] == l.Source {
			plus(&out[int(line.Span.From.Sub(span.From)/time.Hour)].Reported, b.cost(l.Source, provider, line))
		}
	})
	lacks := b.untold(span, whose)
	for i := range out {
		out[i].Lacks = lacks
	}
	return out
}

// untold says whether a provider that was used within a span is none of those.
func (b *bench) untold(span fleet.Span, told map[fleet.ProviderID]fleet.SourceID) (some bool) {
	for n := range b.ledgers {
		for _, stream := range []fleet.Stream{fleet.StreamMetered, fleet.StreamReported, fleet.StreamBilled} {
			eachPage(b.ledgers[n:n+1], stream, span, func(l *Ledger, s *Page) {
				for i := range s.Lines {
					provider, line := providerOf(l, &s.Lines[i]), &s.Lines[i]
					_, known := told[provider]
					some = some || !known && provider != "" && span.Has(line.Span.From) && line.IsUsage() &&
						!b.own(n, stream, provider, line.Model)
				}
			})
		}
	}
	return some
}

// reportedHours is which source tells of each provider by the hour: the first of them.
func reportedHours(ledgers []Ledger, span fleet.Span) map[fleet.ProviderID]fleet.SourceID {
	whose := map[fleet.ProviderID]fleet.SourceID{}
	eachHourly(ledgers, fleet.StreamReported, span, func(l *Ledger, line *fleet.BillLine) {
		if provider := providerOf(l, line); line.IsUsage() {
			if _, told := whose[provider]; !told {
				whose[provider] = l.Source
			}
		}
	})
	return whose
}

// eachHourly gives the lines of a stream that are no longer than an hour.
func eachHourly(ledgers []Ledger, stream fleet.Stream, span fleet.Span, f func(*Ledger, *fleet.BillLine)) {
	eachPage(ledgers, stream, span, func(l *Ledger, s *Page) {
		for i := range s.Lines {
			if line := &s.Lines[i]; span.Has(line.Span.From) && line.Span.Length() <= time.Hour {
				f(l, line)
			}
		}
	})
}

// desk resolves names and prices of ledgers without laying them out.
func desk(ledgers []Ledger, names Names) *bench {
	return &bench{names: names, ledgers: ledgers, canonical: map[nameKey]fleet.ModelName{}, units: map[unitKey]unit{},
		priced: pricing(ledgers)}
}

func providerOf(l *Ledger, line *fleet.BillLine) fleet.ProviderID {
	if line.Provider != "" {
		return line.Provider
	}
	return l.Provider
}

// speaking is the first source that speaks of a stream within a span: pitwall's own before others.
func speaking(ledgers []Ledger, stream fleet.Stream, span fleet.Span) (int, bool) {
	best := -1
	for i := range ledgers {
		eachPage(ledgers[i:i+1], stream, span, func(l *Ledger, _ *Page) {
			if best < 0 || l.Source == "" {
				best = i
			}
		})
	}
	return best, best >= 0
}

// plus adds US dollars to a bar; what is in another currency has no place in a chart of one scale.
func plus(to *fleet.Maybe[fleet.Money], m fleet.Maybe[fleet.Money]) {
	if !m.OK || m.V.Currency() != fleet.USD {
		return
	}
	sum := decimal.Zero
	if to.OK {
		sum = to.V.Amount()
	}
	*to = fleet.Some(fleet.NewMoney(sum.Add(m.V.Amount()), fleet.USD))
}
