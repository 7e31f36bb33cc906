package economics

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// streams that are laid side by side.
var compared = [...]fleet.Stream{fleet.StreamMetered, fleet.StreamReported, fleet.StreamBilled}

// foldTiers puts all tiers of a provider together unless all of its streams tell them apart: a meter that knows no tiers is not
// compared with the bill of one of them.
func (b *bench) foldTiers() {
	knows := map[fleet.ProviderID]int{} // streams that tell tiers
	speak := map[fleet.ProviderID]int{}
	for _, stream := range compared {
		told := map[fleet.ProviderID]bool{}
		for key, t := range b.tells {
			if key.stream == stream {
				told[key.provider] = told[key.provider] || t.tiers
			}
		}
		for id, tiers := range told {
			speak[id]++
			if tiers {
				knows[id]++
			}
		}
	}
	for day, rows := range b.cells {
		if knows[day.provider] == speak[day.provider] {
			continue
		}
		for row, c := range rows {
			if row.tier == "" {
				continue
			}
			delete(rows, row)
			to := b.cell(day, rowKey{model: row.model})
			for i := range c.said {
				to.of(c.said[i].stream, c.said[i].ledger).merge(&c.said[i].tally)
			}
			to.was = append(to.was, c.was...)
		}
	}
}

// rows chooses who speaks for each stream of each day, and lays the rows out.
func (b *bench) rows() []fleet.CostDay {
	speakers := map[dayKey]*[len(compared)]speaker{}
	for key, c := range b.covers {
		all := speakers[key.dayKey]
		if all == nil {
			all = &[len(compared)]speaker{}
			for i := range all {
				all[i].ledger = -1
			}
			speakers[key.dayKey] = all
		}
		for i, stream := range compared {
			if stream == key.stream {
				all[i].offer(b, key, c)
			}
		}
	}
	out := make([]fleet.CostDay, 0, len(b.cells))
	for key, all := range speakers {
		rows := b.cells[key]
		if len(rows) == 0 {
			rows = map[rowKey]*cell{{}: {}} // covered without a line: nothing was used
		}
		closed := b.closed(key, all[2])
		for row, c := range rows {
			day := fleet.CostDay{Provider: key.provider, Model: row.model, Tier: row.tier, Day: key.day, Closed: closed, Revised: c.was}
			for i, to := range [...]*fleet.StreamSum{&day.Metered, &day.Reported, &day.Billed} {
				*to = b.sum(key, row, c, compared[i], all[i])
			}
			day.Credit = credit(c, all[2].ledger)
			estimate(&day)
			out = append(out, day)
		}
	}
	slices.SortFunc(out, func(x, y fleet.CostDay) int {
		return cmp.Or(y.Day.Compare(x.Day), cmp.Compare(x.Provider, y.Provider), cmp.Compare(x.Model, y.Model), cmp.Compare(x.Tier, y.Tier))
	})
	return out
}

// speaker is the source that speaks for a stream on a day.
type speaker struct {
	ledger int // -1 for none
	cover  *cover
}

// offer takes another source where it is the better one: whole days before parts, pitwall's own meter before others, the
// longer cover, a source of this provider alone before one of many, the newer reading.
func (s *speaker) offer(b *bench, key coverKey, c *cover) {
	if s.ledger < 0 {
		s.ledger, s.cover = key.ledger, c
		return
	}
	rank := func(ledger int, c *cover) [4]int64 {
		l := &b.ledgers[ledger]
		var r [4]int64
		if c.whole {
			r[0] = 1
		}
		if l.Source == "" && c.whole {
			r[1] = 1
		}
		day := fleet.Span{From: key.day, To: key.day.Add(24 * time.Hour)}
		if !c.whole {
			r[2] = int64(fleet.CoveredBy(c.spans, day))
		}
		if l.Provider == key.provider {
			r[3] = 1
		}
		return r
	}
	x, y := rank(s.ledger, s.cover), rank(key.ledger, c)
	better := slices.Compare(y[:], x[:])
	if better == 0 {
		better = cmp.Or(c.at.Compare(s.cover.at), cmp.Compare(b.ledgers[s.ledger].Source, b.ledgers[key.ledger].Source))
	}
	if better > 0 {
		s.ledger, s.cover = key.ledger, c
	}
}

