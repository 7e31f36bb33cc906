package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// HashWeights returns a short stable digest of weights: the first 12 hex digits of SHA-256 over
// the sorted members, with names length-prefixed so that no two sets collide by their names.
func HashWeights(w Weights) string {
	h := sha256.New()
	for _, id := range slices.Sorted(maps.Keys(w)) {
		fmt.Fprintf(h, "%d:%s=%d;", len(id), id, w[id])
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// Sum returns the total of all weights.
func (w Weights) Sum() int {
	sum := 0
	for _, v := range w {
		sum += v
	}
	return sum
}

// Share returns the part of the route's traffic that a target is meant to get.
// Weights are proportions, not percentages; the share of an all-zero route is unknown.
func (w Weights) Share(id TargetID) Maybe[Ratio] {
	sum := w.Sum()
	if sum <= 0 {
		return None[Ratio]()
	}
	return Some(Ratio(float64(w[id]) / float64(sum)))
}

// Clone returns a copy.
func (w Weights) Clone() Weights { return maps.Clone(w) }

// Equal tells whether both name the same targets with the same weights.
func (w Weights) Equal(o Weights) bool { return maps.Equal(w, o) }

// Text draws the weights in the given order: "60/30/10".
func (w Weights) Text(order []TargetID) Safe {
	parts := make([]string, 0, len(order))
	for _, id := range order {
		if v, ok := w[id]; ok {
			parts = append(parts, fmt.Sprint(v))
		} else {
			parts = append(parts, Unknown)
		}
	}
	return Safe{strings.Join(parts, "/")}
}
