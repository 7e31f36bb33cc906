package plain

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

func TestPoliciesAreToldWithTheirEvidenceAndFaults(t *testing.T) {
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	s := &fleet.Snapshot{At: at, Routes: []fleet.Route{
		{Spec: fleet.RouteSpec{ID: "chat\x1b[31m", Policy: &fleet.RoutePolicy{Pattern: fleet.PatternEasyLocal, Local: 0.8}},
			Policy: &fleet.PolicyState{Verdict: fleet.PolicyDrifting, Seen: fleet.Some(fleet.Ratio(0.71)), SeenN: 12000, Over: 5 * time.Minute,
				Why: fleet.Text("own GPUs answer 71.0%"), Since: at.Add(-3 * time.Minute)},
			Lints: []fleet.Lint{{Rule: fleet.LintPolicySplit, Text: fleet.Text("its weights give 71%")}, {Rule: fleet.LintOwner, Text: fleet.Text("somebody writes it")}}},
		{Spec: fleet.RouteSpec{ID: "embed"}},
	}}
	list := PoliciesOf(s, "")
	text := Policies(list, at)
	for _, want := range []string{"POLICIES 1 ", "chat^[[31m", "easy-local", "80/20", "71/29", "12000", "drifting", "3m", "own GPUs answer 71.0%", "  policy split: its weights give 71%"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	if strings.Contains(text, "somebody writes it") || strings.Contains(text, "embed") || strings.Contains(text, "\x1b") {
		t.Errorf("it tells of more:\n%s", text)
	}
	if PoliciesOf(s, "embed") != nil {
		t.Error("a route without a policy has one")
	}
}

func TestACaseOfAPolicyIsTold(t *testing.T) {
	test := actions.PolicyTest{Route: "chat", Cases: []actions.PolicyCase{
		{What: fleet.Text("the API fails"), Verdict: actions.CaseUnknown, Why: fleet.Text("nobody knows"), Requests: fleet.Some(fleet.Rate(20)),
			Takers:  []actions.Taker{{Target: "own", Route: "spare", Gets: 1, Why: fleet.Text("IL-04: no proven rating")}},
			Remarks: []fleet.Safe{fleet.Text("it was never rehearsed")}},
		{What: fleet.Text("the intended split is set"), Verdict: actions.CaseFails, Why: fleet.Text("IL-04"), Weights: fleet.Weights{"own": 80, "api": 20},
			Checks: []actions.Check{{ID: "IL-04", Title: fleet.Text("compute capacity"), Severity: actions.SeverityBlock, Formula: fleet.Text("1.2 > 1.0")}}},
	}}
	text := PolicyTest(test, Policy{Policy: fleet.RoutePolicy{Pattern: fleet.PatternEasyLocal, Local: 0.8}, State: fleet.PolicyState{Verdict: fleet.PolicyKept}})
	for _, want := range []string{"POLICY TEST chat  easy-local 80/20  now kept", "IF the API fails: not known",
		"moves     20 req/s, and there is no telling for how much of it there is room",
		"taker     own of spare would get 100%, what it can take is not known: IL-04: no proven rating", "note      it was never rehearsed",
		"IF the intended split is set: does not hold", "weights   api 20  own 80", "check     BLOCK IL-04 compute capacity: 1.2 > 1.0", "nothing was sent"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
}
