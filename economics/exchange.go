package economics

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Exchange is what one unit of a currency was worth in US dollars from a day on, until the next one of the same currency.
type Exchange struct {
	Currency string
	USD      decimal.Decimal
	Date     time.Time
	Source   string // as the file writes it; outside text
}

// ExchangeRates are exchange rates of a site's file, by currency and day. Nothing is converted without one.
type ExchangeRates []Exchange

const (
	// rateOld is how old the newest rate of a currency may be before it is doubted: the books of most firms close by the month.
	rateOld = 35 * oneDay
	// rateJump is by how much two rates of a currency in a row may differ before a typing error is supposed.
	rateJump  = 1.2
	mostRates = 100_000
)

var exchangeHead = []string{"from", "to", "rate", "date", "source"}

// ReadExchangeRates reads a file of exchange rates: CSV with the columns from, to, rate, date and source. One of the two currencies is USD.
func ReadExchangeRates(r io.Reader) (ExchangeRates, error) {
	in := csv.NewReader(r)
	in.TrimLeadingSpace, in.Comment = true, '#'
	head, err := in.Read()
	if err != nil || !slices.EqualFunc(head, exchangeHead, strings.EqualFold) {
		return nil, fmt.Errorf("its first line is not %s", strings.Join(exchangeHead, ","))
	}
	var out ExchangeRates
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		line, _ := in.FieldPos(0)
		one, err := exchangeOf(row)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		if out = append(out, one); len(out) > mostRates {
			return nil, fmt.Errorf("it holds more than %d rates", mostRates)
		}
	}
	slices.SortStableFunc(out, func(a, b Exchange) int {
		if n := strings.Compare(a.Currency, b.Currency); n != 0 {
			return n
		}
		return a.Date.Compare(b.Date)
	})
	for i := 1; i < len(out); i++ {
		if x, y := &out[i-1], &out[i]; x.Currency == y.Currency && x.Date.Equal(y.Date) {
			return nil, fmt.Errorf("it has two rates of %s on %s", y.Currency, y.Date.Format(time.DateOnly))
		}
	}
	return out, nil
}

func exchangeOf(row []string) (Exchange, error) {
	from, to := strings.ToUpper(strings.TrimSpace(row[0])), strings.ToUpper(strings.TrimSpace(row[1]))
	n, err := decimal.NewFromString(strings.TrimSpace(row[2]))
	switch {
	case err != nil || !n.IsPositive() || len(row[2]) > 30 || n.Exponent() > 12:
		return Exchange{}, fmt.Errorf("rate %s is no number above zero", fleet.Quote(row[2]))
	case !isCurrency(from) || !isCurrency(to) || (from == fleet.USD) == (to == fleet.USD):
		return Exchange{}, fmt.Errorf("%s to %s: one of the two is USD, the other another currency of three letters", fleet.Quote(from),
			fleet.Quote(to))
	}
	day, err := time.Parse(time.DateOnly, strings.TrimSpace(row[3]))
	if err != nil {
		return Exchange{}, fmt.Errorf("date %s is no day such as 2026-11-01", fleet.Quote(row[3]))
	}
	if from == fleet.USD {
		from, n = to, decimal.NewFromInt(1).DivRound(n, 16)
	}
	return Exchange{Currency: from, USD: n, Date: day, Source: strings.TrimSpace(row[4])}, nil
}

func isCurrency(s string) bool {
	return len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// Of is the newest rate of a currency on a day or before it.
func (r ExchangeRates) Of(currency string, day time.Time) (Exchange, bool) {
	for i := len(r) - 1; i >= 0; i-- {
		if r[i].Currency == currency && !r[i].Date.After(day) {
			return r[i], true
		}
	}
	return Exchange{}, false
}

// Equal tells whether two readings of a file say the same.
func (r ExchangeRates) Equal(o ExchangeRates) bool {
	return slices.EqualFunc(r, o, func(a, b Exchange) bool {
		return a.Currency == b.Currency && a.USD.Equal(b.USD) && a.Date.Equal(b.Date) && a.Source == b.Source
	})
}

// Text is a rate as it is shown wherever it was used: "EUR at 1.083 of 2026-11-20 (ECB)".
func (r *Exchange) Text() fleet.Safe {
	out := fleet.Textf("%s at %s of %s", fleet.Label(r.Currency), fleet.Label(r.USD.Round(6).String()),
		fleet.Label(r.Date.Format(time.DateOnly)))
	if r.Source != "" {
		out = fleet.Textf("%s (%s)", out, fleet.Quote(r.Source))
	}
	return out
}

// Doubts are rates that are old, or far from the one before.
func (r ExchangeRates) Doubts(now time.Time) []fleet.Safe {
	var out []fleet.Safe
	for i := range r {
		last := i+1 == len(r) || r[i+1].Currency != r[i].Currency
		if last && now.Sub(r[i].Date) > rateOld {
			out = append(out, fleet.Textf("exchange rate: the newest is %s, %s old", r[i].Text(), fleet.Age(now.Sub(r[i].Date))))
		}
		if i > 0 && r[i-1].Currency == r[i].Currency {
			if f := r[i].USD.Div(r[i-1].USD).InexactFloat64(); f > rateJump || f < 1/rateJump {
				out = append(out, fleet.Textf("exchange rate: %s is %s times the one before", r[i].Text(), fleet.Float(f, 2)))
			}
		}
	}
	return out
}

// converted is an amount in US dollars where a rate of the day is at hand; what has none stays as it is.
func (r ExchangeRates) converted(m fleet.Maybe[fleet.Money], day time.Time) (fleet.Maybe[fleet.Money], fleet.Safe) {
	if !m.OK || len(r) == 0 || m.V.Currency() == fleet.USD {
		return m, fleet.Safe{}
	}
	rate, ok := r.Of(m.V.Currency(), day)
	if !ok {
		return m, fleet.Safe{}
	}
	return fleet.Some(fleet.NewMoney(m.V.Amount().Mul(rate.USD), fleet.USD)), rate.Text()
}
