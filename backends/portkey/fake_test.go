package portkey

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/fleet"
)

const (
	testKey = "pk-test-admin"
	// canary stands in every place of a config that holds a credential.
	canary = "canary-7d1f-secret"
	slug   = "pc-chat-1a2b3c"
)

// controlPlane plays Portkey's: configs with their versions, of which the newest is in force, and the calls of its API 2.0.
type controlPlane struct {
	*httptest.Server
	mu      sync.Mutex
	saved   map[string][]save // by slug, oldest first
	asText  bool              // GET gives the config as a text
	silent  bool              // PUT answers and changes nothing
	counted map[string]string // by model, what analytics tell
	before  func(call string) // runs before a call is answered, without the lock
	refuse  map[string]int    // by call, a status in place of an answer
	log     []exchange
	number  int
}

type save struct {
	version, config string
	at              time.Time
}

// exchange is one request with its answer.
type exchange struct {
	Method, Path string
	Header       http.Header
	Body, Answer []byte
	Status       int
}

// play starts one with configs, by slug.
func play(t *testing.T, configs map[string]string) *controlPlane {
	t.Helper()
	p := &controlPlane{saved: map[string][]save{}, refuse: map[string]int{}}
	for s, c := range configs {
		p.save(s, c)
	}
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.Close)
	return p
}

// save is what somebody in Portkey's own screens does.
func (p *controlPlane) save(slug, config string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.number++
	version := fmt.Sprintf("00000000-0000-4000-8000-%012d", p.number)
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC).Add(time.Duration(p.number) * time.Minute)
	p.saved[slug] = append(p.saved[slug], save{version, config, at})
	return version
}

// holds is the config in force.
func (p *controlPlane) holds(slug string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.saved[slug][len(p.saved[slug])-1].config
}

func (p *controlPlane) count(call string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, e := range p.log {
		if e.Method+" "+strings.SplitN(e.Path, "?", 2)[0] == call {
			n++
		}
	}
	return n
}

func (p *controlPlane) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	call := r.Method + " " + r.URL.Path
	if p.before != nil {
		p.before(call)
	}
	status, answer := p.answer(call, r, body)
	p.mu.Lock()
	p.log = append(p.log, exchange{r.Method, r.URL.RequestURI(), r.Header.Clone(), body, answer, status})
	p.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

func (p *controlPlane) answer(call string, r *http.Request, body []byte) (int, []byte) {
	status, answer := http.StatusOK, any(nil)
	_, slug, _ := strings.Cut(r.URL.Path, "/v1/configs/")
	slug, versions := strings.CutSuffix(slug, "/versions")
	p.mu.Lock()
	refused, known := p.refuse[call], len(p.saved[slug]) > 0
	p.mu.Unlock()
	switch {
	case r.Header.Get("x-portkey-api-key") != testKey:
		status, answer = http.StatusUnauthorized, map[string]any{"success": false}
	case refused != 0: // as careless servers do, with what was sent
		status, answer = refused, map[string]any{"success": false, "message": "no: " + string(body)}
	case call == "GET /v1/configs":
		answer = map[string]any{"success": true, "data": p.list()}
	case strings.HasPrefix(r.URL.Path, "/v1/analytics/groups/ai-models"):
		answer = p.models(r.URL.Query().Get("status_code"))
	case !known:
		status, answer = http.StatusNotFound, map[string]any{"success": false}
	case r.Method == http.MethodPut:
		status, answer = p.put(slug, body)
	case versions:
		answer = p.versions(slug)
	default:
		answer = p.config(slug)
	}
	text, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	return status, text
}

func row(slug string, s save, n int) map[string]any {
	return map[string]any{"id": fmt.Sprintf("10000000-0000-4000-8000-%012d", n), "name": "a config", "slug": slug, "is_default": 0,
		"organisation_id": "20000000-0000-4000-8000-000000000000", "workspace_id": "30000000-0000-4000-8000-000000000000",
		"status": "active", "owner_id": "40000000-0000-4000-8000-000000000000", "updated_by": "50000000-0000-4000-8000-000000000000",
		"created_at": "2026-11-20T08:00:00.000Z", "last_updated_at": s.at.Format("2006-01-02T15:04:05.000Z")}
}

