package fleet

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// USD is the currency of all list prices in the catalogue.
const USD = "USD"

// Money is an exact amount in one currency. Metered and billed sums use it;
// projections may use float64 and round once. The zero value is no currency and amount 0.
type Money struct {
	amount   decimal.Decimal
	currency string
}

// NewMoney returns an exact amount in an ISO 4217 currency.
func NewMoney(amount decimal.Decimal, currency string) Money { return Money{amount, currency} }

// ParseMoney reads a decimal number such as "2.50".
func ParseMoney(s, currency string) (Money, error) {
	d, err := decimal.NewFromString(s)
	if err != nil {
		return Money{}, &Error{Kind: KindInvalid, Op: "read amount", Err: err}
	}
	return Money{d, currency}, nil
}

// Amount returns the exact amount.
func (m Money) Amount() decimal.Decimal { return m.amount }

// Currency returns the ISO 4217 code, or "" for the zero value.
func (m Money) Currency() string { return m.currency }

// Add returns the exact sum. Adding different currencies is an error: no rate is assumed.
func (m Money) Add(o Money) (Money, error) {
	switch {
	case m.currency == "":
		return o, nil
	case o.currency == "":
		return m, nil
	case m.currency != o.currency:
		return Money{}, &Error{Kind: KindInvalid, Op: "add money",
			Err: fmt.Errorf("cannot add %s to %s without a rate", o.currency, m.currency)}
	}
	return Money{m.amount.Add(o.amount), m.currency}, nil
}

// Mul returns the amount times an exact factor.
func (m Money) Mul(f decimal.Decimal) Money { return Money{m.amount.Mul(f), m.currency} }

// Float returns the amount for projections and charts.
func (m Money) Float() float64 { return m.amount.InexactFloat64() }

// Text draws the amount rounded to cents with its currency: "$12.50", "EUR 3.10".
func (m Money) Text() Safe {
	if m.currency == "" {
		return Safe{Unknown}
	}
	if m.currency == USD && m.amount.IsNegative() {
		return Safe{"-$" + m.amount.Neg().StringFixed(2)}
	}
	if m.currency == USD {
		return Safe{"$" + m.amount.StringFixed(2)}
	}
	return Concat(Label(m.currency), Safe{" " + m.amount.StringFixed(2)})
}
