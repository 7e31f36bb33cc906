package economics

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"pitwall/fleet"
)

// GatewayDay is what a gateway says that one closed day of a provider cost, in money of its own, beside the provider's bill.
type GatewayDay struct {
	Source   fleet.SourceID
	Provider fleet.ProviderID
	Day      time.Time
	Told     fleet.Money
	Billed   fleet.Money
	All      fleet.Money // what all gateways that tell of the provider say together: they carry different traffic
	Gateways int         // how many these are
}

// heard adds what a gateway itself says in money. What it counted without a price stays out: that is its fault to show.
func (b *bench) heard(key coverKey, l *fleet.BillLine) {
	if key.stream != fleet.StreamMetered || b.ledgers[key.ledger].Source == "" || !l.IsUsage() || !l.Cost.OK {
		return
	}
	a := b.words[key]
	if a == nil {
		a = &amounts{}
		b.words[key] = a
	}
	a.add(l.Cost.V)
}

// gateways lays the word of each gateway beside the bills of closed days.
func (b *bench) gateways(days []fleet.CostDay) []GatewayDay {
	if len(b.words) == 0 {
		return nil
	}
	var out []GatewayDay
	eachWholeDay(days, func(whole *fleet.CostDay) {
		if !whole.Closed || !usable(&whole.Billed) {
			return
		}
		from := len(out)
		bill := whole.Billed.Cost.V
		all := fleet.NewMoney(bill.Amount().Sub(bill.Amount()), bill.Currency())
		for i := range b.ledgers {
			key := coverKey{dayKey{whole.Provider, whole.Day}, fleet.StreamMetered, i}
			told, c := b.words[key], b.covers[key]
			if told == nil || c == nil || !c.whole || len(*told) != 1 || (*told)[0].Currency() != bill.Currency() ||
				(*told)[0].Amount().LessThan(least) {
				continue
			}
			all = fleet.NewMoney(all.Amount().Add((*told)[0].Amount()), bill.Currency())
			out = append(out, GatewayDay{Source: b.ledgers[i].Source, Provider: whole.Provider, Day: whole.Day, Told: (*told)[0], Billed: bill})
		}
		for i := range out[from:] {
			out[from+i].All, out[from+i].Gateways = all, len(out)-from
		}
	})
	return out
}

// eachWholeDay gives each provider's day as a whole, the newest first. Days are sorted as those of a reconciliation.
func eachWholeDay(days []fleet.CostDay, f func(*fleet.CostDay)) {
	for from := 0; from < len(days); {
		to := from
		for to < len(days) && days[to].Day.Equal(days[from].Day) && days[to].Provider == days[from].Provider {
			to++
		}
		whole := wholeDay(days[from:to])
		f(&whole)
		from = to
	}
}

// GatewayFactors are how far the word of each gateway was from the bills of each provider. Days are the newest first. Of several
// gateways in front of one provider each has a part of its bill: they are judged together.
func GatewayFactors(days []GatewayDay) []fleet.GatewayFactor {
	type key struct {
		source   fleet.SourceID
		provider fleet.ProviderID
	}
	found, last := map[key][2][]factorDay{}, map[key]*GatewayDay{}
	for i := range days {
		d := &days[i]
		k := key{d.Source, d.Provider}
		if last[k] == nil {
			last[k] = d
		}
		over := func(told fleet.Money) factorDay {
			return factorDay{d.Day, d.Billed.Amount().Div(told.Amount()).InexactFloat64(), fleet.StreamMetered}
		}
		f := found[k]
		f[0], f[1] = append(f[0], over(d.Told)), append(f[1], over(d.All))
		found[k] = f
	}
	out := make([]fleet.GatewayFactor, 0, len(found))
	for _, k := range slices.SortedFunc(maps.Keys(found), func(x, y key) int {
		return cmp.Or(cmp.Compare(x.provider, y.provider), cmp.Compare(x.source, y.source))
	}) {
		own := factor(factorKey{provider: k.provider}, found[k][0])
		own.Off = factor(factorKey{}, found[k][1]).Off
		out = append(out, fleet.GatewayFactor{Source: k.source, Factor: own, Told: fleet.Some(last[k].Told), Billed: fleet.Some(last[k].Billed),
			Gateways: last[k].Gateways})
	}
	return out
}
