package machines

import (
	"encoding/json"
	"strings"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/bills"
	"pitwall/fleet"
)

// OptionPrices are prices that an account's API does not tell: TYPE=AMOUNT of an hour of a whole machine, one a line.
const OptionPrices = "prices"

// dearest is what no machine costs an hour: a price above it is an error of a list.
var dearest = decimal.NewFromInt(100_000)

// longest is how long the text of an amount may be: a longer one is no price, and its digits would have to be carried along.
const longest = 32

// Amount reads an exact amount that is no less than zero and no more than any machine costs; everything else is unknown.
func Amount(said string) fleet.Maybe[decimal.Decimal] {
	said = strings.TrimSpace(said)
	if said == "" || len(said) > longest {
		return fleet.None[decimal.Decimal]()
	}
	d, err := decimal.NewFromString(said)
	if err != nil || d.Exponent() < -longest || d.Exponent() > longest || d.IsNegative() || d.GreaterThan(dearest) {
		return fleet.None[decimal.Decimal]()
	}
	return fleet.Some(d)
}

// Dollars is an amount in US dollars.
func Dollars(n json.Number) fleet.Maybe[fleet.Money] { return times(n, decimal.NewFromInt(1)) }

// Balance is what is left of an account's money in US dollars. Below zero it is owed.
func Balance(n json.Number) fleet.Maybe[fleet.Money] {
	said, below := strings.CutPrefix(n.String(), "-")
	left := Dollars(json.Number(said))
	if below && left.OK {
		left.V = left.V.Minus()
	}
	return left
}

// Fee is an amount that is paid once for a long time of many machines, in the currency that is said beside it.
func Fee(said, currency string) fleet.Maybe[fleet.Money] {
	d, ok := bills.Parse(strings.TrimSpace(said))
	return bills.Money(fleet.Maybe[decimal.Decimal]{V: d, OK: ok && !d.IsNegative()}, currency)
}

// Cents is an amount in cents, as dollars.
func Cents(n json.Number) fleet.Maybe[fleet.Money] { return times(n, decimal.New(1, -2)) }

// CentsAMinute is what an amount in cents a minute comes to in an hour, in dollars.
func CentsAMinute(n json.Number) fleet.Maybe[fleet.Money] { return times(n, decimal.New(60, -2)) }

func times(n json.Number, factor decimal.Decimal) fleet.Maybe[fleet.Money] {
	d := Amount(n.String())
	if !d.OK {
		return fleet.None[fleet.Money]()
	}
	return fleet.Some(fleet.NewMoney(d.V.Mul(factor), fleet.USD))
}

// Zero is the price of a machine that the account does not pay.
func Zero() fleet.Maybe[fleet.Money] { return fleet.Some(fleet.NewMoney(decimal.Zero, fleet.USD)) }

// Each is the price of so many of one thing.
func Each(price fleet.Maybe[fleet.Money], n int) fleet.Maybe[fleet.Money] {
	if !price.OK {
		return price
	}
	return fleet.Some(price.V.Mul(decimal.NewFromInt(int64(n))))
}

// configured reads the prices that a configuration gives.
func configured(spec fleet.SourceSpec) (map[string]fleet.Money, error) {
	prices := map[string]fleet.Money{}
	for line := range strings.Lines(spec.Options[OptionPrices]) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, said, _ := strings.Cut(line, "=")
		d := Amount(said)
		if !d.OK || strings.TrimSpace(name) == "" {
			return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "read the prices of the account", Source: spec.ID,
				Next: "write TYPE=AMOUNT, in dollars an hour of a whole machine, one a line"}
		}
		prices[strings.TrimSpace(name)] = fleet.NewMoney(d.V, fleet.USD)
	}
	return prices, nil
}

// Of is the configured price of a type, and where it is from.
func (a *Asker) Of(kind string) (fleet.Maybe[fleet.Money], fleet.Safe) {
	if p, ok := a.Prices[kind]; ok {
		return fleet.Some(p), fleet.Text("configuration")
	}
	return fleet.None[fleet.Money](), fleet.Safe{}
}
