package runpod

import (
	"context"
	"encoding/json"
	"slices"

	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// besides adds the catalogue and the balance. A catalogue that cannot be read is the one before; a balance is then unknown, since an
// old one would look like a full purse.
func (r *reader) besides(ctx context.Context, c *fleet.ComputeReading) []fleet.Notice {
	var notices []fleet.Notice
	now := r.Clock.Now()
	offers, err := r.offers.Get(now, asideEvery, func() ([]fleet.Offer, error) { return r.catalog(ctx) })
	if err != nil {
		notices = machines.Without(fleet.Text("what can be rented"), err)
	}
	c.Offers = slices.Clone(offers)
	money, err := r.purse.Get(now, asideEvery, func() (purse, error) { return r.balance(ctx) })
	if err != nil {
		return append(notices, machines.Without(fleet.Text("the balance"), err)...)
	}
	c.Balance, c.Spends = money.left, money.spends
	return notices
}

// gpuType is one GPU of the catalogue. Prices are of a single GPU; 0 is that it is not offered so.
type gpuType struct {
	ID    string `json:"id"`
	Price struct {
		Secure    json.Number `json:"secure"`
		Community json.Number `json:"community"`
	} `json:"price"`
	Most struct {
		Secure    int `json:"secure"`
		Community int `json:"community"`
	} `json:"maxCount"`
	Stock  string `json:"availability"`
	Places []struct {
		ID    string `json:"id"`
		Stock string `json:"availability"`
	} `json:"dataCenters"`
}

// catalog lists the largest pod of each kind of GPU and cloud.
func (r *reader) catalog(ctx context.Context) ([]fleet.Offer, error) {
	var page struct {
		GPUs *[]gpuType `json:"gpus"`
	}
	if _, err := r.Get(ctx, "/v2/catalog/gpus?include=AVAILABILITY&product=POD", &page); err != nil {
		return nil, err
	}
	if page.GPUs == nil {
		return nil, r.Invalid("the answer holds no catalogue")
	}
	if err := r.Bounded(len(*page.GPUs)); err != nil {
		return nil, err
	}
	var offers []fleet.Offer
	for i := range *page.GPUs {
		g := &(*page.GPUs)[i]
		offers = append(offers, g.offers("secure", g.Price.Secure, g.Most.Secure, r)...)
		offers = append(offers, g.offers("community", g.Price.Community, g.Most.Community, r)...)
	}
	return offers, nil
}

func (g *gpuType) offers(cloud string, price json.Number, most int, r *reader) []fleet.Offer {
	each := machines.Dollars(price)
	if !each.OK || each.V.Amount().IsZero() {
		return nil
	}
	n := max(1, machines.Count(most).V)
	o := fleet.Offer{Type: kindOf(g.ID, cloud), GPU: machines.GPU(g.ID), GPUs: n, Price: machines.Each(each, n),
		Pricing: fleet.PricingOnDemand, AsOf: r.Clock.Now()}
	if len(g.Places) == 0 {
		o.Available, o.Said = stock(g.Stock), fleet.Label(g.Stock)
		return []fleet.Offer{o}
	}
	var list []fleet.Offer
	for _, p := range g.Places[:min(len(g.Places), mostPlaces)] {
		o.Region, o.Available, o.Said = fleet.Label(p.ID), stock(p.Stock), fleet.Label(p.Stock)
		list = append(list, o)
	}
	return list
}

const mostPlaces = 50

func stock(said string) fleet.Maybe[bool] {
	switch said {
	case "NONE":
		return fleet.Some(false)
	case "LOW", "MEDIUM", "HIGH":
		return fleet.Some(true)
	default:
		return fleet.None[bool]()
	}
}

// balance asks the older GraphQL API, since no other call tells it.
func (r *reader) balance(ctx context.Context) (purse, error) {
	var page struct {
		Data *struct {
			Myself *struct {
				Balance json.Number `json:"clientBalance"`
				Spends  json.Number `json:"currentSpendPerHr"`
			} `json:"myself"`
		} `json:"data"`
	}
	_, err := r.Query(ctx, "/graphql", map[string]string{"query": "query { myself { clientBalance currentSpendPerHr } }"}, &page)
	if err == nil && (page.Data == nil || page.Data.Myself == nil) {
		err = r.Invalid("the answer says nothing of the account")
	}
	if err != nil {
		return purse{}, err
	}
	return purse{machines.Balance(page.Data.Myself.Balance), machines.Dollars(page.Data.Myself.Spends)}, nil
}
