package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pitwall/economics/export"
	"pitwall/fleet"
)

// exported is what of the money on file is written.
type exported struct {
	focus    bool
	from, to string
	stream   string
}

// costExportCommand writes what is on file of money for other programs.
func costExportCommand(f *flags, c console) *cobra.Command {
	x, e := &changeFlags{}, &exported{}
	cmd := &cobra.Command{
		Use:   "export --focus",
		Short: "Write what is on file of money as rows of FOCUS, each stream by itself",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return costExport(cmd.Context(), f, c, x, e) },
	}
	cmd.Flags().BoolVar(&e.focus, formatFOCUS, false, "as CSV of FOCUS 1.2, with the columns of 1.3: the only format")
	cmd.Flags().StringVar(&e.from, "from", "", "first UTC day, such as 2026-11-01; default: the first of this month")
	cmd.Flags().StringVar(&e.to, "to", "", "last UTC day; default: today")
	cmd.Flags().StringVar(&e.stream, "stream", "", "only metered, reported, billed or capacity; default: all, which must not be added up")
	x.bindDemo(cmd)
	return cmd
}

const formatFOCUS = "focus"

func costExport(ctx context.Context, f *flags, c console, x *changeFlags, e *exported) error {
	if !e.focus {
		return usage(errors.New("say --focus, which is the only format"))
	}
	if err := e.check(); err != nil {
		return usage(err)
	}
	return onHub(ctx, f, c, x, func(ctx context.Context, s *session) error {
		s.find(ctx)
		s.watch(ctx, s.readTwice)
		snap := s.booked(ctx)
		over, err := e.span(snap.At)
		if err != nil {
			return usage(err)
		}
		rows := s.hub.CostRows(over, s.providerTitle)
		if e.stream != "" {
			rows = only(rows, fleet.Stream(e.stream))
		}
		left, err := export.WriteFOCUS(c.out, rows)
		if err != nil {
			return err
		}
		if left > 0 {
			_, _ = fmt.Fprintf(c.errs, "%d rows are left out: their cost is not known, and FOCUS knows no unknown cost\n", left)
		}
		return partial(snap)
	})
}

// check looks at what was typed before anything is read.
func (e *exported) check() error {
	switch fleet.Stream(e.stream) {
	case "", fleet.StreamMetered, fleet.StreamReported, fleet.StreamBilled, fleet.StreamCapacity:
	default:
		return fmt.Errorf("there is no stream %q; there are metered, reported, billed and capacity", e.stream)
	}
	_, err := e.span(time.Time{})
	return err
}

// span is the days that are asked for.
func (e *exported) span(now time.Time) (fleet.Span, error) {
	over := fleet.Span{From: fleet.Month(now).From, To: fleet.Day(now).To}
	for _, x := range []struct {
		typed string
		to    *time.Time
		add   int
	}{{e.from, &over.From, 0}, {e.to, &over.To, 1}} {
		if x.typed == "" {
			continue
		}
		day, err := time.Parse(time.DateOnly, x.typed)
		if err != nil {
			return over, fmt.Errorf("%q is no day such as 2026-11-01", x.typed)
		}
		*x.to = day.AddDate(0, 0, x.add)
	}
	if !now.IsZero() && !over.From.Before(over.To) {
		return over, errors.New("--to is before --from")
	}
	return over, nil
}

func only(rows []export.Row, stream fleet.Stream) []export.Row {
	var out []export.Row
	for _, r := range rows {
		if r.Stream == stream {
			out = append(out, r)
		}
	}
	return out
}

// providerTitle is a provider as its makers write it, where its kind is one that pitwall knows.
func (s *session) providerTitle(id fleet.ProviderID) string {
	for _, p := range s.inventory.Providers {
		if p.ID == id {
			for _, c := range s.set {
				if c.Kind == p.Kind {
					return c.Title
				}
			}
		}
	}
	return string(id)
}
