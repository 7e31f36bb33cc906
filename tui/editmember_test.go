package tui

import (
	"slices"
	"testing"

	"pitwall/fleet"
)

func TestAMemberIsAddedAndRemovedByAPlan(t *testing.T) {
	r := editRig(t, fleet.EditAdd, fleet.EditRemove)
	s := *r.m.snap
	s.Routes = slices.Clone(s.Routes)
	s.Routes[0].Targets = slices.Clone(s.Routes[0].Targets)
	first := &s.Routes[0].Targets[0]
	first.Settings = &fleet.MemberSettings{Model: "openai/m", APIBase: "http://h/v1", Text: `{"params":{}}`}
	first.Set = fleet.Some(0)
	s.Gen++
	r.send(snapshotMsg{snap: &s})
	id := first.Spec.ID
	r.keys("E")
	r.wants("add a member like "+string(id), "remove "+string(id))
	r.keys("j", "enter")
	r.wants("NAME MODEL ADDRESS", "openai/m http://h/v1")
	r.keys("home", "v", "2", "space", "end", "space", "n", "o", "n", "e", "enter")
	if r.m.book.Access.Incident == "" {
		r.wants("why")
		r.keys("s", "p", "a", "r", "e", "enter")
	}
	in := r.control.Intents()
	if len(in) != 1 || in[0].Edit.Kind != fleet.EditAdd || in[0].Edit.Target != id || in[0].Edit.Member == nil ||
		*in[0].Edit.Member != (fleet.MemberEdit{ID: "v2", Model: "openai/m", APIBase: "http://h/v1", Credential: "none"}) {
		t.Fatalf("%+v", in)
	}
}

func TestTypedMembers(t *testing.T) {
	add := memberChoices(&fleet.Route{Routing: fleet.Routing{Edits: []fleet.EditKind{fleet.EditAdd, fleet.EditRemove}}, Targets: []fleet.Target{{
		Spec: fleet.TargetSpec{ID: "a"}, Blocked: fleet.Some(true), Settings: &fleet.MemberSettings{Model: "m"}}}})
	if len(add) != 2 || add[1].asks.IsEmpty() {
		t.Fatalf("%+v", add)
	}
	if m, err := typedMember(add[0].want, "v2 - http://h/v1 os.environ/K"); err != nil || m.Model != "" || m.Credential != "os.environ/K" {
		t.Errorf("%+v, %v", m, err)
	}
	if m, err := typedMember(add[1].want, " none "); err != nil || m.Credential != "none" {
		t.Errorf("%+v, %v", m, err)
	}
	for _, typed := range []string{"", "v2", "a b c d e"} {
		if m, err := typedMember(add[0].want, typed); err == nil {
			t.Errorf("%q: %+v", typed, m)
		}
	}
	if m, err := typedMember(add[1].want, "a b"); err == nil {
		t.Errorf("%+v", m)
	}
}
