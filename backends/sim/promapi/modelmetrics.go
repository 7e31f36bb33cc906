package promapi

import "math"

// The bounds of vLLM's histograms, shortened where nothing of the model falls.
var (
	firstBounds = []float64{.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
		math.Inf(1)}
	tokenBounds = []float64{.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, math.Inf(1)}
)

// counted makes a counter of what each request brings.
func counted(name string, perRequest func(p *ModelPool) float64, more ...label) metricOf {
	return metricOf{name: name, more: more, value: func(p *ModelPool, u unit, m moment) float64 {
		return math.Floor(p.requests(u) * flown(u, m) * perRequest(p))
	}}
}

// total is a sum, which need not be whole.
func total(name string, perRequest func(p *ModelPool) float64) metricOf {
	return metricOf{name: name, value: func(p *ModelPool, u unit, m moment) float64 {
		return p.requests(u) * flown(u, m) * perRequest(p)
	}}
}

func gauge(name string, value func(p *ModelPool, u unit, level float64) float64) metricOf {
	return metricOf{name: name, value: func(p *ModelPool, u unit, m moment) float64 { return value(p, u, m.level) }}
}

func onGPU(name string, value func(d device) float64) metricOf {
	return metricOf{name: name, gpu: true, device: value}
}

func once(*ModelPool) float64 { return 1 }

// modelMetrics lists every name of the model.
var modelMetrics = []metricOf{
	{name: "up", target: true, value: func(_ *ModelPool, u unit, _ moment) float64 {
		if u.fate == down {
			return 0
		}
		return 1
	}},
	{name: "up", gpu: true, target: true, value: func(*ModelPool, unit, moment) float64 { return 1 }},
	gauge("vllm:num_requests_running", func(p *ModelPool, u unit, level float64) float64 {
		running, _, _ := p.state(u, level)
		return running
	}),
	gauge("vllm:num_requests_waiting", func(p *ModelPool, u unit, level float64) float64 {
		_, waiting, _ := p.state(u, level)
		return waiting
	}),
	gauge("vllm:kv_cache_usage_perc", func(p *ModelPool, u unit, level float64) float64 {
		_, _, kv := p.state(u, level)
		return kv
	}),
	counted("vllm:prompt_tokens_total", func(p *ModelPool) float64 { return p.Prompt }),
	counted("vllm:generation_tokens_total", func(p *ModelPool) float64 { return p.Output }),
	counted("vllm:prefix_cache_queries_total", func(p *ModelPool) float64 { return p.Prompt }),
	counted("vllm:prefix_cache_hits_total", func(p *ModelPool) float64 { return p.Prompt * cached }),
	counted("vllm:request_success_total", func(*ModelPool) float64 { return .9 }, label{"finished_reason", "stop"}),
	counted("vllm:request_success_total", func(*ModelPool) float64 { return .094 }, label{"finished_reason", "length"}),
	counted("vllm:request_success_total", func(*ModelPool) float64 { return .005 }, label{"finished_reason", "abort"}),
	counted("vllm:request_success_total", func(*ModelPool) float64 { return .001 }, label{"finished_reason", "error"}),
	{name: "vllm:time_to_first_token_seconds_bucket",
		hist: func(p *ModelPool) (float64, float64, []float64) { return p.TTFT, 1, firstBounds }},
	counted("vllm:time_to_first_token_seconds_count", once),
	total("vllm:time_to_first_token_seconds_sum", func(p *ModelPool) float64 { return mean(p.TTFT) }),
	{name: "vllm:inter_token_latency_seconds_bucket",
		hist: func(p *ModelPool) (float64, float64, []float64) { return p.ITL, p.Output, tokenBounds }},
	counted("vllm:inter_token_latency_seconds_count", func(p *ModelPool) float64 { return p.Output }),
	total("vllm:inter_token_latency_seconds_sum", func(p *ModelPool) float64 { return p.Output * mean(p.ITL) }),
	counted("vllm:e2e_request_latency_seconds_count", once),
	total("vllm:e2e_request_latency_seconds_sum", func(p *ModelPool) float64 { return p.stay() }),
	counted("vllm:request_prompt_tokens_count", once),
	counted("vllm:request_prompt_tokens_sum", func(p *ModelPool) float64 { return p.Prompt }),
	counted("vllm:request_generation_tokens_count", once),
	counted("vllm:request_generation_tokens_sum", func(p *ModelPool) float64 { return p.Output }),
	onGPU("DCGM_FI_DEV_GPU_UTIL", func(d device) float64 { return d.util }),
	onGPU("DCGM_FI_DEV_GPU_TEMP", func(d device) float64 { return d.temp }),
	onGPU("DCGM_FI_DEV_POWER_USAGE", func(d device) float64 { return d.power }),
	onGPU("DCGM_FI_DEV_FB_USED", func(d device) float64 { return d.used }),
	onGPU("DCGM_FI_DEV_FB_FREE", func(d device) float64 { return d.free }),
	onGPU("DCGM_FI_DEV_XID_ERRORS", func(d device) float64 { return d.xid }),
	onGPU("DCGM_FI_DEV_ROW_REMAP_FAILURE", func(d device) float64 { return d.remap }),
	onGPU("DCGM_FI_DEV_SM_CLOCK", func(d device) float64 { return d.clock }),
}
