package alertapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"pitwall/fleet"
)

// silence is one that was set, ended or not: ended ones stay readable.
type silence struct {
	id       string
	matchers []fleet.Matcher
	match    fleet.Match
	from     time.Time
	until    time.Time
	updated  time.Time
	by       string
	comment  string
}

func (x *silence) state(now time.Time) string {
	switch {
	case now.Before(x.from):
		return "pending"
	case now.Before(x.until):
		return "active"
	default:
		return "expired"
	}
}

// silencing lists the silences that hide an alert. s.mu is held.
func (s *Server) silencing(labels map[string]string, now time.Time) []string {
	ids := []string{}
	for _, x := range s.silences {
		if x.state(now) == "active" && x.match(labels) {
			ids = append(ids, x.id)
		}
	}
	return ids
}

// The wire form of a silence.
type wireSilence struct {
	ID        string        `json:"id,omitempty"`
	Status    *wireState    `json:"status,omitempty"`
	UpdatedAt string        `json:"updatedAt,omitempty"`
	Comment   string        `json:"comment"`
	CreatedBy string        `json:"createdBy"`
	EndsAt    time.Time     `json:"endsAt"`
	Matchers  []wireMatcher `json:"matchers"`
	StartsAt  time.Time     `json:"startsAt"`
}

type wireState struct {
	State string `json:"state"`
}

type wireMatcher struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	IsRegex bool   `json:"isRegex"`
	IsEqual *bool  `json:"isEqual"`
}

func (x *silence) wire(now time.Time) wireSilence {
	w := wireSilence{ID: x.id, Status: &wireState{x.state(now)}, UpdatedAt: x.updated.UTC().Format(stamp), Comment: x.comment,
		CreatedBy: x.by, StartsAt: x.from.UTC(), EndsAt: x.until.UTC()}
	for _, m := range x.matchers {
		equal := !m.Negative
		w.Matchers = append(w.Matchers, wireMatcher{m.Name, m.Value, m.Regex, &equal})
	}
	return w
}

func (s *Server) list(w http.ResponseWriter, _ *http.Request) {
	now := s.o.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []wireSilence{}
	for _, x := range s.silences {
		list = append(list, x.wire(now))
	}
	answer(w, list)
}

// idForm is what IDs look like; others are refused before they are looked for.
var idForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func (s *Server) find(w http.ResponseWriter, r *http.Request) *silence {
	id := r.PathValue("id")
	if !idForm.MatchString(id) {
		refuse(w, http.StatusUnprocessableEntity, "silenceID in path must be of type uuid")
		return nil
	}
	for _, x := range s.silences {
		if x.id == id {
			return x
		}
	}
	w.WriteHeader(http.StatusNotFound)
	return nil
}

func (s *Server) get(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.find(w, r); x != nil {
		answer(w, x.wire(s.o.Clock.Now()))
	}
}

func (s *Server) expire(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.find(w, r)
	if x == nil {
		return
	}
	now := s.o.Clock.Now()
	if state := x.state(now); state != "expired" {
		x.from, x.until, x.updated = earlier(x.from, now), now, now
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// maxBody bounds a silence that is sent.
const maxBody = 1 << 20

func (s *Server) post(w http.ResponseWriter, r *http.Request) {
	var in wireSilence
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&in); err != nil {
		refuse(w, http.StatusBadRequest, "parsing silence body: "+err.Error())
		return
	}
	x, why := s.made(in)
	if why != "" {
		refuse(w, http.StatusBadRequest, why)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id, found := s.set(x, in.ID)
	if !found {
		refuse(w, http.StatusNotFound, "silence not found")
		return
	}
	answer(w, map[string]string{"silenceID": id})
}

// made checks what was sent as version 0.34 does.
func (s *Server) made(in wireSilence) (*silence, string) {
	now := s.o.Clock.Now()
	x := &silence{from: in.StartsAt, until: in.EndsAt, by: in.CreatedBy, comment: in.Comment, updated: now}
	for _, m := range in.Matchers {
		x.matchers = append(x.matchers, fleet.Matcher{Name: m.Name, Value: m.Value, Regex: m.IsRegex, Negative: m.IsEqual != nil && !*m.IsEqual})
	}
	var err error
	switch x.match, err = fleet.CompileMatchers(x.matchers); {
	case !x.from.Before(x.until):
		return nil, "Failed to create silence: start time must be before end time"
	case x.until.Before(now):
		return nil, "Failed to create silence: end time can't be in the past"
	case err != nil:
		return nil, "invalid silence: at least one matcher must not match the empty string"
	case strings.TrimSpace(in.Comment) == "" || in.CreatedBy == "":
		return nil, "invalid silence: comment and createdBy are required"
	}
	if x.from.Before(now) {
		x.from = now
	}
	return x, ""
}

// set stores a silence. One that is sent with an ID keeps it only where matchers are equal and an active start is
// unchanged; else the old one ends and a new one begins. s.mu is held.
func (s *Server) set(x *silence, id string) (string, bool) {
	now := s.o.Clock.Now()
	i := slices.IndexFunc(s.silences, func(o *silence) bool { return o.id == id })
	switch {
	case id != "" && i < 0:
		return "", false
	case i >= 0 && s.silences[i].state(now) == "active" && slices.Equal(s.silences[i].matchers, x.matchers):
		old := s.silences[i]
		old.until, old.comment, old.by, old.updated = x.until, x.comment, x.by, now
		return id, true
	case i >= 0 && s.silences[i].state(now) != "expired":
		old := s.silences[i]
		old.from, old.until, old.updated = earlier(old.from, now), now, now
	}
	s.serial++
	x.id = fmt.Sprintf("5e1f0000-0000-4000-8000-%012x", s.serial)
	s.silences = append(s.silences, x)
	return x.id, true
}
