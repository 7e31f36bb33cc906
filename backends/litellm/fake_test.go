package litellm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"pitwall/fleet"
)

const testKey = "sk-test-admin"

// fakeGateway is a LiteLLM of several replicas, with the ugly parts: each replica holds its own copy of the routing
// state, a write reaches only the replica that takes it until the others poll, and stored texts are encrypted.
type fakeGateway struct {
	mu       sync.Mutex
	hasDB    bool
	storeOn  bool
	hasBlock bool
	canUnset bool
	strategy string
	version  string
	metrics  string // "" for none, else the page
	openPage bool   // metrics without a key
	slash    string // /metrics redirects to this
	rows     []fakeRow
	settings fakeSettings
	replicas []*fakeReplica
	log      []exchange
	evicts   string // a write of members drops this one from the router that takes it
	unloaded bool   // a new member is stored and not loaded
	late     bool   // a write of members answers 500 after it was made
	spending fakeSpending
}

type fakeRow struct {
	ID, Route, Model, Base string
	Weight                 *float64
	Blocked, FromDB        bool
	Params, Info           map[string]any // further fields, as they are told
	Keyless                bool           // its stored row has no key
}

type fakeReplica struct {
	gw     *fakeGateway
	id     fleet.GatewayReplicaID
	server *httptest.Server
	loaded []fakeRow
	live   map[string]any // router settings in force
	// refuse answers instead of the replica when it gives a status; it runs without the lock.
	refuse func(method, path string) (status int, body string)
}

// exchange is one request with its answer.
type exchange struct {
	Replica      fleet.GatewayReplicaID
	Method, Path string
	Query        string
	Header       http.Header
	Body, Answer []byte
	Status       int
}

func weight(v float64) *float64 { return &v }

// newFake starts a gateway with chat = a 60, b 40 (database) and a backup in the file.
func newFake(t *testing.T, replicas int) *fakeGateway {
	t.Helper()
	g := &fakeGateway{
		hasDB: true, storeOn: true, hasBlock: true, strategy: simpleShuffle, version: "1.96.0", settings: newFakeSettings(),
		rows: []fakeRow{
			{ID: "a", Route: "chat", Model: "openai/model-a", Base: "http://127.0.0.1:9101/v1", Weight: weight(60), FromDB: true},
			{ID: "b", Route: "chat", Model: "openai/model-b", Base: "http://127.0.0.1:9102/v1", Weight: weight(40), FromDB: true},
			{ID: "c", Route: "chat-backup", Model: "openai/model-c", Base: "http://127.0.0.1:9103/v1"},
		},
	}
	for i := range replicas {
		r := &fakeReplica{gw: g, id: fleet.GatewayReplicaID(fmt.Sprintf("gw-%d", i+1))}
		r.loaded = slices.Clone(g.rows)
		r.takeOver()
		r.server = httptest.NewServer(r)
		t.Cleanup(r.server.Close)
		g.replicas = append(g.replicas, r)
	}
	return g
}

func (g *fakeGateway) spec() fleet.GatewaySpec {
	s := fleet.GatewaySpec{ID: "gw", Kind: Kind, Auth: fleet.SecretRef{Env: "KEY"}}
	for _, r := range g.replicas {
		s.Replicas = append(s.Replicas, fleet.GatewayReplicaSpec{ID: r.id, URL: r.server.URL})
	}
	return s
}

func testDeps() fleet.Deps {
	return fleet.Deps{
		Clock: fleet.SystemClock{}, Log: slog.New(slog.DiscardHandler),
		Secret: func(_ context.Context, ref fleet.SecretRef) (fleet.Secret, error) {
			if ref.IsZero() {
				return fleet.Secret{}, nil
			}
			return fleet.NewSecret(testKey), nil
		},
	}
}

func (g *fakeGateway) writer(t *testing.T) *dbWriter {
	t.Helper()
	w, err := Connector().NewWriter(g.spec(), testDeps())
	if err != nil {
		t.Fatal(err)
	}
	return w.(*dbWriter)
}

// propagate is the poll of the database that all replicas make.
func (g *fakeGateway) propagate() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range g.replicas {
		r.loaded = slices.Clone(g.rows)
		r.takeOver()
	}
}

// refuse makes one replica answer otherwise.
func (g *fakeGateway) refuse(replica int, f func(method, path string) (int, string)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.replicas[replica].refuse = f
}

