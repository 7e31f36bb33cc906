package sim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

func send(t *testing.T, method, url, credential, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if credential != "" {
		req.Header.Set("Authorization", "Bearer "+credential)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

type modelList struct {
	Data []struct {
		Name   string `json:"model_name"`
		Params struct {
			Weight *float64 `json:"weight"`
			Model  string   `json:"model"`
		} `json:"litellm_params"`
		Info struct {
			ID      string `json:"id"`
			DB      bool   `json:"db_model"`
			Blocked bool   `json:"blocked"`
		} `json:"model_info"`
	} `json:"data"`
}

// held reads what one gateway replica holds of one deployment.
func held(t *testing.T, f *Fleet, gateway, id string) (weight float64, blocked bool) {
	t.Helper()
	_, body := get(t, f.URL(gateway)+"/model/info", true)
	var list modelList
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	for _, m := range list.Data {
		if m.Info.ID == id {
			if !m.Info.DB || m.Params.Weight == nil || strings.Contains(body, "api_key") {
				t.Fatalf("%s: %s", id, body)
			}
			return *m.Params.Weight, m.Info.Blocked
		}
	}
	t.Fatalf("%s has no %s", gateway, id)
	return 0, false
}

func TestPatchReachesTheOthersByTheirPoll(t *testing.T) {
	f, clock := listen(t, Options{})
	resp, body := send(t, http.MethodPatch, f.URL("gw-2")+"/model/chat-h100-b/update", key,
		`{"litellm_params":{"weight":45}}`)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	var row struct {
		ID     string         `json:"model_id"`
		Params map[string]any `json:"litellm_params"`
	}
	if err := json.Unmarshal([]byte(body), &row); err != nil {
		t.Fatal(err)
	}
	if row.ID != "chat-h100-b" || row.Params["weight"] != 45.0 {
		t.Errorf("the stored row is %s", body)
	}
	if text, _ := row.Params["model"].(string); len(text) < 54 || strings.Contains(text, "llama") {
		t.Errorf("the model's name is not sealed: %q", text)
	}
	if w, _ := held(t, f, "gw-2", "chat-h100-b"); w != 45 {
		t.Errorf("the replica that took the write holds %v", w)
	}
	if w, _ := held(t, f, "gw-1", "chat-h100-b"); w != 30 {
		t.Errorf("another replica holds %v at once", w)
	}
	if err := clock.Advance(t.Context(), 30*time.Second); err != nil {
		t.Fatal(err)
	}
	for _, g := range []string{"gw-1", "gw-2", "gw-3"} {
		if w, _ := held(t, f, g, "chat-h100-b"); w != 45 {
			t.Errorf("after 30 s %s holds %v", g, w)
		}
	}
}

func TestGatewayRefusals(t *testing.T) {
	f, _ := listen(t, Options{MetricsAuth: true})
	url := f.URL("gw-1")
	for _, c := range []struct {
		method, path, key, body string
		status                  int
		says                    string
	}{
		{"GET", "/model/info", "", "", 401, `"code":"401"`},
		{"GET", "/model/info", "sk-wrong", "", 401, "Invalid"},
		{"GET", "/metrics", "", "", 401, "require_auth_for_metrics_endpoint"},
		{"GET", "/metrics", key, "", 200, "litellm_"},
		{"GET", "/health/readiness", "", "", 200, `"db":"connected"`},
		{"PATCH", "/model/nobody/update", key, `{}`, 404, "not found"},
		{"PATCH", "/model/chat-openai/update", key, `{`, 422, "detail"},
		{"PATCH", "/model/chat-openai/update", key, `{"litellm_params":{"rpm":"many"}}`, 422, "rpm"},
		{"PATCH", "/model/chat-openai/update", "", `{"litellm_params":{"weight":1}}`, 401, "error"},
		{"POST", "/model/block", key, `{}`, 422, "model_id"},
		{"POST", "/model/block", key, `{"model_id":"nobody"}`, 404, "not found"},
		{"POST", "/model/new", key, `{"model_name":"x","litellm_params":{},"model_info":{"id":"x"}}`, 422, "required"},
		{"POST", "/model/new", key, `{"model_name":"chat","litellm_params":{"model":"m"},"model_info":{"id":"chat-openai"}}`, 500, "Unique"},
		{"POST", "/model/new", key, `{}`, 422, "required"},
		{"POST", "/model/delete", key, `{}`, 422, "id"},
		{"POST", "/model/delete", key, `{"id":"nobody"}`, 400, "not found"},
		{"POST", "/model/update", key, `{}`, 400, "PATCH"},
		{"POST", "/chat/completions", key, `{"model":"nobody","messages":[{"role":"user"}]}`, 400, "Invalid model"},
		{"POST", "/chat/completions", key, `{"model":"chat"}`, 400, "messages"},
		{"GET", "/fallback/code", key, "", 404, "No general fallbacks"},
		{"GET", "/config/yaml", key, "", 404, ""},
	} {
		resp, body := send(t, c.method, url+c.path, c.key, c.body)
		if resp.StatusCode != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s %s %s: %d %s, want %d with %q", c.method, c.path, c.body, resp.StatusCode, body, c.status, c.says)
		}
	}
	if w, _ := held(t, f, "gw-1", "chat-openai"); w != 10 {
		t.Errorf("a refused call changed the weight to %v", w)
	}
}

func TestBlockAndUnblock(t *testing.T) {
	f, _ := listen(t, Options{})
	url := f.URL("gw-1")
	for _, want := range []bool{true, false} {
		path := map[bool]string{true: "/model/block", false: "/model/unblock"}[want]
		if resp, body := send(t, "POST", url+path, key, `{"model_id":"chat-openai"}`); resp.StatusCode != 200 {
			t.Fatalf("%d %s", resp.StatusCode, body)
		}
		if _, blocked := held(t, f, "gw-1", "chat-openai"); blocked != want {
			t.Errorf("after %s blocked is %v", path, blocked)
		}
	}
	_, page := get(t, url+"/openapi.json", false)
	if !strings.Contains(page, `"/model/block"`) || !strings.Contains(page, `"/model/{model_id}/update"`) {
		t.Error("the description does not name the calls")
	}
}

// Every request that the gateways are made for, and every answer, fits LiteLLM 1.96.0's own description.
func TestAnswersFitLiteLLMsDescription(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(shared(t, "gateways/litellm-openapi-1.96.0-subset.json")))
	if err != nil {
		t.Fatal(err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	f, _ := listen(t, Options{})
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/health/readiness", ""}, {"GET", "/health/readiness/details", ""}, {"GET", "/health/liveliness", ""},
		{"GET", "/health/backlog", ""}, {"GET", "/model/info", ""}, {"GET", "/v1/model/info", ""},
		{"GET", "/model/info?litellm_model_id=chat-openai", ""}, {"GET", "/model_group/info", ""},
		{"GET", "/model_group/info?model_group=chat", ""}, {"GET", "/v1/models", ""}, {"GET", "/fallback/chat", ""},
		{"GET", "/callbacks/list", ""}, {"GET", "/active/callbacks", ""},
		{"PATCH", "/model/chat-openai/update", `{"litellm_params":{"weight":12}}`},
		{"PATCH", "/model/chat-openai/update", `{"blocked":false}`},
		{"PATCH", "/model/chat-openai/update", `{}`},
		{"POST", "/model/block", `{"model_id":"chat-openai"}`}, {"POST", "/model/unblock", `{"model_id":"chat-openai"}`},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, "http://gateway"+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		route, params, err := router.FindRoute(req)
		if err != nil {
			t.Errorf("%s %s: %v", c.method, c.path, err)
			continue
		}
		in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route,
			Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
		if err := openapi3filter.ValidateRequest(t.Context(), in); err != nil {
			t.Errorf("%s %s: %v", c.method, c.path, err)
		}
		resp, body := send(t, c.method, f.URL("gw-3")+c.path, key, c.body)
		out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: resp.StatusCode,
			Header: resp.Header, Options: in.Options, Body: io.NopCloser(bytes.NewReader([]byte(body)))}
		if err := openapi3filter.ValidateResponse(t.Context(), out); err != nil || resp.StatusCode != 200 {
			t.Errorf("%s %s answered %d %s: %v", c.method, c.path, resp.StatusCode, body, err)
		}
	}
}
