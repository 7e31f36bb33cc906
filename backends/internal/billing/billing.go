// Package billing is what sources of bills and usage have in common: exact amounts from outside, spans that are asked for, hours
// that are summed from minutes, options, words of line items, and what paid calls may cost in a day.
// It must know no provider.
package billing

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// MostLines bounds what is kept of one answer.
const MostLines = 50_000

// amount is how a decimal number is written that is believed: an exponent of thousands would cost memory before it is wrong.
var amount = regexp.MustCompile(`^[-+]?\d{1,18}(\.\d{0,40})?([eE][-+]?\d{1,2})?$`)

// most is more than any amount or count of a day.
var most = decimal.New(1, 18)

// Exact reads a decimal number from outside without a loss.
func Exact(text string) (decimal.Decimal, bool) {
	if !amount.MatchString(text) {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(text)
	return d, err == nil && d.Abs().LessThan(most)
}

// ExactJSON reads a number or a text that holds one; null is none.
func ExactJSON(raw json.RawMessage) (decimal.Decimal, bool) {
	text := string(raw)
	if strings.HasPrefix(text, `"`) {
		if json.Unmarshal(raw, &text) != nil {
			return decimal.Decimal{}, false
		}
	}
	return Exact(text)
}

// currency is an ISO 4217 code.
var currency = regexp.MustCompile(`^[A-Z]{3}$`)

// MoneyIn makes money of an exact amount and the currency that its source names with it. Without one it is no money.
func MoneyIn(d decimal.Decimal, code string) (fleet.Money, bool) {
	return fleet.NewMoney(d, code), currency.MatchString(code)
}

// Options refuses options that are not among the known ones: a misspelt bound would not hold.
func Options(spec fleet.SourceSpec, known ...string) error {
	for name := range spec.Options {
		found := false
		for _, k := range known {
			found = found || k == name
		}
		if !found {
			return Wrong(spec.ID, "there is no option "+fleet.Quote(name).String())
		}
	}
	return nil
}

// Whole reads an option that is a whole number within bounds.
func Whole(spec fleet.SourceSpec, name string, otherwise, least, most int) (int, error) {
	text := spec.Options[name]
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, Wrong(spec.ID, "option "+name+" is no whole number from "+strconv.Itoa(least)+" to "+strconv.Itoa(most))
	}
	return n, nil
}

// Wrong is a source that is not configured well.
func Wrong(source fleet.SourceID, why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "set up the source", Source: source, Err: errors.New(why),
		Next: "correct its url and options in the configuration; nothing was sent"}
}

// Unread is an answer of which nothing is used.
func Unread(source fleet.SourceID, what, why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read " + what, Source: source, Err: errors.New(why),
		Next: "nothing of it was used; what was read before stays"}
}
