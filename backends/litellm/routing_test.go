package litellm

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/fleet"
)

// tick is a clock that a test moves, while what the reader has under way still asks for the time.
type tick struct {
	fleet.SystemClock
	mu  sync.Mutex
	now time.Time
}

func (c *tick) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *tick) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (g *fakeGateway) asked(path string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, e := range g.log {
		if strings.HasPrefix(e.Path, path) {
			n++
		}
	}
	return n
}

// What the settings do not tell is asked for route by route, seldom, a few at once, and kept.
func TestContentPolicyFallbacksAreAskedForSeldom(t *testing.T) {
	g := newFake(t, 1)
	for i := range 10 {
		g.rows = append(g.rows, fakeRow{ID: fmt.Sprint("r", i), Route: fmt.Sprint("route-", i), FromDB: true})
	}
	g.settings.file["content_policy_fallbacks"] = []any{map[string]any{"route-7": []any{"chat", "chat-backup"}}}
	g.replicas[0].live = nil
	g.propagate()
	clock := &tick{now: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)}
	deps := testDeps()
	deps.Clock = clock
	r, err := NewReader(fleet.SourceSpec{ID: "gw-1", URL: g.replicas[0].server.URL, Auth: withKey}, deps)
	must(t, err)
	read := func() fleet.Partial {
		t.Helper()
		p, err := r.Read(context.Background())
		must(t, err)
		return p
	}
	for i, want := range []int{4, 8, 12, 12, 12} {
		read()
		if got := g.asked("/fallback/"); got != want {
			t.Errorf("after %d readings %d questions, want %d", i+1, got, want)
		}
		clock.move(10 * time.Second)
	}
	want := []fleet.Fallback{{Kind: fleet.FallbackPolicy, To: ids("chat", "chat-backup")}}
	if got := read().Gateway.Routing["route-7"].Fallbacks; !reflect.DeepEqual(got, want) {
		t.Errorf("fallbacks %v", got)
	}
	clock.move(policyEvery)
	g.refuse(0, func(_, path string) (int, string) {
		if strings.HasPrefix(path, "/fallback/") {
			return 403, `{"error":{"message":"no"}}`
		}
		return 0, ""
	})
	for range 3 {
		if got := read().Gateway.Routing["route-7"].Fallbacks; !reflect.DeepEqual(got, want) {
			t.Errorf("refused, the fallbacks are %v", got)
		}
	}
	if got := g.asked("/fallback/"); got > 12+policyAtOnce {
		t.Errorf("a call that is refused was asked %d times", got-12)
	}
}

func TestOldVersionsAreNotAskedForFallbacks(t *testing.T) {
	g := newFake(t, 1)
	g.version, g.settings.noFallback = "1.80.9", true
	_, err := g.read(t, withKey)
	must(t, err)
	if n := g.asked("/fallback/"); n != 0 {
		t.Errorf("%d questions", n)
	}
}

func parseSettings(t *testing.T, router string) settings {
	t.Helper()
	var answer settingsAnswer
	must(t, json.Unmarshal([]byte(`{"router_settings":`+router+`}`), &answer))
	s, err := answer.settings()
	must(t, err)
	return s
}

func TestDefaultFallbacksAreOfRoutesWithoutOwn(t *testing.T) {
	s := parseSettings(t, `{"fallbacks":[{"*":["any"]},{"chat":["b"]},{"chat":["never"]},{"a":["x"],"b":["y"]},7,null],
		"context_window_fallbacks":[{"code":["long"]},{"*":["not shown"]}]}`)
	ds := []deployment{{id: "1", route: "chat"}, {id: "2", route: "code"}}
	got := s.routing(ds, "1.96.0")
	if want := []fleet.Fallback{{Kind: fleet.FallbackFailure, To: ids("b")}}; !reflect.DeepEqual(got["chat"].Fallbacks, want) {
		t.Errorf("chat: %v", got["chat"].Fallbacks)
	}
	if want := []fleet.Fallback{{Kind: fleet.FallbackContext, To: ids("long")}, {Kind: fleet.FallbackDefault, To: ids("any")}}; !reflect.DeepEqual(
		got["code"].Fallbacks, want) {
		t.Errorf("code: %v", got["code"].Fallbacks)
	}
	bare := parseSettings(t, `{"fallbacks":["any"]}`).routing(ds, "")
	if f := bare["chat"].Fallbacks; len(f) != 1 || f[0].Kind != fleet.FallbackDefault {
		t.Errorf("a bare name is read as %v", f)
	}
}

