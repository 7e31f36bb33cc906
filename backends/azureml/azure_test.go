package azureml

import (
	"context"
	"encoding/json"
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

// azure plays the part of Azure Resource Manager that keeps online endpoints: it takes resources of the shape of the API
// only, answers before an operation is over, and refuses a second one meanwhile.
type azure struct {
	t     *testing.T
	clock *fleet.VirtualClock
	spec  fleet.SourceSpec
	deps  fleet.Deps

	mu     sync.Mutex
	kept   map[string]map[string]any // by path
	order  []string
	calls  []string
	bodies []string
	answer func(w http.ResponseWriter, r *http.Request) bool // in place of the API, where it says true
}

func newAzure(t *testing.T, kind fleet.ObjectKind) (*azure, *restrig.Rig) {
	t.Helper()
	a := &azure{t: t, kept: map[string]map[string]any{}, clock: fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))}
	for _, name := range []string{"endpoints.json", "deployments.json"} {
		var list struct {
			Value []map[string]any `json:"value"`
		}
		if err := json.Unmarshal([]byte(sample(t, name)), &list); err != nil {
			t.Fatal(err)
		}
		for _, v := range list.Value {
			a.kept[v["id"].(string)] = v
			a.order = append(a.order, v["id"].(string))
		}
	}
	s := httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(s.Close)
	a.deps = fleet.Deps{Clock: a.clock,
		Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret(token), nil }}
	a.spec = fleet.SourceSpec{ID: "azure", Kind: "azureml", URL: s.URL, Auth: fleet.SecretRef{Env: "AZ"}, Options: options(),
		Subject: fleet.Subject{Cluster: "azure"}}
	return a, restrig.Open(t, Connector(), a.spec, a.deps, kind, a.settle)
}

func properties(v map[string]any) map[string]any { return v["properties"].(map[string]any) }

// settle ends what goes on.
func (a *azure) settle() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, v := range a.kept {
		if s := properties(v)["provisioningState"]; s == "Updating" || s == "Scaling" {
			properties(v)["provisioningState"] = "Succeeded"
		}
	}
	if err := a.clock.Advance(a.t.Context(), time.Minute); err != nil {
		a.t.Error(err)
	}
}

func (a *azure) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	a.calls, a.bodies = append(a.calls, r.Method+" "+strings.TrimPrefix(r.URL.Path, workspace)), append(a.bodies, string(body))
	switch {
	case a.answer != nil && a.answer(w, r):
		return
	case r.Header.Get("Authorization") != "Bearer "+token:
		fail(w, http.StatusUnauthorized, "InvalidAuthenticationToken", "no")
		return
	case r.URL.Query().Get("api-version") != "2025-12-01":
		fail(w, http.StatusBadRequest, "InvalidApiVersionParameter", "which version?")
		return
	case r.URL.Path == workspace+"/environments/vllm/versions/7":
		_, _ = io.WriteString(w, `{"id":"e","properties":{"image":"registry.example/vllm-openai:v0.12.0"}}`)
		return
	case r.Method == http.MethodGet && (r.URL.Path == listPath || strings.HasSuffix(r.URL.Path, "/deployments")):
		list := []any{}
		for _, id := range a.order {
			if rest, ok := strings.CutPrefix(id, r.URL.Path+"/"); ok && !strings.Contains(rest, "/") {
				list = append(list, a.kept[id])
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"value": list})
		return
	}
	v := a.kept[r.URL.Path]
	switch {
	case v == nil:
		fail(w, http.StatusNotFound, "ResourceNotFound", "it is not there")
	case r.Method == http.MethodGet:
		_ = json.NewEncoder(w).Encode(v)
	case a.busy(r.URL.Path):
		fail(w, http.StatusConflict, "Conflict", "another operation is in progress")
	case r.Method == http.MethodPatch:
		a.patch(w, v, body)
	default:
		a.put(w, v, body)
	}
}

func fail(w http.ResponseWriter, status int, code, message string) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": code, "message": message}})
}

func (a *azure) busy(path string) bool {
	return slices.Contains([]any{"Updating", "Scaling", "Creating"}, properties(a.kept[path])["provisioningState"])
}

func (a *azure) begin(v map[string]any, state string) {
	properties(v)["provisioningState"] = state
	v["systemData"].(map[string]any)["lastModifiedAt"] = a.clock.Now().Format(time.RFC3339Nano)
}

// patch takes tags and the sku, and is answered before anything is seen of it.
func (a *azure) patch(w http.ResponseWriter, v map[string]any, body []byte) {
	var in map[string]map[string]any
	if err := json.Unmarshal(body, &in); err != nil || len(in) != 1 || in["sku"] == nil {
		fail(w, http.StatusBadRequest, "InvalidRequestContent", "a PATCH takes sku and tags")
		return
	}
	v["sku"].(map[string]any)["capacity"] = in["sku"]["capacity"]
	a.begin(v, "Scaling")
	w.Header().Set("Location", "https://management.example/operations/1")
	w.WriteHeader(http.StatusAccepted)
}

func (a *azure) put(w http.ResponseWriter, v map[string]any, body []byte) {
	var in map[string]any
	if err := json.Unmarshal(body, &in); err != nil {
		fail(w, http.StatusBadRequest, "InvalidRequestContent", "no JSON")
		return
	}
	for k := range in {
		if !slices.Contains([]string{"identity", "kind", "location", "properties", "sku", "tags"}, k) {
			fail(w, http.StatusBadRequest, "InvalidRequestContent", k+" may not be set")
			return
		}
	}
	p := properties(in)
	sum := 0.0
	traffic, isEndpoint := p["traffic"].(map[string]any)
	for _, n := range traffic {
		sum += n.(float64)
	}
	switch {
	case in["location"] == nil || p["provisioningState"] != nil || p["scoringUri"] != nil:
		fail(w, http.StatusBadRequest, "InvalidRequestContent", "location is needed, states are not set")
		return
	case isEndpoint && sum != 100 && sum != 0:
		fail(w, http.StatusBadRequest, "BadTraffic", "traffic must sum up to 100")
		return
	}
	if isEndpoint {
		p["scoringUri"] = properties(v)["scoringUri"]
	}
	for _, k := range []string{"properties", "sku", "tags", "identity"} {
		if delete(v, k); in[k] != nil {
			v[k] = in[k]
		}
	}
	a.begin(v, "Updating")
	w.Header().Set("Azure-AsyncOperation", "https://management.example/operations/1")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(v)
}

func (a *azure) of(path string) map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.kept[listPath+path]
}
