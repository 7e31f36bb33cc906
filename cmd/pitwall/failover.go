package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pitwall/actions"
	"pitwall/actions/desk"
	"pitwall/fleet"
	"pitwall/views/plain"
)

// failoverFlags say what is left, and how.
type failoverFlags struct {
	change   changeFlags
	away     []string
	pool     string
	provider string
	site     string
	runbook  string
	split    string
	list     bool
	settle   string
	back     string
	warm     bool
}

func failoverCommand(f *flags, c console) *cobra.Command {
	x := &failoverFlags{}
	cmd := &cobra.Command{
		Use:   "failover [ROUTE --away TARGET]",
		Short: "Move what a failing pool, provider, site or target carries to where it can be taken, in emergency steps",
		Long: "Says who could take what part of the load, asked of the same checks that a shift must pass, and moves it there over all\n" +
			"routes at once: nobody gets more than fits without an override, and what fits nowhere stays where it is. One name, that of\n" +
			"what is left, confirms all of it. The way back is a plan of its own.",
		Example: "  pitwall failover --pool b200-a --list\n  pitwall failover --provider openai --split cheapest --dry-run\n" +
			"  pitwall failover chat --away b200-a --dry-run\n  pitwall failover --return fo-1130-141205-7c1e",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := x.check(args); err != nil {
				return usage(err)
			}
			return onFleet(cmd.Context(), f, c, &x.change, func(ctx context.Context, s *session, d *desk.Desk, how *ending) error {
				return s.failover(ctx, d, c, x, args, how)
			})
		},
	}
	x.change.bind(cmd)
	fl := cmd.Flags()
	fl.StringSliceVar(&x.away, "away", nil, "of a route: target whose load is to move; several with commas between")
	fl.StringVar(&x.pool, "pool", "", "pool that is left, on every route")
	fl.StringVar(&x.provider, "provider", "", "provider that is left, on every route")
	fl.StringVar(&x.site, "site", "", "site whose pools are left, on every route")
	fl.StringVar(&x.runbook, "runbook", "", "runbook of the configuration that says what is left and how")
	fl.StringVar(&x.split, "split", "", "how to spread it: "+splitNames()+" (default: the runbook's, else "+string(actions.SplitBalanced)+")")
	fl.BoolVar(&x.list, "list", false, "only say who could take what, and the ways to spread it")
	fl.BoolVar(&x.warm, "warm", false, "also start standby pools that do not serve yet")
	fl.StringVar(&x.settle, "settle", "", "second stage of this failover: from what was rented for the while to what is warm now")
	fl.StringVar(&x.back, "return", "", "way back of this failover, once what was left is well again")
	return cmd
}

// check refuses what cannot be meant.
func (x *failoverFlags) check(args []string) error {
	given := len(args)
	for _, v := range []string{x.pool, x.provider, x.site, x.runbook, x.settle, x.back} {
		if v != "" {
			given++
		}
	}
	switch {
	case given == 0:
		return errors.New("say what is left: ROUTE --away TARGET, --pool, --provider, --site or --runbook; or --settle or --return a failover")
	case given > 1:
		return errors.New("ROUTE, --pool, --provider, --site, --runbook, --settle and --return exclude each other")
	case len(args) == 1 && len(x.away) == 0:
		return errors.New("--away names the target whose load is to move")
	case len(args) == 0 && len(x.away) > 0:
		return errors.New("--away needs the ROUTE whose targets it names")
	case x.split != "" && !slices.Contains(actions.Splits(), actions.Split(x.split)):
		return fmt.Errorf("--split %q is none of %s", x.split, splitNames())
	}
	return nil
}

func (x *failoverFlags) origin(args []string) actions.Origin {
	switch {
	case x.pool != "":
		return actions.Origin{Kind: actions.OriginPool, ID: x.pool}
	case x.provider != "":
		return actions.Origin{Kind: actions.OriginProvider, ID: x.provider}
	case x.site != "":
		return actions.Origin{Kind: actions.OriginSite, ID: x.site}
	}
	o := actions.Origin{Kind: actions.OriginRoute, ID: args[0]}
	for _, id := range x.away {
		o.Targets = append(o.Targets, fleet.TargetID(id))
	}
	return o
}

func (x *failoverFlags) wish() actions.FailoverWish {
	ch := &x.change
	return actions.FailoverWish{Split: actions.Split(x.split),
		Ramp: actions.Ramp{Points: ch.points, Every: ch.every, MinRequests: ch.requests},
		Soak: ch.soak, Reason: ch.reason, Incident: ch.incident}
}

