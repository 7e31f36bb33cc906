package plain_test

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views/plain"
)

func TestTheAuditIDsOfAChange(t *testing.T) {
	chat := fleet.ObjectRef{Cluster: "east", Kind: "Rollout", Namespace: "llm", Name: "chat\x1b[2J"}
	kind := fleet.ObjectKind{Group: "argoproj.io", Version: "v1alpha1", Resource: "rollouts", Kind: "Rollout"}
	c := actions.Change{ID: "c7-1a2b", Step: 1, Started: time.Unix(1e9, 0), State: actions.StateRolledBack, Plan: actions.Plan{Work: &actions.WorkPlan{
		Draft: fleet.Draft{Stages: []fleet.Stage{{Writes: []fleet.ObjectWrite{{Object: chat, API: kind, Verb: fleet.WriteSet, Text: fleet.Text("image v1 -> v2")},
			{Object: chat, API: kind, Verb: fleet.WriteSet, Part: "status", Passing: true, Text: fleet.Text("lift the pause")}}}}}}}}
	said := plain.AuditIDs(&c)
	lines := strings.Split(said, "\n")
	for i, want := range []string{"", "AUDIT IDS 4  in the audit log", "WRITE", "1.1 ", "1.2 ", "back.1 ", "dry "} {
		if !strings.HasPrefix(strings.TrimSpace(lines[i]), strings.TrimSpace(want)) {
			t.Errorf("line %d of\n%s", i, said)
		}
	}
	for _, want := range []string{fleet.AuditID("c7-1a2b/1.1") + "  Rollout llm/chat", "[2J/status", "image v1 -> v2", "lift the pause"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	if strings.Contains(said, "\x1b") {
		t.Error("a name writes to the terminal")
	}
	if c.Plan.Work = nil; plain.AuditIDs(&c) != "" {
		t.Error("a change of no cluster has some")
	}
}
