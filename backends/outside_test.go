package backends

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func outsideAlertOf(labels map[string]string, edit func(*fleet.OutsideAlert)) fleet.OutsideAlert {
	a := fleet.OutsideAlert{Labels: labels, Annotations: map[string]string{"summary": "it is so\nand so on"}, Since: start.Add(-time.Hour)}
	if edit != nil {
		edit(&a)
	}
	return a
}

// says is an alerting system that always says the same, until it dies.
func says(r fleet.AlertsReading, dies time.Time) readFunc {
	return func(now time.Time) (fleet.Partial, error) {
		if !dies.IsZero() && now.After(dies) {
			return fleet.Partial{}, &fleet.Error{Kind: fleet.KindUnreachable, Op: "read", Err: errors.New("refused")}
		}
		return fleet.Partial{At: now, Alerts: &r}, nil
	}
}

func alerting(silences []fleet.Silence, alerts ...fleet.OutsideAlert) fleet.AlertsReading {
	return fleet.AlertsReading{Alerts: alerts, Silences: silences, SilencesRead: true}
}

// outsideOf are the alerts of a snapshot that are not pitwall's own.
func outsideOf(s *fleet.Snapshot) []fleet.Alert {
	var out []fleet.Alert
	for _, a := range s.Alerts {
		if a.Origin != "" {
			out = append(out, a)
		}
	}
	return out
}

func TestOutsideAlertsStandBesideOurOwn(t *testing.T) {
	silence := fleet.Silence{ID: "s-1", By: "mara", Comment: "swap", Until: start.Add(time.Hour)}
	b := newBench(t, map[fleet.SourceID]readFunc{"r1": steady(1000, 10), "am": says(alerting([]fleet.Silence{silence},
		outsideAlertOf(map[string]string{"alertname": "Gone", "severity": "critical", "pod": "r1"}, func(a *fleet.OutsideAlert) { a.SilencedBy = []string{"s-1"} }),
		outsideAlertOf(map[string]string{"alertname": "Slow", "severity": "warning", "pool": "p"}, nil),
		outsideAlertOf(map[string]string{"alertname": "Hot", "severity": "page", "node": "n1"}, nil),
		outsideAlertOf(map[string]string{"alertname": "Watchdog", "severity": "none"}, nil),
		outsideAlertOf(map[string]string{"alertname": "Odd", "instance": "x\x1b[2J:1"}, func(a *fleet.OutsideAlert) { a.Annotations = nil })), time.Time{})})
	s := b.after(time.Minute)
	list := outsideOf(s)
	if len(list) != 5 {
		t.Fatalf("%+v", list)
	}
	if a := list[0]; a.Level != fleet.LevelCrit || a.Object.String() != "n1" || a.Subject.Node != "n1" || a.Text.String() != "it is so" ||
		a.Detail.String() != "Hot of am" {
		t.Errorf("first %+v", a)
	}
	if a := list[1]; a.Level != fleet.LevelWarn || a.Subject.Pool != "p" || !a.Since.Equal(start.Add(-time.Hour)) {
		t.Errorf("second %+v", a)
	}
	if a := list[2]; a.Level != fleet.LevelWarn || a.Text.String() != "Odd" || strings.Contains(a.Object.String(), "\x1b") {
		t.Errorf("third %+v", a)
	}
	if list[3].Level != fleet.LevelInfo {
		t.Errorf("the heartbeat is %s", list[3].Level)
	}
	last := list[4]
	if last.Silenced.IsEmpty() || !strings.Contains(last.Detail.String(), "by mara: swap") || last.Subject.Replica != "r1" {
		t.Errorf("the silenced one %+v", last)
	}
	if len(s.Silences) != 1 || s.Silences[0].Hides != 1 || s.Silences[0].Source != "am" || !s.Source("am").Silences || s.Source("r1").Silences {
		t.Errorf("silences %+v", s.Silences)
	}
}

func TestOneAlertOfSeveralSystemsIsShownOnce(t *testing.T) {
	labels := map[string]string{"alertname": "Gone", "pod": "r1", "cluster": "eu"}
	hidden := func(a *fleet.OutsideAlert) { a.SilencedBy = []string{"s-1"} }
	evaluated := fleet.AlertsReading{Alerts: []fleet.OutsideAlert{
		outsideAlertOf(map[string]string{"alertname": "Gone", "pod": "r1"}, func(a *fleet.OutsideAlert) { a.Since = start.Add(-2 * time.Hour) }),
		outsideAlertOf(map[string]string{"alertname": "Slow", "pod": "r1", "severity": "critical"}, func(a *fleet.OutsideAlert) { a.Pending = true })}}
	for name, c := range map[string]struct {
		second   func(*fleet.OutsideAlert)
		silenced bool
	}{"silenced by one": {nil, false}, "silenced by both": {hidden, true}} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, map[fleet.SourceID]readFunc{"am": says(alerting(nil, outsideAlertOf(labels, hidden)), time.Time{}),
				"am2": says(alerting(nil, outsideAlertOf(labels, c.second)), time.Time{}), "prom": says(evaluated, time.Time{})})
			list := outsideOf(b.after(time.Minute))
			if len(list) != 2 {
				t.Fatalf("%+v", list)
			}
			gone, slow := list[0], list[1]
			if gone.Labels["alertname"] != "Gone" {
				gone, slow = slow, gone
			}
			if gone.Silenced.IsEmpty() == c.silenced || !gone.From("am") || !gone.From("am2") || !gone.From("prom") ||
				!gone.Since.Equal(start.Add(-2*time.Hour)) {
				t.Errorf("%+v", gone)
			}
			if slow.Origin != "prom" || !slow.Pending || slow.Level != fleet.LevelWarn || slow.From("am") {
				t.Errorf("%+v", slow)
			}
		})
	}
}

func TestAlertsOfASystemThatIsLostAreOldAndNotGone(t *testing.T) {
	labels := map[string]string{"alertname": "Gone", "pod": "r1"}
	b := newBench(t, map[fleet.SourceID]readFunc{"am": says(alerting(nil, outsideAlertOf(labels, nil)), start.Add(time.Minute))})
	if list := outsideOf(b.after(time.Minute)); len(list) != 1 || list[0].Old {
		t.Fatalf("%+v", list)
	}
	list := outsideOf(b.after(5 * time.Minute))
	if len(list) != 1 || !list[0].Old || !strings.Contains(list[0].Detail.String(), "OLD: as of ") {
		t.Errorf("%+v", list)
	}
}

func BenchmarkOutsideAlerts(b *testing.B) {
	w := newWorld(Options{}, nil)
	o := &outside{raw: &fleet.AlertsReading{SilencesRead: true}}
	for i := range 5000 {
		o.raw.Alerts = append(o.raw.Alerts, outsideAlertOf(map[string]string{"alertname": "Many", "pod": strings.Repeat("x", i%40), "n": time.Duration(i).String()}, nil))
	}
	o.point(w, "am")
	w.states = []*sourceState{{spec: fleet.SourceSpec{ID: "am"}}}
	w.outside["am"] = o
	for b.Loop() {
		w.heard = nil
		if len(w.outsideAlerts(start)) != 5000 {
			b.Fatal("some are lost")
		}
	}
}
