package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pitwall/actions"
	"pitwall/actions/desk"
	"pitwall/fleet"
)

// editFlags say what is edited. Exactly one of them is given.
type editFlags struct {
	fallbacks, on, alias, noAlias, block, unblock string
}

func editCommand(f *flags, c console) *cobra.Command {
	x, e := &changeFlags{}, &editFlags{}
	cmd := &cobra.Command{
		Use:   "edit ROUTE",
		Short: "Edit a route's fallbacks, further public names (aliases) or blocked members",
		Long: "Edits what a gateway keeps of a route beside its weights. It is written once, read back from every replica, and\n" +
			"taken back by: pitwall undo CHANGE. What a gateway cannot do is refused with what can be done instead.",
		Example: "  pitwall edit chat --fallbacks chat-backup,chat-small --dry-run\n" +
			"  pitwall edit chat --fallbacks long --on 'context window'\n" +
			"  pitwall edit chat --alias gpt-4o",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			want, err := e.intent(fleet.RouteID(args[0]), cmd.Flags().Changed)
			if err != nil {
				return usage(err)
			}
			in := actions.Intent{Kind: actions.KindEdit, Route: fleet.RouteID(args[0]), Edit: want}
			return headless(cmd.Context(), f, c, x, func(*desk.Desk) (actions.Intent, error) { return in, nil })
		},
	}
	x.bindConfirm(cmd, "name of the route, typed: needed in PROD and for overrides")
	fl := cmd.Flags()
	fl.StringVar(&e.fallbacks, "fallbacks", "", "routes that take over, in order, with commas between; none for none")
	fl.StringVar(&e.on, "on", string(fleet.FallbackFailure), "what the fallbacks answer: "+strings.Join(fallbackKinds(), ", "))
	fl.StringVar(&e.alias, "alias", "", "a further public name that shall lead to the route")
	fl.StringVar(&e.noAlias, "no-alias", "", "a further public name to take away")
	fl.StringVar(&e.block, "block", "", "target that shall get nothing")
	fl.StringVar(&e.unblock, "unblock", "", "target that was blocked")
	return cmd
}

func fallbackKinds() []string {
	return []string{string(fleet.FallbackFailure), string(fleet.FallbackContext), string(fleet.FallbackPolicy)}
}

// intent reads the flags.
func (e *editFlags) intent(route fleet.RouteID, given func(string) bool) (*actions.EditIntent, error) {
	var list []*actions.EditIntent
	if given("fallbacks") {
		if !slices.Contains(fallbackKinds(), e.on) {
			return nil, fmt.Errorf("--on %q is none of %s", e.on, strings.Join(fallbackKinds(), ", "))
		}
		w := &actions.EditIntent{Kind: fleet.EditFallbacks, Fallback: fleet.FallbackKind(e.on)}
		if text := strings.TrimSpace(e.fallbacks); text != "" && text != "none" {
			for _, name := range strings.Split(text, ",") {
				w.To = append(w.To, fleet.RouteID(strings.TrimSpace(name)))
			}
		}
		list = append(list, w)
	}
	if given("alias") {
		list = append(list, &actions.EditIntent{Kind: fleet.EditAlias, Alias: fleet.RouteID(e.alias), To: []fleet.RouteID{route}})
	}
	if given("no-alias") {
		list = append(list, &actions.EditIntent{Kind: fleet.EditAlias, Alias: fleet.RouteID(e.noAlias)})
	}
	if given("block") {
		list = append(list, &actions.EditIntent{Kind: fleet.EditBlock, Target: fleet.TargetID(e.block), Out: true})
	}
	if given("unblock") {
		list = append(list, &actions.EditIntent{Kind: fleet.EditBlock, Target: fleet.TargetID(e.unblock)})
	}
	if len(list) != 1 {
		return nil, errors.New("one of --fallbacks, --alias, --no-alias, --block, --unblock says what is edited")
	}
	return list[0], nil
}
