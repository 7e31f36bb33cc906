package fleet

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Units are types, so that a ratio is not drawn as a percentage twice and seconds
// are not taken for milliseconds.
type (
	// Ratio is a part of one: 0.87 means 87 %.
	Ratio float64
	// Seconds is a duration as metrics report it.
	Seconds float64
	// Rate is events per second.
	Rate float64
	// TokenRate is tokens per second.
	TokenRate float64
	// Count is a number of things now (running requests, waiting requests, GPUs).
	Count float64
	// Tokens is a number of tokens.
	Tokens float64
	// Bytes is an amount of memory.
	Bytes float64
	// Watts is electrical power.
	Watts float64
	// Celsius is a temperature.
	Celsius float64
	// Dollars is an amount of US dollars.
	Dollars float64
	// USDPerHour is a burn rate in US dollars an hour, rounded for the screen only.
	USDPerHour float64
	// USDPerMTok is a price or an allocated cost in US dollars for one million tokens.
	USDPerMTok float64
)

// Unknown is how every unknown value is drawn.
const Unknown = "-"

// Duration converts seconds for arithmetic with times.
func (s Seconds) Duration() time.Duration { return time.Duration(float64(s) * float64(time.Second)) }

// Text draws a ratio as a percentage without the sign, three significant digits: "6.20", "87.1", "100".
func (r Ratio) Text() Safe { return Safe{significant(float64(r) * 100)} }

// Whole draws a ratio as a whole percentage without the sign: "87".
func (r Ratio) Whole() Safe { return Safe{number(float64(r)*100, 0)} }

// Text draws seconds with a unit: "41ms", "890ms", "2.1s", "3m20s".
func (s Seconds) Text() Safe {
	v := float64(s)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return Safe{Unknown}
	case v < 0.0995 && v > 0:
		return Safe{milliseconds(v * 1000)}
	case v < 0.9995:
		return Safe{withUnit(v*1000, 0, "ms")}
	case v < 9.95:
		return Safe{withUnit(v, 1, "s")}
	case v < 100:
		return Safe{withUnit(v, 0, "s")}
	default:
		return Age(s.Duration())
	}
}

// Text draws a rate: "412", "1.72k".
func (r Rate) Text() Safe { return Safe{scaled(float64(r))} }

// Text draws a token rate: "840", "4.1k", "88.0k".
func (r TokenRate) Text() Safe { return Safe{scaled(float64(r))} }

// Text draws a count: "12", "1.72k".
func (c Count) Text() Safe { return Safe{scaled(float64(c))} }

// Text draws tokens: "840", "32.8k".
func (t Tokens) Text() Safe { return Safe{scaled(float64(t))} }

// Text draws bytes in binary units: "80GiB".
func (b Bytes) Text() Safe {
	v, unit := float64(b), "B"
	for _, u := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if math.Abs(v) < 1024 {
			break
		}
		v, unit = v/1024, u
	}
	return Safe{withUnit(v, digitsFor(v, 3), unit)}
}

// Text draws watts: "690W", "6.20kW".
func (w Watts) Text() Safe {
	if math.Abs(float64(w)) >= 1000 {
		return Safe{withUnit(float64(w)/1000, digitsFor(float64(w)/1000, 3), "kW")}
	}
	return Safe{withUnit(float64(w), 0, "W")}
}

// Text draws a temperature: "78C".
func (c Celsius) Text() Safe { return Safe{withUnit(float64(c), 0, "C")} }

// Text draws a burn rate without the sign: "412", "7.10".
func (u Dollars) Text() Safe { return Safe{number(float64(u), 2)} }

// Text draws the value with its unit.
func (u USDPerHour) Text() Safe { return Safe{scaled(float64(u))} }

// Text draws a price for a million tokens: "0.92", "4.10".
func (u USDPerMTok) Text() Safe { return Safe{number(float64(u), 2)} }

