package interlocks

import (
	"fmt"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

var quietNow = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// quietFleet has one Alertmanager and alerts as given: level, and the pool that they are about.
func quietFleet(alerts ...fleet.Alert) *fleet.Snapshot {
	for i := range alerts {
		alerts[i].Origin = "am"
		alerts[i].Labels = map[string]string{"alertname": "Down", "n": fmt.Sprint(i)}
	}
	return &fleet.Snapshot{At: quietNow, Context: "c", Env: fleet.EnvDev, Mode: fleet.ModeLive, Alerts: alerts,
		Sources: []fleet.SourceStatus{{ID: "am", Silences: true, LastGood: quietNow}},
		Routes:  []fleet.Route{{Spec: fleet.RouteSpec{ID: "chat", Tier: 1}, Targets: []fleet.Target{{Spec: fleet.TargetSpec{ID: "a", Pool: "a"}}}}}}
}

func quietPlan(t *testing.T, s *fleet.Snapshot) actions.Plan {
	t.Helper()
	p, err := plan.New(actions.Intent{Kind: actions.KindSilence, Silence: &actions.SilenceIntent{Source: "am", Comment: "node swap",
		Matchers: []fleet.Matcher{{Name: "alertname", Value: "Down"}}}}, s, quietNow)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func severityOf(t *testing.T, checks []actions.Check, id string) actions.Severity {
	t.Helper()
	for _, c := range checks {
		if c.ID == id {
			if c.Formula.IsEmpty() {
				t.Errorf("%s says nothing", id)
			}
			return c.Severity
		}
	}
	t.Fatalf("%s was not asked", id)
	return 0
}

func TestChecksOfASilence(t *testing.T) {
	warn, crit := fleet.Alert{Level: fleet.LevelWarn}, fleet.Alert{Level: fleet.LevelCrit}
	tier1 := fleet.Alert{Level: fleet.LevelCrit, Subject: fleet.Subject{Pool: "a"}}
	hidden := fleet.Alert{Level: fleet.LevelWarn, Silenced: fleet.Text("silenced")}
	many := make([]fleet.Alert, 11)
	for i := range many {
		many[i] = warn
	}
	covering := fleet.SilenceOf{Source: "am", Silence: fleet.Silence{Matchers: []fleet.Matcher{{Name: "alertname", Value: "Down"}}, Until: quietNow.Add(2 * time.Hour)}}
	for _, c := range []struct {
		name string
		s    *fleet.Snapshot
		edit func(*fleet.Snapshot, *actions.Plan, *actions.Book)
		id   string
		want actions.Severity
	}{
		{"all is well", quietFleet(warn), nil, "SL-01", actions.SeverityPass},
		{"hides a CRIT", quietFleet(warn, crit), nil, "SL-01", actions.SeverityWarn},
		{"hides a CRIT of tier 1", quietFleet(tier1), nil, "SL-01", actions.SeverityOVR},
		{"hides ten", quietFleet(many[:10]...), nil, "SL-02", actions.SeverityPass},
		{"hides eleven", quietFleet(many...), nil, "SL-02", actions.SeverityWarn},
		{"hides nothing", quietFleet(), nil, "SL-03", actions.SeverityWarn},
		{"hides one", quietFleet(warn), nil, "SL-03", actions.SeverityPass},
		{"covered", quietFleet(warn), func(s *fleet.Snapshot, _ *actions.Plan, _ *actions.Book) { s.Silences = []fleet.SilenceOf{covering} }, "SL-04", actions.SeverityWarn},
		{"silenced already", quietFleet(hidden), nil, "SL-04", actions.SeverityWarn},
		{"not silenced", quietFleet(warn, hidden), nil, "SL-04", actions.SeverityPass},
		{"ended", quietFleet(warn), func(_ *fleet.Snapshot, p *actions.Plan, _ *actions.Book) { p.Silence.Silence.Until = quietNow }, "SL-05", actions.SeverityHard},
		{"too long", quietFleet(warn), func(_ *fleet.Snapshot, p *actions.Plan, _ *actions.Book) {
			p.Silence.Silence.Until = quietNow.Add(25 * time.Hour)
		}, "SL-05", actions.SeverityHard},
		{"everything", quietFleet(warn), func(_ *fleet.Snapshot, p *actions.Plan, _ *actions.Book) { p.Silence.Silence.Matchers = nil }, "SL-05", actions.SeverityHard},
		{"stale", quietFleet(warn), func(s *fleet.Snapshot, _ *actions.Plan, _ *actions.Book) { s.Sources[0].Stale = true }, "IL-23", actions.SeverityBlock},
		{"clock off", quietFleet(warn), func(s *fleet.Snapshot, _ *actions.Plan, _ *actions.Book) {
			s.Sources[0].Skew = fleet.Some(-time.Minute)
		}, "IL-23", actions.SeverityWarn},
		{"gone", quietFleet(warn), func(s *fleet.Snapshot, _ *actions.Plan, _ *actions.Book) { s.Sources = nil }, "IL-23", actions.SeverityBlock},
		{"old plan", quietFleet(warn), func(_ *fleet.Snapshot, p *actions.Plan, _ *actions.Book) { p.Created = quietNow.Add(-11 * time.Minute) }, "IL-37", actions.SeverityHard},
		{"more than planned", quietFleet(warn, warn), func(_ *fleet.Snapshot, p *actions.Plan, _ *actions.Book) { p.Silence.Hides = 1 }, "IL-37", actions.SeverityHard},
		{"worse than planned", quietFleet(crit), func(_ *fleet.Snapshot, p *actions.Plan, _ *actions.Book) { p.Silence.Worst = fleet.LevelWarn }, "IL-37", actions.SeverityHard},
		{"fewer than planned", quietFleet(warn), func(_ *fleet.Snapshot, p *actions.Plan, _ *actions.Book) { p.Silence.Hides = 2 }, "IL-37", actions.SeverityPass},
		{"read-only", quietFleet(warn), func(_ *fleet.Snapshot, _ *actions.Plan, b *actions.Book) { b.Access.Write = false }, "IL-39", actions.SeverityHard},
		{"other mode", quietFleet(warn), func(_ *fleet.Snapshot, p *actions.Plan, _ *actions.Book) { p.Mode = fleet.ModeDemo }, "IL-45", actions.SeverityHard},
		{"held elsewhere", quietFleet(warn), func(_ *fleet.Snapshot, p *actions.Plan, b *actions.Book) {
			b.Locks = []actions.Lock{{Route: p.Lock(), Expires: quietNow.Add(time.Minute)}}
		}, "IL-20", actions.SeverityBlock},
		{"a change is open", quietFleet(warn), func(_ *fleet.Snapshot, p *actions.Plan, b *actions.Book) {
			other := *p
			other.Digest = "other"
			b.Changes = []actions.Change{{ID: "c9-1", Plan: other, State: actions.StateVerifying}}
		}, "IL-20", actions.SeverityBlock},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := quietPlan(t, c.s)
			b := actions.Book{At: quietNow, Access: actions.Access{Write: true}}
			if c.edit != nil {
				c.edit(c.s, &p, &b)
			}
			checks := Evaluate(p, c.s, b, quietNow)
			if got := severityOf(t, checks, c.id); got != c.want {
				t.Errorf("%s is %s, want %s: %+v", c.id, got, c.want, checks)
			}
			if len(checks) != len(Silences()) {
				t.Errorf("%d checks of %d", len(checks), len(Silences()))
			}
			if step := EvaluateStep(p, 1, c.s, b, quietNow); severityOf(t, step, c.id) != c.want {
				t.Errorf("before the write %s differs", c.id)
			}
		})
	}
}

// Nothing that is missing makes a verdict milder.
func TestASilenceWithoutDataIsNotPassed(t *testing.T) {
	p := quietPlan(t, quietFleet(fleet.Alert{Level: fleet.LevelWarn}))
	for _, c := range Evaluate(p, nil, actions.Book{}, quietNow) {
		if c.Severity == actions.SeverityPass && c.ID != "SL-05" && c.ID != "IL-37" {
			t.Errorf("%s passes without data: %s", c.ID, c.Formula)
		}
	}
}

func TestTheEndOfASilenceHidesNothing(t *testing.T) {
	s := quietFleet(fleet.Alert{Level: fleet.LevelCrit, Subject: fleet.Subject{Pool: "a"}})
	p := quietPlan(t, s)
	p.Intent.Kind = actions.KindExpire
	for _, c := range Evaluate(p, s, actions.Book{At: quietNow, Access: actions.Access{Write: true}}, quietNow) {
		if c.Severity != actions.SeverityPass {
			t.Errorf("%s: %s", c.ID, c.Formula)
		}
	}
}
