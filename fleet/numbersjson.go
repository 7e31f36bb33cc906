package fleet

import (
	"encoding/json"
	"errors"
	"math"
	"time"

	"github.com/shopspring/decimal"
)

// JSON has no number that is not finite, so null stands for what is none: a gap in a trend, and the missing upper
// bound of a histogram's last bucket.

type trendJSON struct {
	Step time.Duration
	End  time.Time
	V    []*float64
}

// MarshalJSON writes gaps as null.
func (t Trend) MarshalJSON() ([]byte, error) {
	return json.Marshal(trendJSON{t.Step, t.End, finite(t.V)})
}

// UnmarshalJSON reads null as a gap.
func (t *Trend) UnmarshalJSON(b []byte) error {
	var j trendJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*t = Trend{j.Step, j.End, filled(j.V, math.NaN())}
	return nil
}

type histogramJSON struct {
	Bounds []*float64
	Counts []*float64
	Sum    *float64
}

// MarshalJSON writes the bound of the last bucket, which has none, as null.
func (h Histogram) MarshalJSON() ([]byte, error) {
	return json.Marshal(histogramJSON{finite(h.Bounds), finite(h.Counts), finite([]float64{h.Sum})[0]})
}

// UnmarshalJSON reads a bound of null as none.
func (h *Histogram) UnmarshalJSON(b []byte) error {
	var j histogramJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*h = Histogram{filled(j.Bounds, math.Inf(1)), filled(j.Counts, math.NaN()), filled([]*float64{j.Sum}, math.NaN())[0]}
	return nil
}

type moneyJSON struct {
	Amount   decimal.Decimal // text, so that no reader rounds it
	Currency string
}

// mostPower bounds the exponents of amounts that are read.
const mostPower = 1000

// MarshalJSON writes the exact amount as text, beside its currency.
func (m Money) MarshalJSON() ([]byte, error) { return json.Marshal(moneyJSON{m.amount, m.currency}) }

// UnmarshalJSON reads what MarshalJSON writes.
func (m *Money) UnmarshalJSON(b []byte) error {
	var j moneyJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	if e := j.Amount.Exponent(); e > mostPower || e < -mostPower { // a few bytes that are written out as gigabytes
		return &Error{Kind: KindInvalid, Op: "read an amount", Err: errors.New("its exponent is that of no money")}
	}
	*m = Money{j.Amount, j.Currency}
	return nil
}

// finite keeps nil as nil.
func finite(list []float64) []*float64 {
	if list == nil {
		return nil
	}
	out := make([]*float64, len(list))
	for i, v := range list {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			out[i] = &v
		}
	}
	return out
}

func filled(list []*float64, other float64) []float64 {
	if list == nil {
		return nil
	}
	out := make([]float64, len(list))
	for i, p := range list {
		out[i] = other
		if p != nil {
			out[i] = *p
		}
	}
	return out
}
