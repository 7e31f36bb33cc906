package litellm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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

// sharedFile reads a recorded sample that lies beside the checkout.
func sharedFile(t *testing.T, name string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	must(t, err)
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	text, err := os.ReadFile(filepath.Join(dir, "..", "shared", "data", "gateways", name))
	if err != nil {
		t.Skipf("the folder of recorded samples is not beside this checkout: %s is missing", name)
	}
	return text
}

func TestSampleModels(t *testing.T) {
	for _, name := range []string{"litellm-model-info.example.json", "litellm-v2-model-info.example.json"} {
		var answer modelsAnswer
		must(t, json.Unmarshal(sharedFile(t, name), &answer))
		ds, err := answer.deployments(nil)
		must(t, err)
		if d := ds[0]; d.id != "dep-a" || d.route != "chat" || d.model != "openai/model-a" ||
			d.apiBase != "http://127.0.0.1:9101/v1" || d.weight != fleet.Some(90.0) || !d.fromDB {
			t.Errorf("%s: %+v", name, d)
		}
		if len(ds) == 1 {
			continue
		}
		if len(ds) != 4 || ds[1].weight != fleet.Some(10.0) || ds[1].order != fleet.Some(1.0) || ds[2].weight != fleet.Some(0.0) ||
			!ds[2].blocked.V || ds[3].fromDB || ds[3].id != "6f1c1e0f" || ds[3].route != "chat-backup" {
			t.Errorf("%s: %+v", name, ds)
		}
	}
}

func TestSampleRow(t *testing.T) {
	var r row
	must(t, json.Unmarshal(sharedFile(t, "litellm-model-row.example.json"), &r))
	if r.ModelID != "dep-b" || r.Params.Weight.Maybe != fleet.Some(10.0) || r.Blocked == nil || *r.Blocked {
		t.Errorf("read %+v", r)
	}
}

func TestSampleSettings(t *testing.T) {
	var answer settingsAnswer
	must(t, json.Unmarshal(sharedFile(t, "litellm-get-config-callbacks.example.json"), &answer))
	s, err := answer.settings()
	must(t, err)
	if s.strategy != simpleShuffle || len(s.fallbacks["chat"]) != 1 || s.fallbacks["chat"][0].To[0] != "chat-backup" ||
		s.aliases["gpt-4o"] != "chat" {
		t.Errorf("read %+v", s)
	}
}

func TestSampleConfig(t *testing.T) {
	text := sharedFile(t, "litellm-config.minimal.yaml")
	r := fleet.RouteSpec{ID: "chat", Targets: []fleet.TargetSpec{{ID: "dep-a"}, {ID: "dep-b"}}}
	there := mustEdit(t, text, r, fleet.Weights{"dep-a": 5, "dep-b": 95})
	if want := bytes.Replace(bytes.Replace(text, []byte("weight: 90"), []byte("weight: 5"), 1),
		[]byte("weight: 10"), []byte("weight: 95"), 1); !bytes.Equal(there, want) {
		t.Errorf("got\n%s", there)
	}
}

// Every value of the sample page that pitwall reads, compared with a plain reading of its lines.
func TestSampleMetrics(t *testing.T) {
	body := sharedFile(t, "litellm-metrics-sample.prom")
	p := readPage(t, string(body))
	for _, id := range []fleet.DeploymentID{"dep-a", "dep-b"} {
		d := fleet.DeploymentReading{ID: id}
		p.fill(&d)
		for name, got := range map[string]fleet.Maybe[float64]{
			mRequests: d.Requests, mSuccesses: d.Successes, mFailures: d.Failures, mCooldowns: d.Cooldowns,
			mInTokens: d.InTokens, mOutTokens: d.OutTokens, mRemRequests: d.RemainingRequests,
		} {
			if want := plainSum(body, name, id); got != fleet.Some(want) {
				t.Errorf("%s of %s: %v, want %v", name, id, got, want)
			}
		}
		for name, h := range map[string]fleet.Histogram{mTTFT: d.TTFT, mLatency: d.Latency} {
			if h.Count() != plainSum(body, name+"_count", id) || h.Sum != plainSum(body, name+"_sum", id) || len(h.Bounds) < 10 {
				t.Errorf("%s of %s: %+v", name, id, h)
			}
			for i, bound := range h.Bounds {
				if want := plainSum(body, fmt.Sprintf("%s_bucket le=%v", name, bound), id); h.Counts[i] != want {
					t.Errorf("%s of %s up to %v: %v, want %v", name, id, bound, h.Counts[i], want)
				}
			}
		}
		if d.RemainingTokens.OK || len(d.FailuresByStatus) != 1 || d.FailuresByStatus["500"] != d.Failures.V {
			t.Errorf("%s: %v %v", id, d.RemainingTokens, d.FailuresByStatus)
		}
	}
}

