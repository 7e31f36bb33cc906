package economics

import (
	"strings"
	"sync"

	"pitwall/fleet"
)

// HoursAMonth is a twelfth of a year of 365 days.
const HoursAMonth = 730

// Purchase is what to rent or buy so that a number of GPUs is there.
type Purchase struct {
	Offer    fleet.Offer
	Account  fleet.AccountID // "" for the list prices that are compiled in
	Machines int
	Monthly  fleet.Maybe[fleet.Money] // of all of them, whether they work or not
}

// SoldOut tells that the provider itself has none of it now: nobody else offers what is needed.
func (p *Purchase) SoldOut() bool { return p.Offer.Available.OK && !p.Offer.Available.V }

// Buy chooses the cheapest offer by the hour of so many GPUs of one product. Each replica must fit into one machine, and what the
// provider says to be sold out is taken only where there is nothing else. ok is false where nobody offers such a GPU at a price.
func Buy(gpu string, replicas, gpusEach int, accounts []fleet.Account) (Purchase, bool) {
	var best Purchase
	found := false
	take := func(o *fleet.Offer, account fleet.AccountID) {
		p, ok := purchase(o, replicas, gpusEach)
		if !ok || !strings.EqualFold(o.GPU, gpu) || gpu == "" {
			return
		}
		p.Account = account
		if !found || better(&p, &best) {
			best, found = p, true
		}
	}
	for i := range accounts {
		a := &accounts[i]
		for k := range a.Offers {
			take(&a.Offers[k], a.Spec.ID)
		}
	}
	if found {
		return best, true
	}
	for _, o := range listPrices() {
		take(&o, "")
	}
	return best, found
}

// listPrices are the list prices that are compiled in, as offers.
var listPrices = sync.OnceValue(func() []fleet.Offer {
	list, err := GPUHours()
	if err != nil {
		return nil
	}
	var offers []fleet.Offer
	for i := range list {
		if o, ok := list[i].offer(); ok {
			offers = append(offers, o)
		}
	}
	return offers
})

func purchase(o *fleet.Offer, replicas, gpusEach int) (Purchase, bool) {
	each := max(1, gpusEach)
	if o.Pricing == fleet.PricingSpot || o.Pricing == fleet.PricingBlock { // it is taken back, or ends: no capacity to count on
		return Purchase{}, false
	}
	if replicas <= 0 || o.GPUs < each || !o.Price.OK || o.Price.V.Currency() != fleet.USD || !o.Price.V.Amount().IsPositive() {
		return Purchase{}, false
	}
	n := (replicas + o.GPUs/each - 1) / (o.GPUs / each)
	return Purchase{Offer: *o, Machines: n, Monthly: fleet.Some(times(times(o.Price.V, n), HoursAMonth))}, true
}

// better prefers what is there, then what costs less.
func better(a, b *Purchase) bool {
	if x, y := a.Offer.Available.Or(true), b.Offer.Available.Or(true); x != y {
		return x
	}
	return a.Monthly.V.Amount().LessThan(b.Monthly.V.Amount())
}

// offer is a list price as an offer; serverless is no machine.
func (g *GPUHour) offer() (fleet.Offer, bool) {
	product, _, _ := strings.Cut(g.GPU, "-")
	if g.Pricing != "on-demand" || g.GPUs <= 0 {
		return fleet.Offer{}, false
	}
	return fleet.Offer{Type: fleet.Label(g.Provider + " " + g.Offer), GPU: product, GPUs: g.GPUs, Price: fleet.Some(times(g.Price, g.GPUs)),
		Pricing: fleet.PricingOnDemand, Said: fleet.Concat(fleet.Text("list price of "), fleet.Label(g.AsOf))}, true
}
