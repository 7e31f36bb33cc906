package fleet

import (
	"errors"
	"fmt"

	"github.com/shopspring/decimal"
)

// Prices finds what a model of a provider kind costs.
type Prices func(kind string, model ModelName) (Price, bool)

// probeText is how many tokens the words, the tool and the frame of a request have at the most, beside its padding.
const probeText = 200

// PromptMost is how many tokens the prompt of one request has at the most. Padding is words, whose tokens are only known
// by the tokenizer.
func (p *ProbeSpec) PromptMost(a ProbeAsk) int {
	if a != ProbeLength {
		return probeText
	}
	return probeText + p.PromptTokens*2
}

// Rates is the dearest price of those who may answer. It is unknown where nobody is paid, and an error where one has no
// price: a probe of unknown cost is not sent.
func (p *ProbePlan) Rates(prices Prices) (Maybe[Price], error) {
	var dearest Maybe[Price]
	for _, x := range p.Payers {
		price := x.Price
		if !price.OK && prices != nil {
			price.V, price.OK = prices(x.Kind, x.Model)
			price.V = price.V.Times(x.Factor.Or(decimal.NewFromInt(1)))
		}
		switch {
		case !price.OK:
			return None[Price](), fmt.Errorf("model %s of %s has no price, and what costs an unknown amount is not sent; "+
				"add a price to the model in the configuration, or to the price file", Label(string(x.Model)), Label(string(x.Provider)))
		case !p.MaxPerDay.OK:
			return None[Price](), errors.New("it costs money at " + Label(string(x.Provider)).String() + "; write max_usd_per_day into the probe")
		case price.V.Input.Currency() != p.MaxPerDay.V.Currency() || price.V.Output.Currency() != p.MaxPerDay.V.Currency():
			return None[Price](), errors.New("the price of " + Label(string(x.Model)).String() + " is in another currency than max_usd_per_day")
		case !dearest.OK:
			dearest = price
		default:
			dearest.V.Input, dearest.V.Output = dearer(dearest.V.Input, price.V.Input), dearer(dearest.V.Output, price.V.Output)
		}
	}
	return dearest, nil
}

func dearer(a, b Money) Money {
	if b.amount.GreaterThan(a.amount) {
		return b
	}
	return a
}

// tokensOf is what tokens cost at a price for a million.
func tokensOf(price Money, tokens int) Money {
	return price.Mul(decimal.New(int64(tokens), -6))
}

// ProbeCost is what tokens of one answer cost.
func ProbeCost(price Price, in, out int) Money {
	sum, err := tokensOf(price.Input, in).Add(tokensOf(price.Output, out))
	if err != nil {
		return Money{}
	}
	return sum
}

// Most is what one request costs at the most.
func (p *ProbeSpec) Most(price Price, a ProbeAsk) Money {
	return ProbeCost(price, p.PromptMost(a), p.Limit())
}

// Once is what one probe costs at the most, PerDay a day of them, which ends at the limit where there is one.
func (p *ProbePlan) Once(price Price) Money {
	var sum Money
	for _, a := range p.Asks() {
		if more, err := sum.Add(p.Most(price, a)); err == nil {
			sum = more
		}
	}
	return sum
}

// PerDay is what a day of probes costs at the most; unknown where nobody is paid or a price is missing.
func (p *ProbePlan) PerDay(prices Prices) Maybe[Money] {
	price, err := p.Rates(prices)
	if err != nil || !price.OK {
		return None[Money]()
	}
	day := p.Once(price.V).Mul(decimal.NewFromInt(24 * 3600).Div(decimal.NewFromFloat(p.Interval().Seconds())))
	if p.MaxPerDay.OK && day.amount.GreaterThan(p.MaxPerDay.V.amount) {
		return p.MaxPerDay
	}
	return Some(day)
}

// Small draws small amounts with what is seen of them: "$0.0031"; from a dollar on as Text does.
func (m Money) Small() Safe {
	if m.currency != USD || m.amount.IsZero() || m.amount.Abs().GreaterThanOrEqual(decimal.NewFromInt(1)) {
		return m.Text()
	}
	places := int32(2)
	for places < 8 && m.amount.Abs().LessThan(decimal.New(10, -places)) {
		places++
	}
	return Safe{"$" + m.amount.StringFixed(places)}
}

// Over tells whether an amount is greater than another of the same currency.
func (m Money) Over(o Money) bool { return m.amount.GreaterThan(o.amount) }

// Minus is the negative amount.
func (m Money) Minus() Money { return Money{m.amount.Neg(), m.currency} }
