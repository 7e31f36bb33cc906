package kong

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

const testToken = "CANARY-token-c0c0"

// fake is an Admin API with the ugly parts: PATCH merges records and replaces arrays whole, what is sent is held against a
// schema, and nothing locks.
type fake struct {
	*httptest.Server
	mu        sync.Mutex
	schema    *openapi3.Schema
	version   string
	database  string
	role      string
	plugins   []map[string]any
	upstreams []map[string]any
	targets   map[string][]map[string]any
	planes    []map[string]any
	metrics   string
	page      int // the most entries of a page; 0 for all
	log       []exchange

	deaf   bool                                                // it answers 200 and changes nothing
	before func(f *fake, method, path string)                  // another one writes just before this is answered
	refuse func(method, path string) (status int, body string) // an answer in its place
	alter  func(doc map[string]any) map[string]any             // what is stored instead of what was sent
	mask   func(doc map[string]any)                            // what is shown instead of what is stored
}

type exchange struct {
	Method, Path string
	Header       http.Header
	Body, Answer []byte
	Status       int
}

func newFake(t testing.TB) *fake {
	t.Helper()
	f := &fake{version: "3.10.0.2", database: "postgres", role: "traditional", schema: schemaOf(t, mustRead(t, "testdata/schema.json")),
		targets: map[string][]map[string]any{}}
	if err := json.Unmarshal(mustRead(t, "testdata/plugins.json"), &f.plugins); err != nil {
		t.Fatal(err)
	}
	f.upstreams = []map[string]any{{"id": "u1", "name": "llm.pool", "algorithm": "round-robin", "updated_at": 1764400000}}
	f.targets["llm.pool"] = []map[string]any{
		{"id": "t1", "target": "10.0.0.1:8000", "weight": 100.0, "created_at": 1764000000.125},
		{"id": "t2", "target": "10.0.0.2:8000", "weight": 0.0, "created_at": 1764000000.250},
	}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func schemaOf(t testing.TB, text []byte) *openapi3.Schema {
	t.Helper()
	s := openapi3.NewSchema()
	if err := json.Unmarshal(text, s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if f.before != nil {
		f.before(f, r.Method, r.URL.Path)
	}
	status, answer := 0, []byte(nil)
	if f.refuse != nil {
		if s, text := f.refuse(r.Method, r.URL.Path); s != 0 {
			status, answer = s, []byte(text)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if status == 0 {
		var doc any
		if status, doc = f.answer(r, body); status != 0 && doc != nil {
			answer, _ = json.Marshal(doc)
		}
		if text, ok := doc.(string); ok {
			answer = []byte(text)
		}
	}
	f.log = append(f.log, exchange{r.Method, r.URL.Path, r.Header.Clone(), body, answer, status})
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

func (f *fake) answer(r *http.Request, body []byte) (int, any) {
	if r.URL.Path == "/metrics" {
		if f.metrics == "" {
			return http.StatusNotFound, map[string]any{"message": "Not found"}
		}
		return http.StatusOK, f.metrics
	}
	if r.Header.Get("Kong-Admin-Token") != testToken {
		return http.StatusUnauthorized, map[string]any{"message": "Invalid RBAC credentials"}
	}
	at := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if r.Method == http.MethodPatch && f.database == databaseOff {
		return http.StatusMethodNotAllowed, map[string]any{"message": "cannot create or update entities when not using a database"}
	}
	switch {
	case r.URL.Path == "/":
		return http.StatusOK, map[string]any{"version": f.version, "edition": "enterprise",
			"configuration": map[string]any{"database": f.database, "role": f.role, "pg_password": "CANARY-pg-3e3e"}}
	case at[0] == "clustering" && f.role == controlPlane:
		return f.pageOf(r, f.planes)
	case at[0] == "plugins" && len(at) == 1:
		shown := make([]map[string]any, len(f.plugins))
		for i := range f.plugins {
			shown[i] = f.show(f.plugins[i])
		}
		return f.pageOf(r, shown)
	case at[0] == "plugins":
		return f.entity(r, body, f.plugins, func(d map[string]any) bool { return d["id"] == at[1] })
	case at[0] == "upstreams" && len(at) == 1:
		return f.pageOf(r, f.upstreams)
	case at[0] == "upstreams" && len(at) == 2:
		return f.entity(r, body, f.upstreams, func(d map[string]any) bool { return d["name"] == at[1] })
	case at[0] == "upstreams" && at[len(at)-1] == "all":
		return f.pageOf(r, f.targets[at[1]])
	case at[0] == "upstreams" && len(at) == 4:
		return f.entity(r, body, f.targets[at[1]], func(d map[string]any) bool { return d["id"] == at[3] })
	}
	return http.StatusNotFound, map[string]any{"message": "Not found"}
}

func (f *fake) show(doc map[string]any) map[string]any {
	shown := clone(doc)
	if f.mask != nil {
		f.mask(shown)
	}
	return shown
}

// pageOf gives a page and where the next one begins.
func (f *fake) pageOf(r *http.Request, list []map[string]any) (int, any) {
	from, size := 0, len(list)
	_, _ = fmt.Sscan(r.URL.Query().Get("offset"), &from)
	if f.page > 0 {
		size = f.page
	}
	end := min(from+size, len(list))
	out := map[string]any{"data": append([]map[string]any{}, list[from:end]...), "next": nil}
	if end < len(list) {
		out["offset"], out["next"] = fmt.Sprint(end), r.URL.Path+"?offset="+fmt.Sprint(end)
	}
	return http.StatusOK, out
}

func (f *fake) entity(r *http.Request, body []byte, list []map[string]any, is func(map[string]any) bool) (int, any) {
	i := slices.IndexFunc(list, is)
	if i < 0 {
		return http.StatusNotFound, map[string]any{"message": "Not found"}
	}
	if r.Method == http.MethodPatch && !f.deaf {
		var change map[string]any
		if json.Unmarshal(body, &change) != nil {
			return http.StatusBadRequest, map[string]any{"message": "Cannot parse JSON body"}
		}
		merged := merge(clone(list[i]), change)
		if why := f.violates(merged); why != nil { // Kong's messages may quote what was sent
			return http.StatusBadRequest, map[string]any{"name": "schema violation", "message": why.Error() + string(body)}
		}
		if f.alter != nil {
			merged = f.alter(merged)
		}
		merged["updated_at"] = 1764999999.0
		list[i] = merged
	}
	return http.StatusOK, f.show(list[i])
}

func (f *fake) violates(doc map[string]any) error {
	if w, ok := doc["weight"].(float64); ok && (w < 0 || w > 65535) {
		return fmt.Errorf("weight: value should be between 0 and 65535")
	}
	if doc["name"] != pluginAdvanced {
		return nil
	}
	return f.schema.VisitJSON(withoutNulls(doc))
}

// merge is the rule of Kong's PATCH: records are merged, everything else is replaced.
func merge(into, change map[string]any) map[string]any {
	for name, v := range change {
		record, ok := v.(map[string]any)
		if old, both := into[name].(map[string]any); ok && both {
			into[name] = merge(old, record)
			continue
		}
		into[name] = v
	}
	return into
}

func clone(doc map[string]any) map[string]any {
	b, _ := json.Marshal(doc)
	var out map[string]any
	_ = json.Unmarshal(b, &out)
	return out
}

// withoutNulls leaves out what Kong shows as null, which its schemas do not know.
func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, x := range v {
			if x != nil {
				out[name] = withoutNulls(x)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = withoutNulls(v[i])
		}
		return out
	}
	return v
}

// set changes what is stored behind the adapter's back.
func (f *fake) set(plugin int, path string, v any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	doc, _ := jsonptr.Decode(jsonptr.Encode(f.plugins[plugin]))
	b, _ := json.Marshal(jsonptr.With(doc, path, v))
	f.plugins[plugin] = nil
	_ = json.Unmarshal(b, &f.plugins[plugin])
}

func (f *fake) stored(plugin int) map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	return clone(f.plugins[plugin])
}

func (f *fake) calls(method string) (list []exchange) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.log {
		if e.Method == method {
			list = append(list, e)
		}
	}
	return list
}

// testNow is the time of the tests: the fake's data planes are seen by it.
var testNow = time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)

func testDeps(log *bytes.Buffer) fleet.Deps {
	return fleet.Deps{Clock: fleet.NewVirtualClock(testNow), Log: slog.New(slog.NewTextHandler(log, nil)),
		Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret(testToken), nil }}
}

var key = fleet.SecretRef{Env: "KONG_TOKEN"}

func (f *fake) read(t testing.TB, options map[string]string) fleet.Partial {
	t.Helper()
	r, err := newReader(fleet.SourceSpec{ID: "kong-1", URL: f.URL, Auth: key, Options: options}, testDeps(&bytes.Buffer{}))
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (f *fake) writer(t testing.TB, log *bytes.Buffer) *writer {
	t.Helper()
	w, err := newWriter(fleet.GatewaySpec{ID: "edge", Auth: key, Replicas: []fleet.GatewayReplicaSpec{{ID: "kong-1", URL: f.URL}}}, testDeps(log))
	if err != nil {
		t.Fatal(err)
	}
	return w.(*writer)
}
