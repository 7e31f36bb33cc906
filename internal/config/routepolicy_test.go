package config

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// hybrid is a file whose routes are given: two pools, one of them a fine-tune, and an API.
func hybrid(routes string) string {
	return `version: 1
contexts:
  - name: eu
    pools:
      - {id: own, engine: vllm, model: llama-70b, replicas: [{id: own-1, url: "http://own-1:8000/metrics"}]}
      - {id: tuned, engine: vllm, model: llama-support, replicas: [{id: tuned-1, url: "http://tuned-1:8000/metrics"}]}
    providers:
      - {id: api, kind: openai, models: [{name: big}]}
    gateways:
      - {id: g, kind: litellm, replicas: [{id: g-1, url: "http://g-1:4000"}]}
      - {id: other, kind: litellm, replicas: [{id: o-1, url: "http://o-1:4000"}]}
    routes:
` + routes
}

const (
	ownTarget    = "{id: own, pool: own}"
	tunedTarget  = "{id: tuned, pool: tuned}"
	rentedTarget = "{id: api, provider: api, model: big}"
)

// routeLine is one route with its targets and policy, in one line.
func routeLine(id, gateway, policy string, targets ...string) string {
	line := "      - {id: " + id + ", gateway: " + gateway + ", targets: [" + strings.Join(targets, ", ") + "]"
	if policy != "" {
		line += ", policy: {" + policy + "}"
	}
	return line + "}\n"
}

func TestAPolicyIsReadWithItsDefaultsAndWrittenBack(t *testing.T) {
	backup := routeLine("backup", "g", "", ownTarget)
	for _, x := range []struct {
		routes string
		want   fleet.RoutePolicy
	}{
		{routeLine("chat", "g", "pattern: easy-local", ownTarget, rentedTarget),
			fleet.RoutePolicy{Pattern: fleet.PatternEasyLocal, Local: 0.8, Tolerance: 0.05}},
		{routeLine("chat", "g", "pattern: easy-local, local: 0.7, tolerance: 0.1, hard: hard", ownTarget) + routeLine("hard", "other", "", rentedTarget),
			fleet.RoutePolicy{Pattern: fleet.PatternEasyLocal, Local: 0.7, Tolerance: 0.1, Hard: "hard"}},
		{routeLine("chat", "g", "pattern: api-primary, fallback: backup, rehearsed: 2026-11-20", rentedTarget) + backup,
			fleet.RoutePolicy{Pattern: fleet.PatternAPIPrimary, Tolerance: 0.05, Fallback: "backup",
				Rehearsed: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)}},
		{routeLine("chat", "g", "pattern: core-local, model: llama-support", tunedTarget, rentedTarget),
			fleet.RoutePolicy{Pattern: fleet.PatternCoreLocal, Local: 0.9, Tolerance: 0.05, Model: "llama-support"}},
	} {
		inv := inventoryOf(t, hybrid(x.routes))
		if got := inv.Routes[0].Policy; got == nil || !reflect.DeepEqual(*got, x.want) {
			t.Errorf("%s is read as %+v", x.routes, got)
		}
		text, err := Write(inv)
		if err != nil {
			t.Fatal(err)
		}
		if again := inventoryOf(t, string(text)); !reflect.DeepEqual(again.Routes, inv.Routes) {
			t.Errorf("it comes back as %+v:\n%s", again.Routes[0].Policy, text)
		}
	}
}

