package runner

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// What the site's policy lets pass is in the journal with the checks, and in the audit once for each rule: as the change opens, and
// where a later step passes by another one.
func TestWhatThePolicyLetsPassIsAudited(t *testing.T) {
	lowered := func(id string) actions.Check {
		return actions.Check{ID: id, Severity: actions.SeverityWarn, Formula: fleet.Text("20 points; WARN, lowered from OVR by site policy"),
			Lowered: &actions.Lowered{From: actions.SeverityOVR, Reason: fleet.Text("we step by 20")}}
	}
	g := newRig(t)
	g.fresh(func(o *Options, _ *journal.Options) {
		o.Evaluate = func(actions.Plan, *fleet.Snapshot, actions.Book, time.Time) []actions.Check {
			return []actions.Check{lowered("IL-22"), {ID: "IL-02", Severity: actions.SeverityWarn}}
		}
	})
	g.step = []actions.Check{lowered("IL-22"), lowered("IL-23")}
	id, err := g.r.Start(g.plan(), actions.Approval{Typed: "chat", Reason: "one pool is in repair"})
	if err != nil {
		t.Fatal(err)
	}
	g.still()
	if c := g.r.Book().Change(id); c.Checks[0].Lowered == nil || c.Checks[0].Lowered.Reason.String() != "we step by 20" {
		t.Errorf("the journal has %+v", c.Checks)
	}
	g.until(id, func(c actions.Change) bool { return c.State.Closed() })
	var passed []string
	records, err := audit.Records(g.state)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if r.Kind == audit.KindPolicy {
			passed = append(passed, r.Result)
			if r.Change != id {
				t.Errorf("%+v", r)
			}
		}
	}
	if len(passed) != 2 || !strings.Contains(passed[0], "IL-22 is WARN, lowered from OVR by site policy: we step by 20") ||
		!strings.Contains(passed[1], "IL-23") {
		t.Errorf("audited %q", passed)
	}
}
