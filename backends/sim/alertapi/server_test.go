package alertapi

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"pitwall/fleet"
)

var began = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// rig is a server on a virtual clock with alerts that a test lights.
type rig struct {
	t      *testing.T
	clock  *fleet.VirtualClock
	firing []Firing
	full   bool
	url    string
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, clock: fleet.NewVirtualClock(began)}
	s := httptest.NewServer(New(Options{Clock: r.clock, Firing: func() []Firing { return r.firing }, Full: func() bool { return r.full }}))
	t.Cleanup(s.Close)
	r.url = s.URL
	return r
}

// ask sends a request, wants a status, and decodes the answer.
func (r *rig) ask(method, path string, in any, want int, out any) {
	r.t.Helper()
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			r.t.Fatal(err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != want {
		r.t.Fatalf("%s %s: status %d, want %d", method, path, resp.StatusCode, want)
	}
	if out != nil {
		if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *rig) alerts(query string) []alert {
	var list []alert
	r.ask(http.MethodGet, "/api/v2/alerts"+query, nil, 200, &list)
	return list
}

func silenceOf(name string, length time.Duration) wireSilence {
	return wireSilence{Comment: "c", CreatedBy: "mara", StartsAt: began, EndsAt: began.Add(length),
		Matchers: []wireMatcher{{Name: "alertname", Value: name}}}
}

func TestSilencesHideUntilTheyEnd(t *testing.T) {
	r := newRig(t)
	r.firing = []Firing{{Labels: map[string]string{"alertname": "Down", "pod": "a"}}, {Labels: map[string]string{"alertname": "Slow"}}}
	if list := r.alerts("?filter=alertname%3DDown"); len(list) != 1 || list[0].Status.State != "active" || list[0].StartsAt != "2026-11-24T10:00:00.000Z" {
		t.Fatalf("%+v", list)
	}
	var made struct{ SilenceID string }
	r.ask(http.MethodPost, "/api/v2/silences", silenceOf("Down", time.Hour), 200, &made)
	if list := r.alerts("?filter=alertname%3DDown"); len(list) != 1 || list[0].Status.State != "suppressed" || list[0].Status.SilencedBy[0] != made.SilenceID {
		t.Fatalf("%+v", list)
	}
	if list := r.alerts("?silenced=false"); len(list) != 1 || list[0].Labels["alertname"] != "Slow" {
		t.Fatalf("%+v", list)
	}
	r.ask(http.MethodDelete, "/api/v2/silence/"+made.SilenceID, nil, 200, nil)
	r.ask(http.MethodDelete, "/api/v2/silence/"+made.SilenceID, nil, 200, nil)
	var got wireSilence
	r.ask(http.MethodGet, "/api/v2/silence/"+made.SilenceID, nil, 200, &got)
	if got.Status.State != "expired" || len(r.alerts("?silenced=false")) != 2 {
		t.Errorf("%+v", got)
	}
}

func TestASilenceThatChangesItsMatchersIsANewOne(t *testing.T) {
	r := newRig(t)
	var first, same, other struct{ SilenceID string }
	r.ask(http.MethodPost, "/api/v2/silences", silenceOf("Down", time.Hour), 200, &first)
	longer := silenceOf("Down", 2*time.Hour)
	longer.ID = first.SilenceID
	r.ask(http.MethodPost, "/api/v2/silences", longer, 200, &same)
	changed := silenceOf("Slow", time.Hour)
	changed.ID = first.SilenceID
	r.ask(http.MethodPost, "/api/v2/silences", changed, 200, &other)
	if same != first || other == first {
		t.Errorf("%v, %v, %v", first, same, other)
	}
	var got wireSilence
	r.ask(http.MethodGet, "/api/v2/silence/"+first.SilenceID, nil, 200, &got)
	if got.Status.State != "expired" {
		t.Errorf("the old one is %s", got.Status.State)
	}
}

func TestWhatIsRefused(t *testing.T) {
	r := newRig(t)
	everything, past, unknown := silenceOf("Down", time.Hour), silenceOf("Down", -time.Hour), silenceOf("Down", time.Hour)
	everything.Matchers = []wireMatcher{{Name: "alertname", Value: ".*", IsRegex: true}}
	unknown.ID = "5e1f0000-0000-4000-8000-0000000000ff"
	for _, c := range []struct {
		in   wireSilence
		want int
	}{{everything, 400}, {past, 400}, {wireSilence{}, 400}, {unknown, 404}} {
		r.ask(http.MethodPost, "/api/v2/silences", c.in, c.want, nil)
	}
	r.ask(http.MethodGet, "/api/v2/silence/odd", nil, 422, nil)
	r.ask(http.MethodGet, "/api/v2/silence/"+unknown.ID, nil, 404, nil)
	r.full = true
	r.ask(http.MethodGet, "/api/v2/alerts", nil, 503, nil)
}

func TestAnAlertThatComesBackIsANewOne(t *testing.T) {
	r := newRig(t)
	down := []Firing{{Labels: map[string]string{"alertname": "Down"}}}
	for _, f := range [][]Firing{down, nil, down} {
		r.firing = f
		r.alerts("")
		if err := r.clock.Advance(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if list := r.alerts(""); len(list) != 1 || list[0].StartsAt != "2026-11-24T10:02:00.000Z" {
		t.Errorf("%+v", list)
	}
}
