package ratelimits

import (
	"net/http"
	"testing"
	"time"

	"pitwall/fleet"
)

var start = time.Date(2026, 11, 22, 9, 14, 0, 0, time.UTC)

func TestResetTimes(t *testing.T) {
	now := start
	server := fleet.Some(now.Add(-time.Hour)) // the server's clock is an hour behind
	for v, want := range map[string]fleet.Maybe[time.Time]{
		"6m0s":  fleet.Some(now.Add(6 * time.Minute)),
		"120ms": fleet.Some(now.Add(120 * time.Millisecond)),
		"17":    fleet.Some(now.Add(17 * time.Second)),
		now.Add(-time.Hour).Add(30 * time.Second).Format(time.RFC3339): fleet.Some(now.Add(30 * time.Second)),
		"":     {},
		"soon": {}, "-5": {}, "NaN": {}, "1e300": {}, "9000000h": {},
	} {
		for _, name := range []string{"x-ratelimit-reset-tokens", "anthropic-ratelimit-tokens-reset"} {
			h := http.Header{}
			h.Set(name, v)
			if got := resetAt(h, "tokens", server, now); got.OK != want.OK || !got.V.Equal(want.V) {
				t.Errorf("%s %q: %v, want %v", name, v, got, want)
			}
		}
	}
}

func TestBadAmountsAreUnknown(t *testing.T) {
	h := http.Header{}
	h.Set("x-ratelimit-limit-requests", "many")
	h.Set("x-ratelimit-remaining-tokens", "-1")
	h.Set("x-ratelimit-limit-tokens", "Inf")
	if got := Read(h, fleet.None[time.Time](), start, false); len(got) != 0 {
		t.Errorf("limits were made of %v: %+v", h, got)
	}
	h.Set("x-ratelimit-limit-requests", "14400")
	got := Read(h, fleet.None[time.Time](), start, true)
	if len(got) != 1 || got[0].Kind != fleet.LimitRPD || got[0].Max.V != 14400 || got[0].Remaining.OK {
		t.Errorf("per day: %+v", got)
	}
}
