package smg

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// read reads a router, with its own page of metrics unless the options name another.
func read(t testing.TB, f *fakeRouter, options map[string]string) fleet.Partial {
	t.Helper()
	if options == nil {
		options = map[string]string{OptionMetrics: f.server.URL + metricsPath}
	}
	r, err := newReader(fleet.SourceSpec{ID: "r1", Kind: Kind, URL: f.server.URL, Options: options},
		fleet.Deps{Clock: fleet.NewVirtualClock(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC))})
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func page1(t testing.TB) string {
	t.Helper()
	raw, err := os.ReadFile("testdata/metrics.txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func member(t testing.TB, p fleet.Partial, route fleet.RouteID, id string) fleet.DeploymentReading {
	t.Helper()
	for _, d := range p.Gateway.Deployments {
		if d.Route == route && d.ID == fleet.DeploymentID(id) {
			return d
		}
	}
	t.Fatalf("no %s in %s: %+v", id, route, p.Gateway.Deployments)
	return fleet.DeploymentReading{}
}

func said(p fleet.Partial) string {
	var list []string
	for _, n := range p.Notices {
		list = append(list, n.Text.String())
	}
	return strings.Join(list, "\n")
}

func TestWorkersAreMembersOfTheRouteOfTheirModel(t *testing.T) {
	f := newFake(t, one, two)
	f.has(three, map[string]any{"priority": 90, "worker_type": "prefill"})
	f.page = page1(t)
	p := read(t, f, nil)
	d := member(t, p, "llama", one)
	if d.Weight != fleet.Some(1.0) || d.Blocked != fleet.Some(false) || d.Model != "llama" || d.APIBase != one {
		t.Errorf("read %+v", d)
	}
	if d.Requests != fleet.Some(100.0) || d.Successes != fleet.Some(97.0) || d.Failures != fleet.Some(3.0) || d.Cooldowns != fleet.Some(2.0) {
		t.Errorf("counted %+v", d)
	}
	if d := member(t, p, "llama", two); d.Blocked != fleet.Some(true) || !strings.Contains(said(p), two+" gets nothing: its circuit breaker is open") {
		t.Errorf("read %+v, said %s", d, said(p))
	}
	if d := member(t, p, "llama/prefill", three); d.Requests.OK || d.Weight != fleet.Some(1.0) {
		t.Errorf("read %+v", d)
	}
	g := p.Gateway.Routing["llama"]
	if g.Weighing != fleet.WeighingInOut || !g.Listed || !g.Uneven || g.Most != 1 || g.Strategy.String() != "cache_aware" || len(g.Edits) > 0 || !g.Fixed.IsEmpty() ||
		!strings.Contains(g.EditsWhy.String(), "when it starts again it has those of its command line") {
		t.Errorf("read %+v", g)
	}
	if p.Gateway.InFlight != fleet.Some(fleet.Count(5)) || !p.Gateway.Metrics || p.Health != fleet.Some(true) ||
		p.Gateway.Mode != fleet.GatewayModeAPI {
		t.Errorf("read %+v", p.Gateway)
	}
	if !strings.Contains(said(p), "1 workers have a priority or a cost of their own") || !strings.Contains(said(p), "they are no weights") {
		t.Errorf("said %s", said(p))
	}
}

// Shares follow from who is in under policies alone that give each as much as another.
func TestSharesAreKnownUnderEvenPolicies(t *testing.T) {
	for policy, uneven := range map[string]bool{"round_robin": false, "random": false, "manual": true, "": true} {
		f := newFake(t, one)
		f.page = "# TYPE smg_worker_selection_total counter\nsmg_worker_selection_total{policy=\"" + policy + "\"} 1\n"
		if g := read(t, f, nil).Gateway.Routing["llama"]; g.Uneven != uneven {
			t.Errorf("%q: uneven %v", policy, g.Uneven)
		}
	}
}

func TestStatesOfWorkers(t *testing.T) {
	for status, x := range map[string]struct {
		weight  float64
		blocked bool
		text    string
	}{
		statusReady:    {1, false, ""},
		statusPending:  {1, true, "has not passed a health check yet"},
		statusNotReady: {1, true, "fails its health checks"},
		statusFailed:   {1, true, "has failed for long"},
		statusDraining: {0, false, ""},
		"sulking":      {1, true, "the router calls it sulking"},
	} {
		f := newFake(t, one)
		f.workers[0].status, f.workers[0].left = status, 9
		p := read(t, f, nil)
		d := member(t, p, "llama", one)
		if d.Weight.V != x.weight || d.Blocked != fleet.Some(x.blocked) || x.text != "" && !strings.Contains(said(p), x.text) {
			t.Errorf("%s: %+v, said %q", status, d, said(p))
		}
	}
	f := newFake(t, one)
	f.workers[0].status, f.plain = statusNotReady, true
	if p := read(t, f, nil); member(t, p, noModel, one).Blocked != fleet.Some(true) {
		t.Error("sglang-router says that it is not healthy")
	}
}

func TestOlderRoutersAreRead(t *testing.T) {
	f := newFake(t, one)
	f.plain = true
	f.page = strings.NewReplacer("smg_worker_cb_outcomes", "sgl_router_cb_outcomes", "smg_worker_cb_state", "sgl_router_cb_state").Replace(page1(t))
	p := read(t, f, map[string]string{OptionModel: "chat", OptionMetrics: f.server.URL})
	if d := member(t, p, "chat", one); d.Requests != fleet.Some(100.0) || d.Model != "" {
		t.Errorf("read %+v", d)
	}
	f.old, f.page = true, ""
	p = read(t, f, nil)
	if d := member(t, p, noModel, one); d.Requests.OK || d.Weight != fleet.Some(1.0) {
		t.Errorf("read %+v", d)
	}
	if why := p.Gateway.ModeWhy.String(); !strings.Contains(why, "before 0.2") {
		t.Errorf("mode: %s", why)
	}
}

func TestMetricsThatAreAwayCostNoReading(t *testing.T) {
	f := newFake(t, one)
	gone := newFake(t)
	gone.server.Close()
	for option, text := range map[string]string{gone.server.URL: "is not there", "none": "says that none is read"} {
		p := read(t, f, map[string]string{OptionMetrics: option})
		if d := member(t, p, "llama", one); d.Requests.OK || d.Cooldowns.OK || p.Gateway.Metrics || p.Gateway.InFlight.OK ||
			!strings.Contains(p.Gateway.MetricsWhy.String(), text) {
			t.Errorf("%s: %+v, %s", option, d, p.Gateway.MetricsWhy)
		}
	}
	if _, err := newReader(fleet.SourceSpec{URL: f.server.URL, Options: map[string]string{OptionMetrics: "29000"}}, fleet.Deps{}); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("an address that is none: %v", err)
	}
	through, err := newReader(fleet.SourceSpec{URL: f.server.URL}, fleet.Deps{Via: "kubernetes/c/n/p:30000",
		Carrier: func(string) (fleet.Carrier, error) { return nil, errors.New("unused") }})
	if err == nil && through.page.client != nil {
		t.Error("a port that the way does not lead to is asked")
	}
}

