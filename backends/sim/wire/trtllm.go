package wire

import (
	"net/http"
	"strings"

	"pitwall/backends/sim/world"
)

// trtllmBlock is the number of tokens in a KV block (trtllm-serve's default).
const trtllmBlock = 32

// trtllm serves one replica of trtllm-serve. Reading either page of metrics empties the queue of iteration records,
// since the server's own collector of Prometheus metrics reads from it too.
func (s *server) trtllm(r *world.Replica) {
	s.mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		s.write(w, "/metrics", "application/json", func(b []byte) []byte { return renderIterations(b, r) })
	})
	s.page("/prometheus/metrics", textFormat, func(b []byte) []byte {
		r.Drain()
		return renderTRTLLM(b, r)
	})
	s.mux.HandleFunc("GET /health", empty)
	s.json("/version", func() object { return object{"version": trtllmVersion} })
	s.models(plainModels(r.Pool.Model, "tensorrt_llm"))
}

// renderIterations prints the records that nobody has read yet.
func renderIterations(b []byte, r *world.Replica) []byte {
	records := []object{}
	blocks := r.Pool.Cost.Capacity / trtllmBlock
	for _, x := range r.Drain() {
		used := (x.KV + trtllmBlock - 1) / trtllmBlock
		rate := 0.0
		if x.Reused+x.Missed > 0 {
			rate = x.Reused / (x.Reused + x.Missed)
		}
		records = append(records, object{
			"iter": x.Number, "iterLatencyMS": x.Seconds * 1000, "gpuMemUsage": gpuBytes(r), "cpuMemUsage": 0,
			"numActiveRequests": x.Active, "numQueuedRequests": x.Queued, "kvCacheStats": object{
				"allocNewBlocks": int(x.Missed) / trtllmBlock, "allocTotalBlocks": int(x.Missed) / trtllmBlock,
				"cacheHitRate": rate, "freeNumBlocks": max(blocks-used, 0), "maxNumBlocks": blocks,
				"missedBlocks": int(x.Missed) / trtllmBlock, "reusedBlocks": int(x.Reused) / trtllmBlock,
				"tokensPerBlock": trtllmBlock, "usedNumBlocks": min(used, blocks),
			},
		})
	}
	return appendJSON(b, records)
}

// gpuBytes is what one device of the replica has in use.
func gpuBytes(r *world.Replica) float64 {
	if len(r.GPUs) == 0 {
		return 0
	}
	return r.GPUs[0].Used * (1 << 20)
}

// trtllmPage is the Prometheus page with the names of 2026.
type trtllmPage struct {
	exposition
	r             *world.Replica
	before, after string
}

func renderTRTLLM(b []byte, r *world.Replica) []byte {
	p := &trtllmPage{exposition: exposition{b: b}, r: r, before: label("engine_type", "trtllm"),
		after: label("model_name", r.Pool.Model)}
	p.times()
	p.counters()
	p.gauges()
	return p.b
}

// with puts a label where it sorts between the two that all series have.
func (p *trtllmPage) with(name, value string) string {
	return strings.Join([]string{p.before, label(name, value), p.after}, ",")
}

func (p *trtllmPage) times() {
	s := &p.r.Stats
	for _, x := range []struct {
		name, help string
		h          *world.Histogram
	}{
		{"e2e_request_latency_seconds", "Time of a whole request, seconds.", &s.E2E},
		{"time_to_first_token_seconds", "Time to the first token, seconds.", &s.TTFT},
		{"time_per_output_token_seconds", "Mean time per token of a request, seconds.", &s.TPOT},
		{"request_queue_time_seconds", "Time in the queue, seconds.", &s.Queue},
		{"request_prefill_time_seconds", "Time of the prefill, seconds.", &s.Prefill},
		{"request_decode_time_seconds", "Time of the decoding, seconds.", &s.Deco},
		{"request_inference_time_seconds", "Time in the batch, seconds.", &s.Infer},
	} {
		p.histogram("trtllm_"+x.name, x.help, distribution{p.before, p.after, x.h})
	}
}

func (p *trtllmPage) counter(name, help string, lines ...series) {
	p.family("trtllm_"+name, "counter", help)
	for _, l := range lines {
		p.sample("trtllm_"+name, l.labels, l.v)
	}
}

func (p *trtllmPage) counters() {
	s := &p.r.Stats
	all := p.before + "," + p.after
	p.counter("prompt_tokens_total", "Prompt tokens taken in.", series{all, s.Prompt})
	p.counter("generation_tokens_total", "Tokens made.", series{all, s.Generated})
	p.counter("prompt_cached_tokens_total", "Prompt tokens that were cached.", series{all, s.Cached})
	p.counter("kv_cache_reused_blocks_total", "Blocks found in the cache.", series{all, float64(int(s.PrefixHits / trtllmBlock))})
	p.counter("kv_cache_missed_blocks_total", "Blocks not found in the cache.",
		series{all, float64(int((s.PrefixQueries - s.PrefixHits) / trtllmBlock))})
	p.counter("num_requests_completed_total", "Requests that ended.", series{all, s.Stop + s.Length + s.Abort})
	p.counter("request_success_total", "Requests that ended well, by reason.", series{p.with("finished_reason", "stop"), s.Stop},
		series{p.with("finished_reason", "length"), s.Length}, series{p.with("finished_reason", "cancelled"), s.Abort})
	p.counter("request_error_total", "Requests refused or failed, by status.", series{p.with("http_code", "500"), 0},
		series{p.with("http_code", "503"), 0})
}

func (p *trtllmPage) gauges() {
	s, g := &p.r.Stats, p.r.Gauges()
	prompts, tokens := p.r.Phases()
	blocks := float64(p.r.Pool.Cost.Capacity / trtllmBlock)
	used := float64(int(g.KV*blocks + 0.999))
	rate := 0.0
	if s.PrefixQueries > 0 {
		rate = s.PrefixHits / s.PrefixQueries
	}
	for _, x := range []struct {
		name, help string
		v          float64
	}{
		{"kv_cache_hit_rate", "Part of the blocks found in the cache.", rate},
		{"kv_cache_utilization", "Part of the cache in use, 0 to 1.", min(g.KV, 1)},
		{"kv_cache_host_utilization", "Part of the host's cache in use.", 0},
		{"num_requests_running", "Requests in the batch.", float64(g.Running)},
		{"num_requests_waiting", "Requests that wait.", float64(g.Waiting)},
		{"max_num_active_requests", "Requests in the batch at most.", float64(p.r.Pool.Cost.MaxSeqs)},
		{"iteration_latency_seconds", "Time of the last step, seconds.", p.r.StepTime()},
		{"gpu_memory_usage_bytes", "Memory of one device in use.", gpuBytes(p.r)},
		{"kv_cache_max_blocks", "Blocks of the cache.", blocks},
		{"kv_cache_free_blocks", "Free blocks of the cache.", max(blocks-used, 0)},
		{"kv_cache_used_blocks", "Used blocks of the cache.", min(used, blocks)},
		{"kv_cache_tokens_per_block", "Tokens of one block.", trtllmBlock},
		{"num_context_requests", "Requests in their prompts.", float64(prompts)},
		{"num_generation_requests", "Requests that make tokens.", float64(tokens)},
		{"num_paused_requests", "Paused requests.", 0},
		{"num_scheduled_requests", "Requests in the present step.", float64(g.Running)},
	} {
		p.gauge("trtllm_"+x.name, p.before+","+p.after, x.help, x.v)
	}
}
