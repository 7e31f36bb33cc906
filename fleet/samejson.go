package fleet

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strings"
)

// Equal tells whether two values mean the same: numbers by value, however they are written, objects regardless of the
// order of keys, and null as absence, also inside of objects. What is no JSON is the same as nothing.
func (j JSON) Equal(o JSON) bool {
	if j.IsNull() || o.IsNull() {
		return j.IsNull() && o.IsNull()
	}
	x, errA := decodeJSON(j)
	y, errB := decodeJSON(o)
	return errA == nil && errB == nil && sameValue(x, y)
}

// IsNull tells whether there is no value: none, or null.
func (j JSON) IsNull() bool {
	t := bytes.TrimSpace(j)
	return len(t) == 0 || string(t) == "null"
}

func decodeJSON(b []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber() // a float64 would make neighbours of large numbers equal
	var v any
	err := dec.Decode(&v)
	return v, err
}

func sameValue(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && sameNumber(a.String(), b.String())
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && sameObject(a, b)
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !sameValue(a[i], b[i]) {
				return false
			}
		}
		return true
	default:
		return a == b
	}
}

func sameObject(a, b map[string]any) bool {
	for k, v := range a {
		if !sameValue(v, b[k]) {
			return false
		}
	}
	for k, v := range b {
		if _, known := a[k]; !known && v != nil {
			return false
		}
	}
	return true
}

// sameNumber compares by digits and exponent, so that 1e999999999 costs nothing.
func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	x, okA := parseDecimal(a)
	y, okB := parseDecimal(b)
	return okA && okB && x.negative == y.negative && x.digits == y.digits && x.exponent.Cmp(y.exponent) == 0
}

// figure is digits without zeros at either end, times a power of ten. Zero has no digits and no sign.
type figure struct {
	negative bool
	digits   string
	exponent *big.Int
}

func parseDecimal(s string) (figure, bool) {
	d := figure{exponent: new(big.Int)}
	s, d.negative = strings.CutPrefix(s, "-")
	mantissa, power := s, ""
	if at := strings.IndexAny(s, "eE"); at >= 0 {
		mantissa, power = s[:at], strings.TrimPrefix(s[at+1:], "+")
		if len(power) > 100 {
			return d, false
		}
		if _, ok := d.exponent.SetString(power, 10); !ok {
			return d, false
		}
	}
	whole, part, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+part, "0")
	d.digits = strings.TrimRight(digits, "0")
	if d.digits == "" {
		return figure{exponent: new(big.Int)}, true
	}
	shift := len(digits) - len(d.digits) - len(part)
	d.exponent.Add(d.exponent, big.NewInt(int64(shift)))
	return d, true
}
