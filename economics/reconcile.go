package economics

import (
	"cmp"
	"slices"
	"time"

	"pitwall/fleet"
)

// Reconciliation is what the streams say of each other.
type Reconciliation struct {
	Days    []fleet.CostDay // the newest first, then by provider, model and tier
	Factors []fleet.Factor
	Bypass  []fleet.Bypass
	// Gateways are what gateways say in money beside the bills of closed days, sorted as Days are.
	Gateways []GatewayDay
}

// Reconcile lays the streams of all ledgers side by side, for each provider, model and UTC day of a span. Streams are never
// added to one another, nor are two sources of one stream: the one that covers a day best speaks, and the others stand beside
// it.
func Reconcile(ledgers []Ledger, over fleet.Span, names Names) Reconciliation {
	b := &bench{names: names, over: over, ledgers: ledgers, canonical: map[nameKey]fleet.ModelName{}, units: map[unitKey]unit{},
		cells: map[dayKey]map[rowKey]*cell{}, covers: map[coverKey]*cover{}, tells: map[tellKey]*tells{}, priced: pricing(ledgers),
		words: map[coverKey]*amounts{}}
	for i := range ledgers {
		b.take(i)
	}
	b.foldTiers()
	days := b.rows()
	out := Reconciliation{Days: days, Factors: Factors(days), Bypass: b.bypass(fleet.Span{From: over.To.Add(-bypassBack), To: over.To}),
		Gateways: b.gateways(days)}
	b.bypassed(days, out.Bypass)
	return out
}

type (
	nameKey struct {
		kind  string
		model fleet.ModelName
	}
	unitKey struct {
		provider     fleet.ProviderID
		model        fleet.ModelName
		tier, region string
		use          fleet.UsageKind
	}
	unit struct {
		price fleet.Money
		ok    bool
	}
	dayKey struct {
		provider fleet.ProviderID
		day      time.Time
	}
	rowKey struct {
		model fleet.ModelName
		tier  string
	}
	coverKey struct {
		dayKey
		stream fleet.Stream
		ledger int
	}
	tellKey struct {
		provider fleet.ProviderID
		stream   fleet.Stream
		ledger   int
	}
)

// cell is one row of one day before sources are chosen: what each source said, by stream.
type cell struct {
	said []said
	was  []fleet.Revision
}

type said struct {
	stream fleet.Stream
	ledger int
	tally  tally
}

// cover is how much of a day one source answered for.
type cover struct {
	spans []fleet.Span
	at    time.Time
	whole bool
	// estimated says that a line of the day is announced to change.
	estimated bool
}

// tells is which dimensions a source writes down at all, of one stream of a provider.
type tells struct{ models, tiers bool }

// bench is the table that ledgers are spread out on.
type bench struct {
	names     Names
	over      fleet.Span
	ledgers   []Ledger
	canonical map[nameKey]fleet.ModelName
	units     map[unitKey]unit
	cells     map[dayKey]map[rowKey]*cell
	covers    map[coverKey]*cover
	tells     map[tellKey]*tells
	priced    map[pricedKey]bool    // sources that say themselves what things cost
	words     map[coverKey]*amounts // of gateways, in money of their own
}

type pricedKey struct {
	source   fleet.SourceID
	stream   fleet.Stream
	provider fleet.ProviderID
	model    fleet.ModelName
}

func pricedOf(l *Ledger, stream fleet.Stream, line *fleet.BillLine) pricedKey {
	return pricedKey{l.Source, stream, providerOf(l, line), line.Model}
}

// pricing finds the models of which a source says itself what they cost. What it counts of them beside that, such as tokens, is paid
// with it; the meter says it line by line.
func pricing(ledgers []Ledger) map[pricedKey]bool {
	out := map[pricedKey]bool{}
	for i := range ledgers {
		if ledgers[i].Source == "" {
			continue
		}
		for j := range ledgers[i].Pages {
			p := &ledgers[i].Pages[j]
			for k := range p.Lines {
				if l := &p.Lines[k]; l.Cost.OK && l.IsUsage() {
					out[pricedOf(&ledgers[i], p.Stream, l)] = true
				}
			}
		}
	}
	return out
}

func (b *bench) take(i int) {
	l := &b.ledgers[i]
	providers := slices.Clone(l.Providers)
	if l.Provider != "" {
		providers = append(providers, l.Provider)
	}
	for j := range l.Pages {
		for k := range l.Pages[j].Lines {
			line := &l.Pages[j].Lines[k]
			if id := line.Provider; id != "" && !slices.Contains(providers, id) && !b.own(i, l.Pages[j].Stream, id, line.Model) {
				providers = append(providers, id)
			}
		}
	}
	for j := range l.Pages {
		page := &l.Pages[j]
		if page.Stream == fleet.StreamCapacity || !b.over.Has(page.Day) {
			continue
		}
		for _, id := range providers {
			if len(page.Covers) > 0 { // a source that answers for no time speaks by its lines alone
				b.cover(coverKey{dayKey{id, page.Day}, page.Stream, i}, page.Covers, page.At)
			}
		}
		for id, spans := range page.Apart {
			b.cover(coverKey{dayKey{cmp.Or(id, l.Provider), page.Day}, page.Stream, i}, spans, page.At)
		}
		for k := range page.Lines {
			daily(&page.Lines[k], page.Day, func(day time.Time, line *fleet.BillLine) { b.line(i, page, day, line) })
		}
		for k := range page.Was {
			b.revision(i, page, &page.Was[k])
		}
	}
}

