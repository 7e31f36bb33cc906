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
	add, like, model, base, remove, credential    string
}

func editCommand(f *flags, c console) *cobra.Command {
	x, e := &changeFlags{}, &editFlags{}
	cmd := &cobra.Command{
		Use:   "edit ROUTE",
		Short: "Edit a route's fallbacks, further public names (aliases), blocked members, or which members there are",
		Long: "Edits what a gateway keeps of a route beside its weights. It is written once, read back from every replica, and\n" +
			"taken back by: pitwall undo CHANGE. What a gateway cannot do is refused with what can be done instead.\n" +
			"A member is added with weight 0, like another one but for its model or address, and removed where its weight is 0\n" +
			"or it is blocked: neither moves traffic. Its credential is named, never typed: a key itself is refused.",
		Example: "  pitwall edit chat --fallbacks chat-backup,chat-small --dry-run\n" +
			"  pitwall edit chat --fallbacks long --on 'context window'\n" +
			"  pitwall edit chat --alias gpt-4o\n" +
			"  pitwall edit chat --add chat-v2 --like chat-v1 --model openai/chat-v2 --api-base http://10.0.0.7:8000/v1\n" +
			"  pitwall edit chat --remove chat-v1",
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
	fl.StringVar(&e.add, "add", "", "a member to add, by the name that the gateway shall have for it")
	fl.StringVar(&e.like, "like", "", "with --add: the target whose settings it gets")
	fl.StringVar(&e.model, "model", "", "with --add: its model, as the gateway names it; as the other one's where left out")
	fl.StringVar(&e.base, "api-base", "", "with --add: its address; as the other one's where left out")
	fl.StringVar(&e.remove, "remove", "", "a target to remove, of weight 0 or blocked")
	fl.StringVar(&e.credential, "credential", "", "with --add, --remove: the gateway's name of its credential, os.environ/NAME, or "+
		fleet.CredentialNone+"; as the gateway tells it where left out")
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
	if given("add") {
		if e.like == "" {
			return nil, errors.New("--add needs --like: the target whose settings the new member gets")
		}
		list = append(list, &actions.EditIntent{Kind: fleet.EditAdd, Target: fleet.TargetID(e.like), Member: &fleet.MemberEdit{
			ID: fleet.DeploymentID(e.add), Model: fleet.ModelName(e.model), APIBase: e.base, Credential: e.credential}})
	}
	if given("remove") {
		w := &actions.EditIntent{Kind: fleet.EditRemove, Target: fleet.TargetID(e.remove)}
		if e.credential != "" {
			w.Member = &fleet.MemberEdit{Credential: e.credential}
		}
		list = append(list, w)
	}
	if len(list) != 1 {
		return nil, errors.New("one of --fallbacks, --alias, --no-alias, --block, --unblock, --add, --remove says what is edited")
	}
	return list[0], e.besides(given)
}

// besides refuses flags that mean nothing beside what is edited.
func (e *editFlags) besides(given func(string) bool) error {
	for _, name := range []string{"like", "model", "api-base", "credential"} {
		if given(name) && !given("add") && (name != "credential" || !given("remove")) {
			return fmt.Errorf("--%s says something of a member to add", name)
		}
	}
	return nil
}
