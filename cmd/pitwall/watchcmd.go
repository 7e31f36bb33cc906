package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"pitwall/fleet"
	"pitwall/views/plain"
)

func snapshotCommand(f *flags, c console) *cobra.Command {
	x := &changeFlags{}
	var once, watch bool
	cmd := &cobra.Command{
		Use:   "snapshot",
		Short: "The fleet as it is now, as a table or JSON",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if once && watch {
				return usage(errors.New("--once and --watch exclude each other"))
			}
			return snapshot(cmd.Context(), f, c, x, watch)
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&x.output, "output", "o", "table", "table or json")
	fl.BoolVar(&once, "once", false, "one picture, then end (default)")
	fl.BoolVar(&watch, "watch", false, "a new picture whenever something changes, until interrupted")
	fl.BoolVar(&x.demo, "demo", false, "of the embedded fleet")
	fl.Float64Var(&x.speed, "speed", 1, "with --demo: how fast its time runs")
	return cmd
}

func snapshot(ctx context.Context, f *flags, c console, x *changeFlags, watch bool) error {
	s, err := openSession(ctx, f, c, x)
	if err != nil {
		return err
	}
	defer s.close()
	ctx, end := untilSignal(ctx)
	defer end()
	watching, stop := context.WithCancel(ctx)
	wait := s.start(watching)
	defer wait()
	defer stop()
	s.settle(ctx, readTime)
	s.watch(ctx, warmTime)
	snap := s.hub.Latest()
	for {
		if err := report(c, x.output, snap, func() string { return plain.Table(snap) }); err != nil {
			return err
		}
		if !watch {
			return partial(snap)
		}
		next, err := s.hub.Next(ctx, snap.Gen)
		if err != nil {
			return exit{code: exitInterrupted}
		}
		snap = next
	}
}

// partial maps sources that could not be read to the exit code of partial data.
func partial(s *fleet.Snapshot) error {
	failed := 0
	for _, src := range s.Sources {
		if !src.Err.IsEmpty() {
			failed++
		}
	}
	if failed == 0 {
		return nil
	}
	return exit{exitPartial, fmt.Errorf("%d of %d sources could not be read; what is shown comes from the others", failed, len(s.Sources))}
}

func doctorCommand(f *flags, c console) *cobra.Command {
	x := &changeFlags{}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Each source: reach, auth, version, clock skew, what to fix",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := openSession(cmd.Context(), f, c, x)
			if err != nil {
				return err
			}
			defer s.close()
			ctx, stop := context.WithCancel(cmd.Context())
			wait := s.start(ctx)
			defer wait()
			defer stop()
			snap := s.settle(ctx, 2*readTime)
			if err := report(c, x.output, snap.Sources, func() string { return plain.Doctor(snap) }); err != nil {
				return err
			}
			return partial(snap)
		},
	}
	cmd.Flags().StringVarP(&x.output, "output", "o", "text", "text or json")
	cmd.Flags().BoolVar(&x.demo, "demo", false, "of the embedded fleet")
	cmd.Flags().Float64Var(&x.speed, "speed", 1, "with --demo: how fast its time runs")
	return cmd
}
