package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

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
	x.bindDemo(cmd)
	return cmd
}

func snapshot(ctx context.Context, f *flags, c console, x *changeFlags, watch bool) error {
	return onHub(ctx, f, c, x, func(ctx context.Context, s *session) error {
		s.find(ctx)
		s.watch(ctx, s.readTwice)
		snap := s.hub.Latest()
		for {
			if ctx.Err() != nil {
				return exit{code: exitInterrupted}
			}
			if err := picture(c, x.output, snap, watch); err != nil {
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
	})
}

// picture prints one snapshot; a stream of them has one JSON document a line.
func picture(c console, format string, snap *fleet.Snapshot, stream bool) error {
	v := struct {
		Units map[string]string
		*fleet.Snapshot
	}{units(snap), snap}
	if stream && format == formatJSON {
		return json.NewEncoder(c.out).Encode(v)
	}
	return report(c, format, v, func() string { return plain.Table(snap) })
}

// onHub opens a session that only reads, waits until each source was tried, and does something on it. ctx of do ends
// when the process is told to stop.
func onHub(ctx context.Context, f *flags, c console, x *changeFlags, do func(context.Context, *session) error) error {
	s, err := openSession(ctx, f, c, x)
	if err != nil {
		return err
	}
	defer s.close()
	s.warn(c.errs)
	ctx, end := untilSignal(ctx)
	defer end()
	watching, stop := context.WithCancel(ctx)
	wait := s.start(watching)
	defer wait()
	defer stop()
	s.settle(ctx, readTime)
	return do(ctx, s)
}

// partial maps sources that could not be read to the exit code of partial data.
func partial(s *fleet.Snapshot) error {
	var failed []string
	for _, src := range s.Sources {
		if !src.Err.IsEmpty() || src.LastGood.IsZero() {
			failed = append(failed, string(src.ID))
		}
	}
	switch n := len(s.Sources); {
	case len(failed) == 0:
		return unheard(s)
	case len(failed) == n:
		return exit{exitPartial, fmt.Errorf("none of %d sources could be read; only what the configuration declares is known, "+
			"everything else is shown as -; pitwall doctor says what to fix", n)}
	default:
		return exit{exitPartial, fmt.Errorf("%d of %d sources could not be read (%s); what is shown comes from the others, "+
			"their part is shown as -; pitwall doctor says what to fix", len(failed), n, strings.Join(failed, ", "))}
	}
}

func doctorCommand(f *flags, c console) *cobra.Command {
	x := &changeFlags{}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Each source: reach, auth, version, clock skew, what to fix",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return onHub(cmd.Context(), f, c, x, func(_ context.Context, s *session) error {
				snap := s.hub.Latest()
				if err := report(c, x.output, snap.Sources, func() string { return plain.Doctor(snap) + s.saidPrices() }); err != nil {
					return err
				}
				return partial(snap)
			})
		},
	}
	cmd.Flags().StringVarP(&x.output, "output", "o", "text", "text or json")
	x.bindDemo(cmd)
	return cmd
}
