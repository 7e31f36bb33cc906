// Package rented is what the probes of API accounts have in common: readings, lists of models, remarks. It must not know any
// provider.
package rented

import (
	"net/url"
	"strings"

	"pitwall/fleet"
)

// Refused is what a failed probe proves: that the key is refused, or nothing.
func Refused(err error) *fleet.ProviderReading {
	if fleet.KindOf(err) != fleet.KindAuth {
		return nil
	}
	return &fleet.ProviderReading{Authorised: fleet.Some(false)}
}

// Accepted is what a good answer proves of the key that was sent with it: without one, nothing.
func Accepted(auth fleet.SecretRef) fleet.Maybe[bool] {
	if auth.IsZero() {
		return fleet.None[bool]()
	}
	return fleet.Some(true)
}

// HasVersion tells whether an address names an API version, such as "/v1" or "/v1beta/openai".
func HasVersion(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	for part := range strings.SplitSeq(u.Path, "/") {
		if len(part) > 1 && part[0] == 'v' && part[1] >= '0' && part[1] <= '9' {
			return true
		}
	}
	return false
}

// Tightest are the limits of several models as those of the account: of each kind the smallest.
func Tightest(limits []fleet.Limit) []fleet.Limit {
	var out []fleet.Limit
	at := map[fleet.LimitKind]int{}
	for _, l := range limits {
		i, ok := at[l.Kind]
		if !ok {
			at[l.Kind] = len(out)
			out = append(out, l)
		} else if l.Max.OK && (!out[i].Max.OK || l.Max.V < out[i].Max.V) {
			out[i] = l
		}
	}
	return out
}
