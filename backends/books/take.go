package books

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/economics"
	"pitwall/fleet"
)

// Take enters one reading: of each of its streams it replaces what the same source said before of the spans that it covers. A
// bill that is corrected after it had settled stays on file as what it was.
func (b *Books) Take(source fleet.SourceID, provider fleet.ProviderID, at time.Time, r *fleet.BillReading) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	refreshed := b.refresh()
	var changed []record
	for _, s := range b.replaced(source, provider, at, r) {
		changed = append(changed, record{Kind: kindPage, Source: source, Page: pageRow(&s)})
	}
	read := Read{Source: source, Provider: provider, At: at, Streams: r.Streams, Covers: fleet.JoinSpans(r.Covers...), Apart: r.Apart,
		Watermark: r.Watermark,
		Refreshed: r.Refreshed, Files: r.Files, Limits: r.Limits, Balance: r.Balance, CallPrice: r.CallPrice}
	read.Calls = maps.Clone(b.reads[source].Calls)
	if r.Calls > 0 {
		if read.Calls == nil {
			read.Calls = map[string]int{}
		}
		read.Calls[MonthOf(at)] += r.Calls
	}
	changed = append(changed, record{Kind: kindRead, Source: source, Read: &read})
	b.enter(changed)
	if refreshed != nil {
		return b.noted(refreshed)
	}
	return b.noted(b.write())
}

const monthFormat = "2006-01"

// MonthOf names the month of a moment in Read.Calls.
func MonthOf(t time.Time) string { return t.UTC().Format(monthFormat) }

// enter applies records and keeps them to be written.
func (b *Books) enter(list []record) {
	for i := range list {
		b.apply(&list[i])
	}
	b.unsaved = append(b.unsaved, list...)
	if len(b.unsaved) > 1000 { // nothing was written for long: what the last records of each thing say is enough
		b.unsaved = b.live()
	}
}

// replaced are the pages that a reading changes.
func (b *Books) replaced(source fleet.SourceID, provider fleet.ProviderID, at time.Time, r *fleet.BillReading) []economics.Page {
	lines := map[pageKey][]fleet.BillLine{}
	eachCovered(r.Streams, r.Covers, r.Apart, func(_ fleet.ProviderID, stream fleet.Stream, day, _ fleet.Span) {
		lines[pageKey{source, stream, day.From.Unix()}] = nil
	})
	answer := answered(r)
	for i := range r.Lines {
		l := r.Lines[i]
		if l.Stream == "" || l.Span.From.IsZero() {
			continue
		}
		key := pageKey{source, l.Stream, fleet.Day(l.Span.From).From.Unix()}
		lines[key] = append(lines[key], l)
	}
	var out []economics.Page
	for _, key := range slices.SortedFunc(maps.Keys(lines), pageKey.compare) {
		old := b.pages[key]
		if old == nil {
			old = &economics.Page{Stream: key.stream, Day: time.Unix(key.day, 0).UTC()}
		}
		next, ok := merged(old, lines[key], answer, at)
		if !ok || reflect.DeepEqual(next, old.Lines) || len(next) == 0 && len(old.Lines) == 0 {
			continue
		}
		s := *old
		s.Lines, s.At, s.Was = next, at, corrected(old, next, provider)
		out = append(out, s)
	}
	return out
}

// merged is a page's lines after a reading: those that it does not cover stand. It says no where a line on file reaches beyond
// what is covered: half of it cannot be replaced, and a later reading covers all of it.
func merged(old *economics.Page, lines []fleet.BillLine, answer answers, at time.Time) ([]fleet.BillLine, bool) {
	answer = answer.or(lines)
	var all []fleet.BillLine
	day := fleet.Day(old.Day)
	whole := true
	for i := range old.Lines {
		l := &old.Lines[i]
		covers := answer.of(old.Stream, l.Provider)
		whole = whole && wholly(old, l.Provider, covers)
		within := l.Span.Clip(day)
		switch got := fleet.CoveredBy(covers, within); {
		case within.Length() == 0 && slices.ContainsFunc(covers, func(c fleet.Span) bool { return c.Has(l.Span.From) }):
		case got == 0:
			all = append(all, *l)
		case got < within.Length():
			return nil, false
		}
	}
	for i := range lines {
		whole = whole && wholly(old, lines[i].Provider, answer.of(old.Stream, lines[i].Provider))
	}
	all = append(all, lines...)
	slot := time.Hour
	if at.Sub(day.To) > fresh*24*time.Hour && whole {
		slot = day.Length()
	}
	return fold(all, slot), true
}

// lineKey is what two lines have in common that become one.
type lineKey struct {
	stream                                 fleet.Stream
	provider                               fleet.ProviderID
	from, to                               int64
	model                                  fleet.ModelName
	use                                    fleet.UsageKind
	item, unit                             string
	charge                                 fleet.Charge
	tier, project, team, key, route, place string
	estimated                              bool
	quantity                               bool
	cost, list, credit                     string // currencies, "" where there is none
}

func keyOf(l *fleet.BillLine, detail bool) lineKey {
	k := lineKey{stream: l.Stream, provider: l.Provider, from: l.Span.From.Unix(), to: l.Span.To.Unix(), model: l.Model, use: l.Use,
		unit: l.Unit.String(), charge: l.Charge, tier: l.Tier, team: l.Team, estimated: l.Estimated, quantity: l.Quantity.OK,
		cost: currency(l.Cost), list: currency(l.List), credit: currency(l.Credit)}
	if detail {
		k.item, k.project, k.key, k.route, k.place = l.Item.String(), l.Project, l.Key, string(l.Route), l.Region
	}
	return k
}

func currency(m fleet.Maybe[fleet.Money]) string {
	if !m.OK {
		return ""
	}
	return m.V.Currency() + "."
}