// set is a change by somebody else, who spoke to one replica.
func (g *fakeGateway) set(via int, id string, w float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range g.rows {
		if g.rows[i].ID == id {
			g.rows[i].Weight = weight(w)
		}
	}
	g.replicas[via].loaded = slices.Clone(g.rows)
}

func (g *fakeGateway) stored() fleet.Weights {
	g.mu.Lock()
	defer g.mu.Unlock()
	w := fleet.Weights{}
	for _, r := range g.rows {
		if r.Route == "chat" && r.Weight != nil {
			w[fleet.TargetID(r.ID)] = int(*r.Weight)
		}
	}
	return w
}

// writes lists the changing calls in order: "gw-1 a=50".
func (g *fakeGateway) writes() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []string
	for _, e := range g.log {
		if e.Method != http.MethodGet {
			id := strings.TrimSuffix(strings.TrimPrefix(e.Path, "/model/"), "/update")
			var body struct {
				Params map[string]any `json:"litellm_params"`
			}
			_ = json.Unmarshal(e.Body, &body)
			out = append(out, fmt.Sprintf("%s %s=%v %d", e.Replica, id, body.Params["weight"], e.Status))
		}
	}
	return out
}

func (r *fakeReplica) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	rec := httptest.NewRecorder()
	r.gw.mu.Lock()
	refuse := r.refuse
	r.gw.mu.Unlock()
	status, text := 0, ""
	if refuse != nil {
		status, text = refuse(req.Method, req.URL.Path)
	}
	r.gw.mu.Lock()
	defer r.gw.mu.Unlock()
	if status != 0 {
		rec.Header().Set("Content-Type", "application/json")
		rec.WriteHeader(status)
		rec.WriteString(text)
	} else {
		r.serve(rec, req, body)
	}
	answer := rec.Body.Bytes()
	r.gw.log = append(r.gw.log, exchange{
		r.id, req.Method, req.URL.EscapedPath(), req.URL.RawQuery, req.Header, body, bytes.Clone(answer), rec.Code,
	})
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(rec.Code)
	_, _ = w.Write(answer)
}

func (r *fakeReplica) serve(w *httptest.ResponseRecorder, req *http.Request, body []byte) {
	path := req.URL.Path
	if path == "/test/reload" {
		if err := r.load(req.URL.Query().Get("path")); err != nil {
			answer(w, 500, err.Error())
		}
		return
	}
	open := path == "/health/liveliness" || path == "/health/readiness" || path == "/openapi.json" ||
		strings.HasPrefix(path, "/metrics") && r.gw.openPage
	if !open && req.Header.Get("Authorization") != "Bearer "+testKey {
		answer(w, 401, map[string]any{"error": map[string]any{"message": "Authentication Error", "code": "401"}})
		return
	}
	switch {
	case path == "/health/liveliness":
		answer(w, 200, "I'm alive!")
	case path == "/health/readiness":
		answer(w, 200, map[string]any{"status": "healthy", "db": r.db()})
	case path == "/health/readiness/details":
		answer(w, 200, map[string]any{"status": "healthy", "db": r.db(), "litellm_version": r.gw.version})
	case path == "/model/info":
		answer(w, 200, map[string]any{"data": r.models()})
	case path == "/get/config/callbacks":
		answer(w, 200, r.callbacks())
	case path == configPath:
		r.update(w, body)
	case strings.HasPrefix(path, "/fallback"):
		r.fallback(w, req, body)
	case path == "/openapi.json":
		r.openapi(w)
	case strings.HasPrefix(path, "/metrics"):
		r.metrics(w, path)
	case req.Method == http.MethodPatch:
		r.patch(w, path, body)
	case path == activityPath || path == aggregatedPath || path == budgetsPath:
		r.money(w, req)
	case path == "/model/new":
		r.newModel(w, body)
	case path == "/model/delete":
		r.deleteModel(w, body)
	case path == "/model/block" || path == "/model/unblock":
		r.block(w, path == "/model/block", body)
	default:
		answer(w, 404, map[string]any{"detail": "Not Found"})
	}
}

