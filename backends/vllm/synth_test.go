package vllm

import (
	"fmt"
	"math"
	"strings"
)

// pageBuilder writes a metrics page as the Python client library of vLLM does: HELP and TYPE of each family,
// values with a decimal point, a _created gauge family after each counter and histogram.
type pageBuilder struct {
	b       strings.Builder
	engines []string // label text of each engine
}

func num(v float64) string {
	if math.IsInf(v, 1) {
		return "+Inf"
	}
	s := fmt.Sprint(v)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

func (p *pageBuilder) family(name, kind string) {
	fmt.Fprintf(&p.b, "# HELP %s What %s says, in a sentence of about the usual length.\n# TYPE %s %s\n", name, name, name, kind)
}

func (p *pageBuilder) line(name, labels string, v float64) {
	if labels != "" {
		name += "{" + labels + "}"
	}
	fmt.Fprintf(&p.b, "%s %s\n", name, num(v))
}

func (p *pageBuilder) plain(name, kind string, v float64) {
	p.family(name, kind)
	p.line(name, "", v)
}

// each writes one sample per engine and extra label.
func (p *pageBuilder) each(name, kind string, v float64, extra ...string) {
	p.family(name, kind)
	p.samples(name, v, extra...)
}

func (p *pageBuilder) samples(name string, v float64, extra ...string) {
	if len(extra) == 0 {
		extra = []string{""}
	}
	for e, labels := range p.engines {
		for i, x := range extra {
			if x != "" {
				x = "," + x
			}
			p.line(name, labels+x, v*float64(1+e)+float64(i))
		}
	}
}

const created = 1_790_000_100.25

func (p *pageBuilder) counter(base string, v float64, extra ...string) {
	p.each(base+"_total", "counter", v, extra...)
	p.family(base+"_created", "gauge")
	for _, labels := range p.engines {
		for _, x := range append([]string{}, orOne(extra)...) {
			if x != "" {
				x = "," + x
			}
			p.line(base+"_created", labels+x, created)
		}
	}
}

func orOne(extra []string) []string {
	if len(extra) == 0 {
		return []string{""}
	}
	return extra
}

func (p *pageBuilder) histogram(name string, bounds []float64) {
	p.family(name, "histogram")
	for e, labels := range p.engines {
		for i, le := range append(append([]float64{}, bounds...), math.Inf(1)) {
			p.line(name+"_bucket", labels+fmt.Sprintf(`,le="%s"`, num(le)), float64((i+1)*(e+2)))
		}
		p.line(name+"_count", labels, float64((len(bounds)+1)*(e+2)))
		p.line(name+"_sum", labels, 12.5*float64(e+1))
	}
	p.each(name+"_created", "gauge", created)
}

var (
	ttftBounds = []float64{.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560}
	itlBounds  = []float64{.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80}
	e2eBounds  = []float64{.3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680}
	lenBounds  = []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000}
	stepBounds = []float64{1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384}
)

// currentPage builds a page in the shape of a current server: families as engines-and-gpus.md 3.1 lists them.
// Engine e has 7(e+1) running and 1000000(e+1) output tokens, and so on.
func currentPage(model string, engines int) string {
	p := &pageBuilder{}
	for e := range engines {
		p.engines = append(p.engines, fmt.Sprintf(`engine="%d",model_name="%s"`, e, model))
	}
	p.process()
	for _, n := range []string{"spec_decode_num_drafts", "spec_decode_num_draft_tokens", "spec_decode_num_accepted_tokens"} {
		p.counter("vllm:"+n, 5)
	}
	p.counter("vllm:spec_decode_num_accepted_tokens_per_pos", 5, `position="0"`)
	for _, n := range []string{"flops", "read_bytes", "write_bytes"} {
		p.counter("vllm:estimated_"+n+"_per_gpu", 1e15)
	}
	p.gauges()
	for _, n := range []string{"external_prefix_cache_queries", "external_prefix_cache_hits", "mm_cache_queries", "mm_cache_hits"} {
		p.counter("vllm:"+n, 0)
	}
	p.counter("vllm:prefix_cache_queries", 4000)
	p.counter("vllm:prefix_cache_hits", 3000)
	p.counter("vllm:num_preemptions", 2)
	p.counter("vllm:prompt_tokens", 5_000_000)
	p.counter("vllm:prompt_tokens_by_source", 9, `source="local_compute"`, `source="local_cache_hit"`, `source="external_kv_transfer"`)
	p.counter("vllm:prompt_tokens_cached", 3000)
	p.counter("vllm:generation_tokens", 1_000_000)
	p.counter("vllm:request_success", 100, `finished_reason="stop"`, `finished_reason="length"`, `finished_reason="abort"`,
		`finished_reason="error"`, `finished_reason="repetition"`)
	p.distributions()
	p.http()
	return p.b.String()
}

