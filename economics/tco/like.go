package tco

import (
	_ "embed"
	"encoding/csv"
	"slices"
	"strings"
	"time"

	"pitwall/fleet"
)

// Comparison says what is compared with what: sourcing and quality are different decisions.
type Comparison string

// The comparisons.
const (
	SameModel    Comparison = "same model, other hands"
	OtherClass   Comparison = "another model: quality changes too"
	NotKnownSame Comparison = "not known whether it is the same model"
)

// samemodels.csv names, for open models, what APIs that host them call them. A row is taken only where it says so: a name that looks
// alike is
// none. A row with an empty family is a model of its owner alone, for comparison with any.
//
//go:embed samemodels.csv
var sameModels []byte

type hosted struct {
	family string
	at     Rented
}

var hostedModels = func() []hosted {
	rows, err := csv.NewReader(strings.NewReader(string(sameModels))).ReadAll()
	if err != nil {
		return nil // a test reads it
	}
	var list []hosted
	for _, row := range rows[1:] {
		list = append(list, hosted{row[0], Rented{row[1], row[2]}})
	}
	return list
}()

// familyOf is the open model that a name is one of, "" for none that is known. "closed" are models of their owner alone.
func familyOf(r Rented) string {
	for _, h := range hostedModels {
		if strings.EqualFold(h.at.Model, r.Model) && (r.Kind == "" || strings.EqualFold(h.at.Kind, r.Kind)) {
			return h.family
		}
	}
	return ""
}

// ownFamily is the family of what own GPUs serve, by the name of the family or one of its names.
func ownFamily(model string) string {
	for _, h := range hostedModels {
		if strings.EqualFold(h.family, model) || strings.EqualFold(h.at.Model, model) {
			return h.family
		}
	}
	return ""
}

const closed = "closed"

func (c *Case) compares(with Rented) Comparison {
	own, other := ownFamily(c.Model), familyOf(with)
	switch {
	case other == closed && own != closed:
		return OtherClass // of its owner alone, whatever own GPUs serve
	case own == "" || other == "":
		return NotKnownSame
	case own == other && own != closed:
		return SameModel
	}
	return OtherClass
}

// Like is the same workload beside one priced API.
type Like struct {
	API      Rented
	Compares Comparison
	In, Out  fleet.Money
	MTok     float64 // blended
	APITotal float64
	Saving   float64
	Verdict  Verdict
	Now      BreakEven // at today's prices
	Source   fleet.Safe
	AsOf     time.Time
}

// like sets the case beside the same open model at every API that is priced, and beside models of other classes. The inputs of own GPUs
// stay.
func like(c *Case, x *plan, months int) ([]Like, time.Time) {
	list := c.prices
	if list == nil {
		return nil, time.Time{}
	}
	var rows []Like
	own := ownFamily(c.Model)
	for _, h := range hostedModels {
		if h.family != closed && h.family != own {
			continue
		}
		price, ok := list.Price(h.at.Kind, fleet.ModelName(h.at.Model))
		if !ok {
			continue
		}
		q := x.p
		q[priceIn], q[priceOut] = price.Input.Float(), price.Output.Float()
		q[priceCached] = price.CachedIn.Or(price.Input).Float()
		y := newPlan(&q)
		api, mine := y.totals(months, q[volume])
		rows = append(rows, Like{API: h.at, Compares: c.compares(h.at), In: price.Input, Out: price.Output, MTok: y.apiMTok, APITotal: api,
			Saving: api - mine, Verdict: verdict(api, mine), Now: y.breakEven(1), Source: fleet.Label(price.Source), AsOf: price.AsOf})
	}
	slices.SortStableFunc(rows, func(a, b Like) int { return a.Compares.rank() - b.Compares.rank() })
	return rows, list.AsOf()
}

// rank sets the same model before others.
func (c Comparison) rank() int {
	switch c {
	case SameModel:
		return 0
	case NotKnownSame:
		return 1
	case OtherClass:
	}
	return 2
}