func answer(w *httptest.ResponseRecorder, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (r *fakeReplica) db() string {
	if r.gw.hasDB {
		return dbConnected
	}
	return dbNone
}

func (r *fakeReplica) models() []any {
	out := []any{}
	for _, m := range r.loaded {
		p := map[string]any{"model": m.Model, "api_base": m.Base}
		if m.Weight != nil {
			p["weight"] = *m.Weight
		}
		maps.Copy(p, m.Params)
		info := map[string]any{"id": m.ID, "db_model": m.FromDB, "blocked": m.Blocked}
		maps.Copy(info, m.Info)
		out = append(out, map[string]any{"model_name": m.Route, "litellm_params": p, "model_info": info})
	}
	return out
}

func (r *fakeReplica) openapi(w *httptest.ResponseRecorder) {
	paths := map[string]any{"/model/info": map[string]any{}}
	if r.gw.spending.aggregated {
		paths[aggregatedPath] = map[string]any{}
	}
	if r.gw.hasBlock {
		paths[blockPath] = map[string]any{}
	}
	if !r.gw.settings.noFallback {
		paths[fallbackPath] = map[string]any{}
	}
	answer(w, 200, map[string]any{"info": map[string]any{"version": r.gw.version}, "paths": paths})
}

// refusesWrites answers a model write as LiteLLM does in modes without one.
func (r *fakeReplica) refusesWrites(w *httptest.ResponseRecorder) bool {
	switch {
	case !r.gw.hasDB:
		answer(w, 500, map[string]any{"detail": map[string]any{"error": "DB not connected. This endpoint needs a database"}})
	case !r.gw.storeOn:
		answer(w, 400, map[string]any{"error": map[string]any{
			"message": "Model updates only supported for DB-stored models", "type": "validation_error", "code": "400",
		}})
	default:
		return false
	}
	return true
}

func (r *fakeReplica) patch(w *httptest.ResponseRecorder, path string, body []byte) {
	if r.refusesWrites(w) {
		return
	}
	id := strings.TrimSuffix(strings.TrimPrefix(path, "/model/"), "/update")
	var in struct {
		Params map[string]any `json:"litellm_params"`
		Remove []string       `json:"litellm_params_to_remove"`
	}
	if json.Unmarshal(body, &in) != nil {
		answer(w, 422, map[string]any{"detail": []any{}})
		return
	}
	r.change(w, id, func(m *fakeRow) {
		if v, ok := in.Params["weight"].(float64); ok {
			m.Weight = weight(v)
		}
		if r.gw.canUnset && slices.Contains(in.Remove, "weight") {
			m.Weight = nil
		}
	})
}

func (r *fakeReplica) block(w *httptest.ResponseRecorder, blocked bool, body []byte) {
	if !r.gw.hasBlock {
		answer(w, 404, map[string]any{"detail": "Not Found"})
		return
	}
	if r.refusesWrites(w) {
		return
	}
	var in struct {
		ID string `json:"model_id"`
	}
	_ = json.Unmarshal(body, &in)
	r.change(w, in.ID, func(m *fakeRow) { m.Blocked = blocked })
}

// change writes one row, reloads this replica only, and answers the stored row with encrypted texts.
func (r *fakeReplica) change(w *httptest.ResponseRecorder, id string, edit func(*fakeRow)) {
	for i := range r.gw.rows {
		m := &r.gw.rows[i]
		if m.ID != id {
			continue
		}
		if !m.FromDB {
			answer(w, 400, map[string]any{"error": map[string]any{
				"message": "Cannot edit config-based model. Store model in DB via /model/new first.", "code": "400",
			}})
			return
		}
		edit(m)
		r.loaded = slices.Clone(r.gw.rows)
		p := map[string]any{"model": seal(m.Model), "api_base": seal(m.Base), "api_key": seal("sk-secret")}
		if m.Keyless {
			delete(p, "api_key")
		}
		for k, v := range m.Params {
			if text, ok := v.(string); ok {
				v = seal(text)
			}
			p[k] = v
		}
		if m.Weight != nil {
			p["weight"] = *m.Weight
		}
		answer(w, 200, map[string]any{
			"model_id": m.ID, "model_name": m.Route, "litellm_params": p, "blocked": m.Blocked,
			"model_info": map[string]any{"id": m.ID, "db_model": true}, "updated_at": "2026-08-20T10:00:00Z",
		})
		return
	}
	answer(w, 404, map[string]any{"error": map[string]any{"message": "Model " + id + " not found on proxy.", "code": "404"}})
}
