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
	negative := field[0] == '-'
	if negative {
		field = field[1:]
	}
	point := bytes.IndexByte(field, '.')
	scale := 0
	if point >= 0 { // zeros at the end say nothing, and some write thirty of them
		field = bytes.TrimRight(field, "0")
		scale = len(field) - 1 - point
	}
	if len(field) == 0 || len(field) == 1 && point == 0 {
		return Amount{}, false
	}
	n, ok := whole(field, point)
	if negative {
		n = -n
	}
	return Amount{OK: ok, n: n, scale: uint8(scale)}, ok
}

// whole is a number without its point, where a machine word holds it.
func whole(field []byte, point int) (int64, bool) {
	var n int64
	digits := 0
	for i, c := range field {
		if i == point {
			continue
		}
		if c < '0' || c > '9' {
			return 0, false
		}
		if n != 0 || c != '0' {
			digits++
		}
		if digits > maxDigits {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// odd reads what plain does not: a sign of currency, thousands, exponents, more digits.
func odd(field []byte) (Amount, bool) {
	sign, field := signed(field)
	integer, rest := field, []byte(nil)
	if i := bytes.IndexAny(field, ".eE"); i >= 0 {
		integer, rest = field[:i], field[i:]
	}
	s, ok := ungrouped(sign, integer)
	if s = append(s, rest...); !ok || !hasDigitFirst(s) || !bytes.ContainsAny(s[len(s)-1:], "0123456789.") {
		return Amount{}, false
	}
	d, err := decimal.NewFromString(string(s))
	if err != nil || d.Exponent() > maxPower || d.Exponent() < -3*maxPower {
		return Amount{}, false
	}
	return Amount{OK: true, big: &d}, true
}

// signed takes a sign and a dollar away, in either order.
func signed(field []byte) (sign, rest []byte) {
	for _, c := range []byte{'-', '+', '$', '-'} {
		if len(field) == 0 || field[0] != c || c == '-' && sign != nil {
			continue
		}
		if field = field[1:]; c == '-' {
			sign = []byte{'-'}
		}
	}
	return sign, field
}

// ungrouped takes the commas of thousands out of a number, and refuses any others.
func ungrouped(sign, integer []byte) ([]byte, bool) {
	s := append(make([]byte, 0, maxNumber), sign...)
	groups := bytes.Split(integer, []byte{','})
	for i, g := range groups {
		if i > 0 && len(g) != 3 || i == 0 && len(groups) > 1 && (len(g) == 0 || len(g) > 3) {
			return nil, false
		}
		s = append(s, g...)
	}
	return s, true
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
