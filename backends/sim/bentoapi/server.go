// Package bentoapi plays the REST API of BentoCloud, version 2, as far as deployments go: what is put replaces all that was there,
// nothing refuses a write that is late, and the status follows what becomes of a revision, a little behind. What a Bento is decides
// what becomes of it; nothing here sets a status.
package bentoapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"pitwall/fleet"
)

// Bento is one version of a program that was pushed, with what becomes of it once it is deployed.
type Bento struct {
	Entry       string // service that answers
	Models      []string
	Build       time.Duration // of its image, the first time that it is deployed
	Load        time.Duration // from the start of a replica until it is ready
	Unbuildable bool          // its image cannot be built
	NeverReady  bool          // its replicas start and do not become ready
	Crashes     bool          // its replicas end as soon as they start
}

// Deployment is one that is there from the beginning.
type Deployment struct {
	Name    string
	Cluster string
	Body    string // as it was put, JSON
}

// Options are what a Server needs.
type Options struct {
	Clock       fleet.Clock
	Token       string           // that callers must have
	Bentos      map[string]Bento // by tag, NAME:VERSION
	Deployments []Deployment
	// Behind is how long the status of a deployment stays that of its revision before.
	Behind time.Duration
	// Trouble, where it is not nil, says how a call fails before anything is done: a status of 400 and above, or 0.
	Trouble func(r *http.Request) int
}

// Server answers as BentoCloud. It is safe for concurrent use.
type Server struct {
	o   Options
	mux *http.ServeMux

	mu     sync.Mutex
	there  []*deployment
	built  map[string]time.Time // when the image of a Bento is there
	serial int
}

// New makes a server. A deployment whose body is not one panics: it is the owner's own text.
func New(o Options) *Server {
	s := &Server{o: o, mux: http.NewServeMux(), built: map[string]time.Time{}}
	const one = "/api/v2/deployments/{name}"
	s.mux.HandleFunc("GET /api/v2/deployments", s.list)
	s.mux.HandleFunc("GET "+one, s.with((*Server).show))
	s.mux.HandleFunc("PUT "+one, s.with((*Server).put))
	s.mux.HandleFunc("PUT "+one+"/void_update", s.with((*Server).again))
	s.mux.HandleFunc("POST "+one+"/terminate", s.with((*Server).terminate))
	s.mux.HandleFunc("DELETE "+one, s.with((*Server).remove))
	s.mux.HandleFunc("GET /api/v1/bento_repositories/{repository}/bentos/{version}", s.bento)
	for _, d := range o.Deployments {
		var b body
		if err := json.Unmarshal([]byte(d.Body), &b); err != nil {
			panic("deployment " + d.Name + ": " + err.Error())
		}
		s.built[b.Bento] = time.Time{}
		made := &deployment{name: d.Name, cluster: d.Cluster, created: o.Clock.Now().Add(-day), uid: s.id("dep")}
		made.revise(s.id("rev"), b, "", o.Clock.Now().Add(-day))
		s.there = append(s.there, made)
	}
	return s
}

const day = 24 * time.Hour

func (s *Server) id(of string) string {
	s.serial++
	return of + "-" + strconv.Itoa(s.serial)
}

// ServeHTTP answers one request, with the date of the simulated clock.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.o.Clock.Now().UTC().Format(http.TimeFormat))
	if s.o.Trouble != nil {
		if code := s.o.Trouble(r); code >= http.StatusBadRequest {
			w.Header().Set("X-Trace-Id", "trace-"+strconv.Itoa(code))
			refuse(w, code, "in trouble")
			return
		}
	}
	switch {
	case r.Header.Get("X-YATAI-API-TOKEN") != s.o.Token:
		refuse(w, http.StatusUnauthorized, "token is invalid")
	case r.Header.Get("X-Bentoml-Version") == "":
		refuse(w, http.StatusBadRequest, "the version of BentoML is not said")
	default:
		s.mux.ServeHTTP(w, r)
	}
}

