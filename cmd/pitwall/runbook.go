package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"pitwall/actions"
	"pitwall/actions/rehearsal"
	"pitwall/fleet"
	"pitwall/views/plain"
)

// runbookCommand lists the failovers that the configuration names, checks them, and rehearses them on the simulator.
func runbookCommand(f *flags, c console) *cobra.Command {
	cmd := &cobra.Command{Use: "runbook", Short: "Failovers of the configuration by name: list, check, rehearse", Args: cobra.NoArgs}
	list := &changeFlags{}
	show := &cobra.Command{Use: "list", Short: "All runbooks: when, away from what, whether they fit the fleet, and their last rehearsal",
		Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return runbooks(cmd.Context(), f, c, list, "", false) }}
	one := &changeFlags{}
	check := &cobra.Command{Use: "check [NAME]", Short: "Compare runbooks with the fleet as it is read now", Args: cobra.MaximumNArgs(1),
		Long: "Compares every runbook, or one, with the fleet as it is read now. Exit code 2: one does not fit; 6: part of the fleet was\n" +
			"not read, so that a name may be missing for that alone.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return runbooks(cmd.Context(), f, c, one, first(append(args, "")...), true)
		}}
	for _, x := range []struct {
		cmd *cobra.Command
		x   *changeFlags
	}{{show, list}, {check, one}} {
		x.cmd.Flags().StringVarP(&x.x.output, "output", "o", "text", "text or json")
		x.x.bindDemo(x.cmd)
	}
	cmd.AddCommand(show, check, rehearseCommand(f, c))
	return cmd
}

// runbooks reads the fleet and says how the runbooks stand: all, or the named one.
func runbooks(ctx context.Context, f *flags, c console, x *changeFlags, name string, strict bool) error {
	return onHub(ctx, f, c, x, func(ctx context.Context, s *session) error {
		s.find(ctx)
		if ctx.Err() != nil {
			return exit{code: exitInterrupted}
		}
		if name != "" && s.runbook(name) == nil {
			return s.noRunbook(name)
		}
		snap := s.hub.Latest()
		list := plain.RunbooksOf(snap, s.rehearsals(), s.clock.Now())
		if name != "" {
			list = slices.DeleteFunc(list, func(r plain.Runbook) bool { return r.Name != name })
		}
		if err := report(c, x.output, list, func() string { return plain.Runbooks(list) }); err != nil {
			return err
		}
		if err := partial(snap); err != nil && len(list) > 0 {
			return err
		}
		all := len(list)
		if n := len(slices.DeleteFunc(list, func(r plain.Runbook) bool { return r.Fits })); strict && n > 0 {
			return usage(fmt.Errorf("%s of %s cannot be carried out as written", fleet.Int(n), fleet.Many(all, "runbook")))
		}
		return nil
	})
}

// runbook is a runbook of the configuration, or nil.
func (s *session) runbook(name string) *fleet.Runbook {
	at := slices.IndexFunc(s.inventory.Runbooks, func(r fleet.Runbook) bool { return r.Name == name })
	if at < 0 {
		return nil
	}
	return &s.inventory.Runbooks[at]
}

func (s *session) noRunbook(name string) error {
	names := make([]fleet.Safe, len(s.inventory.Runbooks))
	for i := range names {
		names[i] = fleet.Label(s.inventory.Runbooks[i].Name)
	}
	next := "context " + fleet.Quote(s.inventory.Context).String() + " has none; they are written under runbooks in the configuration"
	if len(names) > 0 {
		next = "there are " + fleet.Join(names, fleet.Text(", ")).String()
	}
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "find the runbook", Err: fmt.Errorf("there is no runbook %s",
		fleet.Quote(name)), Next: next}
}

// rehearsals are the last ones of the session's runbooks. What cannot be read is logged once.
func (s *session) rehearsals() []actions.Rehearsal {
	if len(s.inventory.Runbooks) == 0 {
		return nil
	}
	list, err := s.readRehearsals()
	if err != nil && !s.unread {
		s.unread = true
		s.logger().Warn("read the last rehearsals", "err", err)
	}
	return list
}

func (s *session) readRehearsals() ([]actions.Rehearsal, error) {
	store, err := rehearsal.Open(s.stateDir, s.inventory.Context)
	if err != nil {
		return nil, err
	}
	return store.List(&s.inventory)
}

// warnOfRunbooks tells once of each runbook that does not fit the fleet: as soon as all of it was read, or after a while by what was.
func (s *session) warnOfRunbooks(ctx context.Context) {
	if len(s.inventory.Runbooks) == 0 {
		return
	}
	begin := s.clock.Now()
	var gen uint64
	for {
		snap, err := s.hub.Next(ctx, gen)
		if err != nil {
			return
		}
		gen = snap.Gen
		late := s.clock.Now().Sub(begin) > fitWait
		if !known(snap) && !late {
			continue
		}
		for i := range snap.Runbooks {
			r := &snap.Runbooks[i]
			if bad := actions.RunbookProblems(r, snap); len(bad) > 0 {
				text := fleet.Concat(fleet.Text("does not fit the fleet: "), fleet.Join(bad, fleet.Text("; ")))
				if !known(snap) {
					text = fleet.Concat(text, fleet.Text(" (as far as it was read)"))
				}
				s.hub.Note(fleet.Event{At: s.clock.Now(), Level: fleet.LevelWarn, Object: fleet.Textf("runbook %s", fleet.Label(r.Name)), Text: text})
			}
		}
		return
	}
}

// fitWait is how long the console waits for all of the fleet before it judges runbooks by what was read.
const fitWait = 2 * time.Minute
