package tco

import (
	"math"
	"strings"
	"time"

	"pitwall/economics"
	"pitwall/fleet"
)

// Parts of the price of an hour on demand that the default inputs take for a reservation and for spot: trackers of 2026 see
// reservations 30 to 50 % below.
const (
	reservedPart = 0.6
	spotPart     = 0.5
)

// ofServer are the defaults of one 8 x H100 server. No other GPU has a price of a server in the tables.
var ofServer = []index{capex, residual, support, serverGPUs, serverKW, colo, coloKW}

// gpu takes the kind of GPU into account. All defaults are those of the H100: what the table of prices has of another one is taken
// instead, and what no table has says that it is an H100's.
func (c *Case) gpu(kind string) {
	if kind == "" {
		for _, i := range ofServer {
			c.doubt(i, fleet.Text("the GPU is not known: "))
		}
		return
	}
	if strings.Contains(strings.ToUpper(kind), "H100") {
		return
	}
	for _, i := range ofServer {
		c.doubt(i, fleet.Textf("no figure for %s: ", name(kind)))
	}
	for _, i := range []index{throughput, spotHour, reservedHour} {
		c.doubt(i, fleet.Textf("no figure for %s: ", name(kind)))
	}
	if c.values[demandHour].Origin == Assumption {
		c.rentLowest(kind)
	}
	if c.values[demandHour].Origin == Assumption {
		c.doubt(demandHour, fleet.Textf("no figure for %s: ", name(kind)))
		return
	}
	of := c.values[demandHour]
	for i, part := range map[index]float64{reservedHour: reservedPart, spotHour: spotPart} {
		if c.values[i].Origin == Assumption {
			c.put(i, math.Round(of.V*part*100)/100, Assumption, fleet.Textf("%s%% of the price on demand of %s; enter your own",
				fleet.Ratio(part).Whole(), name(kind)),
				time.Time{})
		}
	}
}

// doubt begins what is said of a default with why it may not hold; what somebody said of an input stands.
func (c *Case) doubt(i index, why fleet.Safe) {
	if v := &c.values[i]; v.Origin == Assumption {
		v.From = fleet.Concat(why, table[i].Basis)
	}
}

// rentLowest takes the lowest list price on demand of a kind of GPU.
func (c *Case) rentLowest(kind string) {
	list, err := economics.GPUHours()
	if err != nil {
		return
	}
	var best *economics.GPUHour
	for i := range list {
		g := &list[i]
		if g.Pricing == "on-demand" && isKind(g.GPU, kind) && (best == nil || g.Price.Amount().LessThan(best.Price.Amount())) {
			best = g
		}
	}
	if best != nil {
		c.rentOf(best, fleet.Text("the lowest list price: "))
	}
}

// isKind tells whether a product of the table, such as "A100-SXM-80GB", is of a kind that a person or a cloud wrote: its own name, and
// its memory where that is said.
func isKind(product, kind string) bool {
	words := strings.FieldsFunc(strings.ToUpper(kind), func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') })
	parts := strings.Split(strings.ToUpper(product), "-")
	for i, w := range words {
		if w != parts[0] {
			continue
		}
		rest := strings.Join(words[i+1:], "")
		memory := parts[len(parts)-1]
		return !strings.Contains(rest, "GB") || strings.Contains(rest, memory)
	}
	return false
}
