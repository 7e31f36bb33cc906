// Package ratelimits reads what the headers of an answer say of the limits of an API account. It must not know which provider
// answered; what a header does not say, or says nonsensically, is unknown.
package ratelimits

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"pitwall/fleet"
)

// Read reads what is left of the account's limits. OpenAI and compatible APIs send x-ratelimit-limit-requests
// and so on, Anthropic anthropic-ratelimit-requests-limit and so on (billing-and-compute.md 3.1, 3.2). Most
// providers send them with inference only, so that a probe often sees none.
func Read(h http.Header, server fleet.Maybe[time.Time], now time.Time, perDay bool) []fleet.Limit {
	requests := fleet.LimitRPM
	if perDay {
		requests = fleet.LimitRPD
	}
	var list []fleet.Limit
	for _, l := range []struct {
		kind fleet.LimitKind
		name string
	}{
		{requests, "requests"}, {fleet.LimitTPM, "tokens"},
		{fleet.LimitITPM, "input-tokens"}, {fleet.LimitOTPM, "output-tokens"},
	} {
		found := fleet.Limit{Kind: l.kind, At: now,
			Max:       amount(h, "x-ratelimit-limit-"+l.name, "anthropic-ratelimit-"+l.name+"-limit"),
			Remaining: amount(h, "x-ratelimit-remaining-"+l.name, "anthropic-ratelimit-"+l.name+"-remaining"),
		}
		found.Reset = resetAt(h, l.name, server, now)
		if found.Max.OK || found.Remaining.OK {
			list = append(list, found)
		}
	}
	return list
}

// maxReset bounds what is believed: no published window is longer than a month.
const maxReset = 31 * 24 * time.Hour

// resetAt reads a duration ("6m0s", "120ms"), seconds, or a date, which is taken relative to the server's own clock.
func resetAt(h http.Header, name string, server fleet.Maybe[time.Time], now time.Time) fleet.Maybe[time.Time] {
	v := strings.TrimSpace(h.Get("x-ratelimit-reset-" + name))
	if v == "" {
		v = strings.TrimSpace(h.Get("anthropic-ratelimit-" + name + "-reset"))
	}
	wait := time.Duration(-1)
	if d, err := time.ParseDuration(v); err == nil {
		wait = d
	} else if t, err := time.Parse(time.RFC3339, v); err == nil {
		wait = max(0, t.Sub(server.Or(now)))
	} else if s, err := strconv.ParseFloat(v, 64); err == nil && s <= maxReset.Seconds() {
		wait = time.Duration(s * float64(time.Second))
	}
	if wait < 0 || wait > maxReset {
		return fleet.None[time.Time]()
	}
	return fleet.Some(now.Add(wait))
}

// amount is the first of the headers that holds a number of at least zero.
func amount(h http.Header, names ...string) fleet.Maybe[float64] {
	for _, n := range names {
		v, err := strconv.ParseFloat(strings.TrimSpace(h.Get(n)), 64)
		if err == nil && v >= 0 && !math.IsInf(v, 0) {
			return fleet.Some(v)
		}
	}
	return fleet.None[float64]()
}
