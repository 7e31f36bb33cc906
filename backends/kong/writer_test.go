package kong

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

var (
	chat = fleet.RouteSpec{ID: "chat", Gateway: "edge", Targets: []fleet.TargetSpec{
		{ID: "llama", Deployment: "openai/llama-70b"}, {ID: "gpt", Deployment: "openai/gpt-4o"}}}
	pool = fleet.RouteSpec{ID: "upstream/llm.pool", Gateway: "edge", Targets: []fleet.TargetSpec{{ID: "10.0.0.1:8000"}, {ID: "10.0.0.2:8000"}}}

	w6040, w1090 = fleet.Weights{"llama": 60, "gpt": 40}, fleet.Weights{"llama": 10, "gpt": 90}
	w100, w5050  = fleet.Weights{"10.0.0.1:8000": 100, "10.0.0.2:8000": 0}, fleet.Weights{"10.0.0.1:8000": 50, "10.0.0.2:8000": 50}
)

// One PATCH holds all targets as they are stored, keys among them, with other weights; nothing else of the plugin is sent.
func TestAChangeKeepsEveryField(t *testing.T) {
	f := newFake(t)
	was := f.stored(0)
	w := f.writer(t, &bytes.Buffer{})
	must(t, w.SetWeights(t.Context(), chat, w6040, w1090))
	sent := f.calls(http.MethodPatch)
	if len(sent) != 1 || sent[0].Path != "/plugins/6f0d7a0e-31a5-4a61-a0a1-000000000001" {
		t.Fatalf("sent %d", len(sent))
	}
	var body map[string]map[string]any
	must(t, json.Unmarshal(sent[0].Body, &body))
	if len(body) != 1 || len(body["config"]) != 1 {
		t.Errorf("sent more than the targets: %v", body)
	}
	is := f.stored(0)
	for i, weight := range []float64{10, 90} {
		target := is["config"].(map[string]any)["targets"].([]any)[i].(map[string]any)
		if target["weight"] != weight {
			t.Errorf("target %d has the weight %v", i, target["weight"])
		}
		target["weight"] = []float64{60, 40}[i]
	}
	is["updated_at"] = was["updated_at"]
	if !reflect.DeepEqual(was, is) {
		t.Errorf("something else was changed:\n%v\n%v", was, is)
	}
	back := w.ReadBack(t.Context(), chat)
	if len(back) != 1 || back[0].Err != nil || !back[0].Weights.Equal(w1090) || back[0].Replica != "kong-1" {
		t.Errorf("read back %+v", back)
	}
	f.set(0, "/partials", []any{map[string]any{"id": "x", "path": "config.vectordb.redis"}})
	must(t, w.SetWeights(t.Context(), chat, w6040, w1090)) // is already so
	if n := len(f.calls(http.MethodPatch)); n != 1 {
		t.Errorf("%d writes", n)
	}
	must(t, w.SetWeights(t.Context(), chat, w1090, w6040)) // a partial beside the targets does not hinder
}

// Numbers go back as they came: those that no floating point number holds, and zeros at the end.
func TestNumbersGoBackAsTheyCame(t *testing.T) {
	const text = `{"id":"p","name":"ai-proxy-advanced","config":{"targets":[{"metadata":{"n":9007199254740993,"m":2.50},` +
		`"model":{"name":"a","provider":"openai"},"weight":60},{"model":{"name":"b","provider":"openai"},"weight":1e1}]}}`
	doc, err := jsonptr.Decode(fleet.JSON(text))
	must(t, err)
	r, ok := pluginRoute(doc)
	spec := fleet.RouteSpec{ID: "p", Targets: []fleet.TargetSpec{{ID: "openai/a"}, {ID: "openai/b"}}}
	next := weighed(doc, r, spec, fleet.Weights{"openai/a": 7, "openai/b": 10})
	want := strings.Replace(string(jsonptr.Encode(doc)), ":60", ":7", 1)
	if got := string(jsonptr.Encode(next)); !ok || got != want || !strings.Contains(got, ":9007199254740993") || !strings.Contains(got, ":2.50") {
		t.Errorf("%s", got)
	}
}

