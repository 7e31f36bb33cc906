package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
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

const (
	confirmMost = 50 * time.Millisecond
	confirms    = 7
	ripening    = 3 * time.Minute // fleet time until rates, shares and baselines are there
)

// measureConfirm confirms a shift on the embedded fleet and times the first request that writes, as it arrives at the
// gateway. At that moment the journal must hold the intent, with nothing of it waiting to be put on the disk.
func measureConfirm(ctx context.Context, w *workshop) ([]row, error) {
	var took []time.Duration
	synced, journal := true, ""
	for range confirms {
		d, err := newDutyDesk(ctx, w, duty{})
		if err != nil {
			return nil, err
		}
		one, kept, err := d.confirm(ctx)
		if err = errors.Join(err, d.close()); err != nil {
			return nil, err
		}
		took, synced = append(took, one), synced && kept.ok
		if journal == "" || !kept.ok {
			journal = kept.text
		}
	}
	return []row{{figure: "confirm to the first write on the wire", asked: "< 50 ms, journal synced before",
		measured: spread(took) + "; " + journal, ok: median(took) < confirmMost && synced,
		how: "desk.Start on the embedded fleet until the PATCH reaches its LiteLLM of three replicas: interlocks, lock, " +
			"read-back of all replicas, journal and audit on the disk of " + w.dir}}, nil
}

// duty is what a dutyDesk is opened on.
type duty struct {
	sim   sim.Options
	write bool    // also in production
	speed float64 // of the fleet's time once it is ripe; 0 means 1
}

// dutyDesk is one operator at one embedded fleet, whose gateway replicas are reached through a wiretap.
type dutyDesk struct {
	clock   *fleet.VirtualClock
	sim     *sim.Fleet
	hub     *backends.Hub
	desk    *desk.Desk
	tap     *wiretap
	ending  []func()
	closing []func() error
}

func newDutyDesk(ctx context.Context, w *workshop, on duty) (d *dutyDesk, err error) {
	d = &dutyDesk{clock: fleet.NewVirtualClock(time.Now())}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	state, err := w.folder()
	if err != nil {
		return d, err
	}
	on.sim.Clock = d.clock
	if d.sim, err = sim.Listen(ctx, on.sim); err != nil {
		return d, err
	}
	d.closing = append(d.closing, d.sim.Close)
	inv := d.sim.Inventory()
	d.tap = &wiretap{state: state}
	d.closing = append(d.closing, d.tap.close)
	if err := d.tap.between(ctx, &inv); err != nil {
		return d, err
	}
	log := slog.New(slog.DiscardHandler)
	deps := fleet.Deps{Clock: d.clock, Log: log, Secret: d.sim.Secret}
	set := registry.Set(registry.Connectors())
	if err := d.openHub(ctx, inv, set, deps, state, cmp.Or(on.speed, 1)); err != nil {
		return d, err
	}
	d.desk, err = desk.New(desk.Options{State: state, Clock: d.clock, Log: log, Latest: d.hub.Latest, Refresh: d.hub.Refresh,
		Note: d.hub.Note, Context: inv.Context, Env: inv.Env, Write: on.write,
		Writers: func() (map[fleet.GatewayID]fleet.RouteWriter, error) { return set.Writers(inv.Gateways, deps) }})
	return d, err
}

// openHub watches the fleet until it is ripe, and then at so many times the speed of the machine's clock.
func (d *dutyDesk) openHub(ctx context.Context, inv fleet.Inventory, set registry.Set, deps fleet.Deps, state string, speed float64) error {
	readers, problems := set.Readers(inv.Sources, deps)
	for id, err := range problems {
		return fmt.Errorf("%s: %w", id, err)
	}
	prices, err := economics.Embedded()
	if err != nil {
		return err
	}
	store, err := history.Open(state+"-history", 0)
	if err != nil {
		return err
	}
	if err := store.Fill(past(d.sim)); err != nil {
		return err
	}
	d.hub = backends.New(backends.Options{Inventory: inv, Readers: readers, Clock: deps.Clock, Log: deps.Log, Prices: prices,
		History: store})
	watching, stop := context.WithCancel(ctx)
	d.run(stop, func() { d.hub.Run(watching) })
	if _, err := d.hub.Next(ctx, 0); err != nil {
		return err
	}
	if err := d.clock.Advance(ctx, ripening); err != nil {
		return err
	}
	d.run(stop, func() { _ = d.sim.Drive(watching, d.clock, speed, 50*time.Millisecond) })
	return nil
}

// run does something until close, which calls stop and waits for it.
func (d *dutyDesk) run(stop func(), work func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	d.ending = append(d.ending, func() {
		stop()
		<-done
	})
}

// confirm plans ten points, approves what has to be approved, and times the way to the wire.
func (d *dutyDesk) confirm(ctx context.Context) (time.Duration, evidence, error) {
	plan, err := d.desk.Plan(actions.Intent{Kind: actions.KindShift, Route: "chat",
		Weights: fleet.Weights{"b200-a": 50, "h100-b": 40}})
	if err != nil {
		return 0, evidence{}, err
	}
	approval := actions.Approval{Overrides: actions.Overrides(d.desk.Check(plan)), Reason: "the bench moves ten points",
		Typed: "chat"}
	wrote := d.tap.listen()
	began := time.Now()
	if _, err := d.desk.Start(plan, approval); err != nil {
		return 0, evidence{}, err
	}
	select {
	case kept := <-wrote:
		return kept.at.Sub(began), kept, nil
	case <-ctx.Done():
		return 0, evidence{}, ctx.Err()
	case <-time.After(10 * time.Second):
		b := d.desk.Book()
		return 0, evidence{}, fmt.Errorf("nothing was written within 10 s: %s", b.Changes[0].Why)
	}
}

func (d *dutyDesk) close() error {
	var failed error
	if d.desk != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		failed = d.desk.Stop(ctx)
		cancel()
	}
	for _, end := range d.ending {
		end()
	}
	for i := len(d.closing) - 1; i >= 0; i-- {
		failed = errors.Join(failed, d.closing[i]())
	}
	return failed
}

// past is the fleet's history as the look-back stores it.
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
			if !yield(history.Point{At: p.At, Key: key, Requests: p.Requests, Errors: p.Errors, In: p.InTokens,
				Out: p.OutTokens, TTFT95: float64(p.TTFT95), Share: float64(p.Seen), Within: p.Within}) {
				return
			}
		}
	}
}
