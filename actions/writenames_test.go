package actions

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func written(stages ...fleet.Stage) Change {
	return Change{ID: "c7-1a2b", State: StateCommitted, Step: len(stages), Started: time.Unix(1e9, 0),
		Plan: Plan{Work: &WorkPlan{Draft: fleet.Draft{Stages: stages}}}}
}

func onObject(name, part string, verb fleet.WriteVerb) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: fleet.ObjectRef{Cluster: "east", Kind: "Rollout", Namespace: "llm", Name: name}, Part: part, Verb: verb,
		API: fleet.ObjectKind{Group: "argoproj.io", Version: "v1alpha1", Resource: "rollouts", Kind: "Rollout"}, Passing: part == "status"}
}

func TestTheWritesOfAChangeByTheirNames(t *testing.T) {
	set := onObject("chat", "", fleet.WriteSet)
	canary := fleet.Stage{Writes: []fleet.ObjectWrite{set, onObject("chat", "scale", fleet.WriteSet)}, Then: []fleet.ObjectWrite{set}}
	last := fleet.Stage{Writes: []fleet.ObjectWrite{onObject("chat", "status", fleet.WriteSet)}}
	own := fleet.Stage{Writes: []fleet.ObjectWrite{set}, Back: []fleet.ObjectWrite{set, set, set}}
	back := func(c Change, steps ...StepResult) Change { c.Steps = steps; return c }
	at := func(c Change, step int, s State) Change { c.Step, c.State = step, s; return c }
	cloud := onObject("chat", "", fleet.WriteSet)
	cloud.API.Group = "aiplatform.googleapis.com"
	unstarted := written(canary)
	unstarted.Started = time.Time{}
	for _, x := range []struct {
		name string
		c    Change
		want string
	}{
		{"all of it", written(canary, last), "1.1 1.2 1-then.1 2.1 dry"},
		{"as far as it went", at(written(canary, last), 1, StateVerifying), "1.1 1.2 1-then.1 dry"},
		{"refused as it was rehearsed", at(written(canary, last), 0, StateAborted), "dry"},
		{"never begun", unstarted, ""},
		{"taken back: one for each part of an object that stays set", at(written(canary, last), 2, StateRolledBack), "1.1 1.2 1-then.1 2.1 back.1 back.2 dry"},
		{"taken back as the stage says", at(written(own), 1, StateRollingBack), "1.1 back.1 back.2 back.3 dry"},
		{"unknown on its way back", back(at(written(canary), 1, StateUnknown), StepResult{N: 1}, StepResult{N: 1, Back: true}), "1.1 1.2 1-then.1 back.1 back.2 dry"},
		{"an eviction has no way back", at(written(fleet.Stage{Writes: []fleet.ObjectWrite{onObject("p", "", fleet.WriteEvict)}}), 1, StateRolledBack), "1.1 dry"},
		{"a cloud", written(fleet.Stage{Writes: []fleet.ObjectWrite{cloud}}), ""},
		{"a shift of weights", Change{ID: "c1", Started: time.Unix(1e9, 0)}, ""},
	} {
		var names []string
		for _, w := range x.c.NamedWrites() {
			names = append(names, w.Name)
			if w.AuditID != fleet.AuditID("c7-1a2b/"+w.Name) || len(w.AuditID) != 36 || w.Text.IsEmpty() && (w.Name == "dry" || strings.HasPrefix(w.Name, "back")) {
				t.Errorf("%s: %+v", x.name, w)
			}
		}
		if got := strings.Join(names, " "); got != x.want {
			t.Errorf("%s: %s, not %s", x.name, got, x.want)
		}
	}
	one := at(written(own), 1, StateRolledBack)
	one.Plan.Work.Draft.Stages[0].Back = nil
	if w := one.NamedWrites()[1]; w.Name != "back.1" || w.Object.Name != "chat" {
		t.Errorf("one object is all that it can be on: %+v", w)
	}
	several := at(written(own), 1, StateRolledBack)
	if w := several.NamedWrites(); w[0].Object.Name != "chat" || w[1].Object.Name != "" || own.Back[0].Object.Name != "chat" {
		t.Errorf("which of several is not known: %+v", w)
	}
}
