package litellm

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

const metricsPage = `# HELP litellm_deployment_total_requests_total requests
# TYPE litellm_deployment_total_requests_total counter
litellm_deployment_total_requests_total{model_id="a",team="x"} 900
litellm_deployment_total_requests_total{model_id="a",team="None"} 3.0
litellm_deployment_total_requests_total{model_id="b",team="x"} 141
litellm_deployment_total_requests_total{model_id="None",team="x"} 7
litellm_deployment_total_requests_total{model_id="",team="x"} 7
# TYPE litellm_deployment_failure_responses_total counter
litellm_deployment_failure_responses_total{model_id="b",exception_status="500",team="x"} 40
litellm_deployment_failure_responses_total{model_id="b",exception_status="500",team="y"} 1
litellm_deployment_failure_responses_total{model_id="b",exception_status="429",team="y"} 2
# TYPE litellm_deployment_failure_responses_created gauge
litellm_deployment_failure_responses_created{model_id="b",exception_status="500",team="x"} 1.7e9
# TYPE litellm_deployment_state gauge
litellm_deployment_state{litellm_model_name="model-b",model_id="b"} 0
litellm_deployment_state{litellm_model_name="chat",model_id="b"} 2
# TYPE litellm_deployment_cooled_down_total counter
litellm_deployment_cooled_down_total{litellm_model_name="chat",model_id="b",exception_status="500"} 5
litellm_deployment_cooled_down_total{litellm_model_name="chat",model_id="b",exception_status="429"} 2
# TYPE litellm_llm_api_time_to_first_token_metric histogram
litellm_llm_api_time_to_first_token_metric_bucket{le="0.5",model_id="a",team="x"} 4
litellm_llm_api_time_to_first_token_metric_bucket{le="+Inf",model_id="a",team="x"} 5
litellm_llm_api_time_to_first_token_metric_count{model_id="a",team="x"} 5
litellm_llm_api_time_to_first_token_metric_sum{model_id="a",team="x"} 2.5
litellm_llm_api_time_to_first_token_metric_bucket{le="0.5",model_id="a",team="y"} 1
litellm_llm_api_time_to_first_token_metric_bucket{le="+Inf",model_id="a",team="y"} 2
litellm_llm_api_time_to_first_token_metric_sum{model_id="a",team="y"} 1
# TYPE litellm_request_total_latency_metric histogram
litellm_request_total_latency_metric_bucket{le="1.0",model_id="b"} 1
litellm_request_total_latency_metric_bucket{le="+Inf",model_id="b"} 1
litellm_request_total_latency_metric_sum{model_id="b"} 0.9
# TYPE litellm_remaining_requests_metric gauge
litellm_remaining_requests_metric{model_id="a",api_key_alias="x"} 4200
litellm_remaining_requests_metric{model_id="a",api_key_alias="y"} 4100
# TYPE litellm_in_flight_requests gauge
litellm_in_flight_requests{pid="1"} 3
litellm_in_flight_requests{pid="2"} 4
`

func (g *fakeGateway) read(t *testing.T, auth fleet.SecretRef) (fleet.Partial, error) {
	t.Helper()
	r, err := Connector().NewReader(fleet.SourceSpec{ID: "gw-1", URL: g.replicas[0].server.URL, Auth: auth}, testDeps())
	if err != nil {
		t.Fatal(err)
	}
	return r.Read(context.Background())
}

var withKey = fleet.SecretRef{Env: "KEY"}

