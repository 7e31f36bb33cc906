package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"pitwall/drills"
	"pitwall/fleet"
	"pitwall/views/plain"
)

func drillRehearseCommand(c console) *cobra.Command {
	var output string
	var seed uint64
	cmd := &cobra.Command{Use: "rehearse NAME|FILE", Short: "Play a scenario without anybody: nothing, its reference plan, and what tempts",
		Long: "Plays a scenario three times with the same seed, as fast as this machine can: doing nothing, its reference plan, and the\n" +
			"tempting wrong action, and scores each. Whoever writes a scenario sees by it whether it teaches what it says.\n" +
			"Exit code 0: the reference reaches " + fmt.Sprint(drills.GoldScore) + " points and the tempting action stays below\n" +
			"its bound; 1: not so.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return drillRehearse(cmd.Context(), c, args[0], output, seed)
		}}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "same seed, same run")
	return cmd
}

func drillRehearse(ctx context.Context, c console, name, output string, seed uint64) error {
	if err := checkFormat(output); err != nil {
		return err
	}
	s, err := scenario(name)
	if err != nil {
		return err
	}
	ctx, end := untilSignal(ctx)
	defer end()
	r, err := rehearseDrill(ctx, s, seed)
	if ctx.Err() != nil {
		return exit{exitInterrupted, fmt.Errorf("interrupted; nothing was kept")}
	}
	if err != nil {
		return err
	}
	if err := report(c, output, r, func() string { return plain.DrillRehearsal(r) }); err != nil {
		return err
	}
	if bad := r.Faults(); len(bad) > 0 {
		return exit{exitFailed, fmt.Errorf("%s: %s", s.ID, fleet.Join(bad, fleet.Text("; ")))}
	}
	return nil
}

// rehearseDrill plays a scenario three ways.
func rehearseDrill(ctx context.Context, s *drills.Scenario, seed uint64) (*drills.Rehearsal, error) {
	p, err := openGround(ctx, seed)
	if err != nil {
		return nil, err
	}
	r := &drills.Rehearsal{Scenario: s, Seed: seed}
	r.Nothing, err = drills.Play(ctx, s, p.ground, nil, nil)
	p.close()
	if err == nil {
		r.Reference, err = playActs(ctx, s, seed, s.Reference)
	}
	if err == nil {
		r.Tempting, err = playActs(ctx, s, seed, s.Tempting.Acts)
	}
	if err != nil {
		return nil, err
	}
	r.Judge()
	return r, nil
}

func playActs(ctx context.Context, s *drills.Scenario, seed uint64, acts []drills.Act) (*drills.Played, error) {
	p, err := openDrill(ctx, seed)
	if err != nil {
		return nil, err
	}
	defer p.close()
	return drills.Play(ctx, s, p.ground, p.hands, acts)
}