// with finds the deployment that a request is about, and holds the lock meanwhile. Which cluster is meant has to be said where a name
// is in several; what is not there is a bad request.
func (s *Server) with(do func(*Server, http.ResponseWriter, *http.Request, *deployment)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		cluster := r.URL.Query().Get("cluster")
		var found []*deployment
		for _, d := range s.there {
			if d.name == r.PathValue("name") && (cluster == "" || d.cluster == cluster) {
				found = append(found, d)
			}
		}
		if len(found) != 1 {
			refuse(w, http.StatusBadRequest, "record not found")
			return
		}
		do(s, w, r, found[0])
	}
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := r.URL.Query()
	start, _ := strconv.Atoi(q.Get("start"))
	count, err := strconv.Atoi(q.Get("count"))
	if err != nil || count <= 0 {
		count = 10
	}
	var items []any
	for _, d := range s.there {
		if c := q.Get("cluster"); (c == "" || d.cluster == c) && strings.Contains(d.name, q.Get("search")) {
			items = append(items, s.document(d))
		}
	}
	total := len(items)
	items = items[min(max(start, 0), total):]
	answer(w, map[string]any{"start": start, "count": count, "total": total, "items": append([]any{}, items[:min(count, len(items))]...)})
}

func (s *Server) show(w http.ResponseWriter, _ *http.Request, d *deployment) {
	answer(w, s.document(d))
}

// put replaces all that a deployment is made of.
func (s *Server) put(w http.ResponseWriter, r *http.Request, d *deployment) {
	var b body
	if err := json.NewDecoder(r.Body).Decode(&b); err != nil {
		refuse(w, http.StatusBadRequest, "the body is no JSON of a deployment")
		return
	}
	if why := s.wrong(&b); why != "" {
		refuse(w, http.StatusBadRequest, why)
		return
	}
	now := s.o.Clock.Now()
	d.revise(s.id("rev"), b, s.status(d, now), now)
	answer(w, s.document(d))
}

// wrong is why a body is refused.
func (s *Server) wrong(b *body) string {
	tags, sum := []string{b.Bento}, 0
	for name, v := range b.canaries() {
		switch {
		case name == mainTarget:
			return "a canary cannot be called main"
		case v.Weight == nil || *v.Weight < 0:
			return "canary " + name + " has no weight"
		case len(v.Services) == 0:
			return "canary " + name + " has no services"
		}
		sum += *v.Weight
		tags = append(tags, v.Bento)
	}
	switch {
	case sum > 100:
		return "the weights of the canaries are more than 100"
	case len(b.canaries()) > 0 && !slices.Contains([]string{"random", "header", "query"}, b.Canary.Type):
		return "route_type is none of random, header, query"
	case len(b.Services) == 0:
		return "there is no service"
	}
	for _, tag := range tags {
		if _, ok := s.o.Bentos[tag]; !ok {
			return "bento " + tag + ": record not found"
		}
	}
	return ""
}

// again rolls what is there once more.
func (s *Server) again(w http.ResponseWriter, _ *http.Request, d *deployment) {
	now := s.o.Clock.Now()
	d.revise(s.id("rev"), d.body, s.status(d, now), now)
	answer(w, s.document(d))
}

func (s *Server) terminate(w http.ResponseWriter, _ *http.Request, d *deployment) {
	if d.ended.IsZero() {
		d.ended = s.o.Clock.Now()
	}
	answer(w, s.document(d))
}

// remove takes a deployment away, once it was ended.
func (s *Server) remove(w http.ResponseWriter, _ *http.Request, d *deployment) {
	if s.status(d, s.o.Clock.Now()) != "terminated" {
		refuse(w, http.StatusBadRequest, "it is not terminated")
		return
	}
	s.there = slices.DeleteFunc(s.there, func(x *deployment) bool { return x == d })
	answer(w, s.document(d))
}

func (s *Server) bento(w http.ResponseWriter, r *http.Request) {
	tag := r.PathValue("repository") + ":" + r.PathValue("version")
	b, ok := s.o.Bentos[tag]
	if !ok {
		refuse(w, http.StatusNotFound, "record not found")
		return
	}
	answer(w, bentoOf(tag, &b))
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // a client that hung up is no fault
}

func refuse(w http.ResponseWriter, code int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": why})
}
