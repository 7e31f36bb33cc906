package alertmanager

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const jsonType = "application/json"

// alertBody is one alert as API v2 draws it.
func alertBody(labels map[string]string, annotations map[string]string, status string) string {
	l, _ := json.Marshal(labels)
	a, _ := json.Marshal(annotations)
	return fmt.Sprintf(`{"annotations":%s,"endsAt":"2026-11-22T09:17:00.000Z","fingerprint":"8f1d6f6b2c1a0e55","receivers":[{"name":"nobody"}],`+
		`"startsAt":"2026-11-22T09:02:30.500Z","updatedAt":"2026-11-22T09:13:00.000Z","generatorURL":"http://p/graph","labels":%s,"status":%s}`,
		a, l, status)
}

func silenceBody(id, state, comment string) string {
	c, _ := json.Marshal(comment)
	return fmt.Sprintf(`{"id":%q,"status":{"state":%q},"updatedAt":"2026-11-22T09:00:00.000Z","comment":%s,"createdBy":"mara",`+
		`"endsAt":"2026-11-22T10:00:00.000Z","startsAt":"2026-11-22T09:00:00.000Z",`+
		`"matchers":[{"isEqual":true,"isRegex":false,"name":"alertname","value":"EngineDown"},{"isEqual":false,"isRegex":true,"name":"pool","value":"spare-.*"}]}`,
		id, state, c)
}

const (
	active     = `{"inhibitedBy":[],"mutedBy":[],"silencedBy":[],"state":"active"}`
	suppressed = `{"inhibitedBy":[],"mutedBy":[],"silencedBy":["s-1"],"state":"suppressed"}`
	inhibited  = `{"inhibitedBy":["aa"],"silencedBy":[],"state":"suppressed"}`
)

func pages(name string) map[string]contract.Page {
	return map[string]contract.Page{
		alertsPath: {Type: jsonType, Body: "[" + strings.Join([]string{
			alertBody(map[string]string{"alertname": "EngineDown", "severity": "critical", "pod": name}, map[string]string{"summary": name}, active),
			alertBody(map[string]string{"alertname": "EngineDown", "severity": "warning", "pool": "b"}, nil, suppressed),
			alertBody(map[string]string{"alertname": "Slow"}, nil, inhibited)}, ",") + "]\n"},
		silencesPath: {Type: jsonType, Body: "[" + strings.Join([]string{silenceBody("s-1", "active", name), silenceBody("s-0", "expired", "old"),
			silenceBody("s-2", "pending", "later")}, ",") + "]\n"},
		statusPath: {Type: jsonType, Body: `{"cluster":{"status":"ready"},"config":{"original":""},"versionInfo":{"version":"0.34.0"}}`},
	}
}

func judge(t testing.TB, p fleet.Partial) {
	if p.Alerts == nil || len(p.Alerts.Alerts) != 3 || len(p.Alerts.Silences) != 2 || !p.Alerts.SilencesRead {
		t.Fatalf("read %+v", p.Alerts)
	}
	a := p.Alerts.Alerts[0]
	if a.Labels["severity"] != "critical" || a.Fingerprint != "8f1d6f6b2c1a0e55" || a.Pending || a.Inhibited || len(a.SilencedBy) != 0 ||
		!a.Since.Equal(time.Date(2026, 11, 22, 9, 2, 30, 500_000_000, time.UTC)) {
		t.Errorf("first alert %+v", a)
	}
	if b := p.Alerts.Alerts[1]; len(b.SilencedBy) != 1 || b.SilencedBy[0] != "s-1" {
		t.Errorf("second alert %+v", b)
	}
	if !p.Alerts.Alerts[2].Inhibited {
		t.Error("the third alert is not inhibited")
	}
	s := p.Alerts.Silences[0]
	want := []fleet.Matcher{{Name: "alertname", Value: "EngineDown"}, {Name: "pool", Value: "spare-.*", Regex: true, Negative: true}}
	if s.ID != "s-1" || s.By != "mara" || s.Pending || !same(s.Matchers, want) || !s.Until.Equal(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("silence %+v", s)
	}
	if !p.Alerts.Silences[1].Pending || p.Version != fleet.Text("0.34.0") {
		t.Errorf("second silence %+v, version %q", p.Alerts.Silences[1], p.Version)
	}
}