// Texter is a value that draws itself safely.
type Texter interface{ Text() Safe }

// Show draws a value, or "-" when it is unknown.
func Show[T Texter](m Maybe[T]) Safe {
	if !m.OK {
		return Safe{Unknown}
	}
	return m.V.Text()
}

// Int draws a whole number.
func Int[T ~int | ~int64 | ~uint64 | ~uint32](n T) Safe { return Safe{strconv.FormatInt(int64(n), 10)} }

// Float draws a number with the given count of decimals; NaN and infinities are unknown.
func Float(v float64, decimals int) Safe { return Safe{number(v, decimals)} }

// Age draws how long ago something was: "4s", "12m", "3h", "6d". A negative age is "0s".
func Age(d time.Duration) Safe {
	switch {
	case d < time.Second:
		return Safe{"0s"}
	case d < 100*time.Second:
		return Safe{strconv.Itoa(int(d.Seconds())) + "s"}
	case d < 100*time.Minute:
		return Safe{strconv.Itoa(int(d.Minutes())) + "m"}
	case d < 48*time.Hour:
		return Safe{strconv.Itoa(int(d.Hours())) + "h"}
	default:
		return Safe{strconv.Itoa(int(d.Hours()/24)) + "d"}
	}
}

// ClockTime draws a time of day in UTC: "14:07:22Z"; the zero time is unknown.
func ClockTime(t time.Time) Safe {
	if t.IsZero() {
		return Safe{Unknown}
	}
	return Safe{t.UTC().Format("15:04:05Z")}
}

// Stamp draws a date and time in UTC: "2026-11-22 09:14Z"; the zero time is unknown.
func Stamp(t time.Time) Safe {
	if t.IsZero() {
		return Safe{Unknown}
	}
	return Safe{t.UTC().Format("2006-01-02 15:04Z")}
}

func number(v float64, decimals int) string { return withUnit(v, decimals, "") }

// withUnit draws a number and its unit with one allocation at most: a screen draws hundreds of them. What is no
// number has no unit either.
func withUnit(v float64, decimals int, unit string) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return Unknown
	case decimals == 0 && unit == "" && v >= 0 && v < 99:
		return strconv.Itoa(int(math.RoundToEven(v))) // small whole numbers cost nothing
	}
	var room [48]byte
	b := strconv.AppendFloat(room[:0], v, 'f', decimals, 64)
	if b[0] == '-' && isZeroText(b[1:]) {
		b = b[1:]
	}
	return string(append(b, unit...))
}

// milliseconds draws two digits without a trailing zero: "4.2ms", "4ms", "41ms".
func milliseconds(v float64) string {
	s := withUnit(v, digitsFor(v, 2), "ms")
	if whole, ok := strings.CutSuffix(s, ".0ms"); ok {
		return whole + "ms"
	}
	return s
}

func isZeroText(s []byte) bool {
	for i := range len(s) {
		if s[i] != '0' && s[i] != '.' {
			return false
		}
	}
	return true
}

// significant keeps three significant digits for magnitudes from 0.01 to 999.
func significant(v float64) string { return number(v, digitsFor(v, 3)) }

func digitsFor(v float64, digits int) int {
	a := math.Abs(v)
	for limit, d := 9.995, digits-1; d > 0; limit, d = limit*10, d-1 {
		if a < limit {
			return d
		}
	}
	return 0
}

func scaled(v float64) string {
	a := math.Abs(v)
	switch {
	case a >= 999_500_000:
		return withUnit(v/1e9, digitsFor(v/1e9, 3), "G")
	case a >= 999_500:
		return withUnit(v/1e6, digitsFor(v/1e6, 3), "M")
	case a >= 999.5:
		return withUnit(v/1e3, digitsFor(v/1e3, 3), "k")
	case a >= 9.95 || a == math.Trunc(a):
		return number(v, 0)
	default:
		return number(v, 1)
	}
}