func TestRead(t *testing.T) {
	g := newFake(t, 1)
	g.metrics, g.slash = metricsPage, "/metrics/"
	g.replicas[0].loaded[1].Weight = nil
	p, err := g.read(t, withKey)
	if err != nil {
		t.Fatal(err)
	}
	gw := p.Gateway
	if p.Version.String() != "1.96.0" || !p.Health.V || !p.ServerTime.OK || p.At.IsZero() {
		t.Errorf("reading %+v", p)
	}
	if gw.Mode != fleet.GatewayModeDatabase || gw.Strategy != simpleShuffle || !gw.CanBlock.V || !gw.Metrics {
		t.Errorf("gateway %+v", gw)
	}
	chat := gw.Routing["chat"]
	if want := []fleet.Fallback{{Kind: fleet.FallbackFailure, To: []fleet.RouteID{"chat-backup"}}}; !reflect.DeepEqual(chat.Fallbacks, want) ||
		gw.InFlight != fleet.Some(fleet.Count(7)) {
		t.Errorf("fallbacks %v, in flight %v", chat.Fallbacks, gw.InFlight)
	}
	if !slices.Equal(chat.Aliases, ids("gpt-4o", "o1")) || chat.Weighing != fleet.WeighingShares {
		t.Errorf("routing %+v", chat)
	}
	if len(gw.Deployments) != 3 {
		t.Fatalf("%d deployments", len(gw.Deployments))
	}
	a, b, c := gw.Deployments[0], gw.Deployments[1], gw.Deployments[2]
	if a.ID != "a" || a.Route != "chat" || a.Model != "openai/model-a" || a.Weight != fleet.Some(60.0) || !a.FromDB {
		t.Errorf("a %+v", a)
	}
	if b.Weight.OK {
		t.Errorf("an unset weight is read as %v", b.Weight)
	}
	if a.Requests != fleet.Some(903.0) || b.Requests != fleet.Some(141.0) || c.Requests != fleet.Some(0.0) {
		t.Errorf("requests %v %v %v", a.Requests, b.Requests, c.Requests)
	}
	if b.Failures != fleet.Some(43.0) || b.FailuresByStatus["500"] != 41 || b.FailuresByStatus["429"] != 2 || a.Failures != fleet.Some(0.0) {
		t.Errorf("failures %v %v, a %v", b.Failures, b.FailuresByStatus, a.Failures)
	}
	if b.Cooldowns != fleet.Some(7.0) || a.Cooldowns != fleet.Some(0.0) {
		t.Errorf("cooldowns %v %v", b.Cooldowns, a.Cooldowns)
	}
	if a.Successes.OK || a.InTokens.OK {
		t.Errorf("families that are not on the page are read as %v %v", a.Successes, a.InTokens)
	}
	if !slices.Equal(a.TTFT.Bounds, []float64{0.5, math.Inf(1)}) || !slices.Equal(a.TTFT.Counts, []float64{5, 7}) || a.TTFT.Sum != 3.5 {
		t.Errorf("TTFT %+v", a.TTFT)
	}
	if !a.Latency.IsZero() || b.Latency.Count() != 1 || a.RemainingRequests != fleet.Some(4100.0) || b.RemainingRequests.OK {
		t.Errorf("latency %+v %+v, remaining %v %v", a.Latency, b.Latency, a.RemainingRequests, b.RemainingRequests)
	}
}