func (p *controlPlane) list() any {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := []any{}
	for i, slug := range p.slugs() {
		s := p.saved[slug]
		list = append(list, row(slug, s[len(s)-1], i))
	}
	return list
}

func (p *controlPlane) slugs() []string {
	var list []string
	for s := range p.saved {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}

func (p *controlPlane) versions(slug string) any {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := []any{}
	for _, s := range slices.Backward(p.saved[slug]) {
		v := row(slug, s, slices.Index(p.slugs(), slug))
		v["config"], v["format"], v["type"], v["version_id"], v["object"] = s.config, "json", "ORG_CONFIG", s.version, "config"
		list = append(list, v)
	}
	return map[string]any{"object": "list", "total": len(list), "data": list}
}

func (p *controlPlane) config(slug string) any {
	text := p.holds(slug)
	if p.asText {
		return map[string]any{"success": true, "data": map[string]any{"config": text}}
	}
	return map[string]any{"success": true, "data": map[string]any{"config": json.RawMessage(text)}}
}

func (p *controlPlane) put(slug string, body []byte) (int, any) {
	var in struct {
		Config json.RawMessage `json:"config"`
	}
	if json.Unmarshal(body, &in) != nil || !bytes.HasPrefix(in.Config, []byte("{")) {
		return http.StatusBadRequest, map[string]any{"success": false}
	}
	config := string(in.Config)
	if p.silent {
		config = p.holds(slug)
	}
	return http.StatusOK, map[string]any{"success": true, "data": map[string]any{"version_id": p.save(slug, config)}}
}

func (p *controlPlane) models(codes string) any {
	list := []any{}
	for model, n := range p.counted {
		name, failures := strings.CutSuffix(model, " failed")
		if failures == (codes != "") {
			list = append(list, map[string]any{"ai_model": name, "requests": n, "object": "analytics-group"})
		}
	}
	return map[string]any{"object": "list", "total": len(list), "data": list}
}

func deps(clock fleet.Clock, log io.Writer) fleet.Deps {
	return fleet.Deps{Clock: clock, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Secret: func(_ context.Context, ref fleet.SecretRef) (fleet.Secret, error) {
			if ref.IsZero() {
				return fleet.Secret{}, nil
			}
			return fleet.NewSecret(testKey), nil
		}}
}

func now() time.Time { return time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC) }

func (p *controlPlane) read(t *testing.T, options map[string]string) fleet.Partial {
	t.Helper()
	spec := fleet.SourceSpec{ID: "portkey", Kind: Kind, URL: p.URL + "/v1", Auth: fleet.SecretRef{Env: "KEY"}, Options: options}
	r, err := newReader(spec, deps(fleet.NewVirtualClock(now()), io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (p *controlPlane) writer(t *testing.T, clock fleet.Clock, log io.Writer) fleet.RouteWriter {
	t.Helper()
	w, err := newWriter(fleet.GatewaySpec{ID: "portkey", Kind: Kind, Auth: fleet.SecretRef{Env: "KEY"},
		Replicas: []fleet.GatewayReplicaSpec{{ID: "portkey", URL: p.URL + "/v1"}}}, deps(clock, log))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// chat is a route of two targets, with a credential in each place that can hold one.
func chat(a, b string) string {
	return `{"strategy":{"mode":"loadbalance"},"api_key":"` + canary + `","cache":{"mode":"simple","max_age":3600},"targets":[` +
		`{"provider":"@openai-prod","virtual_key":"` + canary + `","override_params":{"model":"gpt-4o","seed":12345678901234567890},` +
		`"headers":{"authorization":"` + canary + `"},` + a + `},` +
		`{"name":"own","provider":"openai","api_key":"` + canary + `","custom_host":"https://u:` + canary + `@llm.example:8443/v1?k=` + canary +
		`","override_params":{"model":"llama-70b"},` + b + `}]}`
}

func chatRoute() fleet.RouteSpec {
	return fleet.RouteSpec{ID: slug, Gateway: "portkey", Targets: []fleet.TargetSpec{
		{ID: "rented", Deployment: "@openai-prod/gpt-4o"}, {ID: "own"}}}
}
