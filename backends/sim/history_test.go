package sim

import (
	"testing"
	"time"

	"pitwall/fleet"
)

func TestHistoryAgreesWithTheModel(t *testing.T) {
	f, _ := listen(t, Options{})
	var n int
	var last time.Time
	carried := map[fleet.TargetID]fleet.Ratio{}
	sums := map[time.Time][2]float64{} // requests of pools and providers, and of targets
	for p := range f.History() {
		n++
		if p.At.Before(last) {
			t.Fatalf("%s comes after %s", p.At, last)
		}
		last = p.At
		s := sums[p.At]
		if p.Route == "" {
			s[0] += p.Requests
		} else {
			s[1] += p.Requests
			if p.Route == routeChat && noon.Sub(p.At) < 24*time.Hour {
				carried[p.Target] = max(carried[p.Target], p.Seen)
			}
		}
		sums[p.At] = s
		if p.Requests > 0 && (p.InTokens <= 0 || p.OutTokens <= 0 || p.TTFT95 <= 0 || p.Errors > 0.005*p.Requests+1) {
			t.Fatalf("%+v", p)
		}
	}
	if want := HistoryDays*24*12 + 1; len(sums) != want || !last.Equal(noon) {
		t.Errorf("%d moments up to %s, want %d up to %s", len(sums), last, want, noon)
	}
	for at, s := range sums {
		if s[0] != s[1] {
			t.Fatalf("%s: pools and providers took %v requests, targets %v", at, s[0], s[1])
		}
	}
	if c := carried[poolH100]; c < .55 || c > .65 {
		t.Errorf("in the last day h100-b carried %.2f of chat at most, the rehearsal was 0.60", c)
	}
}

func TestThePastLeadsToThePresent(t *testing.T) {
	f, _ := listen(t, Options{})
	type did struct{ in, out float64 }
	past := map[string]did{} // per second, over the last hour
	for p := range f.History() {
		if p.Route != "" || noon.Sub(p.At) >= time.Hour {
			continue
		}
		x := past[string(p.Pool)+string(p.Provider)]
		past[string(p.Pool)+string(p.Provider)] = did{x.in + p.InTokens/3600, x.out + p.OutTokens/3600}
	}
	if want := len(f.inventory.Pools) + len(f.inventory.Providers); len(past) != want {
		t.Errorf("%d pools and providers have a past, want %d", len(past), want)
	}
	now := func() map[string]did {
		sums := map[string]did{}
		for _, r := range f.world.Replicas {
			x := sums[r.Pool.Name]
			sums[r.Pool.Name] = did{x.in + r.Stats.Prompt, x.out + r.Stats.Generated}
		}
		return sums
	}
	const span = 20 * time.Minute
	var a, b map[string]did
	f.world.At(noon, func() { a = now() })
	f.world.At(noon.Add(span), func() { b = now() })
	for _, pool := range f.inventory.Pools {
		id := string(pool.ID)
		in, out := (b[id].in-a[id].in)/span.Seconds(), (b[id].out-a[id].out)/span.Seconds()
		if was := past[id]; in < 0.8*was.in || in > 1.2*was.in || out < 0.8*was.out || out > 1.2*was.out {
			t.Errorf("%s: %.0f and %.0f tokens a second now, %.0f and %.0f in the last hour", id, in, out, was.in, was.out)
		}
	}
}
