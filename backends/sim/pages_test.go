package sim

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	dto "github.com/prometheus/client_model/go"
)

// shared reads a recorded sample that lies beside the checkout, and skips where there is none.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	text, err := os.ReadFile(filepath.Join(dir, "..", "shared", "data", filepath.FromSlash(name)))
	if err != nil {
		t.Skipf("the folder of recorded samples is not beside this checkout: %s is missing", name)
	}
	return string(text)
}

func parse(t *testing.T, page string) map[string]*dto.MetricFamily {
	t.Helper()
	p := expfmt.NewTextParser(model.UTF8Validation)
	families, err := p.TextToMetricFamilies(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// labelNames are the label names of a family's first series, in order.
func labelNames(f *dto.MetricFamily) []string {
	var names []string
	for _, l := range f.GetMetric()[0].GetLabel() {
		names = append(names, l.GetName())
	}
	slices.Sort(names)
	return names
}

func metric(t *testing.T, page, name string) float64 {
	t.Helper()
	f := parse(t, page)[name]
	if f == nil {
		t.Fatalf("no %s on the page", name)
	}
	sum := 0.0
	for _, m := range f.GetMetric() {
		sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
	}
	return sum
}

func TestVLLMPageHasTheFamiliesOfTheLiveSample(t *testing.T) {
	sample := shared(t, "engines/vllm-live-idle-2026-06.prom")
	f, _ := listen(t, Options{})
	_, page := get(t, f.URL("b200-a-r1")+"/metrics", false)
	want, got := parse(t, sample), parse(t, page)
	for name, family := range want {
		mine := got[name]
		if mine == nil {
			t.Errorf("%s is missing", name)
			continue
		}
		if mine.GetType() != family.GetType() {
			t.Errorf("%s is a %s, want %s", name, mine.GetType(), family.GetType())
		}
		if a, b := labelNames(mine), labelNames(family); !slices.Equal(a, b) {
			t.Errorf("%s has labels %v, want %v", name, a, b)
		}
		if a, b := bounds(mine), bounds(family); !slices.Equal(a, b) {
			t.Errorf("%s has bounds %v, want %v", name, a, b)
		}
	}
	for name := range got {
		if want[name] == nil {
			t.Errorf("%s is not on the live sample", name)
		}
	}
	if a, b := strings.Count(page, "\n"), strings.Count(sample, "\n"); a < b-20 || a > b+20 {
		t.Errorf("%d lines, the live sample has %d", a, b)
	}
}

func bounds(f *dto.MetricFamily) []float64 {
	var out []float64
	for _, b := range f.GetMetric()[0].GetHistogram().GetBucket() {
		out = append(out, b.GetUpperBound())
	}
	return out
}

func TestEngineEndpoints(t *testing.T) {
	f, _ := listen(t, Options{})
	url := f.URL("b200-a-r2")
	for path, want := range map[string]string{
		"/health": "", "/ping": "", "/version": `"version"`, "/load": `"server_load"`, "/v1/models": `"max_model_len":32768`,
	} {
		resp, body := get(t, url+path, false)
		if resp.StatusCode != 200 || !strings.Contains(body, want) || want == "" && body != "" {
			t.Errorf("%s answered %d %q", path, resp.StatusCode, body)
		}
	}
	if resp, _ := get(t, url+"/nothing", false); resp.StatusCode != 404 {
		t.Errorf("an unknown path answered %d", resp.StatusCode)
	}
}

func TestZombieKeepsAnswering(t *testing.T) {
	f, clock := listen(t, Options{})
	if err := f.Start("F01", noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	url := f.URL("b200-a-r2")
	made := func() float64 {
		_, page := get(t, url+"/metrics", false)
		return metric(t, page, "vllm:generation_tokens_total")
	}
	step := func() {
		if err := clock.Advance(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	before := made()
	step()
	at := made()
	step()
	after := made()
	if at <= before || after != at {
		t.Errorf("tokens went %v, %v, %v: they should grow, then stand", before, at, after)
	}
	_, page := get(t, url+"/metrics", false)
	if metric(t, page, "vllm:num_requests_running") == 0 {
		t.Error("the zombie shows no work")
	}
	for _, path := range []string{"/health", "/version", "/v1/models"} {
		if resp, _ := get(t, url+path, false); resp.StatusCode != 200 {
			t.Errorf("%s of a zombie answered %d", path, resp.StatusCode)
		}
	}
	_, gpus := get(t, f.URL("b200-a-02")+"/metrics", false)
	if util := metric(t, gpus, "DCGM_FI_DEV_GPU_UTIL"); util != 0 {
		t.Errorf("the GPUs of a zombie show %v", util)
	}
}

func TestDCGMPagesHaveKnownNames(t *testing.T) {
	f, _ := listen(t, Options{})
	for _, c := range []struct{ node, sample, host string }{
		{"b200-a-01", "engines/dcgm-exporter-pre-hostname-rename.synthesized.prom", "Hostname"},
		{"h200-dr-02", "engines/dcgm-exporter-renamed-fields-4.6.synthesized.prom", "hostname"},
	} {
		_, page := get(t, f.URL(c.node)+"/metrics", false)
		got := parse(t, page)
		for name, family := range got {
			if n := len(family.GetMetric()); n != 8 {
				t.Errorf("%s: %s has %d series, want one for each of 8 GPUs", c.node, name, n)
			}
			if !slices.Contains(labelNames(family), c.host) {
				t.Errorf("%s: %s has no label %s", c.node, name, c.host)
			}
		}
		t.Run(c.node, func(t *testing.T) {
			for name, family := range parse(t, shared(t, c.sample)) {
				if mine := got[name]; mine != nil && mine.GetType() != family.GetType() {
					t.Errorf("%s is a %s, want %s", name, mine.GetType(), family.GetType())
				} else if mine == nil && strings.HasPrefix(name, "DCGM_FI_PROF") {
					t.Errorf("%s is missing", name)
				}
			}
		})
	}
	_, old := get(t, f.URL("b200-a-01")+"/metrics", false)
	_, renamed := get(t, f.URL("h100-c-01")+"/metrics", false)
	if parse(t, old)["DCGM_FI_DEV_GPU_UTIL"] == nil || parse(t, renamed)["DCGM_FI_DEV_GPU_UTIL_RATIO"] == nil {
		t.Error("the two generations of names are not there")
	}
}

func TestLiteLLMMetricsHaveTheListedLabels(t *testing.T) {
	list := shared(t, "gateways/litellm-metrics-1.81.15.tsv")
	f, clock := listen(t, Options{LiteLLM: "1.81.15"})
	if err := f.Start("F32", noon); err != nil {
		t.Fatal(err)
	}
	if err := clock.Advance(t.Context(), 5*time.Minute); err != nil {
		t.Fatal(err)
	}
	_, page := get(t, f.URL("gw-1")+"/metrics", false)
	got := parse(t, page)
	known := map[string]bool{"litellm_in_flight_requests": true}
	checked := 0
	for line := range strings.SplitSeq(strings.TrimSpace(list), "\n") {
		cells := strings.Split(line, "\t")
		name := strings.TrimSuffix(cells[2], "_bucket/_sum/_count")
		known[name], known[cells[0]+"_created"] = true, true
		family := got[name]
		if family == nil || len(cells) < 5 {
			continue
		}
		want := strings.Split(cells[4], ",")
		slices.Sort(want)
		if a := labelNames(family); !slices.Equal(a, want) {
			t.Errorf("%s has labels %v, want %v", name, a, want)
		}
		checked++
	}
	if checked < 15 {
		t.Errorf("only %d families could be checked", checked)
	}
	for name := range got {
		if !known[name] {
			t.Errorf("LiteLLM has no %s", name)
		}
	}
}
