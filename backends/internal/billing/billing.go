// Package billing is what bills and usage of clouds have in common, beside what package bills has of all: data that come days late,
// hours that are summed from minutes, options, words of line items, and what paid calls may cost in a day.
// It must know no provider.
package billing

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/bills"
	"pitwall/fleet"
)

// MostLines bounds what is kept of one answer.
const MostLines = 50_000

// ExactJSON reads a number, or a text that holds one, without a loss; null is none.
func ExactJSON(raw json.RawMessage) (decimal.Decimal, bool) {
	text := string(raw)
	if strings.HasPrefix(text, `"`) {
		if json.Unmarshal(raw, &text) != nil {
			return decimal.Decimal{}, false
		}
	}
	return bills.Parse(text)
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