func TestOrderCountsByVersion(t *testing.T) {
	for _, tc := range []struct {
		version, router string
		want            fleet.Maybe[bool]
	}{
		{"1.81.15", `{}`, fleet.None[bool]()},
		{"1.81.15", `{"enable_pre_call_checks":true}`, fleet.Some(true)},
		{"1.81.15", `{"enable_pre_call_checks":false}`, fleet.Some(false)},
		{"1.90.0", `{}`, fleet.None[bool]()},
		{"1.96.0", `{}`, fleet.Some(true)},
		{"1.106.2", `{}`, fleet.Some(true)},
		{"", `{}`, fleet.None[bool]()},
	} {
		if got := parseSettings(t, tc.router).byOrder(tc.version); got != tc.want {
			t.Errorf("%s %s: %v", tc.version, tc.router, got)
		}
	}
}

func TestWhoChangedARouteLast(t *testing.T) {
	var answer modelsAnswer
	must(t, json.Unmarshal([]byte(`{"data":[
		{"model_name":"chat","litellm_params":{},"model_info":{"id":"a","updated_at":"2026-11-30T10:00:00Z","updated_by":"ana"}},
		{"model_name":"chat","litellm_params":{},"model_info":{"id":"b","updated_at":"2026-11-30T11:00:00Z","updated_by":"ben\u001b[2J"}},
		{"model_name":"code","litellm_params":{},"model_info":{"id":"c","updated_by":7}}]}`), &answer))
	ds, err := answer.deployments(nil)
	must(t, err)
	got := settings{}.routing(ds, "")
	if at := time.Date(2026, 11, 30, 11, 0, 0, 0, time.UTC); got["chat"].ChangedAt != fleet.Some(at) ||
		!strings.HasPrefix(got["chat"].ChangedBy.String(), "ben") || strings.Contains(got["chat"].ChangedBy.String(), "\x1b") {
		t.Errorf("chat was changed %v by %q", got["chat"].ChangedAt, got["chat"].ChangedBy)
	}
	if got["code"].ChangedAt.OK || !got["code"].ChangedBy.IsEmpty() || ds[0].updatedBy != "ana" {
		t.Errorf("code was changed %+v", got["code"])
	}
}

func TestMixedWeights(t *testing.T) {
	some, none := fleet.Some(5.0), fleet.None[float64]()
	member := func(id fleet.DeploymentID, w fleet.Maybe[float64], blocked bool) deployment {
		return deployment{id: id, route: "chat", weight: w, blocked: fleet.Some(blocked)}
	}
	for _, tc := range []struct {
		version string
		ds      []deployment
		says    string
	}{
		{"1.81.15", []deployment{member("a", some, false), member("b", none, false)}, "now a, which has one: those without get nothing"},
		{"1.96.0", []deployment{member("a", none, false), member("b", some, false)}, "now a, which has none: weights do not count"},
		{"1.96.0", []deployment{member("x", none, true), member("a", some, false), member("b", none, false)}, "now a, which has one"},
		{"1.106.2", []deployment{member("a", none, false), member("b", some, false)}, "counts a missing weight as 0"},
		{"1.100.0", []deployment{member("a", none, false), member("b", some, false)}, "not known"},
		{"1.96.0", []deployment{member("a", some, false), member("b", some, false)}, ""},
		{"1.96.0", []deployment{member("a", none, false), member("b", none, false)}, ""},
		{"1.96.0", []deployment{member("a", some, false), member("b", none, true)}, ""},
	} {
		list := mixedNotices(tc.ds, settings{strategy: simpleShuffle}, tc.version)
		text := fmt.Sprint(list)
		if (len(list) > 0) != (tc.says != "") || !strings.Contains(text, tc.says) {
			t.Errorf("%s: %s, want %q", tc.version, text, tc.says)
		}
	}
	if n := len(mixedNotices([]deployment{member("a", some, false), member("b", none, false)}, settings{strategy: "least-busy"}, "")); n != 0 {
		t.Error("a strategy that ignores weights is warned of")
	}
}

// Old and new versions print the same labels of a cooldown, in another order (1.81.15, 1.96.0 and 1.106.2).
func TestCooldownsByCause(t *testing.T) {
	p := readPage(t, `# TYPE litellm_deployment_cooled_down_total counter
litellm_deployment_cooled_down_total{api_base="http://x",api_provider="openai",exception_status="429",litellm_model_name="chat",model_id="a"} 3.0
litellm_deployment_cooled_down_total{exception_status="401",litellm_model_name="chat",model_id="a"} 1
litellm_deployment_cooled_down_total{litellm_model_name="chat",model_id="a"} 2
`)
	d := fleet.DeploymentReading{ID: "a"}
	p.fill(&d)
	if want := map[string]float64{"429": 3, "401": 1, "": 2}; !reflect.DeepEqual(d.CooldownsByStatus, want) || d.Cooldowns != fleet.Some(6.0) {
		t.Errorf("cooldowns %v %v", d.Cooldowns, d.CooldownsByStatus)
	}
}
