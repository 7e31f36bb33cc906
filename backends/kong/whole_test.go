package kong

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"pitwall/fleet"
)

// statusPage is what Kong counts by its routes and statuses, beside the AI series.
const statusPage = page + `# TYPE kong_http_requests_total counter
kong_http_requests_total{service="llm",route="chat-in",code="200",source="service",workspace="default",consumer=""} 900
kong_http_requests_total{service="llm",route="chat-in",code="200",source="service",workspace="default",consumer="bob"} 50
kong_http_requests_total{service="llm",route="chat-in",code="502",source="service",workspace="default",consumer=""} 20
kong_http_requests_total{service="llm",route="chat-in",code="500",source="error",workspace="default",consumer=""} 5
kong_http_requests_total{service="llm",route="chat-in",code="429",source="service",workspace="default",consumer=""} 7
kong_http_requests_total{service="llm",route="chat-in",code="401",source="service",workspace="default",consumer=""} 3
kong_http_requests_total{service="llm",route="chat-in",code="400",source="service",workspace="default",consumer=""} 10
kong_http_requests_total{service="llm",route="chat-in",code="401",source="exit",workspace="default",consumer=""} 4
kong_http_requests_total{service="llm",route="chat-in",code="429",source="exit",workspace="default",consumer=""} 1
kong_http_requests_total{service="llm",route="chat-in",code="500",source="service",workspace="other",consumer=""} 1000
kong_http_requests_total{service="pool-in",route="x",code="503",source="service",workspace="default",consumer=""} 2
kong_http_requests_total{service="pool-in",route="y",code="200",source="service",workspace="default",consumer=""} 8
`

// chatRoute is the id of the route that the plugin chat is on.
const chatRoute = "6f0d7a0e-31a5-4a61-a0a1-0000000000a1"

func newCountingFake(t *testing.T) *fake {
	f := newFake(t)
	f.metrics = statusPage
	f.routes = []map[string]any{{"id": chatRoute, "name": "chat-in", "service": map[string]any{"id": "s1"}}, {"id": "r2", "name": nil}}
	f.services = []map[string]any{{"id": "s1", "name": "llm", "host": "localhost"}, {"id": "s2", "name": "pool-in", "host": "llm.pool"}}
	return f
}

func TestFailuresAreOfAWholeRoute(t *testing.T) {
	f := newCountingFake(t)
	p := f.read(t, nil)
	want := map[fleet.RouteID]fleet.RouteCounts{
		"chat":              {Requests: fleet.Some(1000.0), Failures: fleet.Some(35.0)},
		"upstream/llm.pool": {Requests: fleet.Some(10.0), Failures: fleet.Some(2.0)},
	}
	if fmt.Sprint(p.Gateway.Whole) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", p.Gateway.Whole, want)
	}
	for _, d := range p.Gateway.Deployments {
		if d.Failures.OK || d.Successes.OK || d.Requests.OK != (d.ID == "openai/llama-70b" || d.ID == "openai/gpt-4o") {
			t.Errorf("%s of %s: %+v", d.ID, d.Route, d)
		}
		if d.ID == "openai/llama-70b" && d.Requests != fleet.Some(42.0) {
			t.Errorf("%v requests", d.Requests)
		}
		if d.ID == "openai/gpt-4o" && d.Requests != fleet.Some(0.0) { // has no series yet, and would be counted
			t.Errorf("%v requests of what was never asked for", d.Requests)
		}
	}
}

// Where the counts of a route are not its own alone, or cannot be named, none are told, and none of its targets: requests of
// unknown end would pass for good ones.
func TestCountsThatAreNotOfTheRouteAlone(t *testing.T) {
	for name, edit := range map[string]func(f *fake){
		"another plugin for a consumer": func(f *fake) {
			f.plugins = append(f.plugins, map[string]any{"id": "c", "name": pluginSingle, "instance_name": "bob", "enabled": true,
				"consumer": map[string]any{"id": "bob"}, "config": map[string]any{"model": map[string]any{"provider": "x", "name": "y"}}})
		},
		"two plugins of one route": func(f *fake) { f.set(1, "/route", map[string]any{"id": chatRoute}) },
		"a plugin for some consumers": func(f *fake) {
			f.set(0, "/consumer_group", map[string]any{"id": "g"})
		},
		"a route that is not there": func(f *fake) { f.routes = f.routes[1:] },
		"two routes of one name": func(f *fake) {
			f.routes = append(f.routes, map[string]any{"id": "r3", "name": "chat-in"})
		},
		"a page without statuses": func(f *fake) { f.metrics = page },
		"routes that are closed": func(f *fake) {
			f.refuse = func(_, path string) (int, string) {
				if path == "/routes" {
					return http.StatusForbidden, "{}"
				}
				return 0, ""
			}
		},
		"a service with a plugin of its own on a route": func(f *fake) {
			f.set(0, "/route", nil)
			f.set(0, "/service", map[string]any{"id": "s1"})
			f.set(1, "/route", map[string]any{"id": chatRoute})
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newCountingFake(t)
			edit(f)
			p := f.read(t, nil)
			if c, known := p.Gateway.Whole["chat"]; known {
				t.Errorf("%v", c)
			}
			for _, d := range p.Gateway.Deployments {
				if d.Route == "chat" && d.Requests.OK {
					t.Errorf("%s: %v requests", d.ID, d.Requests)
				}
			}
			if closed := strings.Contains(fmt.Sprint(p.Notices), "closed to this token"); closed != (name == "routes that are closed") {
				t.Errorf("%v", p.Notices)
			}
		})
	}
}

func TestAPluginOfAServiceCountsAllItsRoutes(t *testing.T) {
	f := newCountingFake(t)
	f.set(0, "/route", nil)
	f.set(0, "/service", map[string]any{"id": "s2"})
	if c := f.read(t, nil).Gateway.Whole["chat"]; c != (fleet.RouteCounts{Requests: fleet.Some(10.0), Failures: fleet.Some(2.0)}) {
		t.Errorf("%v", c)
	}
}

// For as long as nodes may still go by the weights of before, a change is not in force.
func TestNodesAreGivenTimeToTakeOver(t *testing.T) {
	f := newFake(t)
	clock := fleet.NewVirtualClock(testNow)
	deps := testDeps(nil)
	deps.Clock = clock
	made, err := newWriter(fleet.GatewaySpec{ID: "edge", Auth: key, Replicas: []fleet.GatewayReplicaSpec{{ID: "kong-1", URL: f.URL}}}, deps)
	must(t, err)
	w := made.(*writer)
	pending := func() bool { return !w.ReadBack(t.Context(), chat)[0].Pending.IsEmpty() }
	if pending() {
		t.Error("nothing was written, and something is pending")
	}
	must(t, w.SetWeights(t.Context(), chat, w6040, w1090))
	if !pending() {
		t.Error("a write is in force at once")
	}
	must(t, clock.Advance(t.Context(), takeOver))
	if pending() {
		t.Errorf("still pending after %s", takeOver)
	}
}