func TestFeaturesAreAskedOnceForEachVersion(t *testing.T) {
	g := newFake(t, 1)
	r, err := NewReader(fleet.SourceSpec{ID: "gw-1", URL: g.replicas[0].server.URL, Auth: withKey}, testDeps())
	must(t, err)
	for _, v := range []string{"1.96.0", "1.96.0", "1.109.1", "1.109.1"} {
		g.version = v
		_, err := r.Read(context.Background())
		must(t, err)
	}
	asked := 0
	for _, e := range g.log {
		if e.Path == "/openapi.json" {
			asked++
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times, want once for each version", asked)
	}
}

// What must never be called: it costs money, or takes a worker out.
func TestForbiddenCallsAreNotMade(t *testing.T) {
	g := newFake(t, 1)
	g.metrics = metricsPage
	_, err := g.read(t, withKey)
	must(t, err)
	must(t, g.writer(t).SetWeights(context.Background(), chatRoute("a", "b"), before6040, after5050))
	for _, e := range g.log {
		switch e.Path {
		case "/health", "/health/drain", "/config/yaml", "/config/update", "/router/settings":
			t.Errorf("called %s %s", e.Method, e.Path)
		}
	}
}

func TestModes(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*fakeGateway)
		want   fleet.GatewayMode
		why    string
	}{
		{"database", func(*fakeGateway) {}, fleet.GatewayModeDatabase, "2 of 3 models come from the database"},
		{"database, models in file", fileModels, fleet.GatewayModeDBReads, "0 of 3"},
		{"file", func(g *fakeGateway) { g.hasDB = false; fileModels(g) }, fleet.GatewayModeFile, "no database"},
		{"nothing loaded", func(g *fakeGateway) { g.rows = nil }, fleet.GatewayModeUnknown, "no model is loaded"},
		{"database stalled", func(g *fakeGateway) {
			g.replicas[0].refuse = stalled
		}, fleet.GatewayModeDatabase, "changes may fail: stalled"},
		{"stalled, models in file", func(g *fakeGateway) {
			fileModels(g)
			g.replicas[0].refuse = stalled
		}, fleet.GatewayModeUnknown, "stalled"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := newFake(t, 1)
			tc.change(g)
			g.propagate()
			p, err := g.read(t, withKey)
			must(t, err)
			if p.Health.V != strings.HasPrefix(p.Gateway.ModeWhy.String(), "readiness") {
				t.Errorf("healthy %v", p.Health)
			}
			if p.Gateway.Mode != tc.want || !strings.Contains(p.Gateway.ModeWhy.String(), tc.why) {
				t.Errorf("%s because %s", p.Gateway.Mode, p.Gateway.ModeWhy)
			}
			if p.Gateway.CanBlock.Or(true) != (tc.want == fleet.GatewayModeDatabase || tc.want == fleet.GatewayModeUnknown) {
				t.Errorf("can block %v", p.Gateway.CanBlock)
			}
		})
	}
}

func stalled(_, path string) (int, string) {
	if strings.HasPrefix(path, "/health/readiness") {
		return 503, `{"status":"healthy","db":"stalled"}`
	}
	return 0, ""
}

