package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"pitwall/actions/desk"
	"pitwall/fleet"
	"pitwall/fleet/golden"
	"pitwall/views/plain"
)

// goldenFlags are those of the commands of golden prompts.
type goldenFlags struct {
	changeFlags
	prompts  []string
	replicas []string
}

// goldenCommand lists golden prompts and asks them outside of a change.
func goldenCommand(f *flags, c console) *cobra.Command {
	cmd := &cobra.Command{Use: "golden", Short: "Golden prompts, which new replicas are asked: list, run", Args: cobra.NoArgs}
	list := &goldenFlags{}
	show := &cobra.Command{Use: "list", Short: "The golden prompts of the configuration, without their texts", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := openSession(cmd.Context(), f, c, &list.changeFlags)
			if err != nil {
				return err
			}
			defer s.close()
			prompts := plain.GoldenPrompts(s.inventory.Golden)
			return report(c, list.output, prompts, func() string { return plain.GoldenList(prompts) })
		}}
	x := &goldenFlags{}
	run := &cobra.Command{Use: "run POOL", Args: cobra.ExactArgs(1),
		Short: "Ask each replica of a pool its golden prompts, and judge the answers; they cost tokens",
		Long: "Each replica that is read and can be reached is asked the prompts that are for its pool, one after the other. The audit\n" +
			"says who asked which prompts of whom, and what they showed; no text of a prompt or an answer is shown or kept.\n" +
			"Exit code 0: all are right; 1: one is wrong; 5: one cannot be told.",
		Example: "  pitwall golden run llama-70b --dry-run",
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.readOnly && !x.dryRun {
				return &fleet.Error{Kind: fleet.KindReadOnly, Op: "ask golden prompts",
					Err:  errors.New("started with --read-only, and answers cost tokens"),
					Next: "nothing was sent; --dry-run says what would be"}
			}
			x.objects = true // a pool that was read once is enough
			return onFleet(cmd.Context(), f, c, &x.changeFlags, func(ctx context.Context, s *session, d *desk.Desk, _ *ending) error {
				return s.runGolden(ctx, d, fleet.PoolID(args[0]), c, x)
			})
		}}
	for _, one := range []struct {
		cmd *cobra.Command
		x   *goldenFlags
	}{{show, list}, {run, x}} {
		one.cmd.Flags().StringVarP(&one.x.output, "output", "o", "text", "text or json")
		one.x.bindDemo(one.cmd)
	}
	fl := run.Flags()
	fl.BoolVar(&x.dryRun, "dry-run", false, "say what would be asked; nothing is sent")
	fl.StringSliceVar(&x.prompts, "prompt", nil, "only the prompts of these names")
	fl.StringSliceVar(&x.replicas, "replica", nil, "only these replicas")
	cmd.AddCommand(show, run)
	return cmd
}

// runGolden asks the replicas of a pool and reports what they showed.
func (s *session) runGolden(ctx context.Context, d *desk.Desk, id fleet.PoolID, c console, x *goldenFlags) error {
	snap := s.hub.Latest()
	p := snap.Pool(id)
	if p == nil {
		return &fleet.Error{Kind: fleet.KindNotFound, Op: "ask golden prompts", Err: fmt.Errorf("there is no pool %q", fleet.Label(string(id))),
			Next: "nothing was sent"}
	}
	prompts, err := chosen(golden.For(s.inventory.Golden, id, []fleet.ModelName{p.Spec.Model}, snap.Routes), x.prompts,
		func(g fleet.GoldenPrompt) string { return g.Name }, "golden prompt for this pool")
	if err != nil {
		return err
	}
	replicas, err := chosen(p.Replicas, x.replicas, func(r fleet.Replica) string { return string(r.ID) }, "replica that is read")
	if err != nil {
		return err
	}
	out := plain.Golden{Pool: id, Model: p.Spec.Model, DryRun: x.dryRun}
	byHand := desk.ByHandOf(id, prompts, len(replicas))
	if !x.dryRun && byHand.Answers > 0 {
		if err := d.AskByHand(byHand); err != nil {
			return err
		}
		defer func() { d.Answered(byHand, out.Findings(), ctx.Err() != nil) }()
	}
	ask := s.asker()
	for i := range replicas {
		r := plain.GoldenReplica{Replica: replicas[i].ID}
		by, err := ask(replicas[i].Source)
		for n := range prompts {
			r.Findings = append(r.Findings, finding(ctx, by, err, p.Spec.Model, &prompts[n], x.dryRun))
		}
		out.Replicas = append(out.Replicas, r)
	}
	if err := report(c, x.output, out, func() string { return plain.GoldenRun(out) }); err != nil || x.dryRun {
		return err
	}
	return goldenEnd(ctx, &out)
}

// finding asks one prompt of one replica; in a dry run it says how many answers that would be at the most.
func finding(ctx context.Context, by fleet.Asker, err error, model fleet.ModelName, p *fleet.GoldenPrompt, dry bool) golden.Finding {
	switch {
	case err != nil:
		return golden.Finding{Prompt: p.Name, Verdict: golden.Unclear, Silent: true, Why: fleet.Sentence(err)}
	case dry:
		return golden.Finding{Prompt: p.Name, Asked: max(p.Repeat, 1)}
	case ctx.Err() != nil:
		return golden.Finding{Prompt: p.Name, Verdict: golden.Unclear, Silent: true, Why: fleet.Text("it was not asked: interrupted")}
	}
	return golden.Ask(ctx, by, model, p)
}

// goldenEnd says by the exit code what the replicas showed.
func goldenEnd(ctx context.Context, out *plain.Golden) error {
	worst := golden.Pass
	n := 0
	for _, r := range out.Replicas {
		for _, f := range r.Findings {
			n++
			if f.Verdict == golden.Fail || f.Verdict == golden.Unclear && worst == golden.Pass {
				worst = f.Verdict
			}
		}
	}
	switch {
	case ctx.Err() != nil:
		return exit{code: exitInterrupted}
	case n == 0:
		return exit{exitOpen, errors.New("nothing was asked: no golden prompt is for this pool, or none of its replicas is read")}
	case worst == golden.Fail:
		return exit{exitFailed, errors.New("at least one answer is wrong")}
	case worst == golden.Unclear:
		return exit{exitOpen, errors.New("at least one prompt shows nothing")}
	}
	return nil
}

// chosen are the members of a list with the wanted names, all for none.
func chosen[T any](list []T, names []string, name func(T) string, what string) ([]T, error) {
	if len(names) == 0 {
		return list, nil
	}
	var out []T
	for _, n := range names {
		at := slices.IndexFunc(list, func(v T) bool { return name(v) == n })
		if at < 0 {
			return nil, usage(fmt.Errorf("there is no %s %q; nothing was sent", what, fleet.Label(n)))
		}
		out = append(out, list[at])
	}
	return out, nil
}
