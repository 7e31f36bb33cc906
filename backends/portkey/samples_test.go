package portkey

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"pitwall/fleet"
)

// sharedFile reads a sample that lies beside the checkout.
func sharedFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "gateways", name))
	if err != nil {
		t.Skipf("the folder of recorded samples is not beside this checkout: %s is missing", name)
	}
	return text
}

func TestSampleConfig(t *testing.T) {
	routing, members := routes(t, string(sharedFile(t, "portkey-config.example.json")))
	if told(members["pc"]) != "targets[0]=1#0 openai@127.0.0.1:9103=1#1" || told(members["pc/targets[0]"]) !=
		"openai@127.0.0.1:9101=90 openai@127.0.0.1:9102=10" {
		t.Errorf("%s, %s", told(members["pc"]), told(members["pc/targets[0]"]))
	}
	if r := routing["pc"]; r.Timeout != fleet.Some(fleet.Seconds(30)) || r.Retries != fleet.Some(fleet.Count(2)) ||
		r.Strategy.String() != "fallback on 429, 500, 502, 503, 504, retries on 429, 503" {
		t.Errorf("%+v", r)
	}
}

// The requests of the adapter, and what the played control plane answers to them, are those of Portkey's own description.
func TestRequestsAndAnswersFitTheDescription(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(sharedFile(t, "portkey-openapi-2.0.0-subset.json"))
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = openapi3.Servers{{URL: "https://api.portkey.ai/v1"}}
	for _, item := range doc.Paths.Map() {
		item.Servers = nil // of self-hosted ones the description has a word in the place of an address
		for _, op := range item.Operations() {
			op.Servers = nil
		}
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	p := play(t, map[string]string{slug: chat(`"weight":0.7`, `"weight":0.3`)})
	p.counted = map[string]string{"gpt-4o": "70", "gpt-4o failed": "3"}
	p.read(t, map[string]string{optWorkspace: "ws-a"})
	w := p.writer(t, fleet.NewVirtualClock(now()), io.Discard)
	if err := w.SetWeights(t.Context(), chatRoute(), fleet.Weights{"rented": 70, "own": 30}, fleet.Weights{"rented": 60, "own": 40}); err != nil {
		t.Fatal(err)
	}
	w.ReadBack(t.Context(), chatRoute())
	checked := map[string]bool{}
	for _, e := range p.log {
		if err := validate(router, e); err != nil {
			t.Error(err)
		}
		path, _, _ := strings.Cut(e.Path, "?")
		checked[e.Method+" "+path] = true
	}
	for _, want := range []string{"GET /v1/configs", "GET /v1/configs/" + slug, versionsCall, putCall, "GET /v1/analytics/groups/ai-models"} {
		if !checked[want] {
			t.Errorf("%s was not checked", want)
		}
	}
	e := p.log[0]
	e.Answer = bytes.Replace(e.Answer, []byte(`"data":[`), []byte(`"data":[7,`), 1)
	if validate(router, e) == nil {
		t.Error("an answer of another shape passes: nothing is checked")
	}
}

func validate(router routers.Router, e exchange) error {
	req, err := http.NewRequestWithContext(context.Background(), e.Method, "https://api.portkey.ai"+e.Path, bytes.NewReader(e.Body))
	if err != nil {
		return err
	}
	req.Header = e.Header
	route, params, err := router.FindRoute(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", e.Method, e.Path, err)
	}
	in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
	if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
		return fmt.Errorf("%s %s: %w", e.Method, e.Path, err)
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: e.Status,
		Header: http.Header{"Content-Type": []string{"application/json"}}, Options: in.Options}
	out.SetBodyBytes(e.Answer)
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		return fmt.Errorf("%s %s: %w", e.Method, e.Path, err)
	}
	return nil
}

// What was observed of the open-source gateway is what its reader says and asks.
func TestObservedGateway(t *testing.T) {
	var seen struct {
		Observations []struct {
			Case string          `json:"case"`
			Body json.RawMessage `json:"body"`
		} `json:"observations"`
	}
	if err := json.Unmarshal(sharedFile(t, "portkey-gateway-1.15.2-observed.json"), &seen); err != nil {
		t.Fatal(err)
	}
	for _, o := range seen.Observations {
		if o.Case == "GET /" && !strings.Contains(string(o.Body), greeting) {
			t.Errorf("it greets with %s", o.Body)
		}
	}
}
