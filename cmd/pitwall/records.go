package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/desk"
	"pitwall/actions/journal"
	"pitwall/actions/lease"
	"pitwall/fleet"
	"pitwall/internal/config"
	"pitwall/views/plain"
)

// stateOf finds the state directory without opening anything.
func stateOf(f *flags, c console) (string, error) {
	if f.stateDir != "" {
		return f.stateDir, nil
	}
	path, _ := config.Find(f.config, c.environ)
	if path == "" {
		return config.StateDir("", c.environ), nil
	}
	file, err := config.Load(path)
	if err != nil {
		return "", usage(err)
	}
	return config.StateDir(file.StateDir, c.environ), nil
}

func journalCommand(f *flags, c console) *cobra.Command {
	cmd := &cobra.Command{Use: "journal", Short: "The record of changes: list, show, resume, abandon", Args: cobra.NoArgs}
	var output string
	cmd.PersistentFlags().StringVarP(&output, "output", "o", "text", "text or json")
	cmd.RunE = func(*cobra.Command, []string) error { return journalList(f, c, output) }
	act := func(use, short string, do func(*desk.Desk, fleet.ChangeID) error) *cobra.Command {
		x := &changeFlags{abandons: use == "abandon"}
		cmd := &cobra.Command{Use: use + " CHANGE", Short: short, Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				x.output = output
				id, err := changeCalled(f, c, args[0])
				if err != nil {
					return err
				}
				return takeUp(cmd.Context(), f, c, x, id, do)
			}}
		x.bindDemo(cmd)
		return cmd
	}
	cmd.AddCommand(
		&cobra.Command{Use: "list", Short: "All changes, open ones first", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error { return journalList(f, c, output) }},
		&cobra.Command{Use: "show CHANGE", Short: "One change with its steps, checks and Audit-IDs", Args: cobra.ExactArgs(1),
			RunE: func(_ *cobra.Command, args []string) error {
				id, err := changeCalled(f, c, args[0])
				if err != nil {
					return err
				}
				return journalShow(f, c, output, id)
			}},
		act("resume", "Carry an open change on, after comparing it with the world", (*desk.Desk).Resume),
		act("rollback", "Take an open change back to where it began", (*desk.Desk).RollBack),
		act("abandon", "Close an open change without writing anything more", (*desk.Desk).Abandon))
	return cmd
}

// changes are those of the state directory, and open ones of other machines where a cluster shares them.
func changes(f *flags, c console) (actions.Book, error) {
	b, err := ownChanges(f, c)
	if err == nil {
		addShared(f, c, &b)
	}
	return b, err
}

func ownChanges(f *flags, c console) (actions.Book, error) {
	dir, err := stateOf(f, c)
	if err != nil {
		return actions.Book{}, err
	}
	clock := fleet.SystemClock{}
	list, problems := journal.Load(dir)
	for _, p := range problems {
		fmt.Fprintf(c.errs, "pitwall: journal %s, line %d: %s\n", fleet.Label(p.File), p.Line, p.Text)
	}
	for i := range list {
		list[i].Guard.Mine = false // the journal tells who began it, not who reads it
	}
	b := actions.Book{At: clock.Now(), Changes: list}
	locks, err := lease.Open(dir, clock)
	if err != nil {
		fmt.Fprintf(c.errs, "pitwall: %s\n", fleet.Sentence(err))
		return b, nil
	}
	b.Locks = locks.List()
	b.LockScope, b.LockWarn = locks.Scope()
	for i := range b.Open() {
		ch := &b.Changes[i]
		ch.Guard.Alive = locks.Alive(ch.Plan.Lock(), ch.Guard)
	}
	return b, nil
}

func journalList(f *flags, c console, output string) error {
	b, err := changes(f, c)
	if err != nil {
		return err
	}
	return report(c, output, b.Changes, func() string { return plain.Journal(b, b.At) })
}

func journalShow(f *flags, c console, output string, id fleet.ChangeID) error {
	b, err := changes(f, c)
	if err != nil {
		return err
	}
	ch := b.Change(id)
	if ch == nil {
		return &fleet.Error{Kind: fleet.KindNotFound, Op: "show change", Err: fmt.Errorf("there is no change %q", id)}
	}
	return report(c, output, shown{*ch, ch.NamedWrites()}, func() string {
		return plain.Change(*ch, ch.Plan.Order, b.At) + plain.AuditIDs(ch) + "\n" + plain.Plan(ch.Plan, ch.Checks)
	})
}

