package sim

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// noon is when test worlds are first shown.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// listen starts a fleet on a virtual clock.
func listen(t *testing.T, o Options) (*Fleet, *fleet.VirtualClock) {
	t.Helper()
	clock := fleet.NewVirtualClock(noon)
	o.Clock = clock
	f, err := Listen(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, clock
}

func get(t *testing.T, url string, withKey bool) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if withKey {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestEverySourceOfTheInventoryAnswers(t *testing.T) {
	f, _ := listen(t, Options{})
	inv := f.Inventory()
	if len(inv.Sources) == 0 {
		t.Fatal("the inventory has no sources")
	}
	want := map[string]string{
		"vllm": "vllm:num_requests_running", "sglang": "sglang:num_running_reqs", "trtllm": "trtllm_num_requests_running",
		"tgi": "tgi_batch_current_size", "dcgm": "DCGM_FI_DEV_", "litellm": "litellm_", "openai": `"data"`, "anthropic": `"data"`,
		"alertmanager": "[]",
	}
	for _, s := range inv.Sources {
		url := s.URL
		switch s.Kind {
		case "vllm", "sglang", "tgi", "litellm":
			url += "/metrics"
		case "trtllm":
			url += "/prometheus/metrics"
		case "alertmanager":
			url += "/api/v2/alerts"
		case "openai", "anthropic":
			url += "/models"
		}
		resp, body := get(t, url, true)
		if resp.StatusCode != http.StatusOK || !strings.Contains(body, want[s.Kind]) {
			t.Errorf("%s: %s answered %d without %q", s.ID, url, resp.StatusCode, want[s.Kind])
		}
		if got := resp.Header.Get("Date"); got != noon.Format(http.TimeFormat) {
			t.Errorf("%s: date %q is not the clock's", s.ID, got)
		}
		if s.Timeout >= s.Interval {
			t.Errorf("%s: the deadline %s is not shorter than the interval %s", s.ID, s.Timeout, s.Interval)
		}
	}
}

// scrape reads every page once and returns them as one text.
func scrape(t *testing.T, f *Fleet) string {
	t.Helper()
	var b strings.Builder
	for _, s := range f.Inventory().Sources {
		for _, path := range map[string][]string{"vllm": {"/metrics"}, "sglang": {"/metrics"}, "tgi": {"/metrics"},
			"trtllm": {"/prometheus/metrics"}, "dcgm": {""}, "litellm": {"/metrics", "/model/info"},
			"openai": {"/models"}, "anthropic": {"/models"}}[s.Kind] {
			_, body := get(t, s.URL+path, true)
			b.WriteString(string(s.ID) + path + "\n" + body)
		}
	}
	return b.String()
}

func TestSameSeedGivesTheSamePages(t *testing.T) {
	pages := func(seed uint64, stops int) string {
		f, clock := listen(t, Options{Seed: seed})
		for range stops {
			if err := clock.Advance(t.Context(), 3*time.Minute/time.Duration(stops)); err != nil {
				t.Fatal(err)
			}
			f.Faults() // whoever looks makes the world advance
		}
		return scrape(t, f)
	}
	if pages(1, 1) != pages(1, 18) {
		t.Error("the same seed gave other pages")
	}
	if pages(1, 1) == pages(2, 1) {
		t.Error("another seed gave the same pages")
	}
}

func TestPagesStandStillBetweenSteps(t *testing.T) {
	f, clock := listen(t, Options{})
	before := scrape(t, f)
	if scrape(t, f) != before {
		t.Error("pages changed although no time passed")
	}
	if err := clock.Advance(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	if scrape(t, f) == before {
		t.Error("pages did not change in a second")
	}
}

func TestInventoryIsWhole(t *testing.T) {
	f, _ := listen(t, Options{Env: fleet.EnvProd, Scale: 3})
	inv := f.Inventory()
	if inv.Env != fleet.EnvProd || inv.Mode != fleet.ModeDemo || len(inv.Pools) != 7 || len(inv.Routes) != 5 {
		t.Fatalf("%s, %s, %d pools, %d routes", inv.Env, inv.Mode, len(inv.Pools), len(inv.Routes))
	}
	pools, providers := map[fleet.PoolID]bool{}, map[fleet.ProviderID]bool{}
	for _, p := range inv.Pools {
		pools[p.ID] = true
		if len(p.Replicas) == 0 || len(p.Nodes) == 0 || !p.GPUHour.OK || p.Rating.V.Decode <= 0 || p.Rating.V.Prefill <= 0 {
			t.Errorf("pool %s is not whole: %+v", p.ID, p)
		}
	}
	for _, p := range inv.Providers {
		providers[p.ID] = true
		for _, m := range p.Models {
			if !m.Price.OK || m.Price.V.Output.Currency() != fleet.USD {
				t.Errorf("%s of %s has no price", m.Name, p.ID)
			}
		}
	}
	for _, r := range inv.Routes {
		for _, target := range r.Targets {
			if target.Pool != "" && !pools[target.Pool] || target.Provider != "" && !providers[target.Provider] ||
				target.Pool == "" == (target.Provider == "") || target.Deployment == "" {
				t.Errorf("route %s: target %+v", r.ID, target)
			}
		}
	}
	ids := map[fleet.SourceID]bool{}
	for _, s := range inv.Sources {
		if ids[s.ID] {
			t.Errorf("two sources are called %s", s.ID)
		}
		ids[s.ID] = true
	}
	if s, err := f.Secret(t.Context(), inv.Gateways[0].Auth); err != nil || s.Reveal() != key {
		t.Errorf("the gateway's credential does not resolve: %v", err)
	}
	if _, err := f.Secret(t.Context(), fleet.SecretRef{Env: "OTHER"}); fleet.KindOf(err) != fleet.KindAuth {
		t.Errorf("another credential resolved: %v", err)
	}
}

func TestFaultsByName(t *testing.T) {
	f, clock := listen(t, Options{})
	if err := f.Start("F99", noon); fleet.KindOf(err) != fleet.KindNotFound {
		t.Errorf("an unknown fault started: %v", err)
	}
	known := Catalogue()
	if len(known) < 14 || len(known) != len(f.Faults()) {
		t.Errorf("%d faults are known, %d can be started", len(known), len(f.Faults()))
	}
	for _, x := range known {
		if err := f.Start(x.ID, noon); err != nil {
			t.Error(err)
		}
	}
	if err := clock.Advance(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	for _, x := range f.Faults() {
		if !x.Active || x.Title.IsEmpty() || x.Text.IsEmpty() {
			t.Errorf("%+v", x)
		}
		if err := f.Stop(x.ID); err != nil {
			t.Error(err)
		}
	}
	for _, x := range f.Faults() {
		if x.Active {
			t.Errorf("%s is still active", x.ID)
		}
	}
}

func TestTelemetryKnobs(t *testing.T) {
	f, clock := listen(t, Options{})
	if err := f.Skew("gw-1", time.Hour); err != nil {
		t.Fatal(err)
	}
	resp, _ := get(t, f.URL("gw-1")+"/health/liveliness", false)
	if got := resp.Header.Get("Date"); got != noon.Add(time.Hour).Format(http.TimeFormat) {
		t.Errorf("the skewed server says %s", got)
	}
	if err := f.FreezeTelemetry("b200-a-r1", true); err != nil {
		t.Fatal(err)
	}
	_, before := get(t, f.URL("b200-a-r1")+"/metrics", false)
	if err := clock.Advance(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, after := get(t, f.URL("b200-a-r1")+"/metrics", false); after != before {
		t.Error("frozen telemetry moved")
	}
	if err := f.FreezeTelemetry("b200-a-r1", false); err != nil {
		t.Fatal(err)
	}
	if _, after := get(t, f.URL("b200-a-r1")+"/metrics", false); after == before {
		t.Error("telemetry is still frozen")
	}
	if err := f.Skew("nobody", 0); fleet.KindOf(err) != fleet.KindNotFound {
		t.Errorf("an unknown server has a clock: %v", err)
	}
}

func TestTheWorldFollowsTheClockUnwatched(t *testing.T) {
	f, clock := listen(t, Options{})
	if err := clock.Advance(t.Context(), 5*time.Minute+time.Second); err != nil {
		t.Fatal(err)
	}
	var at time.Time
	f.world.At(noon, func() { at = f.world.Now() }) // a time that has passed: nothing moves
	if at.Before(noon.Add(5*time.Minute - keepEvery)) {
		t.Errorf("the world stands at %s although nobody had to look", at)
	}
}
