package economics

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

const (
	// bypassBack is how far back traffic that no gateway counted is looked for.
	bypassBack = 48 * time.Hour
	// bypassLeast is the part of a provider's reported tokens below which a difference is only where hours end.
	bypassLeast = 0.02
)

// usage is what a stream of one source says of one model in slots of time that two sources both cover.
type usage struct {
	tokens decimal.Decimal
	cost   amounts
}

// bypass finds tokens that a provider reports beyond what was metered within a window. Only time that both cover whole
// is compared, by hours where the provider reports by hours, else by days.
func (b *bench) bypass(window fleet.Span) []fleet.Bypass {
	var out []fleet.Bypass
	var done []fleet.ProviderID
	for key := range b.tells {
		if key.stream != fleet.StreamReported || slices.Contains(done, key.provider) {
			continue
		}
		done = append(done, key.provider)
		meter, ok1 := b.widest(key.provider, fleet.StreamMetered, window)
		teller, ok2 := b.widest(key.provider, fleet.StreamReported, window)
		if ok1 && ok2 {
			out = append(out, b.beyond(key.provider, meter, teller, window)...)
		}
	}
	slices.SortFunc(out, func(x, y fleet.Bypass) int {
		return cmp.Or(cmp.Compare(y.Beyond, x.Beyond), cmp.Compare(x.Provider, y.Provider), cmp.Compare(x.Model, y.Model))
	})
	return out
}

// told is one source's word on one provider within a window.
type told struct {
	ledger int
	covers []fleet.Span
}

// widest is the source that covers most of a window.
func (b *bench) widest(id fleet.ProviderID, stream fleet.Stream, window fleet.Span) (told, bool) {
	best, most := told{}, time.Duration(0)
	for i := range b.ledgers {
		t := told{ledger: i}
		for day := fleet.Day(window.From); day.From.Before(window.To); day = fleet.Day(day.To) {
			if c := b.covers[coverKey{dayKey{id, day.From}, stream, i}]; c != nil {
				t.covers = append(t.covers, c.spans...)
			}
		}
		t.covers = fleet.JoinSpans(fleet.ClipSpans(t.covers, window)...)
		if n := fleet.CoveredBy(t.covers, window); n > most {
			best, most = t, n
		}
	}
	return best, most > 0
}

func (b *bench) beyond(id fleet.ProviderID, meter, teller told, window fleet.Span) []fleet.Bypass {
	slot := max(b.slot(id, teller.ledger, fleet.StreamReported, window), b.slot(id, meter.ledger, fleet.StreamMetered, window))
	until := b.ledgers[teller.ledger].Watermark // what is later may still come
	var both []fleet.Span
	for from := window.From.Truncate(slot); from.Before(window.To); from = from.Add(slot) {
		s := fleet.Span{From: from, To: from.Add(slot)}
		whole := func(t told) bool { return fleet.CoveredBy(t.covers, s).Seconds() >= nearlyAll*slot.Seconds() }
		if whole(meter) && whole(teller) && (until.IsZero() || !s.To.After(until)) {
			both = append(both, s)
		}
	}
	both = fleet.JoinSpans(both...)
	if len(both) == 0 {
		return nil
	}
	counted := b.usages(id, meter.ledger, fleet.StreamMetered, both)
	reported := b.usages(id, teller.ledger, fleet.StreamReported, both)
	all, seen := tokensOf(reported), tokensOf(counted)
	if all.IsZero() || all.Sub(seen).Div(all).InexactFloat64() < bypassLeast {
		return nil // names that do not meet are no traffic
	}
	var out []fleet.Bypass
	for model, u := range reported {
		metered := decimal.Zero
		if c := counted[model]; c != nil {
			metered = c.tokens
		}
		more := u.tokens.Sub(metered)
		if !more.IsPositive() || more.Div(u.tokens).InexactFloat64() < bypassLeast {
			continue
		}
		share := more.Div(u.tokens)
		f := fleet.Bypass{Provider: id, Model: model, Span: fleet.Span{From: both[0].From, To: both[len(both)-1].To},
			Metered: fleet.Tokens(metered.InexactFloat64()), Reported: fleet.Tokens(u.tokens.InexactFloat64()),
			Beyond: fleet.Tokens(more.InexactFloat64()), Share: fleet.Ratio(share.InexactFloat64())}
		if len(u.cost) == 1 {
			f.Cost = fleet.Some(u.cost[0].Mul(share))
		}
		out = append(out, f)
	}
	return out
}

