package wire

import (
	"strconv"
	"strings"
	"time"

	"pitwall/backends/sim/world"
)

// blockSize is the number of tokens in a KV block (live vLLM capture 2026-06).
const blockSize = 16

// vllmPage is the metrics page of one vLLM replica: the families of the live capture of 2026-06, in its order.
type vllmPage struct {
	exposition
	r      *world.Replica
	before string // engine label
	after  string // model label
	both   string
}

// The names of the release that F13 upgrades from and to: both are of the same values. Nothing takes the place of the
// time in the queue.
func (p *vllmPage) name(old, renamed string) string {
	if p.r.Legacy() {
		return old
	}
	return renamed
}

func renderVLLM(b []byte, r *world.Replica, up, now time.Time, asked float64) []byte {
	p := &vllmPage{exposition: exposition{b: b}, r: r}
	p.before, p.after = label("engine", "0"), label("model_name", r.Pool.Model)
	p.both = p.before + "," + p.after
	p.created = string(appendFloat(nil, float64(up.UnixNano())/1e9))
	p.process(up, now)
	p.work()
	p.scheduler()
	p.cache()
	p.tokens()
	p.lengths()
	p.times()
	p.config()
	p.http(asked)
	return p.b
}

func (p *vllmPage) one(v float64) series { return series{p.both, v} }

func (p *vllmPage) with(name, value string, v float64) series {
	switch {
	case name < "engine":
		return series{label(name, value) + "," + p.both, v}
	case name < "model_name":
		return series{p.before + "," + label(name, value) + "," + p.after, v}
	}
	return series{p.both + "," + label(name, value), v}
}

func (p *vllmPage) process(up, now time.Time) {
	age := now.Sub(up).Seconds()
	gen := func(a, b, c float64) []series {
		return []series{{label("generation", "0"), a}, {label("generation", "1"), b}, {label("generation", "2"), c}}
	}
	for _, f := range []struct {
		name, help string
		lines      []series
	}{
		{"python_gc_objects_collected_total", "Objects that the garbage collector freed",
			gen(15886+float64(int(age/7)), 2494, 584)},
		{"python_gc_objects_uncollectable_total", "Objects that the garbage collector could not free", gen(0, 0, 0)},
		{"python_gc_collections_total", "Runs of the garbage collector by generation",
			gen(1698+float64(int(age/31)), 155, 11)},
	} {
		p.family(f.name, "counter", f.help)
		for _, l := range f.lines {
			p.sample(f.name, l.labels, l.v)
		}
	}
	p.gauge("python_info", `implementation="CPython",major="3",minor="12",patchlevel="3",version="3.12.3"`,
		"Platform of the interpreter", 1)
	p.gauge("process_virtual_memory_bytes", "", "Virtual memory of the process, bytes", 3.5786276864e10)
	p.gauge("process_resident_memory_bytes", "", "Resident memory of the process, bytes", 3.321073664e9)
	p.gauge("process_start_time_seconds", "", "Start of the process, seconds since the epoch", float64(up.Unix()))
	p.family("process_cpu_seconds_total", "counter", "Processor time of the process, seconds")
	p.sample("process_cpu_seconds_total", "", 55.19+float64(int(p.r.Stats.Steps))*0.004)
	p.gauge("process_open_fds", "", "Open file descriptors", 51)
	p.gauge("process_max_fds", "", "File descriptors at most", 65535)
}

func (p *vllmPage) work() {
	s := &p.r.Stats
	p.counter("vllm:spec_decode_num_drafts", "Speculative drafts.", p.one(0))
	p.counter("vllm:spec_decode_num_draft_tokens", "Tokens of speculative drafts.", p.one(0))
	p.counter("vllm:spec_decode_num_accepted_tokens", "Accepted tokens of drafts.", p.one(0))
	p.counter("vllm:spec_decode_num_accepted_tokens_per_pos", "Accepted tokens by position.", p.with("position", "0", 0))
	p.counter("vllm:estimated_flops_per_gpu", "Estimated floating point operations of one GPU.", p.one(s.Flops))
	p.counter("vllm:estimated_read_bytes_per_gpu", "Estimated bytes read by one GPU.", p.one(s.ReadBytes))
	p.counter("vllm:estimated_write_bytes_per_gpu", "Estimated bytes written by one GPU.", p.one(s.WriteBytes))
}

func (p *vllmPage) scheduler() {
	g := p.r.Gauges()
	p.gauge("vllm:num_requests_running", p.both, "Requests in the batch.", float64(g.Running))
	p.gauge("vllm:num_requests_waiting", p.both, "Requests that wait.", float64(g.Waiting))
	name := "vllm:num_requests_waiting_by_reason"
	p.family(name, "gauge", "Requests that wait, by reason.")
	for _, l := range []series{p.with("reason", "capacity", float64(g.Waiting)), p.with("reason", "deferred", 0)} {
		p.sample(name, l.labels, l.v)
	}
	name = "vllm:engine_sleep_state"
	p.family(name, "gauge", "Whether the engine sleeps, and how deep.")
	for _, l := range []series{
		p.with("sleep_state", "awake", 1), p.with("sleep_state", "weights_offloaded", 0),
		p.with("sleep_state", "discard_all", 0),
	} {
		p.sample(name, l.labels, l.v)
	}
	p.gauge(p.name("vllm:gpu_cache_usage_perc", "vllm:kv_cache_usage_perc"), p.both, "Part of the KV cache in use, 0 to 1.", g.KV)
}

