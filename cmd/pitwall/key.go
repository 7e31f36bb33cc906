package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"pitwall/actions"
	"pitwall/actions/desk"
	"pitwall/fleet"
)

// keyFlags say what is wanted of the limits of a key or a team.
type keyFlags struct {
	gateway, budget, per, tpm, rpm string
}

// keyCommand is the group of changes of keys, or of teams.
func keyCommand(f *flags, c console, team bool) *cobra.Command {
	of := fleet.KeyRef{Team: team}.Kind()
	cmd := &cobra.Command{
		Use:   of,
		Short: fmt.Sprintf("Block a %s of a gateway, unblock it, or change its limits", of),
		Long: fmt.Sprintf("Changes what a gateway lets a %s do. It is stored once, told to every replica, read back from each, and\n"+
			"taken back by: pitwall undo CHANGE. A key is named by its alias, or by the hash that its gateway shows (8 digits of\n"+
			"one that spends now are enough), a team by its alias or ID. Never type a key itself: it is refused, and neither kept\n"+
			"nor sent. LiteLLM with a database can do this, with a proxy admin's key; of other gateways it is said what can be\n"+
			"done instead.", of),
	}
	for _, verb := range []string{"block", "unblock", "limit"} {
		cmd.AddCommand(keyVerb(f, c, team, verb))
	}
	return cmd
}

func keyVerb(f *flags, c console, team bool, verb string) *cobra.Command {
	of := fleet.KeyRef{Team: team}.Kind()
	x, k := &changeFlags{}, &keyFlags{}
	short := map[string]string{"block": "Refuse every request of a " + of, "unblock": "Serve a blocked " + of + " again",
		"limit": "Change what a " + of + " may spend, use and ask"}
	example := map[string]string{"key": "nightly-eval", "team": "research"}[of]
	cmd := &cobra.Command{
		Use:     verb + " NAME",
		Short:   short[verb],
		Example: fmt.Sprintf("  pitwall %s %s %s --dry-run", of, verb, example),
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			want := &actions.KeyIntent{Gateway: fleet.GatewayID(k.gateway), Of: fleet.KeyRef{Team: team, Alias: args[0]}, Kind: fleet.KeyBlock,
				Out: verb == "block"}
			if verb == "limit" {
				if err := k.limits(want, cmd.Flags().Changed); err != nil {
					return usage(err)
				}
			}
			in := actions.Intent{Kind: actions.KindKey, Key: want}
			return headless(cmd.Context(), f, c, x, func(*desk.Desk) (actions.Intent, error) { return in, nil })
		},
	}
	x.bindConfirm(cmd, "alias of the "+of+" (its hash or ID where it has none), typed: needed in PROD and for overrides")
	cmd.Flags().StringVar(&k.gateway, "gateway", "", "gateway that has it; needed where several could")
	if verb == "limit" {
		cmd.Example = fmt.Sprintf("  pitwall %[1]s limit %[2]s --budget 50 --per 1d --dry-run\n"+
			"  pitwall %[1]s limit %[2]s --budget none --rpm 60",
			of, example)
		cmd.Flags().StringVar(&k.budget, "budget", "", "most that may be spent in the period, in US dollars; none for no limit")
		cmd.Flags().StringVar(&k.per, "per", "", "after which the budget begins anew: 12h, 1d, 7d, 30d, 1mo; none for never")
		cmd.Flags().StringVar(&k.tpm, "tpm", "", "most tokens a minute; none for no limit")
		cmd.Flags().StringVar(&k.rpm, "rpm", "", "most requests a minute; none for no limit")
	}
	return cmd
}

// limits reads the flags.
func (k *keyFlags) limits(want *actions.KeyIntent, given func(string) bool) error {
	want.Kind, want.Out = fleet.KeyLimit, false
	want.Budget, want.Per, want.TPM, want.RPM = given("budget"), given("per"), given("tpm"), given("rpm")
	if !want.Budget && !want.Per && !want.TPM && !want.RPM {
		return errors.New("say what is limited: --budget, --per, --tpm, --rpm")
	}
	return actions.ReadLimits(want, k.budget, k.per, k.tpm, k.rpm)
}