func TestAModelOfSeveralAndAnAddressTwice(t *testing.T) {
	f := newFake(t)
	f.has(one, map[string]any{"models": []any{map[string]any{"id": "llama"}, map[string]any{"id": "qwen"}, map[string]any{"id": "qwen"}}})
	f.has("http://u:p@10.0.0.1:8000", nil)
	f.page = page1(t)
	p := read(t, f, nil)
	if a, b := member(t, p, "llama", one), member(t, p, "qwen", one); a.Requests.OK || b.Requests.OK || len(p.Gateway.Deployments) != 2 {
		t.Errorf("read %+v", p.Gateway.Deployments)
	}
	for _, text := range []string{"1 workers have the address of another one", "1 workers serve several models"} {
		if !strings.Contains(said(p), text) {
			t.Errorf("not said: %s", text)
		}
	}
}

func TestWhatDiscoveryFindsIsItsOwn(t *testing.T) {
	f := newFake(t, one)
	f.page = "# TYPE smg_discovery_workers_discovered gauge\nsmg_discovery_workers_discovered{source=\"kubernetes\"} 1\n"
	if g := read(t, f, nil).Gateway.Routing["llama"]; !strings.Contains(g.Owner.String(), "discovery") {
		t.Errorf("owner %q", g.Owner)
	}
}

// Nothing of a key that stands in an address, or is told in spite of all, is in what is read.
func TestNoKeyIsInAReading(t *testing.T) {
	f := newFake(t)
	f.has("http://u:"+canary+"@10.0.0.1:8000/?key="+canary, map[string]any{"api_key": canary, "labels": map[string]any{"token": canary}})
	raw, err := json.Marshal(read(t, f, nil))
	if err != nil {
		t.Fatal(err)
	}
	if text := string(raw); strings.Contains(text, canary) || !strings.Contains(text, "http://10.0.0.1:8000") {
		t.Errorf("read %s", text)
	}
}

func TestAddressesAndRanks(t *testing.T) {
	for url, want := range map[string]string{
		one:                            one,
		"http://h:8000@3":              "http://h:8000@3",
		"http://u:pw@h:8000":           "http://h:8000",
		"grpc://h:9000":                "grpc://h:9000",
		"h:8000":                       "h:8000",
		"http://u:" + canary + "@1234": "http://1234",
	} {
		if got := idOf(url); string(got) != want {
			t.Errorf("%s is called %s", url, got)
		}
	}
	if _, rank := parted("http://h:8000@3"); rank != "3" {
		t.Error("a rank is not seen")
	}
}

// The list that was composed from the definitions of SMG is read.
func TestTheSampleIsRead(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "gateways", "smg-workers.example.json"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the samples are not beside this checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	f := newFake(t)
	f.refuse = func(_, path string) (int, string) {
		if path == "/workers" {
			return http.StatusOK, string(raw)
		}
		return 0, ""
	}
	p := read(t, f, nil)
	var body struct{ Workers []struct{ URL string } }
	if err := json.Unmarshal(raw, &body); err != nil {
		t.Fatal(err)
	}
	seen := map[fleet.DeploymentID]bool{}
	for _, d := range p.Gateway.Deployments {
		seen[d.ID] = true
	}
	if len(body.Workers) == 0 || len(seen) != len(body.Workers) {
		t.Errorf("%d workers, read %s", len(body.Workers), fmt.Sprint(seen))
	}
}