// closed tells whether a day's bill is whole and has settled.
func (b *bench) closed(key dayKey, s speaker) bool {
	return s.ledger >= 0 && s.cover.whole && !s.cover.estimated && !s.cover.at.Before(key.day.Add(oneDay+SettlesAfter(b.kind(key.provider))))
}

// sum is what a stream says of a row. A source that never names a model says nothing of one.
func (b *bench) sum(key dayKey, row rowKey, c *cell, stream fleet.Stream, s speaker) fleet.StreamSum {
	if s.ledger < 0 {
		return fleet.StreamSum{}
	}
	t := b.tells[tellKey{key.provider, stream, s.ledger}]
	if row.model != "" && (t == nil || !t.models) && t != nil {
		return fleet.StreamSum{}
	}
	var none tally
	spoken := &none
	var also []fleet.SourceSum
	for i := range c.said {
		x := &c.said[i]
		switch {
		case x.stream != stream:
		case x.ledger == s.ledger:
			spoken = &x.tally
		default:
			also = append(also, fleet.SourceSum{Source: b.ledgers[x.ledger].Source, Cost: x.tally.sum().Cost})
		}
	}
	out := spoken.sum()
	out.Source, out.At, out.Whole, out.Also = b.ledgers[s.ledger].Source, s.cover.at, s.cover.whole, also
	if n := len(s.cover.spans); n > 0 {
		out.Until = reached(s.cover.spans[n-1].To, s.cover.at, b.ledgers[s.ledger].Watermark)
	}
	slices.SortFunc(out.Also, func(x, y fleet.SourceSum) int { return cmp.Compare(x.Source, y.Source) })
	return out
}

// reached is up to where a day that is covered has data: not beyond its reading, nor beyond the watermark.
func reached(covered, read, watermark time.Time) time.Time {
	for _, t := range []time.Time{read, watermark} {
		if !t.IsZero() && t.Before(covered) {
			covered = t
		}
	}
	return covered
}

// credit is what the source of the bill gives back. It is not taken off the bill.
func credit(c *cell, ledger int) fleet.Maybe[fleet.Money] {
	for i := range c.said {
		if x := &c.said[i]; x.stream == fleet.StreamBilled && x.ledger == ledger && len(x.tally.credits) > 0 {
			m, _ := x.tally.credits.parted()
			return fleet.Some(m)
		}
	}
	return fleet.None[fleet.Money]()
}

// least is an amount below which a bill's own rounding is more than what a factor could tell.
var least = decimal.New(1, -2)

// estimate finds the factor of a day: its bill over the meter where that counted the whole day, else over what the provider
// reports. What lacks something, or is of another currency, gives none.
func estimate(d *fleet.CostDay) {
	if !d.Closed || !usable(&d.Billed) {
		return
	}
	for _, e := range []struct {
		stream fleet.Stream
		sum    *fleet.StreamSum
	}{{fleet.StreamMetered, &d.Metered}, {fleet.StreamReported, &d.Reported}} {
		if usable(e.sum) && e.sum.Cost.V.Currency() == d.Billed.Cost.V.Currency() {
			d.Factor = fleet.Some(d.Billed.Cost.V.Amount().Div(e.sum.Cost.V.Amount()).InexactFloat64())
			d.Against = e.stream
			return
		}
	}
}

func usable(s *fleet.StreamSum) bool {
	return s.Cost.OK && s.Whole && s.Missing.IsEmpty() && s.Cost.V.Amount().GreaterThanOrEqual(least)
}
