package vertex

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/backends/internal/restrig"
	"pitwall/fleet"
)

// google plays one location of Vertex AI with one endpoint: the split changes at once and by its tag, all else by operations
// that are seen when they are over.
type google struct {
	t     *testing.T
	clock *fleet.VirtualClock
	spec  fleet.SourceSpec
	deps  fleet.Deps

	mu         sync.Mutex
	doc        map[string]any
	tag        int
	operations []map[string]any
	pending    func()
	fails      string // why the next operation fails
	calls      []string
	answer     func(w http.ResponseWriter, r *http.Request) bool // in place of the API, where it says true
}

func newGoogle(t *testing.T) (*google, *restrig.Rig) {
	t.Helper()
	var list struct {
		Endpoints []map[string]any `json:"endpoints"`
	}
	if err := json.Unmarshal([]byte(sample(t)), &list); err != nil {
		t.Fatal(err)
	}
	g := &google{t: t, doc: list.Endpoints[0], clock: fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))}
	s := httptest.NewServer(http.HandlerFunc(g.serve))
	t.Cleanup(s.Close)
	g.deps = fleet.Deps{Clock: g.clock,
		Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret(token), nil }}
	g.spec = fleet.SourceSpec{ID: "vertex", Kind: "vertex", URL: s.URL, Auth: fleet.SecretRef{Env: "GCP"}, Options: options(),
		Subject: fleet.Subject{Cluster: "vertex"}}
	rig := restrig.Open(t, Connector(), g.spec, g.deps, kind, g.settle)
	rig.Instant = true
	return g, rig
}

// settle ends the operation that is under way.
func (g *google) settle() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pending != nil {
		op := g.operations[len(g.operations)-1]
		op["done"] = true
		if g.fails != "" {
			op["error"] = map[string]any{"code": 8, "message": g.fails}
		} else {
			g.pending()
		}
		g.pending, g.fails = nil, ""
		g.change()
	}
	if err := g.clock.Advance(g.t.Context(), time.Minute); err != nil {
		g.t.Error(err)
	}
}

func (g *google) change() {
	g.tag++
	g.doc["etag"] = fmt.Sprint("tag-", g.tag)
}

func (g *google) models() []any {
	list, _ := g.doc["deployedModels"].([]any)
	return list
}

func (g *google) model(id string) map[string]any {
	for _, m := range g.models() {
		if m.(map[string]any)["id"] == id {
			return m.(map[string]any)
		}
	}
	return nil
}

func refuse(w http.ResponseWriter, code int, status, message string) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": code, "status": status, "message": message}})
}

func (g *google) serve(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls = append(g.calls, r.Method+" "+strings.TrimPrefix(r.URL.Path, location))
	body, _ := io.ReadAll(r.Body)
	in := map[string]any{}
	if len(body) > 0 && json.Unmarshal(body, &in) != nil {
		refuse(w, 400, "INVALID_ARGUMENT", "no JSON")
		return
	}
	if g.answer != nil && g.answer(w, r) {
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+token {
		refuse(w, 401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
		return
	}
	const at = "/endpoints/8800"
	switch path := strings.TrimPrefix(r.URL.Path, location); r.Method + " " + path {
	case "GET /endpoints":
		list := []any{}
		if f := r.URL.Query().Get("filter"); f == "" || f == `displayName="chat"` {
			list = append(list, g.doc)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"endpoints": list})
	case "GET " + at:
		_ = json.NewEncoder(w).Encode(g.doc)
	case "GET " + at + "/operations":
		_ = json.NewEncoder(w).Encode(map[string]any{"operations": g.operations})
	case "GET /models/456@4", "GET /models/456":
		_, _ = io.WriteString(w, `{"name":"projects/4711/locations/europe-west4/models/456","versionId":"4"}`)
	case "PATCH " + at:
		g.patch(w, r, in)
	case "POST " + at + ":deployModel":
		m := in["deployedModel"].(map[string]any)
		g.begin(w, "DeployModel", func() {
			name, version, _ := strings.Cut(m["model"].(string), "@")
			m["model"], m["modelVersionId"], m["createTime"] = strings.Replace(name, "acme", "4711", 1), version, g.clock.Now().Format(time.RFC3339Nano)
			m["status"] = map[string]any{"availableReplicaCount": m["dedicatedResources"].(map[string]any)["minReplicaCount"]}
			g.doc["deployedModels"] = append(g.models(), m)
		})
	case "POST " + at + ":undeployModel":
		g.undeploy(w, in["deployedModelId"].(string))
	case "POST " + at + ":mutateDeployedModel":
		g.mutate(w, in)
	default:
		refuse(w, 404, "NOT_FOUND", "it is not there")
	}
}

func (g *google) begin(w http.ResponseWriter, what string, end func()) {
	if g.pending != nil {
		refuse(w, 409, "ABORTED", "another operation is under way")
		return
	}
	op := map[string]any{"name": "operations/1", "metadata": map[string]any{"@type": "type.googleapis.com/google.cloud.aiplatform.v1." + what + "OperationMetadata",
		"genericMetadata": map[string]any{"createTime": g.clock.Now().Format(time.RFC3339Nano)}}}
	g.operations, g.pending = append(g.operations, op), end
	_ = json.NewEncoder(w).Encode(op)
}

func (g *google) patch(w http.ResponseWriter, r *http.Request, in map[string]any) {
	sum := 0.0
	split, _ := in["trafficSplit"].(map[string]any)
	for id, n := range split {
		if g.model(id) == nil {
			refuse(w, 400, "INVALID_ARGUMENT", "no deployed model "+id)
			return
		}
		sum += n.(float64)
	}
	switch {
	case r.URL.Query().Get("updateMask") != "trafficSplit":
		refuse(w, 400, "INVALID_ARGUMENT", "which fields?")
	case in["etag"] != g.doc["etag"]:
		refuse(w, 400, "FAILED_PRECONDITION", "The etag does not match")
	case sum != 100 && len(split) > 0:
		refuse(w, 400, "INVALID_ARGUMENT", "the split must sum up to 100")
	default:
		g.doc["trafficSplit"] = split
		g.change()
		_ = json.NewEncoder(w).Encode(g.doc)
	}
}

func (g *google) undeploy(w http.ResponseWriter, id string) {
	if n, ok := g.doc["trafficSplit"].(map[string]any)[id]; ok && n != 0.0 {
		refuse(w, 400, "FAILED_PRECONDITION", "it has traffic")
		return
	}
	g.begin(w, "UndeployModel", func() {
		var left []any
		for _, m := range g.models() {
			if m.(map[string]any)["id"] != id {
				left = append(left, m)
			}
		}
		g.doc["deployedModels"] = left
	})
}

func (g *google) mutate(w http.ResponseWriter, in map[string]any) {
	m := in["deployedModel"].(map[string]any)
	if in["updateMask"] != "dedicatedResources.minReplicaCount,dedicatedResources.maxReplicaCount" || len(m) != 2 {
		refuse(w, 400, "INVALID_ARGUMENT", "which fields?")
		return
	}
	g.begin(w, "MutateDeployedModel", func() {
		has := g.model(m["id"].(string))["dedicatedResources"].(map[string]any)
		for k, v := range m["dedicatedResources"].(map[string]any) {
			has[k] = v
		}
		g.model(m["id"].(string))["status"] = map[string]any{"availableReplicaCount": has["minReplicaCount"]}
	})
}
