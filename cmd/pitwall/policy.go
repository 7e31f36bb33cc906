package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pitwall/actions"
	"pitwall/actions/desk"
	"pitwall/fleet"
	"pitwall/views/plain"
)

// policyFlags are those of the commands that tell of policies.
type policyFlags struct {
	changeFlags
	watch time.Duration
}

func policyCommand(f *flags, c console) *cobra.Command {
	x, y := &policyFlags{}, &policyFlags{}
	cmd := &cobra.Command{
		Use:   "policy [ROUTE]",
		Short: "How routes keep the split between own GPUs and APIs that they are meant to have",
		Long: "Shows the policies that routes declare (easy-local, api-primary, core-local), the share of own GPUs that they intend, the\n" +
			"share that was measured, and what keeps a policy from holding. Exit code 0: all are kept; 1: one drifts; 6: one is not known.",
		Example: "  pitwall policy\n  pitwall policy chat --for 2m -o json\n  pitwall policy test chat",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			only := fleet.RouteID("")
			if len(args) > 0 {
				only = fleet.RouteID(args[0])
			}
			return x.tell(cmd.Context(), f, c, only, func(_ *session, _ *desk.Desk, list []plain.Policy, now time.Time) error {
				if err := report(c, x.output, list, func() string { return plain.Policies(list, now) }); err != nil {
					return err
				}
				return exitOfPolicies(list)
			})
		},
	}
	test := &cobra.Command{
		Use:   "test ROUTE",
		Short: "Try in thought what happens to a route when a side fails, or when its intended split is set; nothing is sent",
		Long: "Asks the checks of a failover, on the fleet as it is read now, whether what the gateway would turn to could take what comes:\n" +
			"when the API fails, when own GPUs fail, and when the intended split is set. Exit code 0: all cases hold; 1: one does not; 6: one\n" +
			"is not known.",
		Example: "  pitwall policy test chat",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return y.tell(cmd.Context(), f, c, fleet.RouteID(args[0]), func(_ *session, d *desk.Desk, list []plain.Policy, _ time.Time) error {
				found, err := d.PolicyTest(list[0].Route)
				if err != nil {
					return err
				}
				if err := report(c, y.output, found, func() string { return plain.PolicyTest(found, list[0]) }); err != nil {
					return err
				}
				return exitOfCases(found)
			})
		},
	}
	for _, one := range []struct {
		cmd *cobra.Command
		x   *policyFlags
	}{{cmd, x}, {test, y}} {
		one.cmd.Flags().StringVarP(&one.x.output, "output", "o", "table", "table, text or json")
		one.cmd.Flags().DurationVar(&one.x.watch, "for", warmTime, "how long to watch before a verdict, which needs 200 requests")
		one.x.bindDemo(one.cmd)
	}
	cmd.AddCommand(test)
	return cmd
}

// tell reads the fleet and hands its policies over, or that of one route.
func (x *policyFlags) tell(ctx context.Context, f *flags, c console, only fleet.RouteID,
	do func(*session, *desk.Desk, []plain.Policy, time.Time) error) error {
	x.watches = x.watch
	x.refused = func(_ context.Context, s *session, _ *desk.Desk) error { return noPolicy(s.hub.Latest(), only) }
	return onFleet(ctx, f, c, &x.changeFlags, func(_ context.Context, s *session, d *desk.Desk, _ *ending) error {
		snap := s.hub.Latest()
		if err := noPolicy(snap, only); err != nil {
			return err
		}
		return do(s, d, plain.PoliciesOf(snap, only), s.clock.Now())
	})
}

// noPolicy says that a route does not exist or has no policy, or that no route has one.
func noPolicy(s *fleet.Snapshot, only fleet.RouteID) error {
	if len(plain.PoliciesOf(s, only)) > 0 {
		return nil
	}
	err := errors.New("no route of the configuration has a policy")
	switch {
	case only != "" && s.Route(only) == nil:
		err = fmt.Errorf("there is no route %s", fleet.Quote(string(only)))
	case only != "":
		err = fmt.Errorf("route %s has no policy in the configuration", fleet.Quote(string(only)))
	}
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read the policy", Err: err, Next: "see: pitwall config example, key policy of routes"}
}

func exitOfPolicies(list []plain.Policy) error {
	code := exitDone
	for i := range list {
		switch list[i].State.Verdict {
		case fleet.PolicyDrifting:
			return exit{exitFailed, nil}
		case fleet.PolicyUnknown:
			code = exitPartial
		default:
		}
	}
	return codeOnly(code)
}

func exitOfCases(t actions.PolicyTest) error {
	code := exitDone
	for i := range t.Cases {
		switch t.Cases[i].Verdict {
		case actions.CaseFails:
			return exit{exitFailed, nil}
		case actions.CaseUnknown:
			code = exitPartial
		default:
		}
	}
	return codeOnly(code)
}

// codeOnly is the error of a code about which everything was said.
func codeOnly(code int) error {
	if code == exitDone {
		return nil
	}
	return exit{code, nil}
}