func TestContract(t *testing.T) {
	contract.Run(t, contract.Case{
		New: Connector().NewReader, Pages: pages("llama-0"), Main: alertsPath, Judge: judge,
		WrongType:  contract.Page{Type: jsonType, Body: `[{"labels":{"alertname":7},"startsAt":"2026-11-22T09:02:30Z","status":{"state":"active"}}]`},
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a number became a label: %+v", p.Alerts) },
		Hostile:    pages,
		Series: func(n int) contract.Page {
			one := alertBody(map[string]string{"alertname": "Many"}, nil, active)
			return contract.Page{Type: jsonType, Body: "[" + strings.Repeat(one+",", n-1) + one + "]"}
		},
	})
}

// read reads one server with the given pages.
func read(t *testing.T, spec fleet.SourceSpec, serve http.HandlerFunc) (fleet.Partial, error) {
	t.Helper()
	s := httptest.NewServer(serve)
	defer s.Close()
	spec.ID, spec.URL = "am", s.URL
	r, err := newReader(spec, contract.Deps())
	if err != nil {
		t.Fatal(err)
	}
	return r.Read(t.Context())
}

func TestAHugeListIsCutWithARemark(t *testing.T) {
	one := alertBody(map[string]string{"alertname": "Many"}, nil, suppressed)
	last := alertBody(map[string]string{"alertname": "Loud"}, nil, active)
	p, err := read(t, fleet.SourceSpec{}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == alertsPath {
			_, _ = w.Write([]byte("[" + strings.Repeat(one+",", mostAlerts) + last + "]"))
			return
		}
		_, _ = w.Write([]byte("[]"))
	})
	if err != nil || len(p.Alerts.Alerts) != mostAlerts || len(p.Notices) != 1 {
		t.Fatalf("%v, %d alerts, %v", err, len(p.Alerts.Alerts), p.Notices)
	}
	if p.Alerts.Alerts[0].Labels["alertname"] != "Loud" || !strings.Contains(p.Notices[0].Text.String(), "5001 alerts, of which 5000 are kept") {
		t.Errorf("first %v, notice %q", p.Alerts.Alerts[0].Labels, p.Notices[0].Text)
	}
}

func TestSilencesThatAreRefusedDoNotHideTheAlerts(t *testing.T) {
	p, err := read(t, fleet.SourceSpec{}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != alertsPath {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		_, _ = w.Write([]byte(pages("x")[alertsPath].Body))
	})
	if err != nil || len(p.Alerts.Alerts) != 3 || p.Alerts.SilencesRead || len(p.Notices) != 1 {
		t.Errorf("%v, %+v, %v", err, p.Alerts, p.Notices)
	}
}

func TestTheLimitOfConcurrentReadsIsNoFailure(t *testing.T) {
	_, err := read(t, fleet.SourceSpec{}, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "Limit of concurrent GET requests reached (8), try again later.", http.StatusServiceUnavailable)
	})
	if fleet.KindOf(err) != fleet.KindRateLimited || !strings.Contains(err.Error(), "concurrent reads") {
		t.Error(err)
	}
}

func TestTheFilterIsAsked(t *testing.T) {
	asked := ""
	_, err := read(t, fleet.SourceSpec{Options: map[string]string{"filter": "team=\"ml\"\nseverity=~warning|critical\n"}},
		func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == alertsPath {
				asked = strings.Join(r.URL.Query()["filter"], "; ")
			}
			_, _ = w.Write([]byte("[]"))
		})
	if err != nil || asked != `team="ml"; severity=~"warning|critical"` {
		t.Errorf("%q, %v", asked, err)
	}
	if _, err := newReader(fleet.SourceSpec{URL: "http://h:1", Options: map[string]string{"filter": "nothing"}}, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("a filter that is none: %v", err)
	}
}