// shown is a change as "journal show -o json" prints it.
type shown struct {
	actions.Change
	Writes []actions.NamedWrite `json:",omitempty"` // with the Audit-ID of each
}

// isOpen tells whether the journal has a change that is not closed.
func isOpen(f *flags, c console, id fleet.ChangeID) (bool, error) {
	b, err := changes(f, c)
	if err != nil {
		return false, err
	}
	ch := b.Change(id)
	return ch != nil && !ch.State.Closed(), nil
}

// takeUp does something with an open change and follows it to its end.
func takeUp(ctx context.Context, f *flags, c console, x *changeFlags, id fleet.ChangeID, do func(*desk.Desk, fleet.ChangeID) error) error {
	return onFleet(ctx, f, c, x, func(ctx context.Context, s *session, d *desk.Desk, how *ending) error {
		if err := do(d, id); err != nil {
			return err
		}
		ch, err := s.follow(ctx, d, id, c, x, how)
		if x.abandons && ch != nil && ch.State == actions.StateAborted {
			err = nil
		}
		if x.output != formatJSON || ch == nil {
			return err
		}
		out := outcome{Plan: ch.Plan, Checks: ch.Checks, Change: ch, Error: fleet.Sentence(err), Exit: codeOf(err)}
		return errors.Join(report(c, x.output, out, nil), err)
	})
}

func auditCommand(f *flags, c console) *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "The hash-chained record of who did what: list, verify", Args: cobra.NoArgs}
	var output string
	var heads []string
	cmd.PersistentFlags().StringVarP(&output, "output", "o", "text", "text or json")
	verify := &cobra.Command{Use: "verify", Short: "Check the chain: edits, holes, cut tails, clock reversals", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return auditVerify(f, c, output, heads) }}
	verify.Flags().StringSliceVar(&heads, "head", nil, "a head kept elsewhere, as SEQ:HASH, that the chain must hold")
	cmd.AddCommand(verify, &cobra.Command{Use: "list", Short: "All records", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return auditList(f, c, output) }})
	return cmd
}

func auditVerify(f *flags, c console, output string, heads []string) error {
	dir, err := stateOf(f, c)
	if err != nil {
		return err
	}
	var outside []audit.Head
	for _, h := range heads {
		var head audit.Head
		if n, err := fmt.Sscanf(strings.Replace(h, ":", " ", 1), "%d %s", &head.Seq, &head.Hash); n != 2 || err != nil {
			return usage(fmt.Errorf("%q is not SEQ:HASH", h))
		}
		outside = append(outside, head)
	}
	r, err := audit.Verify(dir, outside...)
	if err != nil {
		return err
	}
	if err := report(c, output, r, func() string { return verified(r) }); err != nil {
		return err
	}
	if !r.OK() {
		return exit{exitFailed, errors.New("the audit does not hold: somebody changed it, or its disk did")}
	}
	return nil
}

func verified(r audit.Report) string {
	if r.OK() {
		return fmt.Sprintf("%s, unbroken; head %d:%s", fleet.Many(r.Records, "record"), r.Head.Seq, r.Head.Hash)
	}
	return fmt.Sprintf("%s; first bad record %d; heads that are missing: %v; head %d:%s",
		fleet.Many(r.Records, "record"), r.FirstBad, r.MissingHeads, r.Head.Seq, r.Head.Hash)
}

func auditList(f *flags, c console, output string) error {
	dir, err := stateOf(f, c)
	if err != nil {
		return err
	}
	list, err := audit.Records(dir)
	if err != nil {
		return err
	}
	return report(c, output, list, func() string {
		var b strings.Builder
		for _, r := range list {
			fmt.Fprintf(&b, "%5d  %s  %-18s %-10s %-14s %s\n", r.Seq, fleet.Stamp(r.Time), fleet.Label(string(r.Kind)), fleet.Label(r.Actor.Name),
				fleet.Label(string(r.Change)), fleet.Label(r.Result))
		}
		return b.String()
	})
}
