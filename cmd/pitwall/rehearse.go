package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/desk"
	"pitwall/actions/rehearsal"
	"pitwall/backends/registry"
	"pitwall/backends/sim"
	"pitwall/economics"
	"pitwall/fleet"
	"pitwall/internal/config"
	"pitwall/views/plain"
)

// rehearseFlags are those of a rehearsal.
type rehearseFlags struct {
	output string
	speed  float64
	load   float64
	most   time.Duration
	seed   uint64
}

func rehearseCommand(f *flags, c console) *cobra.Command {
	x := &rehearseFlags{}
	cmd := &cobra.Command{
		Use:   "rehearse NAME",
		Short: "Run a runbook on the simulator: break what it leaves, fail over, and return",
		Long: "Builds the fleet of this configuration in the embedded simulator, breaks what the runbook leaves, waits until the console\n" +
			"sees it, and carries the runbook out as pitwall failover --runbook does, second stage and way back included. Overrides are\n" +
			"given and each is listed. No endpoint of the configuration is asked for anything.\n" +
			"Exit code 0: it went through; 1: it did not, and the report says why.",
		Example: "  pitwall runbook rehearse lose-b200\n  pitwall runbook rehearse lose-b200 --load 0.7 -o json",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return rehearse(cmd.Context(), f, c, x, args[0]) },
	}
	fl := cmd.Flags()
	fl.StringVarP(&x.output, "output", "o", "text", "text or json")
	fl.Float64Var(&x.speed, "speed", 0, "how fast its time runs; 0 is as fast as this machine can")
	fl.Float64Var(&x.load, "load", sim.PlayedLoad, "share of its rating that the busiest member of a route carries at first")
	fl.DurationVar(&x.most, "for", 3*time.Hour, "simulated time after which it ends wherever it is")
	fl.Uint64Var(&x.seed, "seed", 1, "same seed, same run")
	return cmd
}

func (x *rehearseFlags) check() error {
	switch {
	case x.speed < 0 || x.speed > maxSpeed:
		return fmt.Errorf("--speed must lie between 0 and %d", maxSpeed)
	case !(x.load > 0 && x.load <= 2):
		return errors.New("--load must lie between 0 and 2; 0.4 is 40 % of the rating")
	case x.most < 5*time.Minute || x.most > 24*time.Hour:
		return errors.New("--for must lie between 5m and 24h")
	}
	return checkFormat(x.output)
}

// rehearse runs one runbook on the simulator and keeps what it showed.
func rehearse(ctx context.Context, f *flags, c console, x *rehearseFlags, name string) error {
	if err := x.check(); err != nil {
		return usage(err)
	}
	inv, state, err := declaredFleet(f, c)
	if err != nil {
		return usage(err)
	}
	real := &session{inventory: inv}
	book := real.runbook(name)
	if book == nil {
		return real.noRunbook(name)
	}
	store, err := rehearsal.Open(state, inv.Context)
	if err != nil {
		return err
	}
	log, err := audit.Open(state, audit.Options{Clock: fleet.SystemClock{}})
	if err != nil {
		return err
	}
	ctx, end := untilSignal(ctx)
	defer end()
	out, err := rehearsed(ctx, c, x, book, inv)
	if err != nil {
		return err
	}
	if err := report(c, x.output, out, func() string { return plain.Rehearsal(out) }); err != nil {
		return err
	}
	result := fleet.Concat(fleet.Text("runbook "), fleet.Label(name), fleet.Text(": ok"))
	if !out.OK {
		result = fleet.Concat(fleet.Text("runbook "), fleet.Label(name), fleet.Text(": FAILED: "), out.Why)
	}
	_, err = log.Append(audit.Record{Kind: audit.KindRehearsed, Context: inv.Context, Result: result.String()}.By(desk.Actor()))
	if err = errors.Join(err, store.Keep(*out, &inv)); err != nil {
		return err
	}
	if !out.OK {
		return exit{exitFailed, fmt.Errorf("the rehearsal failed: %s", out.Why)}
	}
	return nil
}

// declaredFleet is what the configuration declares of one context, and where its state lives. Nothing is opened.
func declaredFleet(f *flags, c console) (fleet.Inventory, string, error) {
	file, name, _, err := configured(f, c)
	if err != nil {
		return fleet.Inventory{}, "", err
	}
	picked, err := file.Pick(name)
	if err != nil {
		return fleet.Inventory{}, "", err
	}
	inv, err := picked.Inventory(registry.Set(registry.Connectors()).Interval)
	return inv, config.StateDir(first(f.stateDir, file.StateDir), c.environ), err
}

// rehearsed plays the fleet in a state directory of its own, which is gone afterwards.
func rehearsed(ctx context.Context, c console, x *rehearseFlags, book *fleet.Runbook, inv fleet.Inventory) (*actions.Rehearsal, error) {
	out := &actions.Rehearsal{Runbook: book.Name, Hash: actions.RunbookHash(book, &inv), At: fleet.SystemClock{}.Now()}
	s, clock, err := openPlayed(ctx, x, book, inv)
	if err != nil {
		return nil, err
	}
	defer s.close()
	out.StandIns = s.sim.Notes()
	d, err := s.openDesk(&flags{write: true})
	if err != nil {
		return nil, err
	}
	watching, stop := context.WithCancel(ctx)
	wait := s.start(watching)
	defer wait()
	defer stop()
	go d.Watch(watching) // ends with watching
	if _, err := s.hub.Next(ctx, 0); err != nil {
		return nil, exit{code: exitInterrupted}
	}
	s.hub.Gather(unseen)
	r := &rehearsing{s: s, d: d, clock: clock, x: x, c: c, book: book, out: out, began: clock.Now()}
	err = r.run(ctx)
	out.Passed = clock.Now().Sub(r.began)
	leaving, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	_ = d.Stop(leaving) // the fleet ends here, so there is nothing to guard
	if ctx.Err() != nil {
		return nil, exit{exitInterrupted, errors.New("interrupted; nothing was kept")}
	}
	out.OK = out.Why.IsEmpty()
	return out, err
}

// openPlayed starts the simulator on a configuration and a session on it, as openDemo does on the demo's fleet.
func openPlayed(ctx context.Context, x *rehearseFlags, book *fleet.Runbook, inv fleet.Inventory) (*session, *fleet.VirtualClock, error) {
	dir, err := os.MkdirTemp("", "pitwall-rehearsal-")
	if err != nil {
		return nil, nil, &fleet.Error{Kind: fleet.KindInternal, Op: "start the rehearsal", Err: err}
	}
	clock := fleet.NewVirtualClock(time.Now())
	s := &session{clock: clock, set: registry.Set(registry.Connectors()), stateDir: dir}
	s.closers = append(s.closers, func() error { return os.RemoveAll(dir) })
	embedded, err := sim.Listen(ctx, sim.Options{Seed: x.seed, Clock: clock, Env: inv.Env, Mode: fleet.ModeDrill,
		Play: &sim.Play{Inventory: inv, Cold: slices.Clone(book.Warm), Load: x.load}})
	if err != nil {
		s.close()
		return nil, nil, err
	}
	s.closers = append(s.closers, embedded.Close)
	s.sim, s.inventory = embedded, embedded.Inventory()
	if len(book.Warm) > 0 { // standby pools are started through their clusters
		s.watchEmbedded()
	}
	s.deps = fleet.Deps{Clock: clock, Log: s.logger(), Secret: embedded.Secret}
	prices, err := economics.Embedded()
	if err != nil {
		s.close()
		return nil, nil, err
	}
	s.openHub(prices)
	return s, clock, nil
}
