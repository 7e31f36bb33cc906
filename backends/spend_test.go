package backends

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

type fixedPrices struct{ price fleet.Price }

func (p fixedPrices) Price(string, fleet.ModelName) (fleet.Price, bool) { return p.price, true }
func (p fixedPrices) AsOf() time.Time                                   { return start }

func money(t *testing.T, text string) fleet.Money {
	t.Helper()
	m, err := fleet.ParseMoney(text, fleet.USD)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// till is a world of one rented target whose counters a test moves.
func till(t *testing.T, zone string) (*world, func(at time.Time, in, out float64) fleet.Spend) {
	t.Helper()
	inv := fleet.Inventory{Budget: fleet.Budget{Zone: zone},
		Providers: []fleet.ProviderSpec{{ID: "api", Kind: "openai"}},
		Gateways:  []fleet.GatewaySpec{{ID: "g", Replicas: []fleet.GatewayReplicaSpec{{ID: "gw1"}}}},
		Routes: []fleet.RouteSpec{{ID: "chat", Gateway: "g",
			Targets: []fleet.TargetSpec{{ID: "rented", Provider: "api", Model: "big"}}}},
		Sources: []fleet.SourceSpec{{ID: "gw1", Subject: fleet.Subject{Gateway: "g", GatewayReplica: "gw1"}}}}
	s := newSourceState(inv.Sources[0], nil, nil, 1)
	w := newWorld(Options{Inventory: inv, Prices: fixedPrices{fleet.Price{
		Input: money(t, "0.0375"), Output: money(t, "0.15")}}}, []*sourceState{s})
	gen := uint64(0)
	return w, func(at time.Time, in, out float64) fleet.Spend {
		s.status.LastGood = at
		p := deployments(fleet.DeploymentReading{ID: "rented", Weight: fleet.Some(1.0), InTokens: fleet.Some(in), OutTokens: fleet.Some(out)})
		p.At, s.last = at, p
		w.take(s, p)
		gen++
		return w.snapshot(gen, at).Spend
	}
}

func TestTodayIsExact(t *testing.T) {
	_, read := till(t, "")
	var got fleet.Spend
	for i := range 1001 {
		got = read(start.Add(time.Duration(i)*time.Second), float64(i), float64(i))
	}
	// 1000 tokens of each: 1000 x 0.1875 / 1e6.
	if want := money(t, "0.0001875"); !got.Today.OK || !got.Today.V.Amount().Equal(want.Amount()) {
		t.Errorf("today: %v, want %v", got.Today.V.Amount(), want.Amount())
	}
}

func TestTheDayRollsInItsZoneAndHasNoUnwatchedPart(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zone data")
	}
	_, read := till(t, "Europe/Berlin")
	// 2026-10-25 has 25 hours in Berlin.
	eve := time.Date(2026, 10, 24, 23, 59, 50, 0, zone)
	read(eve.UTC(), 0, 0)
	read(eve.Add(5*time.Second).UTC(), 1e6, 0)
	after := read(eve.Add(11*time.Second).UTC(), 1e6, 0)
	if !after.TodayFrom.IsZero() {
		t.Errorf("watched over midnight, yet the day is partial from %s", after.TodayFrom)
	}
	if after.Today.OK && after.Today.V.Amount().IsPositive() {
		t.Errorf("yesterday's spend is in today: %v", after.Today.V)
	}
	late := read(time.Date(2026, 10, 25, 23, 30, 0, 0, zone).UTC(), 2e6, 0)
	if want := money(t, "0.0375"); !late.Today.OK || !late.Today.V.Amount().Equal(want.Amount()) {
		t.Errorf("hour 24.5 of a 25-hour day: %v, want %v", late.Today.V, want)
	}
}

func TestAGatewayRestartLosesNoMoney(t *testing.T) {
	_, read := till(t, "")
	read(start, 5e6, 0)
	read(start.Add(5*time.Second), 6e6, 0)
	got := read(start.Add(10*time.Second), 2e6, 0) // it restarted and counted anew
	if want := money(t, "0.1125"); !got.Today.OK || !got.Today.V.Amount().Equal(want.Amount()) {
		t.Errorf("today: %v, want %v", got.Today.V, want)
	}
}

func TestCachedTokensHaveTheirPrice(t *testing.T) {
	w, read := till(t, "")
	price := fleet.Price{Input: money(t, "4"), CachedIn: fleet.Some(money(t, "1")), CacheWrite: fleet.Some(money(t, "5")), Output: money(t, "20")}
	w.opt.Prices = fixedPrices{price}
	if why := read(start, 0, 0).MeteredWhy; !why.IsEmpty() {
		t.Errorf("nothing was counted, yet: %s", why)
	}
	read(start.Add(5*time.Second), 1e6, 0)
	unsplit := read(start.Add(10*time.Second), 2e6, 0)
	if got := unsplit.Today.V.Amount().String(); got != "8" || !strings.Contains(unsplit.MeteredWhy.String(), "g does not tell cached tokens apart") {
		t.Errorf("two million tokens that nobody tells apart cost %s: %q", got, unsplit.MeteredWhy)
	}
	s := w.states[0]
	split := func(at time.Time, in, cached, written, out float64) fleet.Spend {
		p := deployments(fleet.DeploymentReading{ID: "rented", InTokens: fleet.Some(in), OutTokens: fleet.Some(out), CacheRead: fleet.Some(cached),
			CacheWrite: fleet.Some(written)})
		p.At, s.last, s.status.LastGood = at, p, at
		w.take(s, p)
		return w.snapshot(1000, at).Spend
	}
	split(start.Add(15*time.Second), 2e6, 0, 0, 0)
	got := split(start.Add(20*time.Second), 6e6, 2e6, 1e6, 1e6) // 1 uncached, 2 cached, 1 written, 1 made
	if today := got.Today.V.Amount().String(); today != "39" || !got.MeteredWhy.IsEmpty() {
		t.Errorf("today $%s, want 8 + 4 + 2 + 5 + 20: %q", today, got.MeteredWhy)
	}
}
