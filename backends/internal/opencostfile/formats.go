package opencostfile

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/billfolder"
	"pitwall/backends/internal/sheet"
	"pitwall/fleet"
)

// Formats are the files of OpenCost, whose amounts are of one currency that they do not name.
func Formats(currency string) []billfolder.Format {
	return []billfolder.Format{
		{Table: prices},
		{Table: func(h sheet.Head) (billfolder.Table, error) { return allocationTable(h, currency) }},
		{Title: "OpenCost allocation", Document: func(b []byte, t *sheet.Tally) (bool, error) { return allocations(b, t, currency) }},
		{Title: "OpenCost inference cost", Document: func(b []byte, t *sheet.Tally) (bool, error) { return inferences(b, t, currency) }},
	}
}

// gpuHours is the unit of what an allocation held.
const gpuHours = "GPU hours"

// key is the sum that a part of a cluster belongs to.
func key(t *sheet.Tally, r sheet.Range, currency string) sheet.Key {
	return sheet.Key{From: r.From, To: r.To, Stream: fleet.StreamCapacity, Charge: fleet.ChargeUsage, Currency: t.Text(currency)}
}

// allocations adds an answer of /allocation that was kept as a file.
func allocations(body []byte, t *sheet.Tally, currency string) (bool, error) {
	steps, err := Allocations(body)
	if errors.Is(err, errAnswer) {
		return false, nil
	}
	if err != nil {
		return true, err
	}
	for _, step := range steps {
		for _, name := range slices.Sorted(maps.Keys(step)) {
			if err := addAllocation(t, name, step[name], currency); err != nil {
				return true, err
			}
		}
	}
	return true, nil
}

func addAllocation(t *sheet.Tally, name string, a Allocation, currency string) error {
	r, ok := a.Window.Range()
	if !ok || !a.TotalCost.OK {
		t.Left["without a time or a cost, left out"]++
		return nil
	}
	k := key(t, r, currency)
	k.Account, k.Item = t.Text(a.Properties.Cluster), t.Text(name)
	if k.Project = t.Text(a.Properties.Namespace); name == Idle {
		k.Item = t.Text("idle")
	}
	k.Model, k.Unit = t.Text(modelOf(a.Properties.Labels)), t.Text(gpuHours)
	return t.Add(k, a.GPUHours.Amount, a.TotalCost.Amount, sheet.Amount{})
}

// modelOf is the model that labels name, as OpenCost writes names of labels: with underscores.
func modelOf(labels map[string]string) string {
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if isModelLabel(name) {
			return labels[name]
		}
	}
	return ""
}

func isModelLabel(name string) bool {
	name = strings.ToLower(name)
	return name == "llm-d.ai/model" || name == "llm_d_ai_model"
}

// inferences adds an answer of /inferenceCost that was kept as a file. On the usage basis it is left out: it would be a part
// of what the allocation basis says.
func inferences(body []byte, t *sheet.Tally, currency string) (bool, error) {
	sets, err := Inferences(body)
	if errors.Is(err, errAnswer) {
		return false, nil
	}
	if err != nil {
		return true, err
	}
	for _, set := range sets {
		for _, name := range slices.Sorted(maps.Keys(set)) {
			c := set[name]
			if c.CostBasis == BasisUsage {
				t.Left["of the usage basis, left out: the allocation basis contains it"]++
				continue
			}
			if err := addInference(t, &c, currency); err != nil {
				return true, err
			}
		}
	}
	return true, nil
}

func addInference(t *sheet.Tally, c *Inference, currency string) error {
	r, ok := c.Window.Range()
	if !ok {
		t.Left["without a time, left out"]++
		return nil
	}
	k := key(t, r, currency)
	k.Account, k.Project = t.Text(c.Properties.Cluster), t.Text(c.Properties.Namespace)
	k.Model = t.Text(c.Properties.ModelName)
	for _, p := range c.Parts() {
		k.Use, k.Item = p.Use, t.Text("inference, allocated")
		if err := t.Add(k, p.Quantity, p.Cost, sheet.Amount{}); err != nil {
			return err
		}
	}
	return nil
}

// Part is one bucket of the cost of a model.
type Part struct {
	Use      fleet.UsageKind
	Quantity sheet.Amount
	Cost     sheet.Amount
}

// Free tells of tokens without any cost: the model's pods lack the label that joins them with the tokens.
func (c *Inference) Free() bool {
	tokens := c.PromptTokens.Decimal().Add(c.GenerationTokens.Decimal())
	return tokens.Sign() > 0 && c.TotalCost.Zero()
}

// Parts are input, output and what of the total neither holds. A cost of zero for tokens is not known: nothing costs nothing.
func (c *Inference) Parts() []Part {
	if c.Free() || !c.TotalCost.OK {
		return []Part{{Use: fleet.UseInput, Quantity: c.PromptTokens.Amount}, {Use: fleet.UseOutput, Quantity: c.GenerationTokens.Amount}}
	}
	out := []Part{
		{fleet.UseInput, c.PromptTokens.Amount, c.InputCost.Amount},
		{fleet.UseOutput, c.GenerationTokens.Amount, c.OutputCost.Amount},
	}
	if rest := c.TotalCost.Decimal().Sub(c.InputCost.Decimal()).Sub(c.OutputCost.Decimal()); rest.Abs().GreaterThan(grain) {
		out = append(out, Part{fleet.UseUnknown, sheet.Amount{}, sheet.AmountOf(rest)})
	}
	return out
}

// grain is what the parts of a total may differ from it by the rounding of floats.
var grain = decimal.New(1, -6)

// table is the CSV that OpenCost writes once a day.
type table struct {
	currency                                         string
	date, namespace, controller, labels, gpus, total sheet.Column
	model                                            sheet.Column
}

func allocationTable(h sheet.Head, currency string) (billfolder.Table, error) {
	if !h.Has("Date", "Namespace", "ControllerName", "GPUCost", "TotalCost") {
		return nil, nil
	}
	t := &table{currency: currency, date: h.Column("Date"), namespace: h.Column("Namespace"), controller: h.Column("ControllerName"),
		labels: h.Column("Labels"), gpus: h.Column("GPUs"), total: h.Column("TotalCost")}
	for _, n := range h.Names {
		if label, ok := strings.CutPrefix(n, "Label_"); ok && isModelLabel(label) {
			t.model = h.Column(n)
		}
	}
	return t, nil
}

func (x *table) Title() string          { return "OpenCost allocation" }
func (x *table) End(*sheet.Tally) error { return nil }

var (
	errDate = errors.New("its Date is none")
	errCost = errors.New("its TotalCost is no number")
)

func (x *table) Row(row [][]byte, t *sheet.Tally) error {
	day, ok := sheet.ParseMoment(x.date.Of(row))
	if !ok {
		return errDate
	}
	cost, ok := sheet.ParseAmount(x.total.Of(row))
	if !ok || !cost.OK {
		return errCost
	}
	k := key(t, sheet.Range{From: day.Unix, To: day.End()}, x.currency)
	k.Project, k.Item, k.Unit = t.Word(x.namespace.Of(row)), t.Word(x.controller.Of(row)), t.Text(gpuHours)
	if k.Model = t.Word(x.model.Of(row)); k.Model == 0 {
		var labels map[string]string
		if l := x.labels.Of(row); len(l) > 0 && json.Unmarshal(l, &labels) == nil {
			k.Model = t.Text(modelOf(labels))
		}
	}
	gpus, _ := sheet.ParseAmount(x.gpus.Of(row))
	return t.Add(k, gpus.Times(decimal.NewFromInt(24)), cost, sheet.Amount{})
}
