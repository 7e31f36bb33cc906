// Package split finds the weights of the members among which an object splits its traffic by percentages. It reads and
// sends nothing.
package split

import (
	"fmt"
	"slices"
	"strings"

	"pitwall/fleet"
)

// Whole is what percentages sum up to.
const Whole = 100

// Percent gives the weight of each member once shares are set; those that are not named keep theirs. why says what is
// wrong with the shares, "" where nothing is.
func Percent(members []fleet.TrafficMember, shares []fleet.Share) (weights map[string]int, why string) {
	weights = map[string]int{}
	for _, m := range members {
		weights[m.ID] = m.Weight
	}
	if len(shares) == 0 {
		return nil, "which member shall have which weight is not said"
	}
	named := map[string]bool{}
	changed := false
	for _, s := range shares {
		old, ok := weights[s.Member]
		switch {
		case !ok:
			return nil, fmt.Sprintf("it has no member %s; it has %s", fleet.Quote(s.Member), Names(members))
		case named[s.Member]:
			return nil, fmt.Sprintf("member %s is named twice", fleet.Quote(s.Member))
		case s.Weight < 0 || s.Weight > Whole:
			return nil, fmt.Sprintf("%d is no percentage", s.Weight)
		}
		named[s.Member] = true
		changed = changed || old != s.Weight
		weights[s.Member] = s.Weight
	}
	sum := 0
	for _, n := range weights {
		sum += n
	}
	switch {
	case sum != Whole:
		return nil, fmt.Sprintf("its weights would sum up to %d and must to %d: name each member whose weight changes", sum, Whole)
	case !changed:
		return nil, "its weights are so already"
	}
	return weights, ""
}

// Names lists members with their weights.
func Names(members []fleet.TrafficMember) string {
	if len(members) == 0 {
		return "none"
	}
	list := make([]string, 0, len(members))
	for _, m := range members {
		list = append(list, fmt.Sprintf("%s (%d %%)", fleet.Quote(m.ID), m.Weight))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// Text says which weights change: "blue: 90 -> 50 %, green: 10 -> 50 %".
func Text(members []fleet.TrafficMember, weights map[string]int) fleet.Safe {
	var parts []fleet.Safe
	for _, m := range members {
		if n := weights[m.ID]; n != m.Weight {
			parts = append(parts, fleet.Textf("%s: %s -> %s %%", fleet.Quote(m.ID), fleet.Int(m.Weight), fleet.Int(n)))
		}
	}
	return fleet.Join(parts, fleet.Text(", "))
}
