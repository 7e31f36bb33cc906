package views_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
)

// probedScene is a fleet with a live probe of a pool and one of a rented model.
func probedScene(t *testing.T) views.Scene {
	t.Helper()
	sc := scene(true, themes.Mono)
	s := *sc.Snap
	sc.Snap = &s
	day, err := fleet.ParseMoney("0.41", fleet.USD)
	if err != nil {
		t.Fatal(err)
	}
	spent, _ := fleet.ParseMoney("0.0312", fleet.USD)
	at := sc.Now.Add(-20 * time.Second)
	good := fleet.ProbeReading{OK: true, Asked: []fleet.ProbeAsk{fleet.ProbeTools, fleet.ProbeJSON}, At: at, TTFT: fleet.Some(fleet.Seconds(0.2)),
		Total: fleet.Some(fleet.Seconds(0.512)), In: fleet.Some(118), Out: fleet.Some(24), Finish: fleet.Text("stop"), Model: fleet.Text("gpt-x-0813")}
	own := &fleet.Probe{Last: good, LastGood: at, Every: time.Minute, Source: "probe/b200-a", CleanSince: fleet.Some(sc.Now.Add(-12 * time.Minute))}
	paid := *own
	paid.Last.Spent, paid.PerDay, paid.MaxPerDay, paid.Source = fleet.Some(spent), fleet.Some(day), fleet.Some(day), "probe/openai/gpt-x"
	s.Sources = append(slices.Clone(s.Sources),
		fleet.SourceStatus{ID: own.Source, Kind: "probe", Subject: fleet.Subject{Pool: "b200-a", About: fleet.AboutProbe}, Interval: time.Minute,
			LastGood: at, Reads: 9, Probe: own},
		fleet.SourceStatus{ID: paid.Source, Kind: "probe", Subject: fleet.Subject{Provider: "openai", Model: "gpt-x", About: fleet.AboutProbe},
			Interval: time.Minute, LastGood: at, Reads: 9, Probe: &paid})
	s.Routes = slices.Clone(s.Routes)
	for i := range s.Routes {
		s.Routes[i].Targets = slices.Clone(s.Routes[i].Targets)
		for j := range s.Routes[i].Targets {
			x := &s.Routes[i].Targets[j]
			if x.Spec.ID == "b200-a" {
				x.Probe, x.Why = own, fleet.Safe{}
				x.Verdicts = append(slices.Clone(x.Verdicts), fleet.HealthVerdict{Kind: fleet.HealthProbe, Up: own.Up(), At: at, Every: time.Minute})
			}
		}
	}
	s.Pools = slices.Clone(s.Pools)
	for i := range s.Pools {
		if s.Pools[i].Spec.ID == "b200-a" {
			s.Pools[i].Why = fleet.Safe{}
		}
	}
	return sc
}

func TestLiveProbesAreShownWithWhatTheyCost(t *testing.T) {
	sc := probedScene(t)
	said := "answers a live probe with tools and JSON (" + fleet.ClockTime(sc.Now.Add(-20*time.Second)).String() + ", 512ms)"
	for name, c := range map[string]struct {
		frame string
		want  []string
	}{
		"the source": {plain(views.Sources(sc, views.SourcesState{Open: "probe/openai/gpt-x"}, sizes[1])),
			[]string{said, "first byte after 200ms, tokens 118 in 24 out, ended by stop, model gpt-x-0813", "for 12m: none failed",
				"est. $0.41 a day, at most $0.41 ($0.031 today)"}},
		"that of a pool": {plain(views.Sources(sc, views.SourcesState{Open: "probe/b200-a"}, sizes[1])), []string{said, "no money: on own GPUs"}},
		"the list":       {plain(views.Sources(sc, views.SourcesState{}, sizes[2])), []string{"est. $0.41 a day", "openai gpt-x"}},
		"the account":    {plain(views.Sources(sc, views.SourcesState{Open: "openai-probe"}, sizes[2])), []string{"gpt-x " + said}},
		"the pool":       {plain(views.Pools(sc, views.PoolsState{Pool: "b200-a"}, sizes[1])), []string{said}},
		"the target": {plain(views.Routes(sc, views.RoutesState{Route: "chat-default",
			Targets: views.Table{Selected: "b200-a"}}, sizes[1])), []string{said, "live probe up 20s"}},
		"the cost": {plain(views.Cost(sc, views.CostState{}, sizes[1])), []string{"probes est. $0.41 a day"}},
	} {
		for _, want := range c.want {
			if !strings.Contains(c.frame, want) {
				t.Errorf("%s does not say %q:\n%s", name, want, c.frame)
			}
		}
	}
}
