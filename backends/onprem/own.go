package onprem

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// columns are those of pitwall's own file; node is the only one that must be there.
var columns = []string{"node", "address", "type", "gpu", "gpus", "usd_per_gpu_hour", "usd_per_hour", "currency", "pricing", "until",
	"region",
	"maintenance", "note"}

func (t *table) own() (*fleet.ComputeReading, []fleet.Notice, error) {
	var notices []fleet.Notice
	var strange []fleet.Safe
	for name := range t.at {
		if name != "" && !slices.Contains(columns, name) {
			strange = append(strange, fleet.Quote(name))
		}
	}
	if len(strange) > 0 {
		slices.SortFunc(strange, func(a, b fleet.Safe) int { return strings.Compare(a.String(), b.String()) })
		notices = append(notices, fleet.Notice{Level: fleet.LevelWarn, Text: fleet.Textf("%s not known and not read: %s",
			fleet.Many(len(strange), "column"), fleet.Join(strange[:min(len(strange), 3)], fleet.Text(", ")))})
	}
	c := &fleet.ComputeReading{PricesAsOf: t.asOf, Blind: blind}
	seen := map[string]bool{}
	for i, row := range t.rows {
		m, err := t.machine(row)
		if err != nil {
			return nil, nil, fmt.Errorf("machine %d: %w", i+1, err)
		}
		if seen[m.ID] {
			return nil, nil, fmt.Errorf("machine %d: %s is there twice", i+1, fleet.Quote(m.ID))
		}
		seen[m.ID] = true
		c.Machines = append(c.Machines, m)
	}
	return c, notices, nil
}

// pricings are the words of the pricing column.
var pricings = map[string]fleet.Pricing{"": fleet.PricingOwned, "owned": fleet.PricingOwned, "reserved": fleet.PricingReserved,
	"on-demand": fleet.PricingOnDemand, "spot": fleet.PricingSpot}

func (t *table) machine(row []string) (fleet.Machine, error) {
	node := t.cell(row, "node")
	if node == "" {
		return fleet.Machine{}, fmt.Errorf("it has no node")
	}
	m := fleet.Machine{ID: node, Name: fleet.Label(node), Type: fleet.Label(t.cell(row, "type")), Region: fleet.Label(t.cell(row, "region")),
		PriceFrom: t.from, Addresses: machines.Known(append(strings.Fields(t.cell(row, "address")), node)...)}
	m.GPU = machines.GPU(t.cell(row, "gpu"))
	if m.GPU == "" {
		m.GPU = machines.GPU(t.cell(row, "type"))
	}
	if said := t.cell(row, "gpus"); said != "" {
		n, err := strconv.Atoi(said)
		if m.GPUs = machines.Count(n); err != nil || !m.GPUs.OK {
			return m, fmt.Errorf("gpus %s is no number of GPUs", fleet.Quote(said))
		}
	}
	pricing, ok := pricings[strings.ToLower(t.cell(row, "pricing"))]
	if !ok {
		return m, fmt.Errorf("pricing %s is none of owned, reserved, on-demand, spot", fleet.Quote(t.cell(row, "pricing")))
	}
	m.Pricing = pricing
	if said := t.cell(row, "until"); said != "" {
		at, ok := moment(said)
		if !ok {
			return m, fmt.Errorf("until %s is no time as 2027-03-31 or 2027-03-31T12:00Z", fleet.Quote(said))
		}
		m.Until = fleet.Some(at)
	}
	if err := t.price(row, &m); err != nil {
		return m, err
	}
	return m, t.maintenance(row, &m)
}

// price is that of the machine, or that of one of its GPUs times their number. Both at once might differ: one is refused.
func (t *table) price(row []string, m *fleet.Machine) error {
	whole, each := t.cell(row, "usd_per_hour"), t.cell(row, "usd_per_gpu_hour")
	currency := strings.ToUpper(t.cell(row, "currency"))
	if currency == "" {
		currency = fleet.USD
	}
	said := whole + each
	switch {
	case said == "":
		m.PriceFrom = fleet.Safe{}
		return nil
	case whole != "" && each != "":
		return fmt.Errorf("it has both a price of the machine and of a GPU: leave one empty")
	case len(currency) != 3 || strings.Trim(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return fmt.Errorf("currency %s is no code as USD", fleet.Quote(currency))
	}
	amount := machines.Amount(said)
	if !amount.OK {
		return fmt.Errorf("price %s is no amount of an hour", fleet.Quote(said))
	}
	price := fleet.Some(fleet.NewMoney(amount.V, currency))
	if each != "" {
		if !m.GPUs.OK {
			return fmt.Errorf("a price of a GPU needs the column gpus")
		}
		price = machines.Each(price, m.GPUs.V)
	}
	m.Price = price
	return nil
}

// mostWindows bounds the maintenance of one machine.
const mostWindows = 20

// maintenance reads windows, FROM/TO and whether the machine stops in them: "2026-12-03T22:00Z/2026-12-04T02:00Z stop".
func (t *table) maintenance(row []string, m *fleet.Machine) error {
	said := t.cell(row, "maintenance")
	if said == "" {
		return nil
	}
	what := fleet.Text("maintenance")
	if note := t.cell(row, "note"); note != "" {
		what = fleet.Textf("maintenance: %s", fleet.Quote(note))
	}
	windows := strings.Split(said, ";")
	if len(windows) > mostWindows {
		return fmt.Errorf("it has more than %d windows of maintenance", mostWindows)
	}
	for _, w := range windows {
		span, word, _ := strings.Cut(strings.TrimSpace(w), " ")
		first, last, _ := strings.Cut(span, "/")
		from, ok := moment(first)
		to, ends := moment(last)
		word = strings.TrimSpace(word)
		if !ok || last != "" && !ends || ends && !to.After(from) || word != "" && word != "stop" {
			return fmt.Errorf("maintenance %s is not written FROM/TO, with stop behind it where the machine stops", fleet.Quote(w))
		}
		n := fleet.MachineNotice{What: what, At: fleet.Some(from), Stops: word == "stop"}
		if ends {
			n.Ends = fleet.Some(to)
		}
		m.Notices = append(m.Notices, n)
	}
	return nil
}