func tokensOf(usages map[fleet.ModelName]*usage) decimal.Decimal {
	sum := decimal.Zero
	for _, u := range usages {
		sum = sum.Add(u.tokens)
	}
	return sum
}

// slot is the time by which a source tells: an hour, or a day where one of its lines is longer than an hour.
func (b *bench) slot(id fleet.ProviderID, ledger int, stream fleet.Stream, window fleet.Span) time.Duration {
	slot := time.Hour
	b.each(id, ledger, stream, window, func(l *fleet.BillLine) {
		if l.Span.Length() > time.Hour {
			slot = oneDay
		}
	})
	return slot
}

func (b *bench) usages(id fleet.ProviderID, ledger int, stream fleet.Stream, spans []fleet.Span) map[fleet.ModelName]*usage {
	out := map[fleet.ModelName]*usage{}
	for _, span := range spans {
		b.each(id, ledger, stream, span, func(l *fleet.BillLine) {
			if !l.Quantity.OK || !l.Use.IsTokens() {
				return
			}
			model := b.model(id, l.Model)
			u := out[model]
			if u == nil {
				u = &usage{}
				out[model] = u
			}
			u.tokens = u.tokens.Add(l.Quantity.V)
			if c := b.cost(b.ledgers[ledger].Source, id, l); c.OK {
				u.cost.add(c.V)
			}
		})
	}
	return out
}

// each calls f for the lines of a provider that begin within a span.
func (b *bench) each(id fleet.ProviderID, ledger int, stream fleet.Stream, span fleet.Span, f func(*fleet.BillLine)) {
	l := &b.ledgers[ledger]
	for i := range l.Pages {
		s := &l.Pages[i]
		if s.Stream != stream || !s.Day.Before(span.To) || !s.Day.Add(oneDay).After(span.From) {
			continue
		}
		for j := range s.Lines {
			line := &s.Lines[j]
			if cmp.Or(line.Provider, l.Provider) == id && span.Has(line.Span.From) && !b.own(ledger, stream, id, line.Model) {
				f(line)
			}
		}
	}
}

// openBack is how many of the last days are looked at one by one: a bill takes three days where it takes long.
const openBack = 4

// bypassed marks the open days of models whose traffic passed no gateway: each day by what it says itself, and one that is not told
// whole by what is known of the last two days.
func (b *bench) bypassed(days []fleet.CostDay, recent []fleet.Bypass) {
	type key struct {
		dayKey
		model fleet.ModelName
	}
	shares := map[key]fleet.Ratio{}
	for i := range recent {
		f := &recent[i]
		for day := fleet.Day(f.Span.From); day.From.Before(b.over.To); day = fleet.Day(day.To) {
			shares[key{dayKey{f.Provider, day.From}, f.Model}] = f.Share
		}
	}
	for n := range openBack {
		day := fleet.Day(b.over.To.Add(-time.Second).AddDate(0, 0, -n))
		for _, f := range b.bypass(day) {
			shares[key{dayKey{f.Provider, day.From}, f.Model}] = f.Share
		}
	}
	for i := range days {
		d := &days[i]
		if share, ok := shares[key{dayKey{d.Provider, d.Day}, d.Model}]; ok && !d.Closed {
			d.Bypassed = fleet.Some(share)
		}
	}
}
