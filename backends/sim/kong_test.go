package sim

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// ask sends one request to the played Admin API.
func askKong(t *testing.T, f *Fleet, method, path, body string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, f.URL("gw-1")+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Kong-Admin-Token", key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatalf("%s %s: %s", method, path, text)
	}
	return resp.StatusCode, doc
}

// targetsOf gives the targets of a plugin that are to be changed and sent back.
func targetsOf(doc map[string]any) []any { return doc["config"].(map[string]any)["targets"].([]any) }

func patchBody(t *testing.T, targets []any) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"config": map[string]any{"targets": targets}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestThePlayedKongReplacesArraysWhole(t *testing.T) {
	f, clock := listen(t, Options{Gateway: "kong"})
	status, doc := askKong(t, f, http.MethodGet, "/plugins/chat", "")
	targets := targetsOf(doc)
	if status != http.StatusOK || len(targets) != 3 {
		t.Fatalf("%d, %d targets", status, len(targets))
	}
	for why, spoil := range map[string]func(map[string]any){
		"config.targets.1.weight":         func(x map[string]any) { x["weight"] = 0 },
		"config.targets.1.route_type":     func(x map[string]any) { delete(x, "route_type") },
		"config.targets.1.model.provider": func(x map[string]any) { delete(x, "model") },
		"config.targets.1.auth":           func(x map[string]any) { delete(x["auth"].(map[string]any), "header_value") },
		"config.targets.1.model":          func(x map[string]any) { x["model"].(map[string]any)["name"] = "new" },
	} {
		_, fresh := askKong(t, f, http.MethodGet, "/plugins/chat", "")
		bad := targetsOf(fresh)
		spoil(bad[0].(map[string]any))
		status, answer := askKong(t, f, http.MethodPatch, "/plugins/chat", patchBody(t, bad))
		if fields, _ := answer["fields"].(map[string]any); status != http.StatusBadRequest || fields[why] == nil {
			t.Errorf("%s: %d %v", why, status, answer)
		}
	}
	if status, _ := askKong(t, f, http.MethodPatch, "/plugins/chat", `{"config":{"balancer":{}}}`); status != http.StatusBadRequest {
		t.Errorf("a change of something else: %d", status)
	}
	// a target that is not sent is off the list, with its key, and gets nothing; a key that is not sent is gone
	delete(targets[0].(map[string]any), "auth")
	status, doc = askKong(t, f, http.MethodPatch, "/plugins/chat", patchBody(t, targets[:2]))
	if left := targetsOf(doc); status != http.StatusOK || len(left) != 2 || left[0].(map[string]any)["auth"] != nil {
		t.Errorf("%d, left %v", status, doc)
	}
	if err := clock.Advance(t.Context(), time.Minute); err != nil { // every node has looked into the database
		t.Fatal(err)
	}
	rented := func() (n float64) {
		f.world.At(clock.Now(), func() {
			for _, g := range f.world.Gateways {
				for _, d := range g.Stats.Deployments {
					if d.Spec.ID == "chat-openai" {
						n += d.Total
					}
				}
			}
		})
		return n
	}
	began := rented()
	if err := clock.Advance(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if got := rented() - began; got != 0 {
		t.Errorf("a target that is off the list got %v requests", got)
	}
}

func TestThePlayedKongWantsItsToken(t *testing.T) {
	f, _ := listen(t, Options{Gateway: "kong"})
	resp, err := http.Get(f.URL("gw-1") + "/plugins")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("%d without a token", resp.StatusCode)
	}
	status, page := askKong(t, f, http.MethodGet, "/plugins?size=2", "")
	list := page["data"].([]any)
	if status != http.StatusOK || len(list) != 2 || page["next"] == nil {
		t.Errorf("%d %v", status, page)
	}
	if _, rest := askKong(t, f, http.MethodGet, "/plugins?size=1000&offset="+page["offset"].(string), ""); rest["next"] != nil || len(rest["data"].([]any)) != 3 {
		t.Errorf("%v", rest)
	}
	if status, _ := askKong(t, f, http.MethodGet, "/plugins?size=1001", ""); status != http.StatusBadRequest {
		t.Errorf("size 1001: %d", status)
	}
	if status, _ := askKong(t, f, http.MethodGet, "/clustering/data-planes", ""); status != http.StatusBadRequest {
		t.Errorf("data planes of no control plane: %d", status)
	}
}

// Every plugin that the simulator answers is one of Kong's published schemas.
func TestThePlayedKongFitsTheSchemas(t *testing.T) {
	f, _ := listen(t, Options{Gateway: "kong"})
	for _, version := range []string{"3.10", "3.15"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "gateways", "kong-ai-proxy-advanced-"+version+".schema.json"))
		if err != nil {
			t.Skip("the published schemas are not beside this checkout")
		}
		schema := openapi3.NewSchema()
		if err := json.Unmarshal(text, schema); err != nil {
			t.Fatal(err)
		}
		_, page := askKong(t, f, http.MethodGet, "/plugins", "")
		n := 0
		for _, one := range page["data"].([]any) {
			if plugin := one.(map[string]any); plugin["name"] == "ai-proxy-advanced" {
				n++
				if err := schema.VisitJSON(bare(plugin)); err != nil {
					t.Errorf("%s: %v", version, err)
				}
			}
		}
		if n != 4 {
			t.Errorf("%d plugins", n)
		}
	}
}

// bare leaves out what Kong shows as null, which its schemas do not know.
func bare(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, x := range v {
			if x != nil {
				out[name] = bare(x)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = bare(v[i])
		}
		return out
	}
	return v
}
