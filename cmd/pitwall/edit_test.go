package main

import (
	"slices"
	"strings"
	"testing"

	"pitwall/fleet"
)

func TestFlagsOfMembers(t *testing.T) {
	read := func(e *editFlags, flags ...string) (fleet.MemberEdit, fleet.EditKind, fleet.TargetID, error) {
		in, err := e.intent("chat", func(name string) bool { return slices.Contains(flags, name) })
		if in == nil || in.Member == nil {
			return fleet.MemberEdit{}, "", "", err
		}
		return *in.Member, in.Kind, in.Target, err
	}
	m, kind, target, err := read(&editFlags{add: "v2", like: "v1", model: "m", base: "http://h", credential: "none"}, "add", "like", "model", "api-base", "credential")
	if err != nil || kind != fleet.EditAdd || target != "v1" || m != (fleet.MemberEdit{ID: "v2", Model: "m", APIBase: "http://h", Credential: "none"}) {
		t.Errorf("%+v %s %s %v", m, kind, target, err)
	}
	m, kind, target, err = read(&editFlags{remove: "v1", credential: "os.environ/K"}, "remove", "credential")
	if err != nil || kind != fleet.EditRemove || target != "v1" || m.Credential != "os.environ/K" {
		t.Errorf("%+v %s %s %v", m, kind, target, err)
	}
	for says, flags := range map[string][]string{
		"--add needs --like": {"add"}, "--model says something": {"remove", "model"}, "one of --fallbacks": {"add", "remove"},
		"--credential says": {"block", "credential"},
	} {
		e := &editFlags{like: "v1"}
		if says == "--add needs --like" {
			e.like = ""
		}
		if _, _, _, err := read(e, flags...); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: %v", flags, err)
		}
	}
}