func TestWhatIsRefused(t *testing.T) {
	mask := func(path string) func(*fake) {
		return func(f *fake) {
			f.mask = func(doc map[string]any) {
				if doc["instance_name"] == "chat" {
					auth := doc["config"].(map[string]any)["targets"].([]any)[1].(map[string]any)["auth"].(map[string]any)
					if path == "" {
						delete(auth, "header_value")
					} else {
						auth["header_value"] = path
					}
				}
			}
		}
	}
	for name, c := range map[string]struct {
		change func(*fake)
		route  fleet.RouteSpec
		before fleet.Weights
		after  fleet.Weights
		kind   fleet.Kind
		says   string
	}{
		"weight 0":        {nil, chat, w6040, fleet.Weights{"llama": 0, "gpt": 100}, fleet.KindUnsupported, "no weight below 1"},
		"too great":       {nil, chat, w6040, fleet.Weights{"llama": 1, "gpt": 65536}, fleet.KindInvalid, "at most 65535"},
		"below 0":         {nil, chat, w6040, fleet.Weights{"llama": -1, "gpt": 5}, fleet.KindInvalid, "at most 65535"},
		"somebody else":   {func(f *fake) { f.set(0, "/config/targets/0/weight", 55) }, chat, w6040, w1090, fleet.KindConflict, "55/40 by now"},
		"a target gone":   {func(f *fake) { f.set(0, "/config/targets/1", nil) }, chat, w6040, w1090, fleet.KindConflict, "Kong has no target gpt"},
		"no database":     {func(f *fake) { f.database = databaseOff }, chat, w6040, w1090, fleet.KindUnsupported, "POST /config replaces"},
		"priority":        {func(f *fake) { f.set(0, "/config/balancer/algorithm", "priority") }, chat, w6040, w1090, fleet.KindUnsupported, "names the group"},
		"lowest latency":  {func(f *fake) { f.set(0, "/config/balancer/algorithm", "lowest-latency") }, chat, w6040, w1090, fleet.KindUnsupported, "not by its weight"},
		"masked":          {mask("********"), chat, w6040, w1090, fleet.KindUnsupported, "/config/targets/1/auth/header_value"},
		"partly masked":   {mask("sk-***f3"), chat, w6040, w1090, fleet.KindUnsupported, "would destroy it"},
		"still encrypted": {mask("$ke$1$-aaaa-bbbb-cccc"), chat, w6040, w1090, fleet.KindUnsupported, "would destroy it"},
		"kept back":       {mask(""), chat, w6040, w1090, fleet.KindUnsupported, "would destroy it"},
		"a partial": {func(f *fake) { f.set(0, "/partials", []any{map[string]any{"id": "x", "path": "config.targets[]"}}) }, chat, w6040, w1090,
			fleet.KindUnsupported, "partial"},
		"a partial somewhere": {func(f *fake) { f.set(0, "/partials", []any{map[string]any{"id": "x"}}) }, chat, w6040, w1090,
			fleet.KindUnsupported, "partial"},
		"no such route": {nil, fleet.RouteSpec{ID: "none"}, w6040, w1090, fleet.KindNotFound, "instance_name"},
		"one target": {nil, fleet.RouteSpec{ID: "6f0d7a0e-31a5-4a61-a0a1-000000000003", Targets: []fleet.TargetSpec{{ID: "anthropic/claude-sonnet-4-5"}}},
			fleet.Weights{"anthropic/claude-sonnet-4-5": 1}, fleet.Weights{"anthropic/claude-sonnet-4-5": 0}, fleet.KindUnsupported, "one target"},
		"upstream, all out":   {nil, pool, w100, fleet.Weights{"10.0.0.1:8000": 0, "10.0.0.2:8000": 0}, fleet.KindInvalid, "all weights would be 0"},
		"upstream, too great": {nil, pool, w100, fleet.Weights{"10.0.0.1:8000": 65536, "10.0.0.2:8000": 0}, fleet.KindInvalid, "at most 65535"},
		"upstream, somebody else": {nil, pool, fleet.Weights{"10.0.0.1:8000": 70, "10.0.0.2:8000": 30}, w5050, fleet.KindConflict,
			"100/0 by now"},
		"upstream, latency": {func(f *fake) { f.upstreams[0]["algorithm"] = "latency" }, pool, w100, w5050, fleet.KindUnsupported, "round-robin"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			if c.change != nil {
				c.change(f)
			}
			log := &bytes.Buffer{}
			err := f.writer(t, log).SetWeights(t.Context(), c.route, c.before, c.after)
			if fleet.KindOf(err) != c.kind || !strings.Contains(fmt.Sprint(err), c.says) {
				t.Errorf("%v", err)
			}
			if n := len(f.calls(http.MethodPatch)); n != 0 {
				t.Errorf("%d writes", n)
			}
			noCanary(t, fmt.Sprint(err)+log.String())
		})
	}
}

