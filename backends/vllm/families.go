package vllm

import (
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// family is one metric that is read, with where its value goes. Names and renames are those of
// engines-and-gpus.md 3.1 and 3.2 (v0, 0.8 to 0.32).
type family struct {
	name string
	kind promtext.Type
	set  func(e *fleet.EngineReading, v float64)
	hist func(x *engine) *fleet.Histogram
	also func(x *engine, l promtext.Labels, v float64) // where labels decide
	info bool                                          // not of one model: see decoder.shared
}

// engine is a reading in the making.
type engine struct {
	fleet.EngineReading
	oldITL fleet.Histogram // time_per_output_token_seconds, the name of ITL up to 0.11
}

func some[T ~float64](v float64) fleet.Maybe[T] { return fleet.Some(T(v)) }

// families lists current names before old ones; an old name only fills what is still unknown.
func families() []family {
	list := append(gauges(), counters()...)
	return append(append(list, histograms()...), infos()...)
}

func gauges() []family {
	return []family{
		{name: "vllm:num_requests_running", kind: promtext.Gauge,
			set: func(e *fleet.EngineReading, v float64) { e.Running = some[fleet.Count](v) }},
		{name: "vllm:num_requests_waiting", kind: promtext.Gauge,
			set: func(e *fleet.EngineReading, v float64) { e.Waiting = some[fleet.Count](v) }},
		{name: "vllm:kv_cache_usage_perc", kind: promtext.Gauge, // 0 to 1 in spite of its name
			set: func(e *fleet.EngineReading, v float64) { e.KVUsage = some[fleet.Ratio](v) }},
		{name: "vllm:gpu_cache_usage_perc", kind: promtext.Gauge, // up to 0.11
			set: func(e *fleet.EngineReading, v float64) { fill(&e.KVUsage, fleet.Ratio(v)) }},
		{name: "vllm:engine_sleep_state", kind: promtext.Gauge, also: sleepState},
		{name: "vllm:generation_tokens_created", kind: promtext.Gauge,
			set: func(e *fleet.EngineReading, v float64) { e.StartedAt = later(e.StartedAt, v) }},
	}
}

func counters() []family {
	return []family{
		{name: "vllm:prompt_tokens_total", kind: promtext.Counter,
			set: func(e *fleet.EngineReading, v float64) { e.PromptTokens = fleet.Some(v) }},
		{name: "vllm:generation_tokens_total", kind: promtext.Counter,
			set: func(e *fleet.EngineReading, v float64) { e.OutputTokens = fleet.Some(v) }},
		{name: "vllm:num_preemptions_total", kind: promtext.Counter,
			set: func(e *fleet.EngineReading, v float64) { e.Preemptions = fleet.Some(v) }},
		{name: "vllm:prefix_cache_hits_total", kind: promtext.Counter,
			set: func(e *fleet.EngineReading, v float64) { e.PrefixHits = fleet.Some(v) }},
		{name: "vllm:prefix_cache_queries_total", kind: promtext.Counter,
			set: func(e *fleet.EngineReading, v float64) { e.PrefixQueries = fleet.Some(v) }},
		// The two old names count blocks up to 0.8, both of them, so that their ratio holds.
		{name: "vllm:gpu_prefix_cache_hits_total", kind: promtext.Counter,
			set: func(e *fleet.EngineReading, v float64) { fill(&e.PrefixHits, v) }},
		{name: "vllm:gpu_prefix_cache_queries_total", kind: promtext.Counter,
			set: func(e *fleet.EngineReading, v float64) { fill(&e.PrefixQueries, v) }},
		{name: "vllm:request_success_total", kind: promtext.Counter, also: finished},
	}
}

func histograms() []family {
	return []family{
		{name: "vllm:time_to_first_token_seconds", kind: promtext.Histogram,
			hist: func(x *engine) *fleet.Histogram { return &x.TTFT }},
		{name: "vllm:inter_token_latency_seconds", kind: promtext.Histogram,
			hist: func(x *engine) *fleet.Histogram { return &x.ITL }},
		{name: "vllm:time_per_output_token_seconds", kind: promtext.Histogram,
			hist: func(x *engine) *fleet.Histogram { return &x.oldITL }},
		{name: "vllm:e2e_request_latency_seconds", kind: promtext.Histogram,
			hist: func(x *engine) *fleet.Histogram { return &x.E2E }},
		{name: "vllm:request_queue_time_seconds", kind: promtext.Histogram,
			hist: func(x *engine) *fleet.Histogram { return &x.QueueTime }},
		{name: "vllm:request_prompt_tokens", kind: promtext.Histogram,
			hist: func(x *engine) *fleet.Histogram { return &x.PromptLen }},
		{name: "vllm:request_generation_tokens", kind: promtext.Histogram,
			hist: func(x *engine) *fleet.Histogram { return &x.OutputLen }},
		{name: "vllm:request_params_max_tokens", kind: promtext.Histogram,
			hist: func(x *engine) *fleet.Histogram { return &x.MaxTokens }},
	}
}

func infos() []family {
	return []family{
		{name: cacheConfig, kind: promtext.Gauge, info: true},
		{name: processStart, kind: promtext.Gauge, info: true},
	}
}

const (
	cacheConfig  = "vllm:cache_config_info"
	processStart = "process_start_time_seconds"
)

func fill[T any](m *fleet.Maybe[T], v T) {
	if !m.OK {
		*m = fleet.Some(v)
	}
}

// finished sums requests by reason; aborted and failed ones are inside of what vLLM calls success.
func finished(x *engine, l promtext.Labels, v float64) {
	x.Finished = fleet.Some(x.Finished.V + v)
	switch string(l.Raw("finished_reason")) {
	case "abort":
		x.Aborted = fleet.Some(x.Aborted.V + v)
	case "error":
		x.Failed = fleet.Some(x.Failed.V + v)
	}
}

// sleepState reads three series of which one is 1: awake, weights_offloaded (level 1) and discard_all (level 2).
func sleepState(x *engine, l promtext.Labels, v float64) {
	awake := string(l.Raw("sleep_state")) == "awake"
	switch {
	case v == 1:
		x.Asleep = fleet.Some(!awake)
	case awake && v == 0:
		fill(&x.Asleep, true)
	}
}
