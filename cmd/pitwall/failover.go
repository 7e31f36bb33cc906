package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pitwall/actions"
	"pitwall/actions/desk"
	"pitwall/fleet"
	"pitwall/views/plain"
)

func failoverCommand(f *flags, c console) *cobra.Command {
	x := &changeFlags{}
	var away []string
	var split string
	var list bool
	cmd := &cobra.Command{
		Use:   "failover ROUTE --away TARGET",
		Short: "Move what a failing target carries to where it can be taken, in emergency steps",
		Long: "Says who could take what part of the load of a target, asked of the same checks that a shift must pass, and moves it\n" +
			"there: nobody gets more than fits without an override, and what fits nowhere stays where it is.",
		Example: "  pitwall failover chat --away b200-a --list\n  pitwall failover chat --away b200-a --split fastest --dry-run",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(away) == 0 {
				return usage(errors.New("--away names the target whose load is to move"))
			}
			if !slices.Contains(actions.Splits(), actions.Split(split)) {
				return usage(fmt.Errorf("--split %q is none of %s", split, splitNames()))
			}
			targets := make([]fleet.TargetID, len(away))
			for i, id := range away {
				targets[i] = fleet.TargetID(id)
			}
			emergency(x)
			return onFleet(cmd.Context(), f, c, x, func(ctx context.Context, s *session, d *desk.Desk, how *ending) error {
				found, err := d.Failover(fleet.RouteID(args[0]), targets)
				if err != nil {
					return err
				}
				if list || x.output != formatJSON {
					if err := report(c, x.output, found, func() string { return plain.Failover(found) }); err != nil || list {
						return err
					}
				}
				return s.change(ctx, d, d.FailoverIntent(found, proposal(found, actions.Split(split))), c, x, how)
			})
		},
	}
	x.bind(cmd)
	fl := cmd.Flags()
	fl.StringSliceVar(&away, "away", nil, "target whose load is to move; several with commas between")
	fl.StringVar(&split, "split", string(actions.SplitBalanced), "how to spread it: "+splitNames())
	fl.BoolVar(&list, "list", false, "only say who could take what, and the ways to spread it")
	return cmd
}

// emergency fills in what the flags of the ramp leave out.
func emergency(x *changeFlags) {
	ramp := actions.EmergencyRamp()
	if x.points == 0 {
		x.points = ramp.Points
	}
	if x.every == 0 {
		x.every = ramp.Every
	}
	if x.requests == 0 {
		x.requests = ramp.MinRequests
	}
}

func splitNames() string {
	names := make([]string, 0, len(actions.Splits()))
	for _, s := range actions.Splits() {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

func proposal(f actions.Failover, split actions.Split) actions.Proposal {
	i := slices.IndexFunc(f.Proposals, func(p actions.Proposal) bool { return p.Split == split })
	return f.Proposals[max(i, 0)]
}
