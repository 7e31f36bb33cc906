package runner

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// A step that was not applied and may not be sent again yet is told in one sentence that stays, with one record.
func TestWhatIsInTheWayOfAnotherTryIsSaidSteadily(t *testing.T) {
	g := newRig(t)
	g.gw.fail = func(n int, _, _ fleet.Weights) (bool, error) {
		return n > 1, &fleet.Error{Kind: fleet.KindUnreachable, Op: "set weights"}
	}
	id := g.start()
	g.until(id, func(c actions.Change) bool { return c.Step == 1 })
	g.knob(func() {
		g.step = []actions.Check{{ID: "IL-37", Severity: actions.SeverityHard, Formula: fleet.Text("no replica holds that now: plan again")}}
	})
	g.until(id, in(actions.StateHeld))
	g.pass(5 * time.Second)
	said := map[string]int{}
	before, _ := g.journal.Raw(id)
	for range 60 {
		said[g.change(id).Why.String()]++
		g.pass(time.Second)
	}
	after, _ := g.journal.Raw(id)
	for why := range said {
		if len(said) != 1 || !strings.Contains(why, "step 1 was not applied (") || !strings.Contains(why, "asked every 2s: IL-37 HARD: no replica") {
			t.Errorf("%d times: %s", said[why], why)
		}
	}
	if len(after) != len(before) {
		t.Errorf("the journal grows meanwhile by %d bytes", len(after)-len(before))
	}
	g.knob(func() { g.step, g.gw.fail = nil, nil })
	g.until(id, settledAt(1))
	if _, problems := journal.Load(g.state); len(problems) > 0 {
		t.Error(problems)
	}
}
