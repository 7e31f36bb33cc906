package main

import (
	"github.com/spf13/cobra"

	"pitwall/actions"
	"pitwall/actions/desk"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

func silenceCommand(f *flags, c console) *cobra.Command {
	x := &changeFlags{alerts: true}
	want := &actions.SilenceIntent{}
	var source string
	cmd := &cobra.Command{
		Use:   "silence NAME=VALUE...",
		Short: "Hide alerts of an Alertmanager for a while, after saying which ones it hides now",
		Long: "Hides the alerts that all matchers match: NAME=VALUE, NAME!=VALUE, NAME=~REGEX, NAME!~REGEX.\n" +
			"The silence ends by itself. It is written down before it is sent, read back, and ended by: pitwall undo CHANGE",
		Example: "  pitwall silence alertname=EngineDown pod=llama-0 --for 30m --comment 'node is being replaced' --dry-run",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, text := range args {
				m, err := fleet.ParseMatcher(text)
				if err != nil {
					return usage(err)
				}
				want.Matchers = append(want.Matchers, m)
			}
			if err := plan.CheckSilence(want); err != nil {
				return err
			}
			want.Source = fleet.SourceID(source)
			if x.reason == "" {
				x.reason = want.Comment // it says why, to everybody
			}
			in := actions.Intent{Kind: actions.KindSilence, Silence: want}
			return headless(cmd.Context(), f, c, x, func(*desk.Desk) (actions.Intent, error) { return in, nil })
		},
	}
	x.bindConfirm(cmd, "name of the Alertmanager, typed: needed in PROD and for overrides")
	fl := cmd.Flags()
	fl.DurationVar(&want.For, "for", actions.DefaultSilence, "how long; at most "+actions.LongestSilence.String())
	fl.StringVar(&want.Comment, "comment", "", "why, for everybody who looks at the alert; needed")
	fl.StringVar(&source, "source", "", "the Alertmanager, where there are several")
	return cmd
}

// enough tells whether a command has watched for long enough to plan.
func (x *changeFlags) enough(s *fleet.Snapshot) bool {
	if x.alerts && len(x.sim.faults) == 0 {
		return true // every source was tried, and alerts need no second reading; those of a demo's faults come with its time
	}
	if x.objects {
		return listed(s) && (!x.ends || x.grows != nil && x.grows(s) || x.drained(s))
	}
	return hopeless(s) && listed(s) // an undo may be of an object
}

// drained tells whether it is known how long requests take: two readings tell it. The demo's time runs ahead, and more of
// them make its figures the same in each run.
func (x *changeFlags) drained(s *fleet.Snapshot) bool {
	if x.demo {
		return readOften(s, 9)
	}
	return readOften(s, 2)
}
