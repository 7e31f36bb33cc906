package actions

import (
	"testing"
	"time"

	"pitwall/fleet"
)

func TestARehearsalIsToldInFewWords(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	r := func(ok, stale bool) *Rehearsal {
		return &Rehearsal{At: now.Add(-12 * 24 * time.Hour), OK: ok, Stale: stale, Why: map[bool]fleet.Safe{false: fleet.Text("chat stays")}[ok]}
	}
	for want, x := range map[string]*Rehearsal{"never": nil, "12d ago ok": r(true, false), "12d ago ok, changed since": r(true, true),
		"12d ago FAILED: chat stays": r(false, false), "12d ago FAILED, changed since: chat stays": r(false, true)} {
		if got := x.Told(now).String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestARunbookHashChangesWithTheRunbookAndTheRoutesThatItMoves(t *testing.T) {
	fleetOf := func() *fleet.Inventory {
		return &fleet.Inventory{Pools: []fleet.PoolSpec{{ID: "a", Site: "s"}, {ID: "b"}}, Routes: []fleet.RouteSpec{
			{ID: "chat", Targets: []fleet.TargetSpec{{ID: "a", Pool: "a"}, {ID: "b", Pool: "b"}}}, {ID: "code", Targets: []fleet.TargetSpec{{ID: "b", Pool: "b"}}}}}
	}
	for name, book := range map[string]fleet.Runbook{"pool": {Name: "x", Pool: "a"}, "site": {Name: "x", Site: "s"},
		"route": {Name: "x", Route: "chat", Targets: []fleet.TargetID{"a"}}} {
		was := RunbookHash(&book, fleetOf())
		if was == "" || was != RunbookHash(&book, fleetOf()) {
			t.Fatalf("%s: %q is no hash", name, was)
		}
		slower := book
		slower.Leave.Points = 5
		if RunbookHash(&slower, fleetOf()) == was {
			t.Errorf("%s: another runbook has the same hash", name)
		}
		inv := fleetOf()
		inv.Routes[0].Targets = inv.Routes[0].Targets[:1]
		if RunbookHash(&book, inv) == was {
			t.Errorf("%s: another route has the same hash", name)
		}
		inv = fleetOf()
		inv.Routes[1].Targets, inv.Budget.Zone = nil, "UTC" // nothing that it could move
		if RunbookHash(&book, inv) != was {
			t.Errorf("%s: what it does not move changes the hash", name)
		}
	}
}
