package views_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
	"pitwall/views/viewtest"
)

// chaos changes a fleet at random: names, unknown figures, states, and how many there are of everything.
func chaos(t *rapid.T) *fleet.Snapshot {
	s := viewtest.Fleet()
	name := rapid.OneOf(rapid.String(), rapid.SampledFrom(viewtest.HostileNames()),
		rapid.StringMatching(`[a-z0-9-]{1,40}`))
	number := rapid.OneOf(rapid.Float64(), rapid.Float64Range(0, 5))
	state := rapid.SampledFrom([]fleet.State{"OK", "STANDBY", "IDLE", "UNKNOWN", "STALE", "WARN", "DRIFT", "CRIT",
		"DOWN", "?"})
	s.Context = name.Draw(t, "context")
	s.Pools = s.Pools[:rapid.IntRange(0, len(s.Pools)).Draw(t, "pools")]
	for i := range s.Pools {
		p := &s.Pools[i]
		p.Spec.ID, p.Spec.Model = fleet.PoolID(name.Draw(t, "pool")), fleet.ModelName(name.Draw(t, "model"))
		p.State, p.Why = state.Draw(t, "state"), fleet.Label(name.Draw(t, "why"))
		p.Load.Requests = fleet.Maybe[fleet.Rate]{V: fleet.Rate(number.Draw(t, "req")), OK: rapid.Bool().Draw(t,
			"ok")}
		p.Load.Errors = fleet.Some(fleet.Ratio(number.Draw(t, "err")))
		p.Load.TTFT95 = fleet.Some(fleet.Seconds(number.Draw(t, "ttft")))
		p.Burn = fleet.Some(fleet.USDPerHour(number.Draw(t, "burn")))
		p.Trends.Errors.V[3], p.Trends.Requests.V[57] = number.Draw(t, "point"), number.Draw(t, "point")
		p.Replicas = p.Replicas[:rapid.IntRange(0, len(p.Replicas)).Draw(t, "replicas")]
		p.Nodes = p.Nodes[:rapid.IntRange(0, len(p.Nodes)).Draw(t, "nodes")]
	}
	for i := range s.Routes {
		s.Routes[i].Spec.ID = fleet.RouteID(name.Draw(t, "route"))
		s.Routes[i].Targets = s.Routes[i].Targets[:rapid.IntRange(0, len(s.Routes[i].Targets)).Draw(t, "targets")]
	}
	for i := range s.Sources {
		s.Sources[i].Err, s.Sources[i].ID = fleet.Label(name.Draw(t, "err")), fleet.SourceID(name.Draw(t, "source"))
	}
	s.Alerts = s.Alerts[:rapid.IntRange(0, len(s.Alerts)).Draw(t, "alerts")]
	s.Events = s.Events[:rapid.IntRange(0, len(s.Events)).Draw(t, "events")]
	return s
}

func TestEveryFrameIsExact(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sz := views.Size{W: rapid.IntRange(60, 220).Draw(rt, "w"), H: rapid.IntRange(16, 70).Draw(rt, "h")}
		sc := scene(rapid.Bool().Draw(rt, "ascii"), themes.TrueColor)
		sc.Snap = chaos(rt)
		sc.Window = rapid.SampledFrom([]time.Duration{0, 5 * time.Minute, time.Hour, 6 * time.Hour}).Draw(rt,
			"window")
		sc.Banner.Paused = rapid.Bool().Draw(rt, "paused")
		sc.Banner.Message = fleet.Label(rapid.String().Draw(rt, "message"))
		table := views.Table{
			Selected: rapid.SampledFrom([]string{"", "h100-b", "nothing"}).Draw(rt, "selected"), Top: "h100-b",
			Sort:    rapid.SampledFrom([]string{"", "err", "name", "model", "gpu", "cost", "age"}).Draw(rt, "sort"),
			Reverse: rapid.Bool().Draw(rt, "reverse"), Column: rapid.IntRange(0, 20).Draw(rt, "column"),
		}
		pool := fleet.PoolID("gone")
		if len(sc.Snap.Pools) > 0 && rapid.Bool().Draw(rt, "open") {
			pool = sc.Snap.Pools[0].Spec.ID
		}
		exact(rt, views.Overview(sc, views.OverviewState{Pools: table, Routes: table, Alerts: table}, sz), sz)
		exact(rt, views.Pools(sc, views.PoolsState{List: table}, sz), sz)
		exact(rt, views.Pools(sc, views.PoolsState{Pool: pool, Replicas: table, GPUs: table, Pane: "gpus"}, sz), sz)
		muted(&sc)
		exact(rt, views.Silences(sc, views.SilencesState{List: table}, sz), sz)
		exact(rt, views.Sources(sc, views.SourcesState{List: table, Open: sc.Snap.Sources[0].ID}, sz), sz)
	})
}

func TestOrderFollowsStateSortAndFilter(t *testing.T) {
	sc := scene(true, themes.Mono)
	sc.Snap.Pools[2].State = fleet.StateWarn
	cases := []struct {
		name  string
		table views.Table
		want  []string
	}{
		{"worst first, then as configured", views.Table{}, []string{"b200-a", "h100-c", "h100-b", "h200-dr",
			"openai", "anthropic"}},
		{"by name", views.Table{Sort: "name"}, []string{"anthropic", "b200-a", "h100-b", "h100-c", "h200-dr",
			"openai"}},
		{"figures: greatest first, unknown last", views.Table{Sort: "gpu"},
			[]string{"b200-a", "h100-b", "h100-c", "h200-dr", "openai", "anthropic"}},
		{"reversed", views.Table{Sort: "name", Reverse: true}, []string{"openai", "h200-dr", "h100-c", "h100-b",
			"b200-a", "anthropic"}},
		{"filtered", views.Table{Filter: views.Filter{Match: func(s string) bool { return len(s) > 0 && s[0] == 'h' }}},
			[]string{"h100-c", "h100-b", "h200-dr"}},
	}
	for _, c := range cases {
		if got := views.OverviewOrder(sc, views.OverviewState{Pools: c.table})["pools"]; !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	sources := views.SourcesOrder(sc, views.SourcesState{})["sources"]
	if sources[0] != "openai-probe" {
		t.Errorf("the silent source comes first, got %v", sources)
	}
	pool := views.PoolsOrder(sc, views.PoolsState{Pool: "b200-a"})
	if pool["replicas"][0] != "b200-a-r7" || pool["gpus"][0] != "GPU-b200-a-07-7" || len(pool["gpus"]) != 64 {
		t.Errorf("worst replica and GPU come first, got %v and %v", pool["replicas"][0], pool["gpus"][0])
	}
}

// TestSelectionStaysVisible walks down a long table as the tui does and asks that the selected row is always drawn.
func TestSelectionStaysVisible(t *testing.T) {
	sc := scene(true, themes.Mono)
	sc.Snap = viewtest.Large(64, 8)
	ids := views.OverviewOrder(sc, views.OverviewState{})["pools"]
	for _, id := range ids {
		frame := plain(views.Overview(sc, views.OverviewState{Pools: views.Table{Selected: id}}, sizes[0]))
		if !strings.Contains(frame, "\n> "+id+" ") {
			t.Fatalf("%s is not visible:\n%s", id, frame)
		}
	}
}
