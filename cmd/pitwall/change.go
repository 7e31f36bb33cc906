package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pitwall/actions"
	"pitwall/actions/desk"
	"pitwall/fleet"
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
	points    int
	every     time.Duration
	requests  int
	soak      time.Duration
	demo      bool
	sim       demoOptions
	alerts    bool          // what it changes needs no rates: alerts read once are enough
	objects   bool          // what it changes is in clusters: these listed once are enough
	abandons  bool          // it closes an open change: that it is closed then is what was wanted
	ends      bool          // replicas end by it: how long their requests take is asked, which two readings tell
	watches   time.Duration // how long it watches before it goes on; 0 for as long as a change needs
	// refused says why what is wanted cannot be, whatever the rates are: a name that does not exist, nothing to change. nil
	// where only a plan tells. It is asked once, as soon as all of the fleet was read.
	refused func(context.Context, *session, *desk.Desk) error
	// grows tells that no replica ends after all, as the fleet stands; nil where nothing can tell.
	grows func(*fleet.Snapshot) bool
}

func (x *changeFlags) bind(cmd *cobra.Command) {
	x.bindConfirm(cmd, "name of the route, typed: needed in PROD and for overrides")
	fl := cmd.Flags()
	fl.IntVar(&x.points, "points", 0, "greatest change of a share in one step (default 10)")
	fl.DurationVar(&x.every, "every", 0, "least time between two steps (default 2m)")
	fl.IntVar(&x.requests, "min-requests", 0, "requests that a step needs to be judged (default 200)")
	fl.DurationVar(&x.soak, "soak", 0, "how long the end state is watched (default 10m)")
}

// bindConfirm adds what a change of any kind takes.
func (x *changeFlags) bindConfirm(cmd *cobra.Command, confirm string) {
	fl := cmd.Flags()
	fl.BoolVar(&x.dryRun, "dry-run", false, "plan and check only; nothing is sent")
	fl.BoolVar(&x.yes, "yes", false, "confirm; enough outside of PROD and without overrides")
	fl.StringVar(&x.confirm, "confirm", "", confirm)
	fl.StringVar(&x.reason, "reason", "", "why; needed in PROD and for overrides")
	fl.StringVar(&x.incident, "incident", "", "incident id")
	fl.StringSliceVar(&x.overrides, "override", nil, "interlock to override, such as IL-24; each one by name")
	fl.StringVarP(&x.output, "output", "o", "text", "text or json")
	x.bindDemo(cmd)
}

// bindDemo lets a command run on the embedded fleet.
func (x *changeFlags) bindDemo(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&x.demo, "demo", false, "on the embedded fleet")
	x.sim.bind(cmd, "with --demo: ")
	x.sim.bindSpeed(cmd, "with --demo: ")
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
			id, err := changeCalled(f, c, args[0])
			if err != nil {
				return err
			}
			open, err := isOpen(f, c, id)
			if err != nil {
				return err
			}
			if open {
				return takeUp(cmd.Context(), f, c, x, id, (*desk.Desk).RollBack)
			}
			return headless(cmd.Context(), f, c, x, func(d *desk.Desk) (actions.Intent, error) { return d.UndoIntent(id) })
		},
	}
	x.bind(cmd)
	return cmd
}
