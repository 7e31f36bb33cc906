package bentocloud

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/backends/internal/restrig"
	"pitwall/fleet"
)

const token = "bc_contract_do_not_show"

// cloud plays BentoCloud with one deployment: it keeps what is put, and takes bodies of the shape that the API has only.
type cloud struct {
	t     *testing.T
	clock *fleet.VirtualClock
	spec  fleet.SourceSpec
	deps  fleet.Deps

	mu       sync.Mutex
	doc      map[string]any // as GET gives it
	put      map[string]any // as it was put last
	calls    []string
	revision int
	answer   func(w http.ResponseWriter, r *http.Request) bool // in place of the API, where it says true
}

func newCloud(t *testing.T) (*cloud, *restrig.Rig) {
	t.Helper()
	var list struct {
		Items []map[string]any `json:"items"`
	}
	if err := json.Unmarshal([]byte(sample(t)), &list); err != nil {
		t.Fatal(err)
	}
	c := &cloud{t: t, doc: list.Items[0], revision: 4, clock: fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))}
	s := httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(s.Close)
	c.deps = fleet.Deps{Clock: c.clock,
		Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret(token), nil }}
	c.spec = fleet.SourceSpec{ID: "cloud", Kind: "bentocloud", URL: s.URL, Auth: fleet.SecretRef{Env: "BENTO"}, Subject: fleet.Subject{Cluster: "cloud"}}
	return c, restrig.Open(t, Connector(), c.spec, c.deps, kind, c.settle)
}

func (c *cloud) inspector() fleet.Inspector {
	in, err := Connector().NewInspector(c.spec, c.deps)
	if err != nil {
		c.t.Fatal(err)
	}
	return in
}

func (c *cloud) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.doc["status"] {
	case deploying:
		c.doc["status"] = running
	case terminating:
		c.doc["status"] = terminated
	}
	if err := c.clock.Advance(c.t.Context(), time.Minute); err != nil {
		c.t.Error(err)
	}
}

func (c *cloud) serve(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, r.Method+" "+r.URL.Path)
	if c.answer != nil && c.answer(w, r) {
		return
	}
	if r.Header.Get("X-YATAI-API-TOKEN") != token || r.Header.Get("X-Bentoml-Version") == "" {
		http.Error(w, `{"error":"no token"}`, http.StatusUnauthorized)
		return
	}
	const at = "/api/v2/deployments/chat"
	if strings.HasPrefix(r.URL.Path, at) && r.URL.Query().Get("cluster") != "north-1" {
		http.Error(w, `{"error":"record not found"}`, http.StatusBadRequest)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET " + at:
	case "PUT " + at:
		body, _ := io.ReadAll(r.Body)
		if why := c.take(body); why != "" {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"error": why})
			return
		}
	case "PUT " + at + "/void_update":
		c.revise()
	case "POST " + at + "/terminate":
		c.doc["status"] = terminating
	case "GET /api/v1/bento_repositories/chat/bentos/bbb222":
		_, _ = io.WriteString(w, `{"name":"bbb222","version":"bbb222"}`)
		return
	default:
		http.Error(w, `{"error":"record not found"}`, http.StatusBadRequest)
		return
	}
	_ = json.NewEncoder(w).Encode(c.doc)
}

func (c *cloud) revise() {
	c.revision++
	rev := c.doc["latest_revision"].(map[string]any)
	rev["uid"], rev["created_at"] = fmt.Sprint("rev-", c.revision), c.clock.Now().Format(time.RFC3339Nano)
	c.doc["status"] = deploying
}

// take is what the API does with a body that is put. why refuses it.
func (c *cloud) take(body []byte) (why string) {
	var put map[string]any
	if err := json.Unmarshal(body, &put); err != nil {
		return "no JSON"
	}
	for k := range put {
		if !slices.Contains([]string{"access_authorization", "bento", "canary", "envs", "labels", "secrets", "services"}, k) {
			return "unknown field " + k
		}
	}
	targets := []any{targetOf("main", put)}
	routing := map[string]any{}
	if can, ok := put["canary"].(map[string]any); ok {
		weights, sum := map[string]any{}, 0.0
		for name, v := range can["versions"].(map[string]any) {
			version := v.(map[string]any)
			if version["services"] == nil {
				return "a canary without services"
			}
			targets = append(targets, targetOf(name, version))
			weights[name] = version["weight"]
			sum += version["weight"].(float64)
		}
		if sum > 100 {
			return "weights over 100"
		}
		routing["route_type"], routing["weights"] = can["route_type"], weights
	}
	c.put = put
	c.doc["manifest"] = map[string]any{"dev": false, "routing": routing}
	c.doc["latest_revision"].(map[string]any)["targets"] = targets
	c.revise()
	return ""
}

func targetOf(name string, version map[string]any) map[string]any {
	repository, tag, _ := strings.Cut(version["bento"].(string), ":")
	config := map[string]any{"services": version["services"], "envs": version["envs"], "secrets": version["secrets"]}
	if v, ok := version["access_authorization"]; ok {
		config["access_authorization"] = v
	}
	return map[string]any{"name": name, "config": config,
		"bento": map[string]any{"name": tag, "version": tag, "repository": map[string]any{"name": repository}}}
}

func (c *cloud) main() map[string]any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.doc["latest_revision"].(map[string]any)["targets"].([]any)[0].(map[string]any)
}
