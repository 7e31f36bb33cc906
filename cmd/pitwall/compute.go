package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pitwall/actions/desk"
	"pitwall/economics"
	"pitwall/fleet"
	"pitwall/views/plain"
)

// computeFlags are those of the commands that tell of machines.
type computeFlags struct {
	changeFlags
	watch  time.Duration
	format string
	growth string
	terms  economics.CapacityTerms
}

func computeCommand(f *flags, c console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "compute",
		Short: "What is rented and owned, what could be rented, and what the traffic will need",
		Long: "Tells of the accounts and price files under compute in the configuration. Nothing is rented, started or ended by it.\n" +
			"Exit code 0: all was read; 6: an account was not, or something of a plan is not known.",
	}
	cmd.AddCommand(
		computePart(f, c, "list", "Machines by account with price, use, commitment and notices", func(s *fleet.Snapshot,
			x *computeFlags) (string, any, bool) {
			return csvOr(x, plain.MachinesCSV, plain.Machines, s), s.Accounts, readAll(s)
		}),
		computePart(f, c, "offers", "What could be rented, with price and whether it is there", func(s *fleet.Snapshot,
			x *computeFlags) (string, any, bool) {
			var offers []accountOffers
			for i := range s.Accounts {
				offers = append(offers, accountOffers{s.Accounts[i].Spec.ID, s.Accounts[i].Offers})
			}
			return csvOr(x, plain.OffersCSV, plain.Offers, s), offers, readAll(s)
		}),
		computePlan(f, c),
	)
	return cmd
}

// accountOffers are the offers of one account as JSON.
type accountOffers struct {
	Account fleet.AccountID
	Offers  []fleet.Offer
}

func csvOr(x *computeFlags, table, text func(*fleet.Snapshot) string, s *fleet.Snapshot) string {
	if x.format == "csv" {
		return table(s)
	}
	return text(s)
}

func readAll(s *fleet.Snapshot) bool {
	for i := range s.Accounts {
		if s.Accounts[i].Stale || s.Accounts[i].At.IsZero() {
			return false
		}
	}
	return true
}

func computePlan(f *flags, c console) *cobra.Command {
	cmd := computePart(f, c, "plan", "Replicas that each pool needs for a growth, and the machines to rent for those that lack",
		func(s *fleet.Snapshot, x *computeFlags) (string, any, bool) {
			list := economics.FleetCapacity(s, x.terms)
			whole := true
			for i := range list {
				whole = whole && list[i].Plan.Why.IsEmpty() && list[i].BuyWhy.IsEmpty()
			}
			if x.format == "csv" {
				return plain.CapacityCSV(list), nil, whole
			}
			return plain.CapacityPlan(list, x.terms), list, whole
		})
	cmd.Long = "Plans for what was measured: the mean and the peak of the last day (before a day is on file, the rate now and an assumed\n" +
		"peak), against what each pool is proven or configured to carry. A peak may reach the target utilisation, one request in\n" +
		"twenty may wait\n" +
		"a second, and the spares may be lost. Machines that are going to be lost are not counted."
	cmd.Example = "  pitwall compute plan --growth 30% --months 12\n  pitwall compute plan --growth 2x --spares 2 -o csv"
	return cmd
}

func computePart(f *flags, c console, name, short string, tell func(*fleet.Snapshot, *computeFlags) (text string, value any,
	whole bool)) *cobra.Command {
	x := &computeFlags{terms: economics.DefaultTerms()}
	cmd := &cobra.Command{
		Use: name, Short: short, Args: cobra.NoArgs, Example: "  pitwall compute " + name + "\n  pitwall compute " + name + " -o csv",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := x.check(); err != nil {
				return usage(err)
			}
			x.watches = x.watch
			return onFleet(cmd.Context(), f, c, &x.changeFlags, func(_ context.Context, s *session, _ *desk.Desk, _ *ending) error {
				text, value, whole := tell(s.hub.Latest(), x)
				output := x.format
				if output == "csv" {
					output = "table"
				}
				if err := report(c, output, value, func() string { return text }); err != nil {
					return err
				}
				if !whole {
					return codeOnly(exitPartial)
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVarP(&x.format, "output", "o", "table", "table, json or csv")
	if name == "plan" {
		cmd.Flags().StringVar(&x.growth, "growth", "30%", "growth of the traffic over all months: 30%, 1.3x")
		cmd.Flags().IntVar(&x.terms.Months, "months", x.terms.Months, "months until then")
		cmd.Flags().IntVar(&x.terms.Spares, "spares", x.terms.Spares, "machines that may be lost at a peak")
		cmd.Flags().Float64Var(&x.terms.Target, "target", x.terms.Target, "utilisation of the ratings that a peak may reach")
		cmd.Flags().Float64Var(&x.terms.Peak, "peak", x.terms.Peak, "peak to average, at least, until a whole day is on file")
	}
	cmd.Flags().DurationVar(&x.watch, "for", warmTime, "how long to watch first, so that rates are known")
	x.bindDemo(cmd)
	return cmd
}

// check reads what cobra takes as a text, and refuses terms that make no plan.
func (x *computeFlags) check() error {
	if x.format != "table" && x.format != "json" && x.format != "csv" {
		return fmt.Errorf("-o %s is none of table, json, csv", fleet.Quote(x.format))
	}
	x.output = "table" // of the errors and the rest that all commands have; a CSV is a text to them
	if x.format == "json" {
		x.output = x.format
	}
	if x.growth == "" {
		return nil
	}
	g, err := growthOf(x.growth)
	switch {
	case err != nil:
		return err
	case x.terms.Target <= 0 || x.terms.Target > 1:
		return errors.New("--target is a share between 0 and 1")
	case x.terms.Months < 0 || x.terms.Months > 120 || x.terms.Spares < 0 || x.terms.Spares > 1000 || x.terms.Peak < 1 || x.terms.Peak > 1000:
		return errors.New("--months is 0 to 120, --spares 0 to 1000, --peak 1 to 1000")
	}
	x.terms.Growth = g
	return nil
}

// growthOf reads "30%", "-10%" or "1.3x".
func growthOf(said string) (float64, error) {
	bad := fmt.Errorf("--growth %s is no growth such as 30%% or 1.3x", fleet.Quote(said))
	if times, ok := strings.CutSuffix(said, "x"); ok {
		v, err := strconv.ParseFloat(times, 64)
		if err != nil || !(v > 0 && v <= 1000) {
			return 0, bad
		}
		return v - 1, nil
	}
	v, err := strconv.ParseFloat(strings.TrimSuffix(said, "%"), 64)
	if err != nil || !(v > -100 && v <= 100_000) || !strings.HasSuffix(said, "%") {
		return 0, bad
	}
	return v / 100, nil
}
