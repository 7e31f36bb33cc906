package onprem

import (
	"fmt"
	"strings"
	"time"

	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// openCost reads the price CSV of OpenCost: rows of nodes by name or provider ID are machines, rows of kinds of nodes and of GPUs are
// prices only. Of two rows of one thing the later one holds.
func (t *table) openCost() (*fleet.ComputeReading, []fleet.Notice, error) {
	c := &fleet.ComputeReading{PricesAsOf: t.asOf, Blind: fleet.Concat(blind,
		fleet.Text("; OpenCost knows neither commitments nor maintenance"))}
	at := map[string]int{}
	var volumes int
	for i, row := range t.rows {
		id, class, field := t.cell(row, "instanceid"), strings.ToLower(t.cell(row, "assetclass")), t.cell(row, "instanceidfield")
		price := machines.Amount(t.cell(row, "marketpricehourly"))
		switch {
		case id == "":
			return nil, nil, fmt.Errorf("row %d: it has no InstanceID", i+1)
		case !price.OK:
			return nil, nil, fmt.Errorf("row %d: MarketPriceHourly %s is no amount of an hour", i+1, fleet.Quote(t.cell(row, "marketpricehourly")))
		}
		money := fleet.Some(fleet.NewMoney(price.V, fleet.USD))
		switch {
		case class == "node" && (field == "metadata.name" || field == "spec.providerID"):
			m := fleet.Machine{ID: id, Name: fleet.Label(id), Type: fleet.Label(t.cell(row, "instancetype")), Region: fleet.Label(t.cell(row,
				"region")),
				Price: money, PriceFrom: t.from, Pricing: fleet.PricingOwned, Addresses: machines.Known(id)}
			m.GPU = machines.GPU(m.Type.String())
			if n, twice := at[id]; twice {
				c.Machines[n] = m
				continue
			}
			at[id] = len(c.Machines)
			c.Machines = append(c.Machines, m)
		case class == "gpu":
			c.Offers = append(c.Offers, t.offer(row, id, 1, money))
		case class == "node":
			c.Offers = append(c.Offers, t.offer(row, id, 0, money))
		default:
			volumes++
		}
	}
	var notices []fleet.Notice
	if volumes > 0 {
		notices = append(notices, fleet.Notice{Level: fleet.LevelInfo,
			Text: fleet.Textf("%s of volumes and the like not read", fleet.Many(volumes, "row"))})
	}
	return c, notices, nil
}

// offer is the price of a kind. EndTimestamp is until when OpenCost was told to take it, and no age.
func (t *table) offer(row []string, id string, gpus int, price fleet.Maybe[fleet.Money]) fleet.Offer {
	o := fleet.Offer{Type: fleet.Label(id), GPU: machines.GPU(id), GPUs: gpus, Region: fleet.Label(t.cell(row, "region")), Price: price,
		Pricing: fleet.PricingOwned, AsOf: t.asOf, Said: fleet.Text("price of a kind")}
	if end, ok := moment(t.cell(row, "endtimestamp")); ok && end.Before(t.asOf.AddDate(0, 0, -1)) {
		o.Said = fleet.Concat(fleet.Text("price of a kind, said to hold until "), fleet.Label(end.Format(time.DateOnly)))
	}
	return o
}