// Another writes between the two reads and between the write and its read-back.
func TestTwoWriteAtOnce(t *testing.T) {
	f := newFake(t)
	f.before = func(f *fake, method, path string) {
		if method == http.MethodGet && strings.HasPrefix(path, "/plugins/") && len(f.calls(http.MethodPatch)) == 0 {
			f.set(0, "/config/targets/1/weight", 41)
		}
	}
	err := f.writer(t, &bytes.Buffer{}).SetWeights(t.Context(), chat, w6040, w1090)
	if fleet.KindOf(err) != fleet.KindConflict || len(f.calls(http.MethodPatch)) != 0 {
		t.Errorf("just before: %v", err)
	}
	for name, c := range map[string]struct {
		path string
		to   any
		says string
	}{
		"another weight": {"/config/targets/1/weight", 41, "it holds 10/41"},
		"another field":  {"/config/targets/0/logging/log_payloads", true, `/0/logging/log_payloads of its targets is not as it was sent back`},
		"a lost key":     {"/config/targets/0/auth/header_value", nil, `/0/auth/header_value of its targets`},
		"a new target":   {"/config/targets/2", map[string]any{"weight": 1, "model": map[string]any{"provider": "openai", "name": "new"}}, "of its targets"},
	} {
		f := newFake(t)
		f.before = func(f *fake, method, path string) {
			if method == http.MethodGet && strings.HasPrefix(path, "/plugins/") && len(f.calls(http.MethodPatch)) == 1 {
				f.set(0, c.path, c.to)
			}
		}
		err := f.writer(t, &bytes.Buffer{}).SetWeights(t.Context(), chat, w6040, w1090)
		if fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		noCanary(t, fmt.Sprint(err))
	}
}

func TestAnAnswerThatDoesNotTellTheTruth(t *testing.T) {
	f := newFake(t)
	f.deaf = true
	w := f.writer(t, &bytes.Buffer{})
	if err := w.SetWeights(t.Context(), chat, w6040, w1090); fleet.KindOf(err) != fleet.KindServer || !strings.Contains(err.Error(), "those of before are held") {
		t.Errorf("nothing changed: %v", err)
	}
	if err := w.SetWeights(t.Context(), pool, w100, w5050); fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "it holds 100/0") {
		t.Errorf("upstream: %v", err)
	}
	f = newFake(t)
	stored := false
	f.refuse = func(method, _ string) (int, string) {
		if method == http.MethodPatch && !stored { // it is stored, and the answer is lost
			stored = true
			f.set(0, "/config/targets/0/weight", 10)
			f.set(0, "/config/targets/1/weight", 90)
			return http.StatusInternalServerError, "{}"
		}
		return 0, ""
	}
	if err := f.writer(t, &bytes.Buffer{}).SetWeights(t.Context(), chat, w6040, w1090); err != nil {
		t.Errorf("what is stored as wanted is an error: %v", err)
	}
}

