package togethercosts

import (
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// Listed prices are looked at once a day. Together says nowhere in which unit they are: dollars for a million tokens is checked by
// models that the price list knows.
const (
	checkEvery  = 24 * time.Hour
	mostRemarks = 5
)

// priced is a model as the list of models has it.
type priced struct {
	ID      bills.Word `json:"id"`
	Pricing struct {
		Input  price `json:"input"`
		Output price `json:"output"`
	} `json:"pricing"`
}

type price struct{ bills.Number }

// near tells whether a price is that of the price list, but for rounding.
func (p price) near(known fleet.Money) bool {
	if !p.OK || p.V.IsZero() {
		return true
	}
	const percent = -2
	return p.V.Sub(known.Amount()).Abs().LessThanOrEqual(known.Amount().Abs().Shift(percent))
}

// check compares when it is time. Without a price list there is nothing to compare with.
func (r *reader) check(ctx context.Context, now time.Time) {
	if r.prices == nil || len(r.models) == 0 || !r.checked.IsZero() && now.Sub(r.checked) < checkEvery {
		return
	}
	var list []priced
	reply, err := r.client.Get(ctx, "/models", nil)
	if err == nil {
		err = reply.JSON(&list)
	}
	if err != nil {
		r.remarks = []fleet.Notice{rented.Without(fleet.Text("listed prices of models"), err)}
		return
	}
	r.checked, r.remarks = now, r.compare(list)
}

// compare looks at the configured models that the price list knows.
func (r *reader) compare(list []priced) (out []fleet.Notice) {
	units := map[string]int{}
	for i := range list {
		m := &list[i]
		known, ok := r.prices("together", fleet.ModelName(m.ID))
		if !ok || !slices.Contains(r.models, fleet.ModelName(m.ID)) || known.Input.Currency() != fleet.USD {
			continue
		}
		unit := unitOf(m.Pricing.Input, known.Input.Amount())
		units[unit]++
		if unit == "" || unit == million && (!m.Pricing.Input.near(known.Input) || !m.Pricing.Output.near(known.Output)) {
			out = append(out, m.differs(known))
		}
	}
	if len(out) > mostRemarks {
		out = append(out[:mostRemarks], warn(fleet.Text("more listed prices are others than those of the price list")))
	}
	for _, x := range others() {
		if units[x.unit] > 0 {
			out = append(out, warn(fleet.Concat(fleet.Text("listed prices seem to be for "), fleet.Quote(x.unit),
				fleet.Text(", not dollars for a million: compared with the price list"))))
		}
	}
	return out
}

// million is the unit that is expected.
const million = "a million tokens"

// unit is how a price may be written.
type unit struct {
	unit  string
	shift int32 // of the point, to dollars for a million
}

// others are units that a price may be in by mistake.
func others() []unit {
	return []unit{{"a token", 6}, {"a thousand tokens", 3}, {"a million tokens, in cents", -2}}
}

// unitOf is the unit in which a listed price is about that of the price list; "" for none. A price of zero is that of a model
// which needs an endpoint, and says nothing.
func unitOf(listed price, known decimal.Decimal) string {
	if !listed.OK || !listed.V.IsPositive() || !known.IsPositive() {
		return million
	}
	const digits = 12
	for _, x := range append([]unit{{million, 0}}, others()...) {
		ratio := listed.V.Shift(x.shift).DivRound(known, digits)
		if ratio.GreaterThanOrEqual(decimal.NewFromFloat(0.5)) && ratio.LessThanOrEqual(decimal.NewFromInt(2)) {
			return x.unit
		}
	}
	return ""
}

// differs says of a model that its prices are others than those of the price list.
func (m *priced) differs(known fleet.Price) fleet.Notice {
	dollars := func(d decimal.Decimal) fleet.Safe { return fleet.Quote(d.String()) }
	return rented.Of(fleet.ModelName(m.ID), fleet.Text(" is listed at $"), dollars(m.Pricing.Input.V), fleet.Text(" and $"),
		dollars(m.Pricing.Output.V), fleet.Text(" for input and output, and at $"), dollars(known.Input.Amount()), fleet.Text(" and $"),
		dollars(known.Output.Amount()), fleet.Text(" in the price list"))
}

func warn(text fleet.Safe) fleet.Notice { return fleet.Notice{Level: fleet.LevelWarn, Text: text} }
