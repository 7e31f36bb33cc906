package opencost

import (
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/opencostfile"
	"pitwall/backends/internal/sheet"
	"pitwall/fleet"
)

// day is what OpenCost says of one day.
type day struct {
	span   fleet.Span
	costs  map[string]decimal.Decimal // by namespace, and of what nobody held
	hours  map[string]sheet.Amount    // of GPUs
	lost   int                        // parts without a cost
	models map[string]*model          // by model and namespace
	blind  fleet.Safe
}

// model is one model in one namespace. held contains worked.
type model struct {
	held, worked *opencostfile.Inference
}

func (d *day) allocations(step map[string]opencostfile.Allocation) {
	if d.costs == nil {
		d.costs, d.hours = map[string]decimal.Decimal{}, map[string]sheet.Amount{}
	}
	for name, a := range step {
		if !a.TotalCost.OK {
			d.lost++
			continue
		}
		d.costs[name] = d.costs[name].Add(a.TotalCost.Decimal())
		if a.GPUHours.OK {
			d.hours[name] = sheet.AmountOf(d.hours[name].Decimal().Add(a.GPUHours.Decimal()))
		}
	}
}

func (d *day) inferences(basis string, set map[string]opencostfile.Inference) {
	if d.models == nil {
		d.models = map[string]*model{}
	}
	for key, c := range set {
		m := d.models[key]
		if m == nil {
			m = &model{}
			d.models[key] = m
		}
		if basis == opencostfile.BasisUsage {
			m.worked = &c
		} else {
			m.held = &c
		}
	}
}

// lines are the cost of the cluster, parted into what models held and the rest, so that their sum is the cluster's. Where
// models are not told, it is parted by namespace.
func (d *day) lines(currency string) []fleet.BillLine {
	total, inModels := decimal.Zero, decimal.Zero
	for _, c := range d.costs {
		total = total.Add(c)
	}
	var out []fleet.BillLine
	for _, key := range slices.Sorted(maps.Keys(d.models)) {
		m := d.models[key]
		if m.held == nil {
			continue
		}
		for _, p := range m.held.Parts() {
			l := d.line(p.Cost, currency)
			l.Model, l.Project, l.Use, l.Item = fleet.ModelName(m.held.Properties.ModelName), m.held.Properties.Namespace, p.Use, m.said(currency)
			if p.Quantity.OK {
				l.Quantity = fleet.Some(p.Quantity.Decimal())
			}
			out = append(out, l)
			inModels = inModels.Add(p.Cost.Decimal())
		}
	}
	if inModels.IsZero() {
		return append(out, d.namespaces(currency)...)
	}
	if rest := total.Sub(inModels); rest.Sign() > 0 {
		l := d.line(sheet.AmountOf(rest), currency)
		l.Item = fleet.Text("other workloads and idle")
		out = append(out, l)
	}
	return out
}

func (d *day) namespaces(currency string) []fleet.BillLine {
	var out []fleet.BillLine
	for _, name := range slices.Sorted(maps.Keys(d.costs)) {
		l := d.line(sheet.AmountOf(d.costs[name]), currency)
		if l.Project, l.Item = name, fleet.Text("allocated"); name == opencostfile.Idle {
			l.Project, l.Item = "", fleet.Text("idle")
		}
		if h := d.hours[name]; h.OK {
			l.Quantity, l.Unit = fleet.Some(h.Decimal()), fleet.Text("GPU hours")
		}
		out = append(out, l)
	}
	return out
}

func (d *day) line(cost sheet.Amount, currency string) fleet.BillLine {
	l := fleet.BillLine{Stream: fleet.StreamCapacity, Span: d.span, Charge: fleet.ChargeUsage}
	if cost.OK {
		l.Cost = fleet.Some(fleet.NewMoney(cost.Decimal(), currency))
	}
	return l
}

// said tells both bases beside each other: what is compared with a price of an API is what was allocated.
func (m *model) said(currency string) fleet.Safe {
	per := func(c *opencostfile.Inference) fleet.Safe {
		if c == nil || !c.PerMillion.OK || c.PerMillion.Zero() {
			return fleet.Text("-")
		}
		return fleet.NewMoney(c.PerMillion.Decimal(), currency).Text()
	}
	share := fleet.Text("-")
	if m.worked != nil && m.held.TotalCost.OK && m.worked.TotalCost.OK && !m.held.TotalCost.Zero() {
		ratio := m.worked.TotalCost.Decimal().InexactFloat64() / m.held.TotalCost.Decimal().InexactFloat64()
		share = fleet.Label(fmt.Sprintf("%.0f%%", 100*ratio))
	}
	return fleet.Textf("per 1M tokens: %s allocated, %s used; utilised %s", per(m.held), per(m.worked), share)
}

// notices say what of the day is not known.
func (d *day) notices() []fleet.Notice {
	var out []fleet.Notice
	say := func(level fleet.Level, text fleet.Safe) { out = append(out, fleet.Notice{Level: level, Text: text}) }
	if !d.blind.IsEmpty() {
		say(fleet.LevelInfo, d.blind)
	}
	if d.lost > 0 {
		say(fleet.LevelWarn, fleet.Textf("%s parts of the cluster have no cost: OpenCost could not work it out", fleet.Label(fmt.Sprint(d.lost))))
	}
	total, inModels := decimal.Zero, decimal.Zero
	for _, c := range d.costs {
		total = total.Add(c)
	}
	for _, key := range slices.Sorted(maps.Keys(d.models)) {
		m := d.models[key]
		if m.held == nil {
			continue
		}
		if m.held.Free() {
			say(fleet.LevelWarn, fleet.Textf("%s has tokens and no cost: its pods lack the label llm-d.ai/model with the name that it is served by",
				fleet.Quote(m.held.Properties.ModelName)))
			continue
		}
		inModels = inModels.Add(m.held.TotalCost.Decimal())
	}
	if tolerated := total.Mul(decimal.New(101, -2)); len(d.costs) > 0 && inModels.GreaterThan(tolerated) {
		say(fleet.LevelWarn, fleet.Text(
			"models cost more than the whole cluster: the filter leaves their namespaces out, or OpenCost counts twice"))
	}
	return out
}
