package sheet

import (
	"bytes"
	"math"
	"math/bits"

	"github.com/shopspring/decimal"
)

// Amount is an exact number of one field. The zero value is unknown.
type Amount struct {
	OK    bool
	n     int64 // times ten to the power of -scale
	scale uint8
	big   *decimal.Decimal // instead, where n does not hold it
}

const (
	maxDigits = 18 // that always fit
	maxNumber = 64 // bytes of a number
	maxPower  = 40
)

// ParseAmount reads a number as exports write it: "12.5", "-3", "35.2E-7", "$10,000.00 ". Nothing, NaN and what is no
// number are unknown; ok says whether an unknown one was written as nothing.
func ParseAmount(field []byte) (a Amount, ok bool) {
	field = Trim(field)
	if len(field) == 0 {
		return Amount{}, true
	}
	if len(field) > maxNumber {
		return Amount{}, false
	}
	if a, ok = plain(field); ok {
		return a, true
	}
	return odd(field)
}

// plain reads digits with a sign and a point, which nearly all numbers are.
func plain(field []byte) (Amount, bool) {
	negative := false
	if field[0] == '-' {
		negative, field = true, field[1:]
	}
	if point := bytes.IndexByte(field, '.'); point >= 0 { // zeros at the end say nothing, and some write thirty of them
		field = bytes.TrimRight(field, "0")
		if point == len(field)-1 && point > 0 {
			field = field[:point]
		}
	}
	var n int64
	digits, scale, point := 0, 0, false
	for _, c := range field {
		switch {
		case c >= '0' && c <= '9':
			if n != 0 || c != '0' {
				digits++
			}
			n = n*10 + int64(c-'0')
			if point {
				scale++
			}
		case c == '.' && !point:
			point = true
		default:
			return Amount{}, false
		}
		if digits > maxDigits {
			return Amount{}, false
		}
	}
	if len(field) == 0 || len(field) == 1 && point {
		return Amount{}, false
	}
	if negative {
		n = -n
	}
	return Amount{OK: true, n: n, scale: uint8(scale)}, true
}

// odd reads what plain does not: a sign of currency, thousands, exponents, more digits.
func odd(field []byte) (Amount, bool) {
	s := make([]byte, 0, maxNumber)
	negative := false
	if field[0] == '-' || field[0] == '+' {
		negative, field = field[0] == '-', field[1:]
	}
	field = bytes.TrimPrefix(field, []byte("$"))
	if len(field) > 0 && field[0] == '-' && !negative { // "$-3.00"
		negative, field = true, field[1:]
	}
	if negative {
		s = append(s, '-')
	}
	whole, rest := field, []byte(nil)
	if i := bytes.IndexByte(field, '.'); i >= 0 {
		whole, rest = field[:i], field[i:]
	}
	groups := bytes.Split(whole, []byte{','})
	for i, g := range groups {
		if i > 0 && len(g) != 3 || i == 0 && len(groups) > 1 && (len(g) == 0 || len(g) > 3) {
			return Amount{}, false
		}
		s = append(s, g...)
	}
	if len(groups) > 1 && bytes.ContainsAny(whole, "eE") {
		return Amount{}, false
	}
	s = append(s, rest...)
	if len(s) == 0 || !bytes.ContainsAny(s[len(s)-1:], "0123456789.") || !hasDigitFirst(s) {
		return Amount{}, false
	}
	d, err := decimal.NewFromString(string(s))
	if err != nil || d.Exponent() > maxPower || d.Exponent() < -3*maxPower {
		return Amount{}, false
	}
	return Amount{OK: true, big: &d}, true
}

func hasDigitFirst(s []byte) bool {
	s = bytes.TrimPrefix(s, []byte{'-'})
	return len(s) > 0 && (s[0] >= '0' && s[0] <= '9' || s[0] == '.' && len(s) > 1 && s[1] >= '0' && s[1] <= '9')
}

// AmountOf is an exact number that was not read from a field.
func AmountOf(d decimal.Decimal) Amount { return Amount{OK: true, big: &d} }

// Decimal is the number itself, and zero for an unknown one.
func (a Amount) Decimal() decimal.Decimal {
	if a.big != nil {
		return *a.big
	}
	return decimal.New(a.n, -int32(a.scale))
}

// Zero tells whether a known number is 0.
func (a Amount) Zero() bool {
	return a.OK && (a.big == nil && a.n == 0 || a.big != nil && a.big.IsZero())
}

// Negative tells whether a known number is below 0.
func (a Amount) Negative() bool {
	return a.OK && (a.big == nil && a.n < 0 || a.big != nil && a.big.IsNegative())
}

// Times is a number times another; unknown stays unknown.
func (a Amount) Times(factor decimal.Decimal) Amount {
	if !a.OK || factor.Equal(decimal.NewFromInt(1)) {
		return a
	}
	return AmountOf(a.Decimal().Mul(factor))
}

// Sum adds amounts exactly: in a machine word as long as that holds, in a decimal where it does not. The zero value is the
// sum of nothing, which is unknown.
type Sum struct {
	n     int64
	scale uint8
	known bool
	big   *decimal.Decimal
}

// Add adds a known amount; an unknown one changes nothing.
func (s *Sum) Add(a Amount) {
	if !a.OK {
		return
	}
	s.known = true
	if a.big != nil {
		s.spill(*a.big)
		return
	}
	n, m, scale, ok := aligned(s.n, s.scale, a.n, a.scale)
	if ok {
		if total := n + m; (total > n) == (m > 0) {
			s.n, s.scale = total, scale
			return
		}
	}
	s.spill(decimal.New(s.n, -int32(s.scale)))
	s.n, s.scale = a.n, a.scale
}

func (s *Sum) spill(d decimal.Decimal) {
	if s.big != nil {
		d = d.Add(*s.big)
	}
	s.big = &d
}

// aligned brings two numbers to the greater scale of both, where a machine word holds that.
func aligned(n int64, ns uint8, m int64, ms uint8) (int64, int64, uint8, bool) {
	switch {
	case ns == ms || n == 0:
		return n, m, ms, true
	case ns < ms:
		n, ok := raised(n, ms-ns)
		return n, m, ms, ok
	default:
		m, ok := raised(m, ns-ms)
		return n, m, ns, ok
	}
}

// raised is n times ten to a power.
func raised(n int64, power uint8) (int64, bool) {
	for range power {
		negative, u := n < 0, uint64(max(n, -n))
		high, low := bits.Mul64(u, 10)
		if high != 0 || low > math.MaxInt64 {
			return 0, false
		}
		if n = int64(low); negative {
			n = -n
		}
	}
	return n, true
}

// Known tells whether anything was added.
func (s *Sum) Known() bool { return s.known }

// Decimal is the sum.
func (s *Sum) Decimal() decimal.Decimal {
	d := decimal.New(s.n, -int32(s.scale))
	if s.big != nil {
		d = d.Add(*s.big)
	}
	return d
}
