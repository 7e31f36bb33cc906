package prometheus

// names are the metrics of one engine, for aggregates. Each list holds alternatives: in a fleet of several versions a
// replica has one of them, and "a or b" takes for each replica the one that it has. $s stands for the matchers of the
// pool, and $w for the window of rates (engines-and-gpus.md section 1 and its name history). What is summed here is what
// the engine's own connector sums, so that a pool has the same figures whichever way it is read.
type names struct {
	running, waiting, kv []string
	prompt, output       []string // rates of tokens
	requests, failed     []string // rates of ended requests; failed ones are among them
	hits, queries        []string // rates of prefix-cache tokens
	moving               []string // what is above 0 while work goes on, where that is not output
	queueOnly            bool     // only a queue proves that moving must be above 0
	ttft, itl, e2e       []string // histograms in seconds, without their suffix
	ttftUnit             float64  // seconds in one unit of ttft, where it has another
	ttftBare             bool     // buckets of ttft may lack their suffix
	e2eSum, e2eCount     []string // growth of time and requests, where there is no histogram of them
	promptLen, outputLen []string // histograms of tokens
	ranks                string   // labels whose series repeat the same figures
	signs                []string // what every page of the engine has, where that is not running
	model                string   // label that names the model
	nameless             string   // what that label holds where the engine does not know
}

func rates(metrics ...string) []string {
	out := make([]string, len(metrics))
	for i, m := range metrics {
		out[i] = "rate(" + m + "{$s}[$w])"
	}
	return out
}

func values(metrics ...string) []string {
	out := make([]string, len(metrics))
	for i, m := range metrics {
		out[i] = m + "{$s}"
	}
	return out
}

// namesOf is the table of engines whose pools can be asked for as a whole.
func namesOf(engine string) (names, bool) {
	switch engine {
	case "vllm":
		return vllmNames(), true
	case "sglang":
		return sglangNames(), true
	case "trtllm":
		return trtllmNames(), true
	case "triton":
		return tritonNames(), true
	case "tgi":
		return tgiNames(), true
	case "llamacpp":
		return llamacppNames(), true
	default:
		return names{}, false
	}
}

func vllmNames() names {
	return names{
		running:   values("vllm:num_requests_running"),
		waiting:   values("vllm:num_requests_waiting"),
		kv:        values("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"),
		prompt:    rates("vllm:prompt_tokens_total"),
		output:    rates("vllm:generation_tokens_total"),
		requests:  rates("vllm:request_success_total"),
		failed:    []string{`rate(vllm:request_success_total{$s,finished_reason="error"}[$w])`},
		hits:      rates("vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total"),
		queries:   rates("vllm:prefix_cache_queries_total", "vllm:gpu_prefix_cache_queries_total"),
		ttft:      []string{"vllm:time_to_first_token_seconds"},
		itl:       []string{"vllm:inter_token_latency_seconds", "vllm:time_per_output_token_seconds"},
		e2e:       []string{"vllm:e2e_request_latency_seconds"},
		promptLen: []string{"vllm:request_prompt_tokens"},
		outputLen: []string{"vllm:request_generation_tokens"},
		model:     "model_name",
	}
}

// sglangNames sum data-parallel ranks; the ranks within one repeat the same figures. Gauges that are split by priority
// have their whole in the series with an empty one. An aborted request is mostly one that its client gave up, so that
// nothing tells of failures.
func sglangNames() names {
	return names{
		running:  []string{`sglang:num_running_reqs{$s,priority=""}`},
		waiting:  []string{sglangQueues},
		kv:       values("sglang:token_usage"),
		prompt:   rates("sglang:prompt_tokens_total"),
		output:   rates("sglang:generation_tokens_total"),
		requests: rates("sglang:num_requests_total"),
		hits: []string{ // "total" is the sum of the others, where these are there
			`sum by (` + identity + `)(rate(sglang:cached_tokens_total{$s,cache_source!="total"}[$w]))`,
			`sum by (` + identity + `)(rate(sglang:cached_tokens_total{$s,cache_source="total"}[$w]))`},
		queries: []string{`(sum by (` + identity + `)(rate(sglang:prompt_tokens_total{$s}[$w]))` +
			` and on (` + identity + `) sglang:cached_tokens_total{$s})`},
		// Its token counters only grow when a request ends.
		moving: []string{"rate(sglang:realtime_tokens_total{$s}[$w])",
			"max_over_time(sglang:gen_throughput{$s}[$w]) + changes(sglang:num_used_tokens{$s}[$w])"},
		ttft:      []string{"sglang:time_to_first_token_seconds"},
		itl:       []string{"sglang:inter_token_latency_seconds", "sglang:time_per_output_token_seconds"},
		e2e:       []string{"sglang:e2e_request_latency_seconds"},
		promptLen: []string{"sglang:prompt_tokens_histogram"},
		outputLen: []string{"sglang:generation_tokens_histogram"},
		ranks:     "tp_rank,pp_rank,moe_ep_rank",
		model:     "model_name",
	}
}

// sglangQueues are all queues of a replica, each as a series of its own so that ranks can be taken out of it. Without the
// first of them the others say nothing.
const sglangQueues = `(label_replace({__name__=~"sglang:num_(queue|grammar_queue|prefill_prealloc_queue|prefill_bootstrap_queue|` +
	`prefill_inflight_queue|decode_prealloc_queue|decode_transfer_queue)_reqs",$s,priority=""},` +
	`"` + marked + `","$1","__name__","sglang:num_(.*)_reqs") and on (` + identity + `) sglang:num_queue_reqs{$s})`