// wanted is what is left, what the failover keeps to, and how it is wanted: by flags, over what a runbook says.
func (x *failoverFlags) wanted(args []string, s *fleet.Snapshot) (actions.Origin, actions.Bounds, actions.FailoverWish, error) {
	wish := x.wish()
	if x.runbook == "" {
		return x.origin(args), actions.Bounds{}, wish.Over(actions.FailoverWish{Split: actions.SplitBalanced}), nil
	}
	r := s.Runbook(x.runbook)
	if r == nil {
		return actions.Origin{}, actions.Bounds{}, wish, &fleet.Error{Kind: fleet.KindInvalid, Op: "fail over",
			Err: fmt.Errorf("there is no runbook %s", fleet.Quote(x.runbook)), Next: "pitwall runbook list names them"}
	}
	if bad := actions.RunbookProblems(r, s); len(bad) > 0 {
		return actions.Origin{}, actions.Bounds{}, wish, &fleet.Error{Kind: fleet.KindInvalid, Op: "fail over",
			Err:  fmt.Errorf("runbook %s does not fit the fleet: %s", fleet.Quote(r.Name), fleet.Join(bad, fleet.Text("; "))),
			Next: "nothing was changed"}
	}
	return actions.RunbookOrigin(r), actions.RunbookBounds(r), wish.Over(actions.RunbookWish(r, actions.StageLeave)), nil
}

// warmParts are the starts of the standby pools that are wanted. That one cannot be started keeps no load from moving.
func (x *failoverFlags) warmParts(ctx context.Context, d *desk.Desk, c console, found *actions.Evacuation, s *fleet.Snapshot,
	parts []actions.PlannedPart) []actions.PlannedPart {
	of := found.Warmups
	if r := s.Runbook(x.runbook); x.runbook != "" && r != nil {
		of = actions.WarmupsOf(r, of)
	} else if !x.warm {
		return nil
	}
	if len(of) == 0 {
		return nil
	}
	warm, err := d.WarmParts(ctx, of, *parts[0].Plan.Intent.Failover)
	if err != nil {
		fmt.Fprintf(c.errs, "pitwall: a standby pool is not started: %s; the load moves without it\n", fleet.Sentence(err))
	}
	return warm
}

