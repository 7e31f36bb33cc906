// Package weights reads which weights are wanted of the members of an object's traffic. It is pure.
package weights

import (
	"slices"
	"strings"

	"pitwall/fleet"
)

// Wanted are the weights that are named, by member. why is a sentence where they cannot be meant: none, a member that is not
// there or is named twice, a weight below 0. thing is what a member is called: "predictor".
func Wanted(shares []fleet.Share, members []string, thing string) (want map[string]int, why string) {
	if len(shares) == 0 {
		return nil, "no weight is named; there are the " + thing + "s " + Names(members)
	}
	want = map[string]int{}
	for _, s := range shares {
		name := thing + " " + fleet.Quote(s.Member).String()
		switch _, twice := want[s.Member]; {
		case !slices.Contains(members, s.Member):
			return nil, "it has no " + name + "; there are " + Names(members)
		case twice:
			return nil, name + " is named twice"
		case s.Weight < 0:
			return nil, "the weight of " + name + " is below 0"
		}
		want[s.Member] = s.Weight
	}
	return want, ""
}

// Names lists members for a sentence.
func Names(members []string) string {
	list := make([]string, len(members))
	for i, m := range members {
		list[i] = fleet.Quote(m).String()
	}
	return strings.Join(list, ", ")
}
