package alertmanager

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

// replica is an Alertmanager as far as silences go.
type replica struct {
	posted  []wireSilence
	state   string
	store   func(*wireSilence)
	deletes int
	refuse  int
}

func (a *replica) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPost && r.URL.Path == silencesPath:
		var s wireSilence
		if err := json.NewDecoder(r.Body).Decode(&s); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a.posted = append(a.posted, s)
		_, _ = w.Write([]byte(`{"silenceID":"s-9"}`))
	case r.URL.Path == silencePath+"s-9" && r.Method == http.MethodGet && len(a.posted) > 0:
		s := a.posted[0]
		if a.store != nil {
			a.store(&s)
		}
		s.ID = "s-9"
		s.Status = &struct {
			State string `json:"state"`
		}{a.state}
		_ = json.NewEncoder(w).Encode(s)
	case r.URL.Path == silencePath+"s-9" && r.Method == http.MethodDelete:
		a.deletes++
		if a.refuse != 0 {
			w.WriteHeader(a.refuse)
		}
	case strings.HasPrefix(r.URL.Path, silencePath) && strings.HasSuffix(r.URL.Path, "odd"):
		w.WriteHeader(http.StatusUnprocessableEntity)
	default:
		http.NotFound(w, r)
	}
}

func silencerOf(t *testing.T, h http.Handler) fleet.Silencer {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	s, err := Connector().NewSilencer(fleet.SourceSpec{ID: "am", URL: server.URL}, contract.Deps())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wanted() fleet.Silence {
	return fleet.Silence{Matchers: []fleet.Matcher{{Name: "alertname", Value: "Down"}, {Name: "pool", Value: "a|b", Regex: true}},
		From: contract.Start(), Until: contract.Start().Add(time.Hour), By: "mara", Comment: "disk [pitwall c1-1]"}
}

// Trap 19: an edit would end the silence and make one of another id. So none is edited, and the id is the one that comes back.
func TestTrap19ASilenceIsStoredAndReadBack(t *testing.T) {
	a := &replica{state: stateActive}
	id, err := silencerOf(t, a).Silence(t.Context(), wanted())
	if err != nil || id != "s-9" {
		t.Fatal(id, err)
	}
	p := a.posted[0]
	if p.ID != "" || p.Comment != "disk [pitwall c1-1]" || p.CreatedBy != "mara" || p.EndsAt != "2026-11-22T10:14:00Z" ||
		len(p.Matchers) != 2 || !p.Matchers[1].IsRegex || p.Matchers[0].IsEqual == nil || !*p.Matchers[0].IsEqual {
		t.Errorf("posted %+v", p)
	}
}

func TestWhatIsStoredOtherwiseIsAConflictWithItsID(t *testing.T) {
	a := &replica{state: stateActive, store: func(s *wireSilence) { s.Matchers = s.Matchers[:1] }}
	id, err := silencerOf(t, a).Silence(t.Context(), wanted())
	if id != "s-9" || fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("%q, %v", id, err)
	}
}

func TestMatchersThatMatchEverythingAreNotSent(t *testing.T) {
	a := &replica{}
	for _, list := range [][]fleet.Matcher{nil, {{Name: "a", Value: ""}}, {{Name: "a", Value: ".*", Regex: true}},
		{{Name: "a", Value: "x", Negative: true}}, {{Name: "a", Value: "(", Regex: true}}} {
		s := wanted()
		s.Matchers = list
		if _, err := silencerOf(t, a).Silence(t.Context(), s); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%v: %v", list, err)
		}
	}
	if len(a.posted) != 0 {
		t.Errorf("posted %+v", a.posted)
	}
}

func TestAnEndedSilenceIsNotFoundAndExpiresAgain(t *testing.T) {
	a := &replica{state: "expired", refuse: http.StatusInternalServerError}
	a.posted = []wireSilence{{}}
	s := silencerOf(t, a)
	for _, id := range []string{"s-9", "nobody", "odd"} {
		if _, err := s.Find(t.Context(), id); fleet.KindOf(err) != fleet.KindNotFound {
			t.Errorf("%s: %v", id, err)
		}
	}
	if err := s.Expire(t.Context(), "s-9"); err != nil || a.deletes != 1 {
		t.Errorf("%d deletes, %v", a.deletes, err)
	}
	a.state = stateActive
	if err := s.Expire(t.Context(), "s-9"); fleet.KindOf(err) != fleet.KindServer {
		t.Errorf("one that goes on: %v", err)
	}
}

func TestMatchingAsksWithFiltersAndLooksItself(t *testing.T) {
	var filters []string
	s := silencerOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		filters = r.URL.Query()["filter"]
		_, _ = w.Write([]byte("[" + alertBody(map[string]string{"alertname": "Down", "pool": "a"}, nil, suppressed) + "," +
			alertBody(map[string]string{"alertname": "Other", "pool": "a"}, nil, active) + "]"))
	}))
	list, err := s.Matching(t.Context(), append(wanted().Matchers, fleet.Matcher{Name: "pod name", Value: `a"b`, Negative: true}))
	if err != nil || len(list) != 1 || len(list[0].SilencedBy) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	if got := strings.Join(filters, "; "); got != `alertname="Down"; pool=~"a|b"; "pod name"!="a\"b"` {
		t.Error(got)
	}
}