func splitNames() string {
	names := make([]string, 0, len(actions.Splits()))
	for _, s := range actions.Splits() {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

// failedOver is what a failover reports as JSON: one document, however it ended.
type failedOver struct {
	Evacuation *actions.Evacuation // null for a later stage
	Parts      []failoverPart
	Error      fleet.Safe // "" when it is done
	Exit       int
}

// failoverPart is the change of one route, or of a pool that is started.
type failoverPart struct {
	Plan   actions.Plan
	Checks []actions.Check
	Change *actions.Change // null when nothing was started
	Error  fleet.Safe
}

// failover finds room, plans every part, and carries them out together where they are confirmed.
func (s *session) failover(ctx context.Context, d *desk.Desk, c console, x *failoverFlags, args []string, how *ending) error {
	out := &failedOver{}
	err := s.failoverTo(ctx, d, c, x, args, how, out)
	if x.change.output != formatJSON {
		return err
	}
	out.Error, out.Exit = fleet.Sentence(err), codeOf(err)
	return errors.Join(report(c, x.change.output, out, nil), err)
}

func (s *session) failoverTo(ctx context.Context, d *desk.Desk, c console, x *failoverFlags, args []string, how *ending,
	out *failedOver) error {
	origin, parts, err := s.failoverParts(ctx, d, c, x, args, out)
	for i := range parts {
		out.Parts = append(out.Parts, failoverPart{Plan: parts[i].Plan, Checks: parts[i].Checks})
	}
	if err != nil || x.list {
		return err
	}
	ladder := actions.ConfirmAll(origin, parts)
	if x.change.output != formatJSON {
		if err := report(c, x.change.output, out, func() string { return plain.FailoverParts(origin, parts, ladder) }); err != nil {
			return err
		}
	}
	if err := refusedAll(origin, ladder, d.Book().Access, &x.change); err != nil || x.change.dryRun {
		return err
	}
	started := d.StartParts(parts, actions.Approval{Typed: x.change.confirm, Reason: x.change.reason, Overrides: x.change.overrides})
	return s.followAll(ctx, d, c, x, started, out, how)
}

// failoverParts plans what is wanted: the first stage after saying who could take what, or a later one.
func (s *session) failoverParts(ctx context.Context, d *desk.Desk, c console, x *failoverFlags, args []string,
	out *failedOver) (actions.Origin, []actions.PlannedPart, error) {
	var parts []actions.PlannedPart
	var err error
	switch {
	case x.settle != "":
		parts, err = d.SettleParts(x.settle, x.wish())
	case x.back != "":
		parts, err = d.ReturnParts(x.back, x.wish())
	default:
		o, within, wish, err := x.wanted(args, s.hub.Latest())
		if err != nil {
			return o, nil, err
		}
		found, err := d.Evacuate(o, within)
		if err != nil {
			return o, nil, err
		}
		out.Evacuation = &found
		if x.change.output != formatJSON {
			if err := report(c, x.change.output, found, func() string { return plain.Failover(found) }); err != nil {
				return o, nil, err
			}
		}
		if x.list {
			return o, nil, nil
		}
		parts, err = d.FailoverParts(found, wish)
		if err == nil {
			parts = append(parts, x.warmParts(ctx, d, c, &found, s.hub.Latest(), parts)...)
		}
		return o, parts, err
	}
	if err != nil || len(parts) == 0 {
		return actions.Origin{}, nil, err
	}
	return parts[0].Plan.Intent.Failover.Origin, parts, nil
}

// refusedAll says what keeps the parts of a failover from starting, with the flags that would let them.
func refusedAll(o actions.Origin, ladder actions.Ladder, access actions.Access, x *changeFlags) error {
	if !ladder.Refused.IsEmpty() {
		why := ladder.Refused.String()
		if ladder.Prod && !access.Write {
			why += "; " + access.Why.String()
		}
		return exit{exitBlocked, fmt.Errorf("refused: %s; nothing was sent", why)}
	}
	if absent := x.lacks(ladder, o.ID); len(absent) > 0 && !x.dryRun {
		return exit{exitBlocked, fmt.Errorf("not confirmed: it needs %s; nothing was sent", strings.Join(absent, " "))}
	}
	return nil
}

// followAll tells what happens to the changes of a failover until all are closed or ctx ends.
func (s *session) followAll(ctx context.Context, d *desk.Desk, c console, x *failoverFlags, started []actions.StartedPart, out *failedOver,
	how *ending) error {
	errs := make([]error, 0, len(started))
	last := make([]string, len(started))
	for i, p := range started {
		if p.Err != nil {
			out.Parts[i].Error = fleet.Sentence(p.Err)
			errs = append(errs, fmt.Errorf("%s: %w", fleet.Quote(out.Parts[i].Plan.Object()), p.Err))
			last[i] = "-"
		}
	}
	for {
		b := d.Book()
		open := 0
		for i := range started {
			ch := b.Change(started[i].Change)
			if started[i].Err != nil || ch == nil {
				continue
			}
			out.Parts[i].Change = ch
			if line := ch.Told().String(); line != last[i] && x.change.output != formatJSON {
				fmt.Fprintf(c.out, "%s %s %s step %d/%d %s\n", fleet.ClockTime(s.clock.Now()), fleet.Label(ch.Plan.Object()),
					fleet.Label(string(ch.ID)), ch.Step, len(ch.Plan.Steps), line)
				last[i] = line
			}
			if !ch.State.Closed() && ch.State != actions.StateUnknown {
				open++
			}
		}
		if open == 0 {
			break
		}
		if d.BookChanged(ctx) != nil {
			if err := s.leave(d, how.get(), c); err != nil {
				return err
			}
			break
		}
	}
	errs = append(errs, s.endedAll(d, started, out)...)
	slices.SortStableFunc(errs, func(a, b error) int { return codeOf(b) - codeOf(a) }) // the gravest is the command's: open before rolled back
	return errors.Join(errs...)
}

// endedAll is how each change ended, as exit codes: the worst one is the command's.
func (s *session) endedAll(d *desk.Desk, started []actions.StartedPart, out *failedOver) []error {
	var errs []error
	b := d.Book()
	for i := range started {
		ch := b.Change(started[i].Change)
		if started[i].Err != nil || ch == nil {
			continue
		}
		out.Parts[i].Change = ch
		s.finish(d, ch.State)
		if err := ended(ch); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", fleet.Quote(ch.Plan.Object()), err))
		}
	}
	return errs
}