func (p *vllmPage) cache() {
	s := &p.r.Stats
	p.counter(p.name("vllm:gpu_prefix_cache_queries", "vllm:prefix_cache_queries"), "Tokens looked up in the prefix cache.",
		p.one(s.PrefixQueries))
	p.counter(p.name("vllm:gpu_prefix_cache_hits", "vllm:prefix_cache_hits"), "Tokens found in the prefix cache.", p.one(s.PrefixHits))
	p.counter("vllm:external_prefix_cache_queries", "Tokens looked up in other instances.", p.one(0))
	p.counter("vllm:external_prefix_cache_hits", "Tokens found in other instances.", p.one(0))
	p.counter("vllm:mm_cache_queries", "Items looked up in the multi-modal cache.", p.one(0))
	p.counter("vllm:mm_cache_hits", "Items found in the multi-modal cache.", p.one(0))
}

func (p *vllmPage) tokens() {
	s := &p.r.Stats
	p.counter("vllm:num_preemptions", "Requests thrown out of the batch.", p.one(s.Preemptions))
	p.counter("vllm:prompt_tokens", "Prompt tokens taken in.", p.one(s.Prompt))
	p.counter("vllm:prompt_tokens_by_source", "Prompt tokens by where they came from.",
		p.with("source", "local_compute", s.Prompt-s.Cached), p.with("source", "local_cache_hit", s.Cached),
		p.with("source", "external_kv_transfer", 0))
	p.counter("vllm:prompt_tokens_cached", "Prompt tokens that were cached.", p.one(s.Cached))
	p.counter("vllm:generation_tokens", "Tokens made.", p.one(s.Generated))
	p.counter("vllm:request_success", "Requests that ended, by reason.",
		p.with("finished_reason", "stop", s.Stop), p.with("finished_reason", "length", s.Length),
		p.with("finished_reason", "abort", s.Abort), p.with("finished_reason", "error", 0),
		p.with("finished_reason", "repetition", 0))
}

func (p *vllmPage) hist(name, help string, h *world.Histogram) {
	p.histogram(name, help, distribution{p.before, p.after, h})
}

func (p *vllmPage) lengths() {
	s := &p.r.Stats
	p.hist("vllm:request_prompt_tokens", "Prompt tokens of a request.", &s.PromptLen)
	p.hist("vllm:request_generation_tokens", "Tokens made for a request.", &s.OutputLen)
	p.hist("vllm:iteration_tokens_total", "Tokens of one step.", &s.Iter)
	p.hist("vllm:request_max_num_generation_tokens", "Most tokens made for one sequence of a request.", &s.MaxTokens)
	p.hist("vllm:request_params_n", "Parameter n of requests.", &s.ParamN)
	p.hist("vllm:request_params_max_tokens", "Parameter max_tokens of requests.", &s.ParamMax)
}

func (p *vllmPage) times() {
	s := &p.r.Stats
	p.hist("vllm:time_to_first_token_seconds", "Time to the first token, seconds.", &s.TTFT)
	p.hist(p.name("vllm:time_per_output_token_seconds", "vllm:inter_token_latency_seconds"), "Time between tokens, seconds.", &s.ITL)
	p.hist("vllm:request_time_per_output_token_seconds", "Mean time per token of a request, seconds.", &s.TPOT)
	p.hist("vllm:e2e_request_latency_seconds", "Time of a whole request, seconds.", &s.E2E)
	if !p.r.Upgraded() {
		p.hist("vllm:request_queue_time_seconds", "Time in the queue, seconds.", &s.Queue)
	}
	p.hist("vllm:request_inference_time_seconds", "Time in the batch, seconds.", &s.Infer)
	p.hist("vllm:request_prefill_time_seconds", "Time of the prefill, seconds.", &s.Prefill)
	p.hist("vllm:request_decode_time_seconds", "Time of the decoding, seconds.", &s.Deco)
	p.hist("vllm:request_prefill_kv_computed_tokens", "Prompt tokens computed, without cached ones.", &s.Computed)
}

func (p *vllmPage) config() {
	blocks := strconv.Itoa(p.r.Pool.Cost.Capacity / blockSize)
	labels := strings.Join([]string{
		`_block_size_resolved="True"`, label("block_size", strconv.Itoa(blockSize)), `cache_dtype="auto"`,
		`calculate_kv_scales="False"`, `enable_prefix_caching="True"`, p.before, `gpu_memory_utilization="0.9"`,
		`hash_block_size="None"`, `is_attention_free="False"`, `kv_cache_dtype_skip_layers="[]"`,
		`kv_cache_memory_bytes="None"`, `kv_offloading_backend="native"`, `kv_offloading_size="None"`,
		`kv_sharing_fast_prefill="False"`, `mamba_block_size="16"`, `mamba_cache_dtype="auto"`,
		`mamba_cache_mode="align"`, `mamba_page_size_padded="None"`, `mamba_ssm_cache_dtype="float32"`,
		`num_cpu_blocks="None"`, label("num_gpu_blocks", blocks), `num_gpu_blocks_override="None"`,
		`prefix_caching_hash_algo="sha256"`, `sliding_window="None"`, `user_specified_block_size="False"`,
		`user_specified_mamba_block_size="False"`,
	}, ",")
	p.gauge("vllm:cache_config_info", labels, "Settings of the KV cache", 1)
}
