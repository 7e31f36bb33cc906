package backends

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"pitwall/backends/litellm"
	"pitwall/backends/sim"
	"pitwall/fleet"
)

// rentedFleet is a fleet that rents all it uses: what fails at one provider falls back to the other.
func rentedFleet(t *testing.T) fleet.Inventory {
	t.Helper()
	provider := func(id, kind, in, read, write, out string) fleet.ProviderSpec {
		return fleet.ProviderSpec{ID: fleet.ProviderID(id), Kind: kind, Models: []fleet.ProviderModel{{Name: "big",
			Limits: []fleet.Limit{{Kind: fleet.LimitRPM, Max: fleet.Some(2000.0)}, {Kind: fleet.LimitTPM, Max: fleet.Some(4e6)}},
			Price: fleet.Some(fleet.Price{Input: money(t, in), CachedIn: fleet.Some(money(t, read)), CacheWrite: fleet.Some(money(t, write)),
				Output: money(t, out)})}}}
	}
	target := func(id string) []fleet.TargetSpec {
		return []fleet.TargetSpec{{ID: fleet.TargetID(id), Provider: fleet.ProviderID(id), Model: "big"}}
	}
	return fleet.Inventory{Providers: []fleet.ProviderSpec{provider("oai", "openai", "2.5", "1.25", "2.5", "10"),
		provider("ant", "anthropic", "3", "0.3", "3.75", "15")},
		Gateways: []fleet.GatewaySpec{{ID: "g", Kind: "litellm", Replicas: []fleet.GatewayReplicaSpec{{ID: "a"}, {ID: "b"}}}},
		Routes: []fleet.RouteSpec{{ID: "chat", Gateway: "g", Targets: target("oai"), Fallbacks: []fleet.TargetID{"ant"}},
			{ID: "code", Gateway: "g", Targets: target("ant")}}}
}

// fallBack lets what fails on one route go to the other, at every replica.
func fallBack(t *testing.T, f *sim.Fleet, g fleet.GatewaySpec) {
	t.Helper()
	key, err := f.Secret(t.Context(), g.Auth)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range g.Replicas {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL+"/config/update",
			strings.NewReader(`{"router_settings":{"fallbacks":[{"chat":["code"]}]}}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+key.Reveal())
		reply, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if _ = reply.Body.Close(); reply.StatusCode != http.StatusOK {
			t.Fatalf("the fallback is not taken: %s", reply.Status)
		}
	}
}

// rentedRig plays the rented fleet and reads its gateways when a test wants it.
func rentedRig(t *testing.T, load float64) (f *sim.Fleet, after func(time.Duration) *fleet.Snapshot) {
	t.Helper()
	clock := fleet.NewVirtualClock(start)
	f, err := sim.Listen(t.Context(), sim.Options{Clock: clock, Play: &sim.Play{Inventory: rentedFleet(t), Load: load}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	inv := f.Inventory()
	fallBack(t, f, inv.Gateways[0])
	readers := map[fleet.SourceID]fleet.Reader{}
	var states []*sourceState
	for _, s := range inv.Sources {
		if s.Subject.Gateway == "" {
			continue
		}
		r, err := litellm.NewReader(s, fleet.Deps{Clock: clock, Secret: f.Secret})
		if err != nil {
			t.Fatal(err)
		}
		readers[s.ID] = r
		states = append(states, newSourceState(s, nil, nil, 1))
	}
	w := newWorld(Options{Inventory: inv}, states)
	gen := uint64(0)
	return f, func(d time.Duration) *fleet.Snapshot {
		t.Helper()
		if err := clock.Advance(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		for _, s := range states {
			p, err := readers[s.spec.ID].Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			s.last, s.status.LastGood = p, p.At
			w.take(s, p)
		}
		gen++
		return w.snapshot(gen, clock.Now())
	}
}

// Metered spend is what the providers charge, of all kinds of tokens, through retries and fallbacks of the gateways.
func TestMeteredSpendIsWhatProvidersCharge(t *testing.T) {
	f, after := rentedRig(t, .3)
	s := after(0)
	for i := range 12 {
		var err error
		switch i {
		case 4:
			err = f.Start("F32B", s.At) // three of five requests to the first provider fail
		case 6:
			err = f.Stop("F32B")
		}
		if err != nil {
			t.Fatal(err)
		}
		s = after(5 * time.Minute)
	}
	truth, metered := f.Charged(start, s.At).InexactFloat64(), s.Spend.Today.V.Float()
	if off := metered/truth - 1; truth < 10 || off < -.005 || off > .005 || !s.Spend.MeteredWhy.IsEmpty() {
		t.Errorf("metered $%.4f of $%.4f, off by %.3f%%: %s", metered, truth, 100*off, s.Spend.MeteredWhy)
	}
}

// A program in a loop is told within two minutes of its first request.
func TestALoopIsToldWithinTwoMinutes(t *testing.T) {
	f, after := rentedRig(t, .03)
	runaway := func(s *fleet.Snapshot) (n int) {
		for _, a := range s.Alerts {
			if a.Runbook.String() == "runaway-spend" {
				n++
			}
		}
		return n
	}
	var s *fleet.Snapshot
	for range 60 {
		s = after(15 * time.Second)
	}
	if n := runaway(s); n != 0 || len(s.Spend.Keys) == 0 {
		t.Fatalf("%d keys run away of %v before anything does", n, s.Spend.Keys)
	}
	if err := f.Start("F37", s.At); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		s = after(15 * time.Second)
	}
	if n := runaway(s); n != 1 {
		t.Errorf("%d alerts after two minutes of a loop: %+v", n, s.Spend.Keys)
	}
	key, team := false, false
	for _, b := range s.Spend.Keys {
		key, team = key || b.Key != "" && !b.Runaway.IsZero(), team || b.Key == "" && !b.Runaway.IsZero()
	}
	if !key || !team {
		t.Errorf("the key runs away: %v, its team: %v", key, team)
	}
	for i := range s.Alerts { // what the alert is about is what a plan can be made of
		if a := &s.Alerts[i]; a.Runbook.String() == "runaway-spend" && (a.Key == nil || a.Key.Gateway != "g" || a.Key.ID == "" || a.Key.Team) {
			t.Errorf("the alert is about %+v", a.Key)
		}
	}
}