// Kong's own words against a request may quote what was sent: they are not passed on.
func TestNothingOfASecretIsSaid(t *testing.T) {
	f := newFake(t)
	f.set(0, "/config/targets/0/route_type", nil) // what is stored does not fit the schema: an upgrade
	log := &bytes.Buffer{}
	w := f.writer(t, log)
	err := w.SetWeights(t.Context(), chat, w6040, w1090)
	if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("%v", err)
	}
	p := f.read(t, nil)
	noCanary(t, fmt.Sprintf("%+v %+v %v %s", p, *p.Gateway, err, log))
	noCanary(t, fmt.Sprintf("%+v %+v", w.ReadBack(t.Context(), chat), w))
	for _, e := range f.calls(http.MethodGet) {
		noCanary(t, strings.ReplaceAll(e.Path+fmt.Sprint(e.Header)+string(e.Body), testToken, ""))
	}
}

func noCanary(t *testing.T, text string) {
	t.Helper()
	if i := strings.Index(text, "CANARY"); i >= 0 {
		t.Errorf("a secret is shown: %q", text[max(0, i-60):min(len(text), i+20)])
	}
}

func TestUpstreamTargets(t *testing.T) {
	f := newFake(t)
	w := f.writer(t, &bytes.Buffer{})
	must(t, w.SetWeights(t.Context(), pool, w100, w5050))
	sent := f.calls(http.MethodPatch)
	if len(sent) != 2 || sent[0].Path != "/upstreams/llm.pool/targets/t2" || string(sent[0].Body) != `{"weight":50}` ||
		sent[1].Path != "/upstreams/llm.pool/targets/t1" {
		t.Errorf("sent %v", sent)
	}
	if back := w.ReadBack(t.Context(), pool)[0]; !back.Weights.Equal(w5050) || back.Err != nil {
		t.Errorf("%+v", back)
	}
	must(t, w.SetWeights(t.Context(), pool, w5050, fleet.Weights{"10.0.0.1:8000": 0, "10.0.0.2:8000": 65535})) // 0 and the most are allowed
}

func TestTheSecondCallFails(t *testing.T) {
	f := newFake(t)
	f.refuse = func(method, path string) (int, string) {
		if method == http.MethodPatch && strings.HasSuffix(path, "/t1") {
			return http.StatusBadRequest, "{}"
		}
		return 0, ""
	}
	w := f.writer(t, &bytes.Buffer{})
	err := w.SetWeights(t.Context(), pool, w100, w5050)
	if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "the weights are as before") {
		t.Errorf("%v", err)
	}
	if back := w.ReadBack(t.Context(), pool)[0]; !back.Weights.Equal(w100) {
		t.Errorf("not taken back: %v", back.Weights)
	}
	broken := false
	f.refuse = func(method, path string) (int, string) {
		if broken = broken || method == http.MethodPatch && strings.HasSuffix(path, "/t1"); broken && method == http.MethodPatch {
			return http.StatusServiceUnavailable, "{}"
		}
		return 0, ""
	}
	err = w.SetWeights(t.Context(), pool, w100, w5050)
	if fleet.KindOf(err) != fleet.KindServer || !strings.Contains(err.Error(), "10.0.0.2:8000 may hold 50") {
		t.Errorf("%v", err)
	}
}

func TestTheFirstNodeThatAnswersIsWrittenTo(t *testing.T) {
	dead, f := newFake(t), newFake(t)
	dead.Close()
	made, err := newWriter(fleet.GatewaySpec{ID: "edge", Auth: key, Replicas: []fleet.GatewayReplicaSpec{
		{ID: "kong-1", URL: dead.URL}, {ID: "kong-2", URL: f.URL}}}, testDeps(&bytes.Buffer{}))
	must(t, err)
	must(t, made.SetWeights(t.Context(), chat, w6040, w1090))
	back := made.ReadBack(t.Context(), chat)
	if fleet.KindOf(back[0].Err) != fleet.KindUnreachable || !back[1].Weights.Equal(w1090) {
		t.Errorf("%+v", back)
	}
	if err := made.Resync(t.Context(), chat, "kong-2"); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("%v", err)
	}
	if _, err := newWriter(fleet.GatewaySpec{ID: "edge", TLS: fleet.TLSSpec{Insecure: true}}, testDeps(nil)); fleet.KindOf(err) != fleet.KindReadOnly {
		t.Errorf("%v", err)
	}
}
