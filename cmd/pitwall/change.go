package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pitwall/actions"
	"pitwall/actions/desk"
	"pitwall/fleet"
	"pitwall/views/plain"
)

// changeFlags are those of every command that changes something.
type changeFlags struct {
	dryRun    bool
	yes       bool
	confirm   string
	reason    string
	incident  string
	overrides []string
	output    string
	detach    bool
	points    int
	every     time.Duration
	requests  int
	soak      time.Duration
	demo      bool
	speed     float64
}

func (x *changeFlags) bind(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.BoolVar(&x.dryRun, "dry-run", false, "plan and check only; nothing is sent")
	fl.BoolVar(&x.yes, "yes", false, "confirm; enough outside of PROD and without overrides")
	fl.StringVar(&x.confirm, "confirm", "", "name of the route, typed: needed in PROD and for overrides")
	fl.StringVar(&x.reason, "reason", "", "why; needed in PROD and for overrides")
	fl.StringVar(&x.incident, "incident", "", "incident id")
	fl.StringSliceVar(&x.overrides, "override", nil, "interlock to override, such as IL-24; each one by name")
	fl.StringVarP(&x.output, "output", "o", "text", "text or json")
	fl.IntVar(&x.points, "points", 0, "greatest change of a share in one step (default 10)")
	fl.DurationVar(&x.every, "every", 0, "least time between two steps (default 2m)")
	fl.IntVar(&x.requests, "min-requests", 0, "requests that a step needs to be judged (default 200)")
	fl.DurationVar(&x.soak, "soak", 0, "how long the end state is watched (default 10m)")
	fl.BoolVar(&x.demo, "demo", false, "on the embedded fleet")
	fl.Float64Var(&x.speed, "speed", 1, "with --demo: how fast its time runs")
}

func (x *changeFlags) intent(in actions.Intent) actions.Intent {
	in.Ramp = actions.Ramp{Points: x.points, Every: x.every, MinRequests: x.requests}
	in.Soak = x.soak
	in.Reason, in.Incident = x.reason, x.incident
	return in
}

func shiftCommand(f *flags, c console) *cobra.Command {
	x := &changeFlags{}
	cmd := &cobra.Command{
		Use:   "shift ROUTE TARGET=WEIGHT...",
		Short: "Move weights between the targets of a route, in checked steps with a way back",
		Args:  cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			weights, err := parseWeights(args[1:])
			if err != nil {
				return usage(err)
			}
			in := actions.Intent{Kind: actions.KindShift, Route: fleet.RouteID(args[0]), Weights: weights}
			return headless(cmd.Context(), f, c, x, func(*desk.Desk) (actions.Intent, error) { return in, nil })
		},
	}
	x.bind(cmd)
	return cmd
}

func parseWeights(args []string) (fleet.Weights, error) {
	w := fleet.Weights{}
	for _, a := range args {
		i := strings.LastIndex(a, "=")
		if i < 1 {
			return nil, fmt.Errorf("%q is not TARGET=WEIGHT", a)
		}
		id := fleet.TargetID(a[:i])
		v, err := strconv.Atoi(a[i+1:])
		if err != nil {
			return nil, fmt.Errorf("%q: the weight must be a whole number", a)
		}
		if _, twice := w[id]; twice {
			return nil, fmt.Errorf("%q is given twice", id)
		}
		w[id] = v
	}
	return w, nil
}

func resyncCommand(f *flags, c console) *cobra.Command {
	x := &changeFlags{}
	cmd := &cobra.Command{
		Use:   "resync ROUTE REPLICA",
		Short: "Make a lagging gateway replica take over the stored state again",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			in := actions.Intent{Kind: actions.KindResync, Route: fleet.RouteID(args[0]), Replica: fleet.GatewayReplicaID(args[1])}
			return headless(cmd.Context(), f, c, x, func(*desk.Desk) (actions.Intent, error) { return in, nil })
		},
	}
	x.bind(cmd)
	return cmd
}

func undoCommand(f *flags, c console) *cobra.Command {
	x := &changeFlags{}
	cmd := &cobra.Command{
		Use:   "undo CHANGE",
		Short: "Restore what a change found; an open change is rolled back",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id := fleet.ChangeID(args[0])
			return headless(cmd.Context(), f, c, x, func(d *desk.Desk) (actions.Intent, error) { return d.UndoIntent(id) })
		},
	}
	x.bind(cmd)
	return cmd
}

// readTime is how long a headless command waits for every source to be tried once.
const readTime = 15 * time.Second

// warmTime is how long it then watches, since rates and shares need two readings.
const warmTime = 12 * time.Second

