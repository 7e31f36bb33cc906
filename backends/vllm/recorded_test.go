package vllm

import (
	"bytes"
	"math"
	"strconv"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func recorded(t testing.TB, name string) []byte { return contract.Sample(t, name) }

// oracle is a page as another parser reads it.
type oracle map[string]*dto.MetricFamily

func parsed(t testing.TB, body []byte) oracle {
	t.Helper()
	p := expfmt.NewTextParser(model.LegacyValidation)
	families, err := p.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// find returns the metrics of a family whose labels have the given values.
func (o oracle) find(name string, labels map[string]string) []*dto.Metric {
	var found []*dto.Metric
	for _, m := range o[name].GetMetric() {
		hits := 0
		for _, l := range m.GetLabel() {
			if v, ok := labels[l.GetName()]; ok && v == l.GetValue() {
				hits++
			}
		}
		if hits == len(labels) {
			found = append(found, m)
		}
	}
	return found
}

func value(m *dto.Metric) float64 {
	return m.GetGauge().GetValue() + m.GetCounter().GetValue() + m.GetUntyped().GetValue()
}

// sum adds the values of all series of the first family that has any.
func (o oracle) sum(labels map[string]string, names ...string) (float64, bool) {
	for _, name := range names {
		if list := o.find(name, labels); len(list) > 0 {
			total := 0.0
			for _, m := range list {
				total += value(m)
			}
			return total, true
		}
	}
	return 0, false
}

func TestRecordedPagesLoseNothing(t *testing.T) {
	for name, engines := range map[string]int{
		"vllm-live-idle-2026-06.prom": 1, "vllm-v1-two-engines.synthesized.prom": 2, "vllm-v0-legacy.synthesized.prom": 1,
	} {
		t.Run(name, func(t *testing.T) {
			body := recorded(t, name)
			readings, notices, err := newDecoder().decode(body)
			if err != nil || len(notices) != 0 || len(readings) != engines {
				t.Fatalf("%d engines of %d, notices %v, %v", len(readings), engines, notices, err)
			}
			o := parsed(t, body)
			for _, e := range readings {
				compare(t, o, e)
			}
		})
	}
}

func compare(t *testing.T, o oracle, e fleet.EngineReading) {
	t.Helper()
	id := map[string]string{"model_name": string(e.Model)}
	if e.Engine != "" {
		id["engine"] = e.Engine
	}
	with := func(name, value string) map[string]string {
		m := map[string]string{name: value}
		for k, v := range id {
			m[k] = v
		}
		return m
	}
	scalars := map[string]struct {
		got    float64
		known  bool
		labels map[string]string
		names  []string
	}{
		"running":  {float64(e.Running.V), e.Running.OK, id, []string{"vllm:num_requests_running"}},
		"waiting":  {float64(e.Waiting.V), e.Waiting.OK, id, []string{"vllm:num_requests_waiting"}},
		"KV":       {float64(e.KVUsage.V), e.KVUsage.OK, id, []string{"vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"}},
		"prompt":   {e.PromptTokens.V, e.PromptTokens.OK, id, []string{"vllm:prompt_tokens_total"}},
		"output":   {e.OutputTokens.V, e.OutputTokens.OK, id, []string{"vllm:generation_tokens_total"}},
		"preempt":  {e.Preemptions.V, e.Preemptions.OK, id, []string{"vllm:num_preemptions_total"}},
		"hits":     {e.PrefixHits.V, e.PrefixHits.OK, id, []string{"vllm:prefix_cache_hits_total"}},
		"queries":  {e.PrefixQueries.V, e.PrefixQueries.OK, id, []string{"vllm:prefix_cache_queries_total"}},
		"finished": {e.Finished.V, e.Finished.OK, id, []string{"vllm:request_success_total"}},
		"aborted":  {e.Aborted.V, e.Aborted.OK, with("finished_reason", "abort"), []string{"vllm:request_success_total"}},
		"failed":   {e.Failed.V, e.Failed.OK, with("finished_reason", "error"), []string{"vllm:request_success_total"}},
	}
	for name, s := range scalars {
		want, known := o.sum(s.labels, s.names...)
		if s.known != known || s.got != want {
			t.Errorf("%s %s: %v (known %v), the other parser says %v (%v)", e.Engine, name, s.got, s.known, want, known)
		}
	}
	for name, h := range map[string]fleet.Histogram{
		"vllm:time_to_first_token_seconds": e.TTFT, "vllm:e2e_request_latency_seconds": e.E2E,
		"vllm:request_queue_time_seconds": e.QueueTime, "vllm:request_prompt_tokens": e.PromptLen,
		"vllm:request_generation_tokens": e.OutputLen, "vllm:request_params_max_tokens": e.MaxTokens,
	} {
		compareHistogram(t, name, h, o.find(name, id))
	}
	itl := o.find("vllm:inter_token_latency_seconds", id)
	if len(itl) == 0 {
		itl = o.find("vllm:time_per_output_token_seconds", id)
	}
	compareHistogram(t, "ITL", e.ITL, itl)
	compareCapacity(t, o, e)
}

func compareHistogram(t *testing.T, name string, got fleet.Histogram, list []*dto.Metric) {
	t.Helper()
	if len(list) == 0 {
		if !got.IsZero() {
			t.Errorf("%s: read what is not there", name)
		}
		return
	}
	want := list[0].GetHistogram()
	if len(list) != 1 || len(got.Bounds) != len(want.GetBucket()) || got.Sum != want.GetSampleSum() ||
		got.Count() != float64(want.GetSampleCount()) {
		t.Errorf("%s: %d buckets, sum %v, count %v; want %v", name, len(got.Bounds), got.Sum, got.Count(), want)
		return
	}
	for i, b := range want.GetBucket() {
		if got.Bounds[i] != b.GetUpperBound() || got.Counts[i] != float64(b.GetCumulativeCount()) {
			t.Errorf("%s: bucket %d is %v: %v, want %v", name, i, got.Bounds[i], got.Counts[i], b)
		}
	}
	if !math.IsInf(got.Bounds[len(got.Bounds)-1], 1) {
		t.Errorf("%s: last bound %v", name, got.Bounds[len(got.Bounds)-1])
	}
}

func compareCapacity(t *testing.T, o oracle, e fleet.EngineReading) {
	t.Helper()
	id := map[string]string{}
	if e.Engine != "" {
		id["engine"] = e.Engine
	}
	list := o.find("vllm:cache_config_info", id)
	if len(list) == 0 {
		t.Fatal("no cache configuration on the page")
	}
	product := 1.0
	for _, l := range list[0].GetLabel() {
		if n := l.GetName(); n == "num_gpu_blocks" || n == "block_size" {
			v, err := strconv.ParseFloat(l.GetValue(), 64)
			if err != nil {
				t.Fatal(err)
			}
			product *= v
		}
	}
	if !e.KVCapacity.OK || float64(e.KVCapacity.V) != product {
		t.Errorf("KV capacity %v, want %v", e.KVCapacity, product)
	}
}

// TestRecordedNumbers pins figures read by eye, so that both parsers cannot be wrong together.
func TestRecordedNumbers(t *testing.T) {
	two, _, err := newDecoder().decode(recorded(t, "vllm-v1-two-engines.synthesized.prom"))
	if err != nil {
		t.Fatal(err)
	}
	a, b := two[0], two[1]
	if a.Running.V != 118 || b.Running.V != 41 || a.Waiting.V != 23 || a.KVUsage.V != 0.934 || a.OutputTokens.V != 19332611 ||
		a.Finished.V != 48211 || a.Aborted.V != 516 || a.Failed.V != 63 || b.Failed.V != 61 || a.KVCapacity.V != 27848*16 {
		t.Errorf("engines %+v\n%+v", a, b)
	}
	live, _, err := newDecoder().decode(recorded(t, "vllm-live-idle-2026-06.prom"))
	if err != nil {
		t.Fatal(err)
	}
	l := live[0]
	if l.Model != "qwen36-coder" || l.Running != fleet.Some(fleet.Count(0)) || l.Finished != fleet.Some(0.0) ||
		l.KVCapacity.V != 3511*16 || l.StartedAt.V.Unix() != 1781803058 {
		t.Errorf("live sample: %+v", l)
	}
	old, _, err := newDecoder().decode(recorded(t, "vllm-v0-legacy.synthesized.prom"))
	if err != nil {
		t.Fatal(err)
	}
	o := old[0]
	if o.Model != "mistralai/Mistral-7B-Instruct-v0.3" || o.KVUsage.V != 0.612 || o.Finished.V != 9120 || o.Aborted.V != 46 ||
		o.ITL.Count() != 2097600 || o.KVCapacity.V != 27120*16 {
		t.Errorf("v0 sample: %+v", o)
	}
}
