package sim

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// answers says whether an address answers at all.
func answers(t *testing.T, url string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return resp.Body.Close() == nil
}

func TestTelemetryOfASiteStops(t *testing.T) {
	f, clock := listen(t, Options{})
	if err := f.Start("F40", noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	fra, ams := []string{"b200-a-r1", "b200-a-01", "h100-b-04"}, []string{"h200-dr-r1", "h200-dr-01", "gw-1"}
	check := func(when string, want bool) {
		for _, name := range fra {
			if got := answers(t, f.URL(name)+"/metrics"); got != want {
				t.Errorf("%s: the metrics of %s answer: %v", when, name, got)
			}
		}
		for _, name := range ams {
			if !answers(t, f.URL(name)+"/metrics") {
				t.Errorf("%s: the metrics of %s do not answer", when, name)
			}
		}
		if resp, _ := get(t, f.URL("b200-a-r1")+"/health", false); resp.StatusCode != 200 {
			t.Errorf("%s: the engine itself answers %d", when, resp.StatusCode)
		}
	}
	check("before", true)
	if err := clock.Advance(t.Context(), 2*time.Minute); err != nil {
		t.Fatal(err)
	}
	check("during", false)
	if err := f.Stop("F40"); err != nil {
		t.Fatal(err)
	}
	check("after", true)
}

func TestTelemetryOfASiteFreezes(t *testing.T) {
	f, clock := listen(t, Options{})
	page := func() string {
		_, body := get(t, f.URL("b200-a-r1")+"/metrics", false)
		return body
	}
	minute := func() {
		if err := clock.Advance(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Start("F40B", noon); err != nil {
		t.Fatal(err)
	}
	minute()
	frozen := page()
	minute()
	if page() != frozen {
		t.Error("the page moved")
	}
	if err := f.Stop("F40B"); err != nil {
		t.Fatal(err)
	}
	if page() == frozen {
		t.Error("the page is still frozen")
	}
	if err := f.Start("F40B", clock.Now()); err != nil {
		t.Fatal(err)
	}
	minute()
	if page() == frozen {
		t.Error("a second freeze shows the page of the first")
	}
}

func TestADeadEngineDoesNotAnswer(t *testing.T) {
	f, clock := listen(t, Options{})
	if err := f.Start("F14", noon); err != nil {
		t.Fatal(err)
	}
	if err := clock.Advance(t.Context(), 20*time.Second); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/health", "/metrics", "/v1/models"} {
		if answers(t, f.URL("h100-b-r4")+path) || !answers(t, f.URL("h100-b-r3")+path) {
			t.Errorf("%s of the dead engine answers, or that of its neighbour does not", path)
		}
	}
}

func TestAnUpgradeRenamesMetrics(t *testing.T) {
	for engine, names := range map[string]struct{ old, renamed, gone string }{
		"vllm":   {"vllm:gpu_cache_usage_perc", "vllm:kv_cache_usage_perc", "vllm:request_queue_time_seconds"},
		"sglang": {"sglang:time_per_output_token_seconds", "sglang:inter_token_latency_seconds", "sglang:queue_time_seconds"},
	} {
		f, clock := listen(t, Options{Engines: map[string]string{poolH100: engine}})
		has := func(name string) bool {
			_, body := get(t, f.URL("h100-b-r4")+"/metrics", false)
			return strings.Contains(body, "# TYPE "+name+" ")
		}
		if !has(names.old) || has(names.renamed) || !has(names.gone) {
			t.Errorf("%s before the upgrade: %v, %v, %v", engine, has(names.old), has(names.renamed), has(names.gone))
		}
		if err := f.Start("F13", noon); err != nil {
			t.Fatal(err)
		}
		if err := clock.Advance(t.Context(), 3*time.Minute); err != nil {
			t.Fatal(err)
		}
		if has(names.old) || !has(names.renamed) || has(names.gone) {
			t.Errorf("%s after the upgrade: %v, %v, %v", engine, has(names.old), has(names.renamed), has(names.gone))
		}
	}
}