// headless plans, checks, confirms and carries out one change without a screen.
func headless(ctx context.Context, f *flags, c console, x *changeFlags, want func(*desk.Desk) (actions.Intent, error)) error {
	s, err := openSession(ctx, f, c, x)
	if err != nil {
		return err
	}
	defer s.close()
	d, err := s.openDesk(f)
	if err != nil {
		return err
	}
	watching, stop := context.WithCancel(context.Background())
	wait := s.start(watching)
	defer wait()
	defer stop()
	s.settle(ctx, readTime)
	s.watch(ctx, warmTime)
	in, err := want(d)
	if err != nil {
		return err
	}
	p, err := d.Plan(x.intent(in))
	if err != nil {
		return err
	}
	checks := d.Check(p)
	if err := report(c, x.output, planned{Plan: p, Checks: checks}, func() string { return plain.Plan(p, checks) }); err != nil {
		return err
	}
	if err := refusedBy(checks, x); err != nil || x.dryRun {
		return err
	}
	id, err := d.Start(p, actions.Approval{Typed: x.confirm, Reason: x.reason, Overrides: x.overrides})
	if err != nil {
		return err
	}
	return s.follow(ctx, d, id, c, x)
}

type planned struct {
	Plan   actions.Plan
	Checks []actions.Check
}

func openSession(ctx context.Context, f *flags, c console, x *changeFlags) (*session, error) {
	if x.demo {
		return openDemo(ctx, f, c, demoOptions{seed: 1, speed: x.speed, env: string(fleet.EnvStage)})
	}
	return openConfigured(f, c)
}

// watch lets time pass on the session's clock.
func (s *session) watch(ctx context.Context, d time.Duration) {
	until := s.clock.Now().Add(d)
	var gen uint64
	for s.clock.Now().Before(until) {
		snap, err := s.hub.Next(ctx, gen)
		if err != nil {
			return
		}
		gen = snap.Gen
	}
}

// refusedBy says what keeps a plan from starting, with the flags that would let it.
func refusedBy(checks []actions.Check, x *changeFlags) error {
	if worst := actions.Worst(checks); worst >= actions.SeverityBlock {
		return exit{exitBlocked, fmt.Errorf("refused: an interlock says %s; nothing was sent", worst)}
	}
	var absent []string
	for _, id := range actions.Overrides(checks) {
		if !contains(x.overrides, id) {
			absent = append(absent, "--override "+id)
		}
	}
	switch {
	case len(absent) > 0:
		return exit{exitBlocked, fmt.Errorf("refused: needs %s with --confirm ROUTE and --reason TEXT; nothing was sent", strings.Join(absent, " "))}
	case !x.yes && !x.dryRun && x.confirm == "":
		return exit{exitBlocked, errors.New("not confirmed: --yes confirms outside of PROD, --confirm ROUTE --reason TEXT in PROD; nothing was sent")}
	}
	return nil
}

func contains(list []string, v string) bool {
	for _, o := range list {
		if strings.EqualFold(o, v) {
			return true
		}
	}
	return false
}

// follow prints what happens to a change until it is closed or the process is told to stop.
func (s *session) follow(ctx context.Context, d *desk.Desk, id fleet.ChangeID, c console, x *changeFlags) error {
	how := &ending{}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	defer watchSignals(func(p parting) { how.set(p); stop() })()
	last := ""
	for {
		b := d.Book()
		ch := b.Change(id)
		if ch == nil {
			return exit{exitOpen, fmt.Errorf("change %s is not in the journal any more", id)}
		}
		if line := fleet.Concat(fleet.Label(string(ch.State)), fleet.Text(": "), ch.Why).String(); line != last && x.output == "text" {
			fmt.Fprintf(c.out, "%s %s step %d/%d %s\n", fleet.ClockTime(s.clock.Now()), fleet.Label(string(id)), ch.Step, len(ch.Plan.Steps), line)
			last = line
		}
		if ch.State.Closed() || ch.State == actions.StateUnknown {
			_ = report(c, x.output, *ch, func() string { return plain.Change(*ch, ch.Plan.Order, s.clock.Now()) })
			return s.ended(*ch)
		}
		if d.BookChanged(watching) != nil {
			if err := s.leave(d, how.get(), c, nil); err != nil {
				return err
			}
			return exit{exitOpen, fmt.Errorf("change %s is still open; see: pitwall journal show %s", id, id)}
		}
	}
}

// ended maps how a change ended to an exit code.
func (s *session) ended(ch actions.Change) error {
	switch ch.State {
	case actions.StateCommitted:
		return nil
	case actions.StateRolledBack:
		return exit{exitRolledBack, fmt.Errorf("rolled back: %s", ch.Why)}
	case actions.StateAborted:
		return exit{exitFailed, fmt.Errorf("aborted: %s", ch.Why)}
	default:
		return exit{exitOpen, fmt.Errorf("open: %s", ch.Why)}
	}
}