func TestAPolicyThatDoesNotFitIsRefusedWithASentence(t *testing.T) {
	hard := routeLine("hard", "g", "", rentedTarget)
	for _, x := range []struct{ routes, says string }{
		{routeLine("chat", "g", "pattern: half-half", ownTarget, rentedTarget), `pattern "half-half" is none of [easy-local api-primary core-local]`},
		{routeLine("chat", "g", "pattern: easy-local, local: 1", ownTarget, rentedTarget), "there is no split"},
		{routeLine("chat", "g", "pattern: api-primary, local: 0.6", ownTarget, rentedTarget), "the API is the primary"},
		{routeLine("chat", "g", "pattern: core-local, local: 0.4, model: llama-support", tunedTarget), "own GPUs are the core"},
		{routeLine("chat", "g", "pattern: easy-local, local: .nan", ownTarget, rentedTarget), "local must lie between"},
		{routeLine("chat", "g", "pattern: easy-local, tolerance: 0.5", ownTarget, rentedTarget), "tolerance must lie between"},
		{routeLine("chat", "g", "pattern: easy-local", ownTarget), "hard requests have no API"},
		{routeLine("chat", "g", "pattern: easy-local", rentedTarget), "no own GPUs for easy requests"},
		{routeLine("chat", "g", "pattern: easy-local, hard: gone", ownTarget), `hard: there is no route "gone"`},
		{routeLine("chat", "g", "pattern: easy-local, hard: chat", ownTarget, rentedTarget), "hard names the route itself"},
		{routeLine("chat", "g", "pattern: easy-local, hard: hard", ownTarget) + routeLine("hard", "g", "", ownTarget), "it is no way to an API"},
		{routeLine("chat", "g", "pattern: easy-local, hard: hard", ownTarget) + routeLine("hard", "g", "pattern: api-primary", rentedTarget),
			"judged twice"},
		{routeLine("chat", "g", "pattern: easy-local, hard: hard", ownTarget) + routeLine("code", "g", "pattern: easy-local, hard: hard", ownTarget) + hard,
			"cannot be told apart"},
		{routeLine("chat", "g", "pattern: easy-local, model: x", ownTarget, rentedTarget), "model belongs to pattern core-local, not to easy-local"},
		{routeLine("chat", "g", "pattern: core-local, hard: hard, model: llama-support", tunedTarget) + hard, "hard belongs to pattern easy-local"},
		{routeLine("chat", "g", "pattern: api-primary", ownTarget), "no API that could be the primary"},
		{routeLine("chat", "g", "pattern: api-primary, fallback: hard", rentedTarget) + hard, "does not lead to own GPUs"},
		{routeLine("chat", "g", "pattern: api-primary, fallback: b", rentedTarget) + routeLine("b", "other", "", ownTarget), "its own routes only"},
		{routeLine("chat", "g", "pattern: api-primary, rehearsed: last week", rentedTarget), "rehearsed"},
		{routeLine("chat", "g", "pattern: core-local", tunedTarget), "model is missing"},
		{routeLine("chat", "g", "pattern: core-local, model: llama-support", tunedTarget, ownTarget),
			`target "own" is pool "own", which serves "llama-70b" and not the fine-tune "llama-support"`},
		{routeLine("chat", "g", "pattern: core-local, model: llama-support", rentedTarget), "no fine-tune of its own"},
	} {
		_, err := Parse([]byte(hybrid(x.routes)))
		if err == nil || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s\nwants %q, got %v", x.routes, x.says, err)
		}
	}
}

// The page on hybrid patterns shows routes that can be declared as they stand there.
func TestTheRoutesOfTheDocumentationAreRead(t *testing.T) {
	page, err := os.ReadFile("../../docs/hybrid.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(page), "```yaml\nroutes:\n")
	block, _, closed := strings.Cut(block, "```")
	if !found || !closed {
		t.Fatal("docs/hybrid.md shows no routes")
	}
	head, _, _ := strings.Cut(hybrid(""), "    pools:")
	f, err := Parse([]byte(head + `    pools:
      - {id: llama-70b, engine: vllm, model: llama-70b, replicas: [{id: l-1, url: "http://l-1:8000/metrics"}]}
      - {id: support, engine: vllm, model: llama-70b-support, replicas: [{id: s-1, url: "http://s-1:8000/metrics"}]}
    providers: [{id: openai, kind: openai, models: [{name: gpt-4o}]}]
    gateways: [{id: litellm, kind: litellm, replicas: [{id: g-1, url: "http://g-1:4000"}]}]
    routes:
` + strings.ReplaceAll("\n"+block, "\n", "\n    ")[1:]))
	if err != nil {
		t.Fatal(err)
	}
	patterns := map[string]int{}
	for _, r := range f.Contexts[0].Routes {
		if r.Policy != nil {
			patterns[r.Policy.Pattern]++
		}
	}
	for _, p := range fleet.Patterns() {
		if patterns[string(p)] == 0 {
			t.Errorf("docs/hybrid.md shows no route of pattern %s", p)
		}
	}
}
