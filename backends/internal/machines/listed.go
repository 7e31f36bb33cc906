package machines

import (
	"time"

	"github.com/shopspring/decimal"

	"pitwall/economics"
	"pitwall/fleet"
)

// Listing is the list price of a type of machines, and how old it is.
type Listing struct {
	Price fleet.Maybe[fleet.Money] // of the whole machine for an hour, on demand
	From  fleet.Safe
	AsOf  time.Time
	GPU   string
	GPUs  int
}

// Listed looks a type up in the price list that is compiled in. A region may be dearer than the list.
func Listed(provider, kind string) Listing {
	g, ok := economics.GPUOffer(provider, kind)
	if !ok {
		return Listing{}
	}
	l := Listing{Price: fleet.Some(g.Price.Mul(decimal.NewFromInt(int64(g.GPUs)))), GPU: GPU(g.GPU), GPUs: g.GPUs,
		From: fleet.Text("list without a date")}
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		if at, err := time.Parse(layout, g.AsOf); err == nil {
			l.AsOf, l.From = at, fleet.Concat(fleet.Text("list of "), fleet.Quote(g.AsOf))
			break
		}
	}
	return l
}

// Offers are the offers of the price list that is compiled in.
func Offers(provider, region string) []fleet.Offer {
	list, err := economics.GPUHours()
	if err != nil {
		return nil
	}
	var out []fleet.Offer
	for i := range list {
		if g := &list[i]; g.Provider == provider {
			l := Listed(provider, g.Offer)
			out = append(out, fleet.Offer{Type: fleet.Label(g.Offer), GPU: l.GPU, GPUs: g.GPUs, Region: fleet.Label(region), Price: l.Price,
				Pricing: fleet.PricingOnDemand, Said: l.From, AsOf: l.AsOf})
		}
	}
	return out
}

// PriceOf is what a machine of a type costs an hour while it runs: by the configuration, else by the list.
func (a *Asker) PriceOf(provider, kind string) (fleet.Maybe[fleet.Money], fleet.Safe) {
	if price, from := a.Of(kind); price.OK {
		return price, from
	}
	l := Listed(provider, kind)
	return l.Price, l.From
}

// Moment reads a time as RFC 3339 writes it; anything else is unknown.
func Moment(said string) fleet.Maybe[time.Time] {
	at, err := time.Parse(time.RFC3339, said)
	if err != nil || at.Year() < 2000 || at.Year() > 9000 {
		return fleet.None[time.Time]()
	}
	return fleet.Some(at.UTC())
}