// plainSum adds the values of the lines of one metric, and of one bucket ("name le=bound"), by text alone.
func plainSum(body []byte, name string, id fleet.DeploymentID) float64 {
	name, le, _ := strings.Cut(name, " le=")
	le = strings.Replace(le, "+Inf", "+Inf", 1)
	sum := 0.0
	for line := range strings.Lines(string(body)) {
		if !strings.HasPrefix(line, name+"{") || !strings.Contains(line, fmt.Sprintf("model_id=%q", id)) {
			continue
		}
		if le != "" && !strings.Contains(line, fmt.Sprintf("le=%q", le)) && !strings.Contains(line, fmt.Sprintf("le=\"%s.0\"", le)) {
			continue
		}
		var v float64
		if _, err := fmt.Sscan(line[strings.LastIndexByte(line, ' ')+1:], &v); err == nil {
			sum += v
		}
	}
	return sum
}

// The requests of the adapter, and what the fake answers to them, are those of LiteLLM 1.96.0's own description.
func TestRequestsAndAnswersFitTheDescription(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(sharedFile(t, "litellm-openapi-1.96.0-subset.json"))
	must(t, err)
	router, err := gorillamux.NewRouter(doc)
	must(t, err)
	g := withSpare(t, 2)
	r := chatRoute("a", "b")
	g.spending.budgets = true
	_, read := g.spender(t, fleet.SystemClock{})
	read()
	w := g.writer(t)
	must(t, w.SetWeights(context.Background(), r, before6040, after5050))
	must(t, w.Resync(context.Background(), r, "gw-2"))
	for _, e := range everyEdit() {
		must(t, w.Edit(context.Background(), r, e))
		must(t, w.Edit(context.Background(), r, e.Inverse()))
		g.propagate()
	}
	g.replicas[0].server.Config.Handler.(*fakeReplica).gw.hasDB = false
	_ = w.SetWeights(context.Background(), r, after5050, before6040)
	checked := map[string]bool{}
	for _, e := range g.log {
		if e.Path == "/openapi.json" || e.Path == "/get/config/callbacks" || e.Path == configPath || e.Path == "/metrics" {
			continue // hidden from the description
		}
		must(t, validate(router, e))
		checked[e.Method+" "+e.Path] = true
	}
	for _, want := range []string{
		"GET /health/readiness", "GET /health/readiness/details", "GET /model/info", "PATCH /model/a/update",
		"PATCH /model/b/update", "POST /model/block", "POST /model/unblock", "POST /fallback", "GET /fallback/chat",
		"DELETE /fallback/chat", "POST /model/new", "POST /model/delete", "GET /user/daily/activity",
		"GET /provider/budgets",
	} {
		if !checked[want] {
			t.Errorf("%s was not checked", want)
		}
	}
}

func validate(router routers.Router, e exchange) error {
	req, err := http.NewRequestWithContext(context.Background(), e.Method, "http://gateway"+e.Path+"?"+e.Query, bytes.NewReader(e.Body))
	if err != nil {
		return err
	}
	req.Header = e.Header
	route, params, err := router.FindRoute(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", e.Method, e.Path, err)
	}
	in := &openapi3filter.RequestValidationInput{
		Request: req, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
		return fmt.Errorf("%s %s: %w", e.Method, e.Path, err)
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: e.Status,
		Header: http.Header{"Content-Type": []string{"application/json"}}, Options: in.Options,
	}
	out.SetBodyBytes(e.Answer)
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		return fmt.Errorf("%s %s answered %s: %w", e.Method, e.Path, e.Answer, err)
	}
	return nil
}
