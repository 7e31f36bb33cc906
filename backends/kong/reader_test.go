package kong

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// members lists a route's members as "id=weight".
func members(p fleet.Partial, id fleet.RouteID) string {
	var parts []string
	for _, d := range p.Gateway.Deployments {
		if d.Route == id {
			parts = append(parts, fmt.Sprintf("%s=%v", d.ID, d.Weight.V))
		}
	}
	return strings.Join(parts, " ")
}

func TestPluginsAndUpstreamsAreRoutes(t *testing.T) {
	f := newFake(t)
	f.page = 1
	p := f.read(t, nil)
	for id, want := range map[fleet.RouteID]string{
		"chat":                                 "openai/llama-70b=60 openai/gpt-4o=40",
		"code":                                 "azure/gpt-4o@east=100 azure/gpt-4o@west=10 mistral/codestral=100",
		"6f0d7a0e-31a5-4a61-a0a1-000000000003": "anthropic/claude-sonnet-4-5=1",
		"upstream/llm.pool":                    "10.0.0.1:8000=100 10.0.0.2:8000=0",
		"stats":                                "",
	} {
		if got := members(p, id); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	g := p.Gateway
	if g.Mode != fleet.GatewayModeDatabase || p.Version.String() != "3.10.0.2" || len(g.Routing) != 4 {
		t.Errorf("mode %s, version %s, %d routes", g.Mode, p.Version, len(g.Routing))
	}
	chat := g.Routing["chat"]
	if chat.Weighing != fleet.WeighingFromOne || chat.Most != 65535 || chat.Retries != fleet.Some(fleet.Count(2)) ||
		chat.Timeout != fleet.Some(fleet.Seconds(45)) || chat.AllowedFails != fleet.Some(fleet.Count(4)) ||
		chat.Cooldown != fleet.Some(fleet.Seconds(15)) || chat.Owner.String() != "Kong Ingress Controller" ||
		!chat.ChangedAt.V.Equal(time.Unix(1764403200, 0)) || !chat.Fixed.IsEmpty() {
		t.Errorf("chat: %+v", chat)
	}
	code := g.Routing["code"]
	if code.Weighing != fleet.WeighingGroups || code.ByOrder != fleet.Some(true) || !strings.Contains(code.Fixed.String(), "group") {
		t.Errorf("code: %+v", code)
	}
	for _, d := range g.Deployments {
		switch d.ID {
		case "azure/gpt-4o@west":
			if d.Order != fleet.Some(1.0) {
				t.Errorf("the lesser group has the order %v", d.Order)
			}
		case "anthropic/claude-sonnet-4-5":
			if d.Blocked != fleet.Some(true) || !strings.Contains(g.Routing[d.Route].Fixed.String(), "ai-proxy-advanced") {
				t.Errorf("a target of a plugin that is off: %+v", d)
			}
		case "openai/llama-70b":
			if d.APIBase != "https://vllm.fra.internal:8443/v1/chat/completions" || d.Failures.OK || d.Requests.OK {
				t.Errorf("%+v", d)
			}
		}
	}
	if up := g.Routing["upstream/llm.pool"]; up.Weighing != fleet.WeighingShares {
		t.Errorf("upstream: %+v", up)
	}
}

// What weights mean follows from the algorithm; what is not known is not taken for shares.
func TestAlgorithms(t *testing.T) {
	for algorithm, want := range map[string]fleet.Weighing{
		"round-robin": fleet.WeighingFromOne, "consistent-hashing": fleet.WeighingFromOne, "priority": fleet.WeighingGroups,
		"least-connections": fleet.WeighingIgnored, "lowest-latency": fleet.WeighingIgnored, "lowest-usage": fleet.WeighingIgnored,
		"semantic": fleet.WeighingIgnored, "of-tomorrow": fleet.WeighingUnknown,
	} {
		got, fixed := aiWeighing(algorithm)
		if got != want || fixed.IsEmpty() != (want == fleet.WeighingFromOne) {
			t.Errorf("%s: %q, %s", algorithm, got, fixed)
		}
	}
	for algorithm, want := range map[string]fleet.Weighing{
		"round-robin": fleet.WeighingShares, "consistent-hashing": fleet.WeighingShares, "latency": fleet.WeighingIgnored,
		"least-connections": fleet.WeighingIgnored, "sticky-sessions": fleet.WeighingUnknown,
	} {
		if got, fixed := upstreamWeighing(algorithm); got != want || fixed.IsEmpty() != (want == fleet.WeighingShares) {
			t.Errorf("upstream, %s: %q, %s", algorithm, got, fixed)
		}
	}
}

func TestTwinsAreSaid(t *testing.T) {
	f := newFake(t)
	f.set(1, "/config/balancer/algorithm", "round-robin")
	f.set(1, "/config/targets/1/model/options/azure_instance", "east")
	p := f.read(t, nil)
	if got := members(p, "code"); got != "azure/gpt-4o#1=100 azure/gpt-4o#2=10 mistral/codestral=100" {
		t.Errorf("named %s", got)
	}
	if fixed := p.Gateway.Routing["code"].Fixed.String(); !strings.Contains(fixed, "description of its own") {
		t.Errorf("fixed: %s", fixed)
	}
	f.set(1, "/config/targets/0/description", "first key")
	f.set(1, "/config/targets/1/description", "second key")
	p = f.read(t, nil)
	if got := members(p, "code"); got != "azure/gpt-4o@first key=100 azure/gpt-4o@second key=10 mistral/codestral=100" {
		t.Errorf("named %s", got)
	}
	if fixed := p.Gateway.Routing["code"].Fixed; !fixed.IsEmpty() {
		t.Errorf("fixed: %s", fixed)
	}
}

func TestWithoutDatabaseEveryRouteSaysWhatToDo(t *testing.T) {
	f := newFake(t)
	f.database = databaseOff
	p := f.read(t, nil)
	if p.Gateway.Mode != fleet.GatewayModeNone {
		t.Errorf("mode %s", p.Gateway.Mode)
	}
	for id, r := range p.Gateway.Routing {
		if !strings.Contains(r.Fixed.String(), "file that it is loaded from") {
			t.Errorf("%s: %s", id, r.Fixed)
		}
	}
	f.role = dataPlane
	if r := f.read(t, nil).Gateway.Routing["chat"]; !strings.Contains(r.Fixed.String(), "control plane") {
		t.Errorf("data plane: %s", r.Fixed)
	}
}

func TestUpstreamsOption(t *testing.T) {
	f := newFake(t)
	f.upstreams = append(f.upstreams, map[string]any{"name": "other"})
	for option, want := range map[string]int{"": 5, "none": 3, "other": 4, " other , llm.pool": 5} {
		if n := len(f.read(t, map[string]string{OptionUpstreams: option}).Gateway.Routing); n != want {
			t.Errorf("%q: %d routes, want %d", option, n, want)
		}
	}
	for i := range maxUpstreams {
		f.upstreams = append(f.upstreams, map[string]any{"name": fmt.Sprint("u", i)})
	}
	p := f.read(t, nil)
	if len(p.Notices) != 1 || !strings.HasPrefix(p.Notices[0].Text.String(), "2 upstreams beyond the first 50") {
		t.Errorf("notices %v", p.Notices)
	}
}

func TestATokenThatMayReadLittle(t *testing.T) {
	f := newFake(t)
	f.refuse = func(_, path string) (int, string) {
		if path == "/" || path == "/upstreams" {
			return http.StatusForbidden, "{}"
		}
		return 0, ""
	}
	p := f.read(t, nil)
	if p.Gateway.Mode != fleet.GatewayModeUnknown || len(p.Gateway.Routing) != 3 || len(p.Notices) != 1 {
		t.Errorf("%+v, notices %v", p.Gateway, p.Notices)
	}
}

func TestWorkspaceAndBearer(t *testing.T) {
	f := newFake(t)
	f.refuse = func(_, path string) (int, string) {
		switch path {
		case "/team a/plugins":
			b, _ := json.Marshal(map[string]any{"data": f.plugins})
			return http.StatusOK, string(b)
		case "/team a/upstreams":
			return http.StatusOK, `{"data":{}}`
		}
		return http.StatusNotFound, "{}"
	}
	p := f.read(t, map[string]string{OptionWorkspace: "team a", OptionTokenHeader: "authorization"})
	if len(p.Gateway.Routing) != 3 || f.log[1].Header.Get("Authorization") != "Bearer "+testToken || f.log[1].Header.Get(defaultHeader) != "" {
		t.Errorf("%d routes, sent %v", len(p.Gateway.Routing), f.log[1].Path)
	}
}

const page = `# TYPE kong_ai_llm_requests_total counter
kong_ai_llm_requests_total{ai_provider="openai",ai_model="llama-70b",cache_status="",workspace="default",request_mode="stream"} 30
kong_ai_llm_requests_total{ai_provider="openai",ai_model="llama-70b",cache_status="",workspace="default",request_mode="oneshot"} 12
kong_ai_llm_requests_total{ai_provider="azure",ai_model="gpt-4o",cache_status="",workspace="default",request_mode="oneshot"} 7
# TYPE kong_ai_llm_tokens_total counter
kong_ai_llm_tokens_total{ai_provider="openai",ai_model="llama-70b",token_type="prompt_tokens",workspace="default",consumer="a"} 600
kong_ai_llm_tokens_total{ai_provider="openai",ai_model="llama-70b",token_type="prompt_tokens",workspace="default",consumer="b"} 300
kong_ai_llm_tokens_total{ai_provider="azure",ai_model="gpt-4o",token_type="prompt_tokens",workspace="default"} 5
kong_ai_llm_tokens_total{ai_provider="openai",ai_model="llama-70b",token_type="completion_tokens",workspace="default"} 300
kong_ai_llm_tokens_total{ai_provider="openai",ai_model="llama-70b",token_type="total_tokens",workspace="default"} 1200
# TYPE kong_ai_llm_provider_latency_ms histogram
kong_ai_llm_provider_latency_ms_bucket{ai_provider="openai",ai_model="llama-70b",request_mode="stream",le="250"} 10
kong_ai_llm_provider_latency_ms_bucket{ai_provider="openai",ai_model="llama-70b",request_mode="stream",le="+Inf"} 30
kong_ai_llm_provider_latency_ms_count{ai_provider="openai",ai_model="llama-70b",request_mode="stream"} 30
kong_ai_llm_provider_latency_ms_sum{ai_provider="openai",ai_model="llama-70b",request_mode="stream"} 9000
`

func TestCountersAreOfOneModel(t *testing.T) {
	f := newFake(t)
	f.metrics = page
	p := f.read(t, nil)
	if !p.Gateway.Metrics || len(p.Notices) != 1 || !strings.HasPrefix(p.Notices[0].Text.String(), "2 targets have provider and model in common") {
		t.Errorf("metrics %v, %v", p.Gateway.Metrics, p.Notices)
	}
	for _, d := range p.Gateway.Deployments {
		if d.Requests.OK || d.Failures.OK || d.Successes.OK || d.TTFT.Count() > 0 {
			t.Errorf("%s: what Kong does not count is known: %+v", d.ID, d)
		}
		switch d.ID {
		case "openai/llama-70b":
			if d.InTokens != fleet.Some(900.0) || d.OutTokens != fleet.Some(300.0) ||
				d.Latency.Count() != 30 || d.Latency.Bounds[0] != 0.25 || d.Latency.Sum != 9 {
				t.Errorf("%+v", d)
			}
		case "openai/gpt-4o", "azure/gpt-4o@east", "azure/gpt-4o@west", "mistral/codestral", "anthropic/claude-sonnet-4-5":
			if d.InTokens.OK || d.OutTokens.OK {
				t.Errorf("%s has the counters of others: %v", d.ID, d.InTokens)
			}
		}
	}
}

// The metrics page of the Status API never sees the token of the Admin API.
func TestTheTokenStaysWithTheAdminAPI(t *testing.T) {
	admin, status := newFake(t), newFake(t)
	status.metrics = page
	_, port, _ := strings.Cut(strings.TrimPrefix(status.URL, "http://"), ":")
	for _, option := range []string{":" + port, status.URL + "/metrics", ":" + port + "/metrics, " + status.URL} {
		p := admin.read(t, map[string]string{OptionMetrics: option})
		if !p.Gateway.Metrics || !strings.Contains(members(p, "chat"), "llama") {
			t.Errorf("%s: not read: %s", option, p.Gateway.MetricsWhy)
		}
	}
	for _, e := range status.log {
		if strings.Contains(fmt.Sprint(e.Header), testToken) {
			t.Error("the token was sent to the Status API")
		}
	}
	if len(status.log) != 4 {
		t.Errorf("%d pages read", len(status.log))
	}
	for _, bad := range []string{"status", ":", "//"} {
		_, err := newReader(fleet.SourceSpec{ID: "k", URL: "http://h:8001", Options: map[string]string{OptionMetrics: bad}}, testDeps(nil))
		if bad != ":" && fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Routes are read while the process that serves the counters is away; the counters are unknown then, all of them.
func TestTheCountersMayBeAway(t *testing.T) {
	f, there, away := newFake(t), newFake(t), newFake(t)
	there.metrics = page
	away.Close()
	p := f.read(t, map[string]string{OptionMetrics: there.URL + "," + away.URL})
	if p.Gateway.Metrics || !strings.Contains(p.Gateway.MetricsWhy.String(), strings.TrimPrefix(away.URL, "http://")) {
		t.Errorf("metrics %v: %s", p.Gateway.Metrics, p.Gateway.MetricsWhy)
	}
	if len(p.Gateway.Routing) != 4 || p.Gateway.Deployments[0].InTokens.OK {
		t.Errorf("%+v", p.Gateway.Deployments[0])
	}
}

func TestABrokenPageFailsTheReading(t *testing.T) {
	f := newFake(t)
	f.metrics = page[:len(page)-3]
	r, err := newReader(fleet.SourceSpec{ID: "kong-1", URL: f.URL, Auth: key}, testDeps(nil))
	must(t, err)
	if _, err := r.Read(t.Context()); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("a page that was cut was read: %v", err)
	}
}

func TestBucketsThatMakeNoHistogram(t *testing.T) {
	for name, text := range map[string]string{
		"without an end": `kong_ai_llm_provider_latency_ms_bucket{ai_provider="a",ai_model="m",le="250"} 10` + "\n",
		"falling": `kong_ai_llm_provider_latency_ms_bucket{ai_provider="a",ai_model="m",le="250"} 10` + "\n" +
			`kong_ai_llm_provider_latency_ms_bucket{ai_provider="a",ai_model="m",le="+Inf"} 3` + "\n",
	} {
		p := newPages("")
		must(t, p.add(promtext.NewTable(families()...), &promtext.Page{}, []byte(text)))
		if h := p.models[series{"a", "m"}].latency(); h.Count() != 0 || len(h.Bounds) != 0 {
			t.Errorf("%s: %+v", name, h)
		}
	}
}