// fold adds up lines that differ in nothing but their amounts, and puts them in order. Shorter spans become those of their slot.
func fold(lines []fleet.BillLine, slot time.Duration) []fleet.BillLine {
	for i := range lines {
		if s := &lines[i].Span; s.Length() < slot && !s.To.After(s.From.Truncate(slot).Add(slot)) {
			s.From = s.From.UTC().Truncate(slot)
			s.To = s.From.Add(slot)
		}
		lines[i].Span = fleet.Span{From: lines[i].Span.From.UTC().Truncate(time.Second), To: lines[i].Span.To.UTC().Truncate(time.Second)}
	}
	out := foldBy(lines, true)
	if len(out) > mostLines {
		out = foldBy(out, false)
	}
	return out
}

func foldBy(lines []fleet.BillLine, detail bool) []fleet.BillLine {
	at := make(map[lineKey]int, len(lines))
	out := make([]fleet.BillLine, 0, len(lines))
	keys := make([]lineKey, 0, len(lines))
	for i := range lines {
		key := keyOf(&lines[i], detail)
		n, ok := at[key]
		if !ok {
			at[key] = len(out)
			l := lines[i]
			if !detail {
				l.Item, l.Project, l.Key, l.Route, l.Region = fleet.Safe{}, "", "", "", ""
			}
			out, keys = append(out, l), append(keys, key)
			continue
		}
		to, l := &out[n], &lines[i]
		if l.Quantity.OK {
			to.Quantity.V = to.Quantity.V.Add(l.Quantity.V)
		}
		to.Cost, to.List, to.Credit = plus(to.Cost, l.Cost), plus(to.List, l.List), plus(to.Credit, l.Credit)
	}
	order := make([]int, len(out))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(x, y int) int { return keys[x].compare(&keys[y]) })
	sorted := make([]fleet.BillLine, len(out))
	for i, n := range order {
		sorted[i] = plain(out[n])
	}
	return sorted
}

// plain writes amounts in one form, so that lines that say the same are equal.
func plain(l fleet.BillLine) fleet.BillLine {
	if l.Quantity.OK {
		l.Quantity.V = decimal.RequireFromString(l.Quantity.V.String())
	}
	for _, m := range []*fleet.Maybe[fleet.Money]{&l.Cost, &l.List, &l.Credit} {
		if m.OK {
			m.V = fleet.NewMoney(decimal.RequireFromString(m.V.Amount().String()), m.V.Currency())
		}
	}
	return l
}

// plus adds amounts of one currency, which the key holds.
func plus(a, b fleet.Maybe[fleet.Money]) fleet.Maybe[fleet.Money] {
	if !b.OK {
		return a
	}
	return fleet.Some(fleet.NewMoney(a.V.Amount().Add(b.V.Amount()), b.V.Currency()))
}

func (k *lineKey) compare(o *lineKey) int {
	return cmp.Or(cmp.Compare(k.provider, o.provider), cmp.Compare(k.from, o.from), cmp.Compare(k.model, o.model), cmp.Compare(k.use, o.use),
		cmp.Compare(k.item, o.item), cmp.Compare(k.tier, o.tier), cmp.Compare(k.project, o.project), cmp.Compare(k.team, o.team),
		cmp.Compare(k.key, o.key), cmp.Compare(k.route, o.route), cmp.Compare(k.place, o.place), cmp.Compare(k.to, o.to),
		cmp.Compare(k.unit, o.unit), cmp.Compare(k.charge, o.charge), cmp.Compare(k.cost, o.cost), cmp.Compare(k.list, o.list),
		cmp.Compare(k.credit, o.credit), cmp.Compare(boolInt(k.estimated), boolInt(o.estimated)), cmp.Compare(boolInt(k.quantity),
			boolInt(o.quantity)))
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (k pageKey) compare(o pageKey) int {
	return cmp.Or(cmp.Compare(k.source, o.source), cmp.Compare(k.stream, o.stream), cmp.Compare(k.day, o.day))
}

// corrected adds what a bill said before, where that had settled.
func corrected(old *economics.Page, next []fleet.BillLine, provider fleet.ProviderID) []economics.Was {
	was := old.Was
	if old.Stream != fleet.StreamBilled || old.At.Before(fleet.Day(old.Day).To.Add(economics.SettlesFirst)) {
		return was
	}
	before, after := totals(old.Lines), totals(next)
	for _, key := range slices.SortedFunc(maps.Keys(before), compareWas) {
		if before[key].Equal(after[key]) {
			continue
		}
		if len(was) >= mostWas {
			was = slices.Clone(was[1:])
		}
		w := economics.Was{Provider: cmp.Or(key.provider, provider), Model: key.model, Tier: key.tier}
		w.At, w.Cost = old.At, fleet.Some(fleet.NewMoney(before[key], key.currency))
		was = append(slices.Clip(was), w)
	}
	return was
}

type wasKey struct {
	provider fleet.ProviderID
	model    fleet.ModelName
	tier     string
	currency string
}

func compareWas(a, b wasKey) int {
	return cmp.Or(cmp.Compare(a.provider, b.provider), cmp.Compare(a.model, b.model), cmp.Compare(a.tier, b.tier), cmp.Compare(a.currency,
		b.currency))
}

func totals(lines []fleet.BillLine) map[wasKey]decimal.Decimal {
	out := map[wasKey]decimal.Decimal{}
	for i := range lines {
		if l := &lines[i]; l.Cost.OK && l.IsUsage() {
			key := wasKey{l.Provider, l.Model, l.Tier, l.Cost.V.Currency()}
			out[key] = out[key].Add(l.Cost.V.Amount())
		}
	}
	return out
}