func (p *pageBuilder) process() {
	for _, n := range []string{"collected", "uncollectable"} {
		p.family("python_gc_objects_"+n+"_total", "counter")
		for g := range 3 {
			p.line("python_gc_objects_"+n+"_total", fmt.Sprintf(`generation="%d"`, g), float64(g*100))
		}
	}
	p.family("python_gc_collections_total", "counter")
	for g := range 3 {
		p.line("python_gc_collections_total", fmt.Sprintf(`generation="%d"`, g), float64(g*10))
	}
	p.family("python_info", "gauge")
	p.line("python_info", `implementation="CPython",major="3",minor="12",patchlevel="9",version="3.12.9"`, 1)
	p.plain("process_virtual_memory_bytes", "gauge", 4.1e10)
	p.plain("process_resident_memory_bytes", "gauge", 3.9e9)
	p.plain("process_start_time_seconds", "gauge", 1_790_000_000.5)
	p.plain("process_cpu_seconds_total", "counter", 91.25)
	p.plain("process_open_fds", "gauge", 64)
	p.plain("process_max_fds", "gauge", 65535)
}

func (p *pageBuilder) gauges() {
	p.each("vllm:num_requests_running", "gauge", 7)
	p.each("vllm:num_requests_waiting", "gauge", 3)
	p.each("vllm:num_requests_waiting_by_reason", "gauge", 1, `reason="capacity"`, `reason="deferred"`)
	p.family("vllm:engine_sleep_state", "gauge")
	for _, labels := range p.engines {
		for i, s := range []string{"awake", "weights_offloaded", "discard_all"} {
			p.line("vllm:engine_sleep_state", labels+`,sleep_state="`+s+`"`, float64(1-min(i, 1)))
		}
	}
	p.each("vllm:kv_cache_usage_perc", "gauge", 0.25)
	p.family("vllm:cache_config_info", "gauge")
	for e := range p.engines {
		p.line("vllm:cache_config_info", fmt.Sprintf(`block_size="16",cache_dtype="auto",enable_prefix_caching="True",`+
			`engine="%d",gpu_memory_utilization="0.9",kv_cache_memory_bytes="None",num_cpu_blocks="None",num_gpu_blocks="%d",`+
			`sliding_window="None"`, e, 2000*(e+1)), 1)
	}
}

func (p *pageBuilder) distributions() {
	for _, n := range []string{"request_prompt_tokens", "request_generation_tokens", "request_max_num_generation_tokens",
		"request_params_max_tokens", "request_prefill_kv_computed_tokens"} {
		p.histogram("vllm:"+n, lenBounds)
	}
	p.histogram("vllm:iteration_tokens_total", stepBounds)
	p.histogram("vllm:request_params_n", []float64{1, 2, 5, 10, 20})
	p.histogram("vllm:time_to_first_token_seconds", ttftBounds)
	p.histogram("vllm:inter_token_latency_seconds", itlBounds)
	p.histogram("vllm:request_time_per_output_token_seconds", itlBounds)
	for _, n := range []string{"e2e_request_latency", "request_queue_time", "request_inference_time", "request_prefill_time",
		"request_decode_time"} {
		p.histogram("vllm:"+n+"_seconds", e2eBounds)
	}
}

func (p *pageBuilder) http() {
	const get = `handler="/v1/models",method="GET",status="2xx"`
	p.family("http_requests_total", "counter")
	p.line("http_requests_total", get, 4)
	p.family("http_requests_created", "gauge")
	p.line("http_requests_created", get, created)
	for _, n := range []string{"http_request_size_bytes", "http_response_size_bytes"} {
		p.family(n, "summary")
		p.line(n+"_count", `handler="/v1/models"`, 4)
		p.line(n+"_sum", `handler="/v1/models"`, 1816)
		p.family(n+"_created", "gauge")
		p.line(n+"_created", `handler="/v1/models"`, created)
	}
	engines := p.engines
	p.engines = []string{`handler="/v1/models"`}
	p.histogram("http_request_duration_highr_seconds", e2eBounds)
	p.histogram("http_request_duration_seconds", []float64{.1, .5, 1})
	p.engines = engines
}
