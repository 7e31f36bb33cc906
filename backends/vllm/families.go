package vllm

import (
	"bytes"

	"pitwall/backends/internal/enginepage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// family is one metric that is read, with where its value goes. Names and renames are those of
// engines-and-gpus.md 3.1 and 3.2 (v0, 0.8 to 0.32).
type family = enginepage.Family[key, engine]

// engine is a reading in the making.
type engine struct {
	fleet.EngineReading
	oldITL fleet.Histogram // time_per_output_token_seconds, the name of ITL up to 0.11
	router bool
}

// families lists current names before old ones; an old name only fills what is still unknown.
func families() []family {
	list := append(gauges(), counters()...)
	return append(append(list, histograms()...), infos()...)
}

func gauges() []family {
	return []family{
		{Name: "vllm:num_requests_running", Kind: promtext.Gauge,
			Set: func(e *engine, v float64) { e.Running = enginepage.Some[fleet.Count](v) }},
		{Name: "vllm:num_requests_waiting", Kind: promtext.Gauge,
			Set: func(e *engine, v float64) { e.Waiting = enginepage.Some[fleet.Count](v) }},
		{Name: "vllm:kv_cache_usage_perc", Kind: promtext.Gauge, // 0 to 1 in spite of its name
			Set: func(e *engine, v float64) { e.KVUsage = enginepage.Some[fleet.Ratio](v) }},
		{Name: "vllm:gpu_cache_usage_perc", Kind: promtext.Gauge, // up to 0.11
			Set: func(e *engine, v float64) { enginepage.Fill(&e.KVUsage, fleet.Ratio(v)) }},
		{Name: "vllm:engine_sleep_state", Kind: promtext.Gauge, Also: sleepState},
		{Name: "vllm:generation_tokens_created", Kind: promtext.Gauge,
			Set: func(e *engine, v float64) { e.StartedAt = enginepage.Later(e.StartedAt, v) }},
	}
}

func counters() []family {
	return []family{
		{Name: "vllm:prompt_tokens_total", Kind: promtext.Counter,
			Set: func(e *engine, v float64) { e.PromptTokens = fleet.Some(v) }},
		{Name: "vllm:generation_tokens_total", Kind: promtext.Counter,
			Set: func(e *engine, v float64) { e.OutputTokens = fleet.Some(v) }},
		{Name: "vllm:num_preemptions_total", Kind: promtext.Counter,
			Set: func(e *engine, v float64) { e.Preemptions = fleet.Some(v) }},
		{Name: "vllm:prefix_cache_hits_total", Kind: promtext.Counter,
			Set: func(e *engine, v float64) { e.PrefixHits = fleet.Some(v) }},
		{Name: "vllm:prefix_cache_queries_total", Kind: promtext.Counter,
			Set: func(e *engine, v float64) { e.PrefixQueries = fleet.Some(v) }},
		// The two old names count blocks up to 0.8, both of them, so that their ratio holds.
		{Name: "vllm:gpu_prefix_cache_hits_total", Kind: promtext.Counter,
			Set: func(e *engine, v float64) { enginepage.Fill(&e.PrefixHits, v) }},
		{Name: "vllm:gpu_prefix_cache_queries_total", Kind: promtext.Counter,
			Set: func(e *engine, v float64) { enginepage.Fill(&e.PrefixQueries, v) }},
		{Name: "vllm:request_success_total", Kind: promtext.Counter, Also: finished},
	}
}

func histograms() []family {
	return []family{
		{Name: "vllm:time_to_first_token_seconds", Kind: promtext.Histogram,
			Hist: func(x *engine) *fleet.Histogram { return &x.TTFT }},
		{Name: "vllm:inter_token_latency_seconds", Kind: promtext.Histogram,
			Hist: func(x *engine) *fleet.Histogram { return &x.ITL }},
		{Name: "vllm:time_per_output_token_seconds", Kind: promtext.Histogram,
			Hist: func(x *engine) *fleet.Histogram { return &x.oldITL }},
		{Name: "vllm:e2e_request_latency_seconds", Kind: promtext.Histogram,
			Hist: func(x *engine) *fleet.Histogram { return &x.E2E }},
		{Name: "vllm:request_queue_time_seconds", Kind: promtext.Histogram,
			Hist: func(x *engine) *fleet.Histogram { return &x.QueueTime }},
		{Name: "vllm:request_prompt_tokens", Kind: promtext.Histogram,
			Hist: func(x *engine) *fleet.Histogram { return &x.PromptLen }},
		{Name: "vllm:request_generation_tokens", Kind: promtext.Histogram,
			Hist: func(x *engine) *fleet.Histogram { return &x.OutputLen }},
		{Name: "vllm:request_params_max_tokens", Kind: promtext.Histogram,
			Hist: func(x *engine) *fleet.Histogram { return &x.MaxTokens }},
	}
}

// infos are not of one engine: what they say is spread over those that it is about.
func infos() []family {
	return []family{
		{Name: "vllm:cache_config_info", Kind: promtext.Gauge, Share: func(x *engine, k key, l promtext.Labels, _ float64) {
			if rank := l.Raw("engine"); rank == nil || bytes.Equal(rank, k.rank) {
				x.KVCapacity = enginepage.TokensOf(l, "num_gpu_blocks", "block_size")
			}
		}},
		{Name: enginepage.ProcessStart, Kind: promtext.Gauge, Common: true, Share: func(x *engine, _ key, _ promtext.Labels, v float64) {
			x.StartedAt = enginepage.Later(x.StartedAt, v)
		}},
		{Name: "vllm:healthy_pods_total", Kind: promtext.Gauge | promtext.Counter, Set: func(x *engine, _ float64) { x.router = true }},
	}
}

// finished sums requests by reason; aborted and failed ones are inside of what vLLM calls success.
func finished(x *engine, l promtext.Labels, v float64) {
	enginepage.Add(&x.Finished, v)
	switch string(l.Raw("finished_reason")) {
	case "abort":
		enginepage.Add(&x.Aborted, v)
	case "error":
		enginepage.Add(&x.Failed, v)
	}
}

// sleepState reads three series of which one is 1: awake, weights_offloaded (level 1) and discard_all (level 2).
func sleepState(x *engine, l promtext.Labels, v float64) {
	awake := string(l.Raw("sleep_state")) == "awake"
	switch {
	case v == 1:
		x.Asleep = fleet.Some(!awake)
	case awake && v == 0:
		enginepage.Fill(&x.Asleep, true)
	}
}
