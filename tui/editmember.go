package tui

import (
	"errors"
	"slices"
	"strings"

	"pitwall/actions"
	"pitwall/fleet"
)

// memberChoices are to add a member like each that there is, and to remove each that gets nothing.
func memberChoices(r *fleet.Route) []editChoice {
	var list []editChoice
	for i := range r.Targets {
		t := &r.Targets[i]
		if t.Settings == nil || !slices.Contains(r.Routing.Edits, fleet.EditAdd) {
			continue
		}
		c := editChoice{text: fleet.Concat(fleet.Text("add a member like "), fleet.Label(string(t.Spec.ID)), fleet.Text(", with weight 0")),
			want: actions.EditIntent{Kind: fleet.EditAdd, Target: t.Spec.ID},
			asks: fleet.Text("NAME MODEL ADDRESS, and its CREDENTIAL: a name of the gateway's, os.environ/NAME or none; - for the same"),
			now:  strings.TrimSpace(" " + string(t.Settings.Model) + " " + t.Settings.APIBase + " " + t.Settings.Credential)}
		if t.Settings.Why.IsEmpty() {
			list = append(list, c)
		}
	}
	for i := range r.Targets {
		t := &r.Targets[i]
		idle := t.Blocked.OK && t.Blocked.V || t.Set == fleet.Some(0)
		if t.Settings == nil || !idle || !slices.Contains(r.Routing.Edits, fleet.EditRemove) {
			continue
		}
		c := editChoice{text: fleet.Concat(fleet.Text("remove "), fleet.Label(string(t.Spec.ID)), fleet.Text(", which gets nothing")),
			want: actions.EditIntent{Kind: fleet.EditRemove, Target: t.Spec.ID}}
		if t.Settings.Credential == "" && t.Settings.Why.IsEmpty() {
			c.asks = fleet.Text("its credential for the way back: os.environ/NAME, or none")
		}
		list = append(list, c)
	}
	return list
}

// typedMember reads what was typed of a member.
func typedMember(want actions.EditIntent, typed string) (*fleet.MemberEdit, error) {
	words := strings.Fields(typed)
	if want.Kind == fleet.EditRemove {
		if len(words) != 1 {
			return nil, errors.New("one word says what its credential is: os.environ/NAME, or none")
		}
		return &fleet.MemberEdit{Credential: words[0]}, nil
	}
	if len(words) < 2 || len(words) > 4 {
		return nil, errors.New("a name, a model, an address and a credential are wanted, with spaces between, - for the same as before")
	}
	for i, word := range words {
		if word == "-" {
			words[i] = ""
		}
	}
	words = append(words, "", "")
	return &fleet.MemberEdit{ID: fleet.DeploymentID(words[0]), Model: fleet.ModelName(words[1]), APIBase: words[2], Credential: words[3]}, nil
}
