package economics

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// amounts are sums by currency: what is of two currencies is never one sum.
type amounts []fleet.Money

func (a *amounts) add(m fleet.Money) {
	for i := range *a {
		if (*a)[i].Currency() == m.Currency() {
			(*a)[i] = fleet.NewMoney((*a)[i].Amount().Add(m.Amount()), m.Currency())
			return
		}
	}
	*a = append(*a, m)
}

// parted is the amount in US dollars, else in the first currency by name, and those of the others.
func (a amounts) parted() (fleet.Money, []fleet.Money) {
	if len(a) == 1 {
		return a[0], nil
	}
	rest := slices.Clone(a)
	slices.SortFunc(rest, func(x, y fleet.Money) int {
		if usd := x.Currency() == fleet.USD; usd != (y.Currency() == fleet.USD) {
			if usd {
				return -1
			}
			return 1
		}
		return cmp.Compare(x.Currency(), y.Currency())
	})
	return rest[0], rest[1:]
}

type useSum struct {
	use fleet.UsageKind
	sum decimal.Decimal
}

// tally adds up the lines of one stream of one source on one day for one model.
type tally struct {
	costs     amounts
	credits   amounts
	uses      []useSum
	unpriced  int
	estimated bool
	rates     []fleet.Safe // that amounts were converted by
}

func (t *tally) rated(rate fleet.Safe) {
	if !rate.IsEmpty() && !slices.Contains(t.rates, rate) {
		t.rates = append(t.rates, rate)
	}
}

func (t *tally) add(l *fleet.BillLine, cost fleet.Maybe[fleet.Money], priced bool) {
	t.estimated = t.estimated || l.Estimated
	if l.Credit.OK {
		t.credits.add(l.Credit.V)
	}
	if l.Charge == fleet.ChargeCredit {
		if l.Cost.OK {
			t.credits.add(cost.V)
		}
		return
	}
	if !l.IsUsage() {
		return
	}
	if l.Quantity.OK && l.Use != fleet.UseUnknown {
		t.use(l.Use, l.Quantity.V)
	}
	switch {
	case cost.OK:
		t.costs.add(cost.V)
	case priced: // it is paid with another line of the same source
	case l.Quantity.OK && !l.Quantity.V.IsZero() && l.Use != fleet.UseRequests:
		t.unpriced++ // requests are counted beside the tokens that are paid for
	case !l.Quantity.OK && l.Stream == fleet.StreamBilled:
		t.unpriced++ // a row of a bill that says neither
	}
}

func (t *tally) use(kind fleet.UsageKind, n decimal.Decimal) {
	for i := range t.uses {
		if t.uses[i].use == kind {
			t.uses[i].sum = t.uses[i].sum.Add(n)
			return
		}
	}
	t.uses = append(t.uses, useSum{kind, n})
}

// said is the rate of the newest day, and whether there are others.
func (t *tally) said() fleet.Safe {
	switch len(t.rates) {
	case 0:
		return fleet.Safe{}
	case 1:
		return fleet.Concat(fleet.Text("converted: "), t.rates[0])
	default:
		return fleet.Concat(fleet.Text("converted: "), t.rates[0], fleet.Text(", other days at theirs"))
	}
}

// merge adds another tally of the same source.
func (t *tally) merge(o *tally) {
	for _, m := range o.costs {
		t.costs.add(m)
	}
	for _, m := range o.credits {
		t.credits.add(m)
	}
	for _, u := range o.uses {
		t.use(u.use, u.sum)
	}
	t.unpriced += o.unpriced
	for _, r := range o.rates {
		t.rated(r)
	}
	t.estimated = t.estimated || o.estimated
}

// sum is what a tally says of a time that is covered. Without a line it is zero.
func (t *tally) sum() fleet.StreamSum {
	s := fleet.StreamSum{Told: true, Uses: make(map[fleet.UsageKind]decimal.Decimal, len(t.uses)), Estimated: t.estimated,
		Converted: fleet.Join(t.rates, fleet.Text(", "))}
	for _, u := range t.uses {
		s.Uses[u.use] = u.sum
	}
	switch {
	case len(t.costs) > 0:
		cost, others := t.costs.parted()
		s.Cost, s.Others = fleet.Some(cost), others
	case t.unpriced == 0:
		s.Cost = fleet.Some(fleet.NewMoney(decimal.Zero, fleet.USD))
	}
	switch {
	case t.unpriced > 0:
		s.Missing = fleet.Text("without use that has no price")
	case len(s.Others) > 0:
		s.Missing = fleet.Concat(fleet.Text("without what is in "), fleet.Quote(s.Others[0].Currency()), fleet.Text(": no rate"))
	}
	return s
}

// daily parts a line over the UTC days that its span lies in, evenly by time; what division leaves goes to the last one, so
// that nothing is lost. A line without a span stays on the day of its page.
func daily(l *fleet.BillLine, page time.Time, f func(day time.Time, l *fleet.BillLine)) {
	first := fleet.Day(page)
	if !l.Span.From.IsZero() {
		first = fleet.Day(l.Span.From)
	}
	if !l.Span.To.After(first.To) {
		f(first.From, l)
		return
	}
	whole := l.Span.Length()
	rest := *l
	for day := first; day.From.Before(l.Span.To); day = (fleet.Span{From: day.To, To: day.To.Add(24 * time.Hour)}) {
		if !day.To.Before(l.Span.To) {
			rest.Span = l.Span.Clip(day)
			f(day.From, &rest)
			return
		}
		part := *l
		part.Span = l.Span.Clip(day)
		share := decimal.NewFromInt(int64(part.Span.Length())).Div(decimal.NewFromInt(int64(whole)))
		part.Quantity, rest.Quantity = partOf(l.Quantity, rest.Quantity, share)
		part.Cost, rest.Cost = moneyOf(l.Cost, rest.Cost, share)
		part.Credit, rest.Credit = moneyOf(l.Credit, rest.Credit, share)
		f(day.From, &part)
	}
}

func partOf(all, rest fleet.Maybe[decimal.Decimal], share decimal.Decimal) (part, left fleet.Maybe[decimal.Decimal]) {
	if !all.OK {
		return all, all
	}
	n := all.V.Mul(share)
	return fleet.Some(n), fleet.Some(rest.V.Sub(n))
}

func moneyOf(all, rest fleet.Maybe[fleet.Money], share decimal.Decimal) (part, left fleet.Maybe[fleet.Money]) {
	if !all.OK {
		return all, all
	}
	n := all.V.Mul(share)
	return fleet.Some(n), fleet.Some(fleet.NewMoney(rest.V.Amount().Sub(n.Amount()), n.Currency()))
}