func (b *bench) cover(key coverKey, spans []fleet.Span, at time.Time) *cover {
	c := b.covers[key]
	if c == nil {
		c = &cover{}
		b.covers[key] = c
	}
	day := fleet.Span{From: key.day, To: key.day.Add(24 * time.Hour)}
	if len(spans) == 1 && spans[0] == day && len(c.spans) == 0 {
		c.spans = spans
	} else {
		c.spans = fleet.JoinSpans(append(c.spans, fleet.ClipSpans(spans, day)...)...)
	}
	c.whole = fleet.CoveredBy(c.spans, day).Seconds() >= nearlyAll*day.Length().Seconds()
	if at.After(c.at) {
		c.at = at
	}
	return c
}

// line adds one line to its row. A line that no span of its source covers covers its own.
func (b *bench) line(i int, page *Page, day time.Time, l *fleet.BillLine) {
	if !b.over.Has(day) {
		return
	}
	provider := cmp.Or(l.Provider, b.ledgers[i].Provider)
	if b.own(i, page.Stream, provider, l.Model) {
		return
	}
	key := coverKey{dayKey{provider, day}, page.Stream, i}
	c := b.covers[key]
	if c == nil || !c.whole && fleet.CoveredBy(c.spans, l.Span) < l.Span.Length() {
		c = b.cover(key, []fleet.Span{l.Span}, page.At)
	}
	c.estimated = c.estimated || l.Estimated && l.IsUsage()
	b.heard(key, l)
	row := rowKey{b.model(provider, l.Model), tier(l.Tier)}
	t := b.tell(tellKey{provider, page.Stream, i})
	t.models, t.tiers = t.models || row.model != "", t.tiers || row.tier != ""
	to := b.cell(key.dayKey, row).of(page.Stream, i)
	cost, rate := b.names.Rates.converted(b.cost(b.ledgers[i].Source, provider, l), day)
	if len(b.names.Rates) > 0 && l.Credit.OK {
		changed := *l
		changed.Credit, _ = b.names.Rates.converted(l.Credit, day)
		l = &changed
	}
	to.rated(rate)
	to.add(l, cost, b.priced[pricedOf(&b.ledgers[i], page.Stream, l)])
}

// own tells whether a gateway's line is of own machines.
func (b *bench) own(i int, stream fleet.Stream, provider fleet.ProviderID, model fleet.ModelName) bool {
	return stream == fleet.StreamMetered && b.ledgers[i].Source != "" && b.names.Own != nil && b.names.Own(provider, model)
}

func (b *bench) revision(i int, page *Page, was *Was) {
	if page.Stream != fleet.StreamBilled {
		return
	}
	provider := cmp.Or(was.Provider, b.ledgers[i].Provider)
	if was.At.Before(page.Day.Add(oneDay + SettlesAfter(b.kind(provider)))) {
		return // the day was still filling
	}
	c := b.cell(dayKey{provider, page.Day}, rowKey{b.model(provider, was.Model), tier(was.Tier)})
	c.was = append(c.was, was.Revision)
}

func tier(word string) string {
	if standard[word] {
		return ""
	}
	return word
}

func (b *bench) tell(key tellKey) *tells {
	t := b.tells[key]
	if t == nil {
		t = &tells{}
		b.tells[key] = t
	}
	return t
}

func (b *bench) cell(day dayKey, row rowKey) *cell {
	rows := b.cells[day]
	if rows == nil {
		rows = map[rowKey]*cell{}
		b.cells[day] = rows
	}
	c := rows[row]
	if c == nil {
		c = &cell{}
		rows[row] = c
	}
	return c
}

func (c *cell) of(stream fleet.Stream, ledger int) *tally {
	for i := range c.said {
		if s := &c.said[i]; s.stream == stream && s.ledger == ledger {
			return &s.tally
		}
	}
	c.said = append(c.said, said{stream: stream, ledger: ledger})
	return &c.said[len(c.said)-1].tally
}

func (b *bench) kind(id fleet.ProviderID) string {
	if b.names.Kind == nil {
		return string(id)
	}
	return b.names.Kind(id)
}

func (b *bench) model(provider fleet.ProviderID, name fleet.ModelName) fleet.ModelName {
	if name == "" || b.names.Canonical == nil {
		return name
	}
	key := nameKey{b.kind(provider), name}
	known, ok := b.canonical[key]
	if !ok {
		known = b.names.Canonical(key.kind, name)
		b.canonical[key] = known
	}
	return known
}

// cost is what a line says that it costs, else its use at list price.
func (b *bench) cost(source fleet.SourceID, provider fleet.ProviderID, l *fleet.BillLine) fleet.Maybe[fleet.Money] {
	if b.priced[pricedKey{source, l.Stream, provider, l.Model}] || l.Cost.OK || l.Stream == fleet.StreamBilled || !l.Quantity.OK ||
		b.names.Unit == nil || !l.IsUsage() {
		return l.Cost
	}
	key := unitKey{provider, l.Model, l.Tier, l.Region, l.Use}
	u, ok := b.units[key]
	if !ok {
		u.price, u.ok = b.names.Unit(provider, l)
		b.units[key] = u
	}
	if !u.ok {
		return l.Cost
	}
	return fleet.Some(u.price.Mul(l.Quantity.V))
}
