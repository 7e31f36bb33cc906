// Package split finds the weights of the members among which an object splits its traffic by percentages. It reads and
// sends nothing.
package split

import (
	"fmt"
	"slices"
	"strings"

	"pitwall/backends/internal/weights"
	"pitwall/fleet"
)

// Whole is what percentages sum up to.
const Whole = 100

// Percent gives the weight of each member once shares are set; those that are not named keep theirs. why says what is
// wrong with the shares, "" where nothing is.
func Percent(members []fleet.TrafficMember, shares []fleet.Share) (to map[string]int, why string) {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	want, why := weights.Wanted(shares, ids, "member")
	if why != "" {
		return nil, why
	}
	to = map[string]int{}
	sum, changed := 0, false
	for _, m := range members {
		n, named := want[m.ID]
		if !named {
			n = m.Weight
		}
		to[m.ID], changed = n, changed || n != m.Weight
		sum += n
	}
	switch {
	case sum != Whole:
		return nil, fmt.Sprintf("its weights would sum up to %d and must to %d: name each member whose weight changes", sum, Whole)
	case !changed:
		return nil, "its weights are so already"
	}
	return to, ""
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
