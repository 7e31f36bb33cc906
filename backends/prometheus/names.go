package prometheus

// names are the metrics of one engine, for aggregates. Each list holds alternatives: in a fleet of several versions a
// replica has one of them, and "a or b" takes for each replica the one that it has. $s stands for the matchers of the
// pool, and $w for the window of rates (engines-and-gpus.md section 1 and its name history).
type names struct {
	running, waiting, kv []string
	prompt, output       []string // rates of tokens
	requests, failed     []string // rates of ended requests; failed ones are among them
	hits, queries        []string // rates of prefix-cache tokens
	moving               []string // what is above 0 while tokens come, where that is not output
	ttft, itl, e2e       []string // histograms in seconds, without their suffix
	promptLen, outputLen []string // histograms of tokens
	ranks                string   // labels whose series repeat the same figures
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
	}
}

// sglangNames sum data-parallel ranks; tensor- and pipeline-parallel ranks repeat the same figures.
func sglangNames() names {
	return names{
		running:   values("sglang:num_running_reqs"),
		waiting:   values("sglang:num_queue_reqs"),
		kv:        values("sglang:token_usage"),
		prompt:    rates("sglang:prompt_tokens_total"),
		output:    rates("sglang:generation_tokens_total"),
		requests:  rates("sglang:num_requests_total"),
		failed:    rates("sglang:num_aborted_requests_total"),
		hits:      rates("sglang:cached_tokens_total"),
		queries:   rates("sglang:prompt_tokens_total"),
		moving:    values("sglang:gen_throughput"), // its token counters only grow when a request ends
		ttft:      []string{"sglang:time_to_first_token_seconds"},
		itl:       []string{"sglang:inter_token_latency_seconds", "sglang:time_per_output_token_seconds"},
		e2e:       []string{"sglang:e2e_request_latency_seconds"},
		promptLen: []string{"sglang:prompt_tokens_histogram"},
		outputLen: []string{"sglang:generation_tokens_histogram"},
		ranks:     "tp_rank,pp_rank",
	}
}

func trtllmNames() names {
	return names{
		running:  values("trtllm_num_requests_running", "trtllm:num_requests_running"),
		waiting:  values("trtllm_num_requests_waiting", "trtllm:num_requests_waiting"),
		kv:       values("trtllm_kv_cache_utilization", "trtllm:kv_cache_utilization"),
		prompt:   rates("trtllm_prompt_tokens_total"),
		output:   rates("trtllm_generation_tokens_total"),
		requests: rates("trtllm_request_success_total", "trtllm:request_success_total"),
		failed:   rates("trtllm_request_error_total"),
		ttft:     []string{"trtllm_time_to_first_token_seconds", "trtllm:time_to_first_token_seconds"},
		e2e:      []string{"trtllm_e2e_request_latency_seconds", "trtllm:e2e_request_latency_seconds"},
	}
}

// tgiNames lack a cache gauge: its part is what the running batch may hold of what it could.
func tgiNames() names {
	return names{
		running:   values("tgi_batch_current_size"),
		waiting:   values("tgi_queue_size"),
		kv:        []string{"tgi_batch_current_max_tokens{$s} / tgi_batch_max_total_tokens{$s}"},
		prompt:    rates("tgi_request_input_length_sum"),
		output:    rates("tgi_request_generated_tokens_sum"),
		requests:  rates("tgi_request_success", "tgi_request_success_total"),
		failed:    rates("tgi_request_failure", "tgi_request_failure_total"),
		e2e:       []string{"tgi_request_duration"},
		promptLen: []string{"tgi_request_input_length"},
		outputLen: []string{"tgi_request_generated_tokens"},
	}
}

func llamacppNames() names {
	return names{
		running: values("llamacpp:requests_processing"),
		waiting: values("llamacpp:requests_deferred"),
		prompt:  rates("llamacpp:prompt_tokens_total"),
		output:  rates("llamacpp:tokens_predicted_total"),
	}
}