func TestMetricsAbsentOrClosed(t *testing.T) {
	for _, tc := range []struct {
		name, why string
		status    int
		body      string
	}{
		{"absent", "callbacks lacks prometheus", 404, `{"detail":"Not Found"}`},
		{"needs a key", "needs a LiteLLM key (default since 1.85)", 401, `"Unauthorized access to metrics endpoint"`},
		{"elsewhere", "redirects to another place", 302, ""},
	} {
		g := newFake(t, 1)
		g.replicas[0].refuse = func(_, path string) (int, string) {
			if path == "/metrics" {
				return tc.status, tc.body
			}
			return 0, ""
		}
		p, err := g.read(t, withKey)
		must(t, err)
		if p.Gateway.Metrics || !strings.Contains(p.Gateway.MetricsWhy.String(), tc.why) || p.Gateway.Deployments[0].Requests.OK {
			t.Errorf("%s: %v because %s", tc.name, p.Gateway.Metrics, p.Gateway.MetricsWhy)
		}
	}
	behindTLS := newFake(t, 1)
	behindTLS.metrics, behindTLS.slash = metricsPage, "https://gateway.invalid/metrics/"
	if p, err := behindTLS.read(t, withKey); err != nil || !p.Gateway.Metrics {
		t.Errorf("a redirect with another scheme: %v", err)
	}
	for name, body := range map[string]string{"cut": metricsPage[:len(metricsPage)-3], "not metrics": "{}{}\n"} {
		g := newFake(t, 1)
		g.metrics = body
		if _, err := g.read(t, withKey); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestASmallerKeyReadsLess(t *testing.T) {
	g := newFake(t, 1)
	g.replicas[0].refuse = func(_, path string) (int, string) {
		if path == "/get/config/callbacks" {
			return 403, `{"error":{"message":"admin only"}}`
		}
		return 0, ""
	}
	p, err := g.read(t, withKey)
	must(t, err)
	if p.Gateway.Strategy != "" || len(p.Notices) != 1 || !strings.Contains(p.Notices[0].Text.String(), "proxy admin's key") {
		t.Errorf("strategy %q, notices %v", p.Gateway.Strategy, p.Notices)
	}
	if _, err := g.read(t, fleet.SecretRef{}); fleet.KindOf(err) != fleet.KindAuth {
		t.Errorf("no key: %v", err)
	}
	if sentence := fleet.Sentence(err).String(); strings.Contains(sentence, testKey) {
		t.Errorf("the key is in %q", sentence)
	}
}

func TestSealedValuesAreNotShown(t *testing.T) {
	g := newFake(t, 1)
	g.replicas[0].loaded[0].Model = seal("openai/model-a")
	g.replicas[0].loaded[0].Base = seal("http://x")
	p, err := g.read(t, withKey)
	must(t, err)
	if d := p.Gateway.Deployments[0]; d.Model != "" || d.APIBase != "" || d.Weight != fleet.Some(60.0) {
		t.Errorf("read %+v", d)
	}
	if len(p.Notices) != 1 || !strings.Contains(p.Notices[0].Text.String(), "could not decrypt") {
		t.Errorf("notices %v", p.Notices)
	}
	for _, clear := range []string{"openai/llama-3.3-70b-instruct-with-a-very-long-name-0123456789", "model", "http://h:1/v1"} {
		if isSealed(clear) {
			t.Errorf("%q is taken for a sealed value", clear)
		}
	}
}

func TestCountersOfADeploymentWithTwoNamesAreToldOnce(t *testing.T) {
	g := newFake(t, 1)
	g.metrics = metricsPage
	g.replicas[0].loaded = append(g.replicas[0].loaded, fakeRow{ID: "a", Route: "chat-large"})
	p, err := g.read(t, withKey)
	must(t, err)
	ds := p.Gateway.Deployments
	if len(ds) != 4 || ds[0].Requests != fleet.Some(903.0) || ds[3].Route != "chat-large" || ds[3].Requests.OK {
		t.Errorf("read %+v", ds)
	}
}

func TestModelListOdds(t *testing.T) {
	parse := func(text string, aliases map[fleet.RouteID]fleet.RouteID) ([]deployment, error) {
		var answer modelsAnswer
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			return nil, err
		}
		return answer.deployments(aliases)
	}
	ds, err := parse(`{"data":[
		{"model_name":"chat","litellm_params":{"weight":null},"model_info":{"id":"a","updated_at":"2026-08-20T10:00:00.5Z"}},
		{"model_name":"gpt-4o","litellm_params":{"weight":1},"model_info":{"id":"a"}},
		{"model_name":"chat","litellm_params":{"weight":9},"model_info":{"id":"a"}},
		{"model_name":"model_name_t1_0c","litellm_params":{"weight":"3","order":2},"model_info":{"id":"t","team_public_model_name":"team-chat","blocked":true}}
	]}`, map[fleet.RouteID]fleet.RouteID{"gpt-4o": "chat"})
	must(t, err)
	if len(ds) != 2 || ds[0].weight.OK || !ds[0].updatedAt.OK || ds[0].blocked.OK {
		t.Fatalf("read %+v", ds)
	}
	if d := ds[1]; d.route != "team-chat" || d.weight.OK || !d.odd || d.order != fleet.Some(2.0) || !d.blocked.V {
		t.Errorf("read %+v", d)
	}
	for _, bad := range []string{`{}`, `[]`, `{"data":[{"model_name":"x"}]}`, `{"data":[{"litellm_params":7,"model_info":{"id":"a"}}]}`} {
		if ds, err := parse(bad, nil); err == nil {
			t.Errorf("%s is read as %v", bad, ds)
		}
	}
}

func TestLiveSettingsOdds(t *testing.T) {
	var answer settingsAnswer
	must(t, json.Unmarshal([]byte(`{"router_settings":{"routing_strategy":"simple-shuffle",
		"fallbacks":[{"chat":["b",{"model":"c","temperature":1}]},{"x":"y"}],
		"model_group_alias":{"gpt-4o":"chat","o":{"model":"chat","hidden":true}},
		"routing_groups":[{"group_name":"g","models":["embed"],"routing_strategy":"least-busy"}]}}`), &answer))
	s, err := answer.settings()
	must(t, err)
	failure := func(to ...fleet.RouteID) []fleet.Fallback {
		return []fleet.Fallback{{Kind: fleet.FallbackFailure, To: to}}
	}
	if !reflect.DeepEqual(s.fallbacks["chat"], failure("b", "c")) || !reflect.DeepEqual(s.fallbacks["x"], failure("y")) {
		t.Errorf("fallbacks %v", s.fallbacks)
	}
	if s.aliases["gpt-4o"] != "chat" || s.aliases["o"] != "chat" {
		t.Errorf("aliases %v", s.aliases)
	}
	if s.strategyOf("chat") != simpleShuffle || s.strategyOf("embed") != "least-busy" {
		t.Errorf("strategies %q %q", s.strategyOf("chat"), s.strategyOf("embed"))
	}
	if _, err := (settingsAnswer{}).settings(); err == nil {
		t.Error("an answer without settings is accepted")
	}
}

func readPage(t *testing.T, text string) *page {
	t.Helper()
	var raw promtext.Page
	p, err := parsePage(promtext.NewTable(families()...), &raw, []byte(text))
	must(t, err)
	return p
}

func TestHistogramsOfDifferentBoundsAreNotMixed(t *testing.T) {
	p := readPage(t, mTTFT+`_bucket{model_id="a",le="0.5",team="x"} 10
`+mTTFT+`_bucket{model_id="a",le="+Inf",team="x"} 10
`+mTTFT+`_bucket{model_id="a",le="0.7",team="y"} 2
`+mTTFT+`_bucket{model_id="a",le="+Inf",team="y"} 2
`)
	d := fleet.DeploymentReading{ID: "a"}
	p.fill(&d)
	if !d.TTFT.IsZero() {
		t.Errorf("got %+v", d.TTFT)
	}
}

// A counter without an event is 0 where its family is on the page, and unknown where it is not.
func TestNoFailureYet(t *testing.T) {
	for _, tc := range []struct {
		name, page string
		want       fleet.Maybe[float64]
	}{
		{"nothing at all", "", fleet.None[float64]()},
		{"declared", "# TYPE " + mFailures + " counter\n", fleet.Some(0.0)},
		{"several workers", mRequests + "{model_id=\"a\"} 3\n" + mSuccesses + "{model_id=\"a\"} 3\n", fleet.Some(0.0)},
		{"taken out", mRequests + "{model_id=\"a\"} 3\n" + mSuccesses + "{model_id=\"a\"} 2\n", fleet.None[float64]()},
		{"of refused requests only", mFailures + "{model_id=\"None\"} 3\n" + mFailures + "{model_id=\"\"} 3\n", fleet.None[float64]()},
		{"requests alone", mRequests + "{model_id=\"a\"} 3\n", fleet.None[float64]()},
	} {
		d := fleet.DeploymentReading{ID: "a"}
		readPage(t, tc.page).fill(&d)
		if d.Failures != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, d.Failures, tc.want)
		}
	}
}

func TestBlockByVersion(t *testing.T) {
	for v, want := range map[string]fleet.Maybe[bool]{
		"1.81.15": fleet.Some(false), "1.90.0": {}, "1.96.0": fleet.Some(true), "1.109.1": fleet.Some(true),
		"v2.0.0": fleet.Some(true), "": {}, "main": {}, "1.x": {},
	} {
		if got := byVersion(v, time.Time{}).block; got != want {
			t.Errorf("%q: %v, want %v", v, got, want)
		}
	}
}

func TestDrainingReplicaIsNotHealthy(t *testing.T) {
	g := newFake(t, 1)
	g.replicas[0].refuse = func(_, path string) (int, string) {
		if path == "/health/readiness" {
			return http.StatusServiceUnavailable, `{"status":"shutting_down"}`
		}
		return 0, ""
	}
	p, err := g.read(t, withKey)
	if err != nil || p.Health != fleet.Some(false) {
		t.Errorf("%v %v", p.Health, err)
	}
}