// trtllmNames have three generations, of which the oldest has no prefix. Requests with an error are beside those that the
// server calls a success; 4xx are faults of clients.
func trtllmNames() names {
	all := func(name string) []string { return []string{"trtllm_" + name, "trtllm:" + name, name} }
	each := func(format func(prefix string) string) []string {
		return []string{format("trtllm_"), format("trtllm:"), format("")}
	}
	ofEach := func(name string) []string { return values(all(name)...) }
	blocks := func(expr func(prefix string) string) []string {
		return each(func(p string) string { // in tokens where the size of a block is known
			e := "(" + expr(p) + ")"
			return "(" + e + " * " + p + "kv_cache_tokens_per_block{$s} or " + e + ")"
		})
	}
	rate := func(name string) string { return "rate(" + name + "{$s}[$w])" }
	return names{
		running: ofEach("num_requests_running"),
		waiting: ofEach("num_requests_waiting"),
		kv: append(ofEach("kv_cache_utilization"), each(func(p string) string {
			return "(" + p + "kv_cache_used_blocks{$s} / (" + p + "kv_cache_max_blocks{$s} > 0))"
		})...),
		prompt:   rates(all("prompt_tokens_total")...),
		output:   rates(all("generation_tokens_total")...),
		requests: append(rates(all("request_success_total")...), rates(all("request_error_total")...)...),
		failed: each(func(p string) string {
			return "rate(" + p + `request_error_total{$s,http_code=~"5.."}[$w])`
		}),
		hits: append(blocks(func(p string) string {
			return rate(p+"kv_cache_reused_blocks_total") + " and " + rate(p+"kv_cache_missed_blocks_total")
		}), rates(all("prompt_cached_tokens_total")...)...),
		queries: append(blocks(func(p string) string {
			return rate(p+"kv_cache_reused_blocks_total") + " + " + rate(p+"kv_cache_missed_blocks_total")
		}), each(func(p string) string {
			return "(" + rate(p+"prompt_tokens_total") + " and " + rate(p+"prompt_cached_tokens_total") + ")"
		})...),
		moving: each(func(p string) string { return "changes(" + p + "iteration_latency_seconds{$s}[$w])" }),
		// Gauges of iterations keep their last values when the last request ends.
		queueOnly: true,
		ttft:      all("time_to_first_token_seconds"),
		e2e:       all("e2e_request_latency_seconds"),
		signs:     append(ofEach("num_requests_running"), ofEach("request_success_total")...),
		model:     "model_name", nameless: "undefined",
	}
}

// tritonNames are by model and version; the model of the pool says which model is meant.
func tritonNames() names {
	of := func(kind string) string {
		return `sum without (request_type)(nv_trt_llm_request_metrics{$s,request_type="` + kind + `"})`
	}
	blocks := func(kind string) string {
		return `max without (kv_cache_block_type)(nv_trt_llm_kv_cache_block_metrics{$s,kv_cache_block_type="` + kind + `"})`
	}
	return names{
		running: []string{of("scheduled"), of("active")},
		// Requests wait for the backend first, and within it for a place in the batch then: two series, that are added.
		waiting: []string{`nv_trt_llm_request_metrics{$s,request_type="waiting"}`, "nv_inference_pending_request_count{$s}"},
		kv:      []string{blocks("fraction"), "(" + blocks("used") + " / (" + blocks("max") + " > 0))"},
		requests: []string{rates("nv_inference_request_success")[0], // failures of older servers have no label of their own
			`label_replace(rate(nv_inference_request_failure{$s}[$w]),"` + marked + `","failure","","")`},
		failed: []string{`rate(nv_inference_request_failure{$s,reason!="CANCELED"}[$w])`},
		moving: []string{`changes(nv_trt_llm_general_metrics{$s,general_type="iteration_counter"}[$w])`},
		// As of trtllm-serve.
		queueOnly: true,
		ttft:      []string{"nv_inference_first_response_histogram_ms"}, ttftUnit: 1e-3, ttftBare: true,
		e2eSum:   []string{"increase(nv_inference_request_duration_us{$s}[$w]) / 1e6"},
		e2eCount: []string{"increase(nv_inference_request_success{$s}[$w])"},
		signs:    values("nv_inference_request_success", "nv_trt_llm_request_metrics"),
		model:    "model",
	}
}

// tgiNames lack a cache gauge: its part is what the running batch may hold of what it could. Failures are beside the
// successes; a request that does not validate is its client's fault, and a dropped one was given up. Tokens are counted
// when a request ends, steps of the batch at once.
func tgiNames() names {
	return names{
		running:   values("tgi_batch_current_size"),
		waiting:   values("tgi_queue_size"),
		kv:        []string{"tgi_batch_current_max_tokens{$s} / (tgi_batch_max_total_tokens{$s} > 0)"},
		prompt:    rates("tgi_request_input_length_sum"),
		output:    rates("tgi_request_generated_tokens_sum"),
		requests:  rates("tgi_request_success", "tgi_request_failure"),
		failed:    []string{`rate(tgi_request_failure{$s,err=~"generation|incomplete|overloaded"}[$w])`},
		moving:    rates("tgi_batch_inference_count"),
		e2e:       []string{"tgi_request_duration"},
		promptLen: []string{"tgi_request_input_length"},
		outputLen: []string{"tgi_request_generated_tokens"},
		// Gauges come with their first event.
		signs: values("tgi_batch_current_size", "tgi_queue_size", "tgi_request_success"),
	}
}

// llamacppNames count tokens when a request ends, and steps at once.
func llamacppNames() names {
	return names{
		running: values("llamacpp:requests_processing"),
		waiting: values("llamacpp:requests_deferred"),
		kv:      values("llamacpp:kv_cache_usage_ratio"),
		prompt:  rates("llamacpp:prompt_tokens_total"),
		output:  rates("llamacpp:tokens_predicted_total"),
		moving:  rates("llamacpp:n_decode_total"),
	}
}
