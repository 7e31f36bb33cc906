package kube

import (
	"slices"
	"strings"
)

// polarity says which status of a node condition is the good one; the first rule that matches a type counts. A type that
// no rule matches means trouble when it is True, as most do.
type polarity []polarityRule

type polarityRule struct {
	matches func(string) bool
	good    string // "True" or "False"
}

// builtinPolarity holds for Kubernetes itself and for the way in which node agents name what is good. A name that begins
// with Not, Un or Non turns the meaning round.
func builtinPolarity() polarity {
	turned := []string{"Not", "Un", "Non"}
	good := []string{"Ready", "Healthy", "Available", "Succeeded", "Passed", "OK", "Ok"}
	return polarity{
		{func(s string) bool {
			return slices.ContainsFunc(turned, func(begin string) bool { return strings.HasPrefix(s, begin) })
		}, "False"},
		{func(s string) bool {
			return slices.ContainsFunc(good, func(end string) bool { return strings.HasSuffix(s, end) })
		}, "True"},
	}
}

// bad tells whether a condition means trouble. An Unknown status is trouble where True is the good one: what should be
// said is not said.
func (p polarity) bad(conditionType, status string) bool {
	good := "False"
	for _, r := range p {
		if r.matches(conditionType) {
			good = r.good
			break
		}
	}
	if status == "Unknown" || status == "" {
		return good == "True"
	}
	return status != good
}
