package economics

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Bounds of what is read: a wrong path must not fill memory, and a number of a thousand digits is none.
const (
	maxFile   = 32 << 20
	maxDigits = 40
)

// layer is one file while it is read. Nothing of it counts until all of it was found good.
type layer struct {
	base   *Catalogue // to compare with; nil for the embedded list itself
	source string
	date   time.Time // that the file says it is of
	sheets map[modelKey]*Listing
	rows   int
	doubts []fleet.Safe
	places []place
}

// place is a rate and where in the file it was read.
type place struct {
	where fleet.Safe
	sheet *Listing
	rate  int
}

func newLayer(base *Catalogue) *layer { return &layer{base: base, sheets: map[modelKey]*Listing{}} }

func hash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// sheet is the page of a model. A reseller's models are listed behind its own name, which its API does not use: it is taken
// off as it would be of a name that is looked for.
func (l *layer) sheet(kind, model string) *Listing {
	model = strings.TrimPrefix(model, kind+"/")
	key := modelKey{kind, model}
	if l.sheets[key] == nil {
		l.sheets[key] = &Listing{Kind: kind, Model: model}
	}
	return l.sheets[key]
}

// addRate puts a rate into a sheet, in the order of tiers and thresholds. A second one of the same place replaces the first
// and is doubted.
func (l *layer) addRate(where fleet.Safe, s *Listing, r Rate) {
	r.Price.Source, r.Price.AsOf = l.source, l.date
	for i := range s.Rates {
		if s.Rates[i].Tier == r.Tier && s.Rates[i].Above == r.Above {
			l.doubt(where, fleet.Text("it is listed twice; the last one counts"))
			s.Rates[i] = r
			return
		}
	}
	s.Rates = append(s.Rates, r)
	l.places = append(l.places, place{where, s, len(s.Rates) - 1})
}

func (l *layer) addUnit(where fleet.Safe, s *Listing, u PiecePrice) {
	u.Source, u.AsOf = l.source, l.date
	same := func(o PiecePrice) bool { return o.Use == u.Use && o.Variant == u.Variant }
	if i := slices.IndexFunc(s.Units, same); i >= 0 {
		l.doubt(where, fleet.Text("it is listed twice; the last one counts"))
		s.Units[i] = u
		return
	}
	s.Units = append(s.Units, u)
	for _, d := range lintUnit(u) {
		l.doubt(where, d)
	}
}

// finish doubts what was read, once all rows are known: tiers are compared with their standard.
func (l *layer) finish() {
	for _, p := range l.places {
		for _, d := range lint(p.sheet, p.rate, l.base) {
			l.doubt(p.where, d)
		}
	}
}

func (l *layer) doubt(where, what fleet.Safe) {
	l.doubts = append(l.doubts, fleet.Concat(where, fleet.Text(": "), what))
}

// number reads a decimal of a length that a price can have. Without the bound an exponent of a billion would be a number that
// takes a gigabyte to write down.
func number(text string) (decimal.Decimal, error) {
	if len(text) > maxDigits {
		return decimal.Zero, errors.New("a price has over 40 digits")
	}
	d, err := decimal.NewFromString(text)
	if err != nil || d.Exponent() > 12 || d.Exponent() < -30 {
		return decimal.Zero, fmt.Errorf("%q is no price such as 2.50", fleet.Label(text))
	}
	if d.IsNegative() {
		return decimal.Zero, errors.New("a price is negative")
	}
	return d, nil
}

func amount(text string) (fleet.Money, error) {
	d, err := number(text)
	return fleet.NewMoney(d, fleet.USD), err
}
