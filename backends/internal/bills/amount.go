package bills

import (
	"encoding/json"
	"strings"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Bounds of a number from outside. Beyond them it is nonsense, and sums of it would need digits without end. Decimals of 128 bits,
// in which some providers add, have 34 digits behind what a thousandth of a cent begins with.
const (
	maxDigits   = 64
	maxExponent = 30
	leastPlace  = -48
)

var mostAmount = decimal.New(1, 15)

// Parse reads a decimal number of a plausible size.
func Parse(text string) (decimal.Decimal, bool) {
	if text == "" || len(text) > maxDigits {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Decimal{}, false
	}
	if d.IsZero() { // "0E-6176" is how a decimal of 128 bits writes it
		return decimal.Zero, true
	}
	if d.Exponent() > maxExponent || d.Exponent() < leastPlace || d.Abs().GreaterThan(mostAmount) {
		return decimal.Decimal{}, false
	}
	return d, true
}

// Number is a JSON number, exact. Null and absent ones are unknown; anything else is odd, a number in quotes too: nobody
// knows which unit it is in.
type Number struct {
	fleet.Maybe[decimal.Decimal]
	Odd bool
}

// UnmarshalJSON reads a number.
func (n *Number) UnmarshalJSON(b []byte) error {
	*n = Number{}
	if string(b) == "null" {
		return nil
	}
	if n.V, n.OK = Parse(string(b)); !n.OK {
		n.Odd = true
	}
	return nil
}

// Quoted is a decimal number in a JSON string, exact. A bare number is odd.
type Quoted struct {
	fleet.Maybe[decimal.Decimal]
	Odd bool
}

// UnmarshalJSON reads a number in quotes.
func (q *Quoted) UnmarshalJSON(b []byte) error {
	*q = Quoted{}
	if string(b) == "null" {
		return nil
	}
	var text string
	if json.Unmarshal(b, &text) == nil {
		q.V, q.OK = Parse(text)
	}
	q.Odd = !q.OK
	return nil
}

// Either is a decimal number, bare or in quotes, of a field whose unit is the same both ways.
type Either struct{ Number }

// UnmarshalJSON reads a number, in quotes or not.
func (e *Either) UnmarshalJSON(b []byte) error {
	var q Quoted
	if err := q.UnmarshalJSON(b); err != nil || q.OK {
		e.Number = Number(q)
		return err
	}
	return e.Number.UnmarshalJSON(b)
}

// Word is a text; null and anything else is none.
type Word string

// UnmarshalJSON reads a text.
func (w *Word) UnmarshalJSON(b []byte) error {
	var s string
	*w = ""
	if json.Unmarshal(b, &s) == nil {
		*w = Word(s)
	}
	return nil
}

// mostMoney is what no line of a bill comes near.
var mostMoney = decimal.New(1, 9)

// Money makes an amount of a number and the code of a currency, in either case. Without a currency it is unknown: no other is assumed.
func Money(n fleet.Maybe[decimal.Decimal], currency string) fleet.Maybe[fleet.Money] {
	code, ok := Currency(currency)
	if !n.OK || !ok || n.V.Abs().GreaterThan(mostMoney) {
		return fleet.None[fleet.Money]()
	}
	return fleet.Some(fleet.NewMoney(n.V, code))
}

// Currency is the code of a currency in capitals.
func Currency(text string) (string, bool) {
	const letters = 3
	code := strings.ToUpper(text)
	if len(code) != letters || strings.ContainsFunc(code, func(r rune) bool { return r < 'A' || r > 'Z' }) {
		return "", false
	}
	return code, true
}

// Sign says what a line with a negative amount is: a credit where its words say so, and a correction otherwise. It is no use.
func Sign(l *fleet.BillLine) {
	if !l.Cost.OK || !l.Cost.V.Amount().IsNegative() {
		return
	}
	l.Charge = fleet.ChargeAdjustment
	for _, word := range []string{"credit", "refund", "grant", "promo"} {
		if strings.Contains(strings.ToLower(l.Item.String()), word) {
			l.Charge = fleet.ChargeCredit
		}
	}
}
