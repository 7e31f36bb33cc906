package views_test

import (
	"fmt"
	"strings"
	"testing"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
	report "pitwall/views/plain"
	"pitwall/views/viewtest"
)

// What golden prompts showed is told worst first, in bounded lines, on the page of the object, in the journal and without
// a screen.
func TestGoldenPromptsAreTold(t *testing.T) {
	sc, u := upgradeScene(true)
	upgraded(&sc, &u, func(c *actions.Change) {
		c.Golden = nil
		for i := range 40 {
			c.Golden = append(c.Golden, actions.Golden{Replica: fmt.Sprintf("fine-%d", i), Passed: 3, Prompts: 3, Verdict: "PASS"})
		}
		for i := range 6 {
			c.Golden = append(c.Golden, actions.Golden{Replica: fmt.Sprintf("slow-%d", i), Prompts: 3, Verdict: "UNCLEAR",
				Why: fleet.Text("sum UNCLEAR (no answer: it took longer than 30s)")})
		}
		c.Golden = append(c.Golden, actions.Golden{Replica: "bad\x1b[31m", Passed: 2, Prompts: 3, Verdict: "FAIL",
			Why: fleet.Text("json-total FAIL (value at /total is 12, asked 14)")})
	})
	u.Of = viewtest.Llama()
	page := views.Upgrades(sc, u, views.Size{W: 160, H: 60})
	at := -1
	for _, want := range []string{"golden 2 of 3 on bad^[[31m: json-total FAIL (value at /total is 12, asked 14)", "golden 0 of 3 on slow-5: sum UNCLEAR",
		"golden 0 of 3 on slow-4", "golden: 4 more replicas did not pass", "golden 3 of 3 on 40 new replicas: PASS"} {
		next := strings.Index(page, want)
		if next <= at {
			t.Errorf("%q stands at %d, after %d:\n%s", want, next, at, page)
		}
		at = next
	}
	if strings.Contains(page, "slow-3") {
		t.Error("too many replicas are told one by one")
	}
	text := report.Change(sc.Book.Changes[0], nil, sc.Now)
	if !strings.Contains(text, "GOLDEN PROMPTS") || !strings.Contains(text, "FAIL     golden 2 of 3 on bad^[[31m: json-total FAIL") {
		t.Error(text)
	}
}
