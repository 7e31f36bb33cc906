package portkey

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"pitwall/fleet"
)

// The measures in which weights can be told. A share is a weight over the sum of all, so that the weights of one route, all
// times one number, mean the same. Weights with decimals are told in hundredths at the least, so that a step of one point can
// be taken where shares are written as 0.9 and 0.1.
const (
	leastDecimals = 2
	mostDecimals  = 6
	mostWeight    = 1_000_000_000 // of one member, in the measure in which it is told
)

// weight is one as it is stored, in decimal: digits of it are behind the point.
type weight struct {
	digits  string
	decimal int
	unset   bool // it counts as 1
	odd     bool // no number that can be told: the route's weights are left alone
}

// weightOf reads what stands in a target. null is no absence to the gateway: it would count as 0 there.
func weightOf(v any, there bool) weight {
	if !there {
		return weight{digits: "1", unset: true}
	}
	n, ok := v.(json.Number)
	text := string(n)
	if !ok || strings.ContainsAny(text, "eE-") {
		return weight{odd: true}
	}
	whole, behind, _ := strings.Cut(text, ".")
	behind = strings.TrimRight(behind, "0")
	if len(behind) > mostDecimals || len(whole) > len(strconv.Itoa(mostWeight)) {
		return weight{odd: true}
	}
	return weight{digits: whole + behind, decimal: len(behind)}
}

// times is the weight with so many decimals, as a whole number.
func (w weight) times(decimals int) (int, bool) {
	if w.odd {
		return 0, false
	}
	n, err := strconv.Atoi(w.digits + strings.Repeat("0", decimals-w.decimal))
	return n, err == nil && n <= mostWeight
}

// raw is a weight as it is stored, where it cannot be told exactly.
func raw(v any) fleet.Maybe[float64] {
	n, ok := v.(json.Number)
	if !ok {
		return fleet.None[float64]()
	}
	f, err := n.Float64()
	return fleet.Maybe[float64]{V: f, OK: err == nil && !math.IsInf(f, 0)}
}

// measure tells the weights of a route as whole numbers. decimals is how many places they were moved by, 0 for none; ok is
// false where they are not numbers from 0 on with few enough decimals.
func measure(list []weight) (whole []int, decimals int, ok bool) {
	for _, w := range list {
		if w.odd {
			return nil, 0, false
		}
		decimals = max(decimals, w.decimal)
	}
	if decimals > 0 {
		decimals = max(decimals, leastDecimals)
	}
	for _, w := range list {
		n, fits := w.times(decimals)
		if !fits {
			return nil, 0, false
		}
		whole = append(whole, n)
	}
	return whole, decimals, true
}
