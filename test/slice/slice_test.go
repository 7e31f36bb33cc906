// Package slice drives the whole program below the screen: the embedded fleet through the real adapters, the Hub,
// the interlocks and the runner, under a virtual clock.
package slice

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/desk"
	"pitwall/backends"
	"pitwall/backends/history"
	"pitwall/backends/registry"
	"pitwall/backends/sim"
	"pitwall/economics"
	"pitwall/fleet"
)

// rig is one fleet with one operator.
type rig struct {
	t     *testing.T
	clock *fleet.VirtualClock
	sim   *sim.Fleet
	hub   *backends.Hub
	desk  *desk.Desk
	state string
}

func newRig(t *testing.T, change func(*fleet.Inventory)) *rig {
	t.Helper()
	r := &rig{t: t, clock: fleet.NewVirtualClock(time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC)), state: t.TempDir()}
	var err error
	if r.sim, err = sim.Listen(context.Background(), sim.Options{Clock: r.clock}); err != nil {
		t.Fatal(err)
	}
	inv := r.sim.Inventory()
	if change != nil {
		change(&inv)
	}
	set := registry.Set(registry.Connectors())
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	deps := fleet.Deps{Clock: r.clock, Log: log, Secret: r.sim.Secret}
	readers, problems := set.Readers(inv.Sources, deps)
	for id, err := range problems {
		t.Errorf("%s: %v", id, err)
	}
	prices, err := economics.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	store, err := history.Open(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Fill(past(r.sim)); err != nil {
		t.Fatal(err)
	}
	r.hub = backends.New(backends.Options{Inventory: inv, Readers: readers, Problems: problems, Clock: r.clock, Log: log, Prices: prices, History: store})
	ctx, cancel := context.WithCancel(context.Background())
	hold := r.clock.Task()
	done := make(chan struct{})
	go func() { r.hub.Run(ctx); close(done) }()
	if _, err := r.hub.Next(ctx, 0); err != nil {
		t.Fatal(err)
	}
	hold.Done()
	r.desk, err = desk.New(desk.Options{State: r.state, Clock: r.clock, Log: log, Latest: r.hub.Latest, Refresh: r.hub.Refresh,
		Context: inv.Context, Env: inv.Env,
		Writers: func() (map[fleet.GatewayID]fleet.RouteWriter, error) { return set.Writers(inv.Gateways, deps) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		<-done
		_ = r.sim.Close()
	})
	return r
}

func past(f *sim.Fleet) func(func(history.Point) bool) {
	return func(yield func(history.Point) bool) {
		for p := range f.History() {
			key := "pool/" + string(p.Pool)
			switch {
			case p.Target != "":
				key = "target/" + string(p.Route) + "/" + string(p.Target)
			case p.Provider != "":
				key = "provider/" + string(p.Provider)
			}
			if !yield(history.Point{At: p.At, Key: key, Requests: p.Requests, Errors: p.Errors, In: p.InTokens, Out: p.OutTokens,
				TTFT95: float64(p.TTFT95), Share: float64(p.Seen), Within: p.Within}) {
				return
			}
		}
	}
}

func (r *rig) after(d time.Duration) *fleet.Snapshot {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := r.clock.Advance(ctx, d); err != nil {
		r.t.Fatalf("the clock stands still: %v", err)
	}
	return r.hub.Latest()
}

func show(t *testing.T, s *fleet.Snapshot) {
	t.Helper()
	t.Logf("%s req %s err %s%% ttft95 %s itl95 %s queue %s gpu %s kv %s $/h %s", s.At.Format("15:04:05"), fleet.Show(s.Totals.Load.Requests),
		fleet.Show(s.Totals.Load.Errors), fleet.Show(s.Totals.Load.TTFT95), fleet.Show(s.Totals.Load.ITL95), fleet.Show(s.Totals.Load.Waiting),
		fleet.Show(s.Totals.GPUUtil), fleet.Show(s.Totals.Load.KV), fleet.Show(s.Totals.Burn))
	for _, p := range s.Pools {
		t.Logf("  pool %-8s %-8s %s ready %d/%d req %s err %s ttft %s kv %s out %s gpu %s $/h %s $/M %s rating %v", p.Spec.ID, p.State, p.Why, p.Ready, p.Desired,
			fleet.Show(p.Load.Requests), fleet.Show(p.Load.Errors), fleet.Show(p.Load.TTFT95), fleet.Show(p.Load.KV), fleet.Show(p.Load.OutRate), fleet.Show(p.GPUUtil), fleet.Show(p.Burn), fleet.Show(p.PerMTok), p.Rating)
	}
	for _, p := range s.Providers {
		t.Logf("  prov %-8s %-8s %s req %s $/h %s limits %v", p.Spec.ID, p.State, p.Why, fleet.Show(p.Load.Requests), fleet.Show(p.Burn), p.Limits)
	}
	for _, rt := range s.Routes {
		t.Logf("  route %s %s %s weights %v", rt.Spec.ID, rt.State, rt.Why, rt.Weights)
		for _, tg := range rt.Targets {
			t.Logf("     %s set %v seen %v eff %v req %s err %s ttft %s %s %s price %s carried %v", tg.Spec.ID, tg.Set, tg.Seen, tg.Effective, fleet.Show(tg.Load.Requests), fleet.Show(tg.Load.Errors), fleet.Show(tg.Load.TTFT95), tg.State, tg.Why, fleet.Show(tg.Price), tg.Carried)
		}
	}
	for _, a := range s.Alerts {
		t.Logf("  alert %s %s %s %s", a.Level, a.Object, a.Text, a.Detail)
	}
	for _, src := range s.Sources {
		if !src.Err.IsEmpty() {
			t.Logf("  source %s %s", src.ID, src.Err)
		}
	}
}

func TestTheEmbeddedFleetIsHealthyAndTrue(t *testing.T) {
	r := newRig(t, nil)
	s := r.after(3 * time.Minute)
	show(t, s)
	for _, p := range s.Pools {
		if p.State.Rank() >= fleet.StateUnknown.Rank() {
			t.Errorf("pool %s is %s: %s", p.Spec.ID, p.State, p.Why)
		}
	}
	if len(s.Alerts) > 0 {
		t.Errorf("%d alerts in a healthy fleet", len(s.Alerts))
	}
}

func TestAShiftIsCarriedOutWatchedAndUndone(t *testing.T) {
	r := newRig(t, nil)
	r.after(3 * time.Minute)
	p, err := r.desk.Plan(actions.Intent{Kind: actions.KindShift, Route: "chat", Weights: fleet.Weights{"b200-a": 50, "h100-b": 40}})
	if err != nil {
		t.Fatal(err)
	}
	checks := r.desk.Check(p)
	for _, c := range checks {
		t.Logf("%s %-5s %s: %s", c.ID, c.Severity, c.Title, c.Formula)
	}
	id, err := r.desk.Start(p, actions.Approval{Overrides: actions.Overrides(checks), Reason: "the slice moves ten points", Typed: "chat"})
	if err != nil {
		t.Fatal(err)
	}
	last := actions.State("")
	for range 60 {
		r.after(30 * time.Second)
		c := r.desk.Book().Change(id)
		if c.State != last {
			t.Logf("%s step %d: %s", c.State, c.Step, c.Why)
			last = c.State
		}
		if c.State.Closed() {
			break
		}
	}
	c := r.desk.Book().Change(id)
	if c.State != actions.StateCommitted {
		show(t, r.hub.Latest())
		t.Fatalf("the change is %s: %s", c.State, c.Why)
	}
	if w := r.hub.Latest().Route("chat").Weights; w["b200-a"] != 50 || w["h100-b"] != 40 {
		t.Errorf("weights: %v", w)
	}
	in, err := r.desk.UndoIntent(id)
	if err != nil {
		t.Fatal(err)
	}
	undo, err := r.desk.Plan(in)
	if err != nil {
		t.Fatal(err)
	}
	if !undo.After.Equal(p.Before) || !strings.HasPrefix(string(undo.Intent.Undoes), string(id)) {
		t.Errorf("undo: %v", undo.After)
	}
}
