package plain

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

func TestRunbooksSayWhetherTheyFitAndWereTried(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	s := &fleet.Snapshot{Pools: []fleet.Pool{{Spec: fleet.PoolSpec{ID: "a"}}}, Runbooks: []fleet.Runbook{
		{Name: "lose-a", When: "feed \x1b[31m is lost", Pool: "a", Split: "cheapest", To: []string{"gone"}}, {Name: "lose-b", Pool: "a"}}}
	list := RunbooksOf(s, []actions.Rehearsal{{Runbook: "lose-b", At: now.Add(-3 * 24 * time.Hour), OK: true}}, now)
	if len(list) != 2 || list[0].Fits || len(list[0].Problems) != 1 || !list[1].Fits || list[0].Rehearsal != nil || list[1].Rehearsal == nil {
		t.Fatalf("%+v", list)
	}
	text := Runbooks(list)
	for _, want := range []string{"lose-a  away from pool a  split cheapest  to gone\n", "feed ^[[31m is lost", "DOES NOT FIT: gone is no other target",
		"rehearsed  never\n             pitwall runbook rehearse lose-a\n", "split balanced  to any that can", "fits       yes", "rehearsed  3d ago ok\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "pitwall runbook rehearse lose-b") {
		t.Errorf("what was rehearsed is asked for again:\n%s", text)
	}
}

func TestARehearsalTellsWhatMovedAndWhatWasAsked(t *testing.T) {
	x := &actions.Rehearsal{Runbook: "lose-a", OK: true, Passed: 18 * time.Minute, Seen: fleet.Some(18 * time.Second),
		Calls: []actions.RehearsedCalls{{During: fleet.Text("while it moved"), Answered: 97, Failed: 3}},
		Moves: []actions.RehearsedMove{{Stage: actions.StageLeave, Object: "chat", State: actions.StateCommitted, Before: fleet.Weights{"a": 1, "b": 1},
			After: fleet.Weights{"a": 0, "b": 1}}},
		Findings: []fleet.Safe{fleet.Text("IL-22 asks")}, StandIns: []fleet.Safe{fleet.Text("the file has no weights")}}
	text := Rehearsal(x)
	for _, want := range []string{"REHEARSAL of lose-a  ok, 18m of simulated time", "18s\n", "read back from every replica    - after", "3 of 100  while it moved",
		"leave  chat  committed  a 1  b 1 -> a 0  b 1", "FINDINGS 1\n  IL-22 asks", "STAND-INS 1\n  the file has no weights"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "STAYS") {
		t.Errorf("nothing stays:\n%s", text)
	}
	x.OK, x.Why = false, fleet.Text("chat stays")
	if text := Rehearsal(x); !strings.Contains(text, "FAILED: chat stays") {
		t.Error(text)
	}
}
