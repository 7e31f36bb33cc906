package tco

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"pitwall/economics"
	"pitwall/fleet"
)

// Case is one decision: a workload, the API that it is compared with, and every input.
type Case struct {
	Name   string // the route, or what a workload file calls itself; outside text
	Model  string // that own GPUs would serve; "" where it is not known
	API    Rented
	Facts  Facts
	values [count]Value
	prices *economics.Catalogue // nil where none is at hand
}

// Rented is a model of an API as the price catalogue knows it.
type Rented struct{ Kind, Model string }

// String is how it is written in files and flags: "openai/gpt-4o".
func (r Rented) String() string {
	if r.Kind == "" {
		return r.Model
	}
	return r.Kind + "/" + r.Model
}

// New is a case of defaults, which are assumptions unless something better is put in their place. It compares GPT-4o with the open model
// that the throughput is of; prices may be nil.
func New(name string, prices *economics.Catalogue) Case {
	c := Case{Name: name, Model: "llama-3.3-70b", API: Rented{"openai", "gpt-4o"}, prices: prices}
	for i := range table {
		c.values[i] = Value{V: table[i].Default, Origin: Assumption, From: table[i].Basis}
	}
	return c
}

// Value is what an input stands at; false where there is no such input.
func (c *Case) Value(key Key) (Value, bool) {
	i, ok := byKey[key]
	if !ok {
		return Value{}, false
	}
	return c.values[i], true
}

// Put sets an input to a number. What is out of bounds is refused with the bounds, and the case stays as it was.
func (c *Case) Put(key Key, v float64, origin Origin, from fleet.Safe, asOf time.Time) error {
	i, ok := byKey[key]
	if !ok {
		return invalid(fmt.Errorf("there is no input %s", fleet.Quote(string(key))), "pitwall tco --inputs lists them")
	}
	if err := table[i].check(v); err != nil {
		return invalid(err, "")
	}
	c.values[i] = Value{V: v, Origin: origin, From: from, AsOf: asOf}
	if i == throughput { // said as one number: that of the parts stands no more
		for _, part := range []index{prefill, decode} {
			c.values[part] = Value{Origin: origin, From: fleet.Text("throughput is given"), AsOf: asOf}
		}
	}
	return nil
}

// put is Put for figures of ours, which are within bounds but for a source that tells nonsense; then the default stays.
func (c *Case) put(i index, v float64, origin Origin, from fleet.Safe, asOf time.Time) {
	if table[i].check(v) == nil {
		c.values[i] = Value{V: v, Origin: origin, From: from, AsOf: asOf}
	}
}

// Set is Put for typed text: a number, one with the unit's sign, or the word of a choice.
func (c *Case) Set(key Key, text string, origin Origin, from fleet.Safe) error {
	in, ok := Find(key)
	if !ok {
		return c.Put(key, 0, origin, from, time.Time{})
	}
	v, err := in.Parse(text)
	if err != nil {
		return invalid(err, "")
	}
	return c.Put(key, v, origin, from, time.Time{})
}

// Rent takes the price of a GPU-hour from the table of rented GPUs, by provider and offer as it has them.
func (c *Case) Rent(offer string) error {
	provider, plan, _ := strings.Cut(offer, "/")
	g, ok := economics.GPUOffer(provider, plan)
	if !ok {
		return invalid(fmt.Errorf("the table of GPU prices has no offer %s", fleet.Quote(offer)), "pitwall tco --gpus lists them")
	}
	c.rentOf(&g, fleet.Safe{})
	c.gpu(g.GPU)
	return nil
}

func (c *Case) rentOf(g *economics.GPUHour, how fleet.Safe) {
	asOf := fleet.Text("no date")
	if g.AsOf != "" {
		asOf = fleet.Label(g.AsOf)
	}
	c.put(demandHour, g.Price.Float(), PriceTable, fleet.Textf("%s%s, %s, %s: %s", how, name(g.Provider+"/"+g.Offer), fleet.Label(g.GPU),
		fleet.Label(g.Pricing), fleet.Textf("%s of %s", fleet.Label(g.Source), asOf)), time.Time{})
}

// Parse reads what a person types for an input.
func (i *Input) Parse(text string) (float64, error) {
	text = strings.TrimSpace(text)
	for n, word := range i.Choices {
		if strings.EqualFold(word, text) {
			return float64(n), nil
		}
	}
	if len(i.Choices) > 0 {
		return 0, fmt.Errorf("%s %s is none of %s", i.Key, fleet.Quote(text), strings.Join(i.Choices, ", "))
	}
	bare := strings.TrimPrefix(text, "$")
	if i.isPercent() {
		bare = strings.TrimSuffix(bare, "%")
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(bare, ",", ""), 64)
	if err != nil {
		return 0, fmt.Errorf("%s %s is no number of %s", i.Key, fleet.Quote(text), i.Unit)
	}
	return v, i.check(v)
}

func (i *Input) check(v float64) error {
	switch {
	case math.IsNaN(v) || v < i.Min || v > i.Max:
		return fmt.Errorf("%s %s is out of bounds: %s to %s %s", i.Key, plainNumber(v), plainNumber(i.Min), plainNumber(i.Max), i.Unit)
	case (i.Whole || len(i.Choices) > 0) && v != math.Trunc(v):
		return fmt.Errorf("%s %s must be a whole number", i.Key, plainNumber(v))
	}
	return nil
}

// Text draws a number of this input without its unit, as it could be typed.
func (i *Input) Text(v float64) fleet.Safe {
	if n := int(v); len(i.Choices) > 0 && n >= 0 && n < len(i.Choices) {
		return fleet.Label(i.Choices[n])
	}
	return fleet.Label(plainNumber(v))
}

// plainNumber draws a number without an exponent and without digits that say nothing.
func plainNumber(v float64) string {
	if v != 0 && math.Abs(v) < 1e15 {
		digits := 6 - int(math.Ceil(math.Log10(math.Abs(v))))
		scale := math.Pow10(min(12, max(0, digits)))
		v = math.Round(v*scale) / scale
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func invalid(err error, next string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read the inputs", Err: err, Next: next}
}
