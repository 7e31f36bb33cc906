package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"pitwall/backends"
	"pitwall/economics"
	"pitwall/fleet"
	"pitwall/internal/pricefile"
	"pitwall/views/plain"
)

const formatCSV = "csv"

// Both lists of prices know what bills ask of them.
var _, _ backends.BillPrices = (*pricefile.Live)(nil), (*economics.Catalogue)(nil)

// costCommand shows what the fleet costs, and what bills say of it.
func costCommand(f *flags, c console) *cobra.Command {
	x := &changeFlags{}
	cmd := &cobra.Command{
		Use:   "cost",
		Short: "What the fleet costs now, today and this month, when budgets end, and what bills say",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cost(cmd.Context(), f, c, x, costNow) },
	}
	x.bindCost(cmd)
	for _, sub := range []struct {
		name, short string
		of          costReport
	}{
		{"days", "Each day of the last five weeks by provider and model, one column for each stream", costDays},
		{"reconcile", "How far bills were from the meter, and traffic that no gateway counted", costFactors},
		{"bills", "The sources of bills: how old, from which files, what their calls cost", costBills},
	} {
		one := &cobra.Command{Use: sub.name, Short: sub.short, Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return cost(cmd.Context(), f, c, x, sub.of) }}
		x.bindCost(one)
		cmd.AddCommand(one)
	}
	cmd.AddCommand(costExportCommand(f, c))
	return cmd
}

func (x *changeFlags) bindCost(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&x.output, "output", "o", "table", "table, json or csv")
	x.bindDemo(cmd)
}

// costReport is what one of the commands shows: tables, of which CSV has the first, and a value for JSON.
type costReport func(*fleet.Snapshot) ([]plain.Grid, any)

func costNow(s *fleet.Snapshot) ([]plain.Grid, any) {
	spend := s.Spend
	spend.Books = nil // the other commands show it
	return plain.CostNow(s), struct {
		fleet.Spend
		Hours, Days []fleet.CostBar // of today and of this month
	}{spend, s.Spend.HourBars(s.At), s.Spend.DayBars(s.At)}
}

func costDays(s *fleet.Snapshot) ([]plain.Grid, any) {
	return plain.CostDays(s), booksOf(s).Days
}

func costFactors(s *fleet.Snapshot) ([]plain.Grid, any) {
	b := booksOf(s)
	return plain.CostFactors(s), struct {
		Factors  []fleet.Factor
		Gateways []fleet.GatewayFactor
		Bypass   []fleet.Bypass
	}{b.Factors, b.Gateways, b.Bypass}
}

func costBills(s *fleet.Snapshot) ([]plain.Grid, any) {
	return plain.CostBills(s), booksOf(s).Bills
}

func booksOf(s *fleet.Snapshot) *fleet.Books {
	if s.Spend.Books == nil {
		return &fleet.Books{}
	}
	return s.Spend.Books
}

func cost(ctx context.Context, f *flags, c console, x *changeFlags, of costReport) error {
	if x.output != formatCSV {
		if err := checkFormat(x.output); err != nil {
			return usage(fmt.Errorf("there is no output %q; there are table, json and csv", x.output))
		}
	}
	return onHub(ctx, f, c, x, func(ctx context.Context, s *session) error {
		s.find(ctx)
		s.watch(ctx, s.readTwice)
		snap := s.booked(ctx)
		grids, value := of(snap)
		if x.output == formatCSV {
			if _, err := io.WriteString(c.out, grids[0].CSV()); err != nil {
				return err
			}
			return partial(snap)
		}
		v := struct {
			At    any
			Money any
		}{snap.At, value}
		if err := report(c, x.output, v, func() string { return plain.Grids(grids) }); err != nil {
			return err
		}
		return partial(snap)
	})
}

// booked waits until the books hold what was read, as long as a reading of a bill takes to enter.
func (s *session) booked(ctx context.Context) *fleet.Snapshot {
	snap := s.hub.Latest()
	for range 20 {
		if b := snap.Spend.Books; b != nil && entered(snap, b) {
			return snap
		}
		next, err := s.hub.Next(ctx, snap.Gen)
		if err != nil {
			break
		}
		snap = next
	}
	return snap
}

func entered(snap *fleet.Snapshot, b *fleet.Books) bool {
	for i := range snap.Sources {
		src := &snap.Sources[i]
		if src.Subject.About != fleet.AboutBill || src.LastGood.IsZero() {
			continue
		}
		for j := range b.Bills {
			if x := &b.Bills[j]; x.Source == src.ID && x.Fetched.Before(src.LastGood) {
				return false
			}
		}
	}
	return true
}
