package wire

import (
	"strconv"
	"strings"

	"pitwall/backends/sim/world"
)

// sglangPage is the metrics page of one server that was started with --enable-metrics-for-all-schedulers: every rank
// of a tensor-parallel group repeats what its group says.
type sglangPage struct {
	exposition
	r      *world.Replica
	engine string // engine_type label, which the old release has not
	model  string
	ranks  []world.Rank
	all    []sglangRank // processes of the scheduler
	pids   []sglangRank // the same with a pid label
}

func renderSGLang(b []byte, r *world.Replica) []byte {
	p := &sglangPage{exposition: exposition{b: b}, r: r, model: label("model_name", r.Pool.Model),
		engine: label("engine_type", "unified") + ",", ranks: r.Ranks(sglangGroups)}
	if r.Legacy() {
		p.engine = ""
	}
	p.all, p.pids = p.schedulers(false), p.schedulers(true)
	p.frontEnd()
	p.times()
	p.scheduler()
	return p.b
}

// one writes a counter of the front end; extra labels are sorted before the others.
func (p *sglangPage) one(name, help string, lines ...series) {
	p.family("sglang:"+name, "counter", help)
	for _, l := range lines {
		p.sample("sglang:"+name, l.labels, l.v)
	}
}

func (p *sglangPage) plainLabels() string { return p.engine + p.model }

// frontEnd writes what the API process counts: tokens when a request has ended, whatever it made before.
func (p *sglangPage) frontEnd() {
	s := &p.r.Stats
	l := p.plainLabels()
	p.one("prompt_tokens_total", "Prompt tokens of ended requests.", series{l, s.PromptLen.Sum})
	p.one("generation_tokens_total", "Tokens made for ended requests.", series{l, s.OutputLen.Sum})
	cached := s.PromptLen.Sum - s.Computed.Sum
	if p.r.Legacy() {
		p.one("cached_tokens_total", "Cached prompt tokens of ended requests.", series{l, cached})
	} else {
		p.one("cached_tokens_total", "Cached prompt tokens of ended requests, by where they were.",
			series{label("cache_source", "device") + "," + l, cached}, series{label("cache_source", "host") + "," + l, 0},
			series{label("cache_source", "total") + "," + l, cached})
	}
	p.one("num_requests_total", "Requests that have ended.", series{l, s.Stop + s.Length + s.Abort})
	p.one("num_so_requests_total", "Requests for structured output.", series{l, 0})
	p.one("num_aborted_requests_total", "Requests that were given up.", series{l, s.Abort})
}

func (p *sglangPage) times() {
	s := &p.r.Stats
	hist := func(name, help string, h *world.Histogram) {
		p.histogram("sglang:"+name, help, distribution{before: strings.TrimSuffix(p.engine, ","), after: p.model, h: h})
	}
	hist("time_to_first_token_seconds", "Time to the first token, seconds.", &s.TTFT)
	name := "inter_token_latency_seconds"
	if p.r.Legacy() {
		name = "time_per_output_token_seconds"
	}
	hist(name, "Time between tokens, seconds.", &s.ITL)
	hist("e2e_request_latency_seconds", "Time of a whole request, seconds.", &s.E2E)
}

// sglangRank is one process of the scheduler, with its labels before and after those that sort between them.
type sglangRank struct {
	dp            int
	before, after string
	labels        string // both
}

// schedulers lists the processes; pid is for the gauges that have no multi-process mode.
func (p *sglangPage) schedulers(pid bool) []sglangRank {
	var out []sglangRank
	for dp := range p.ranks {
		for tp := range max(p.r.Pool.GPUs/sglangGroups, 1) {
			after := p.model + `,moe_ep_rank="0"`
			if pid {
				after += "," + label("pid", strconv.Itoa(1200+dp*16+tp))
			}
			k := sglangRank{dp: dp, before: strings.TrimSuffix(label("dp_rank", strconv.Itoa(dp))+","+p.engine, ","),
				after: after + `,pp_rank="0",` + label("tp_rank", strconv.Itoa(tp))}
			k.labels = k.before + "," + k.after
			out = append(out, k)
		}
	}
	return out
}

// each writes a gauge of all schedulers.
func (p *sglangPage) each(name, help string, value func(x world.Rank) float64) {
	p.gauges(name, help, p.all, value)
}

func (p *sglangPage) gauges(name, help string, all []sglangRank, value func(x world.Rank) float64) {
	p.family("sglang:"+name, "gauge", help)
	for _, k := range all {
		p.sample("sglang:"+name, k.labels, value(p.ranks[k.dp]))
	}
}

func (p *sglangPage) scheduler() {
	s, capacity := &p.r.Stats, float64(p.r.Pool.Cost.Capacity)/sglangGroups
	constant := func(v float64) func(world.Rank) float64 { return func(world.Rank) float64 { return v } }
	p.each("num_running_reqs", "Requests in the batch.", func(x world.Rank) float64 { return float64(x.Running) })
	p.each("num_used_tokens", "Tokens in the cache.", func(x world.Rank) float64 { return float64(x.Tokens) })
	p.each("token_usage", "Part of the cache in use, 0 to 1.",
		func(x world.Rank) float64 { return min(float64(x.Tokens)/capacity, 1) })
	p.each("gen_throughput", "Tokens made per second, of the last interval with work.", constant(s.Rate/sglangGroups))
	p.each("num_queue_reqs", "Requests that wait.", func(x world.Rank) float64 { return float64(x.Waiting) })
	p.each("num_grammar_queue_reqs", "Requests that wait for a grammar.", constant(0))
	p.each("cache_hit_rate", "Hits of the last prefill batch.", constant(0))
	p.each("max_total_num_tokens", "Size of the cache, tokens.", constant(capacity))
	p.each("utilization", "Part of the schedule in use.", constant(0))
	p.each("new_token_ratio", "Part of the asked tokens that is reserved.", constant(0.612))
	p.gauges("num_retracted_reqs", "Requests thrown out of the batch in the last interval.", p.pids, constant(0))
	p.gauges("num_paused_reqs", "Paused requests.", p.pids, constant(0))
	p.schedulerCounters()
}

func (p *sglangPage) schedulerCounters() {
	s := &p.r.Stats
	p.family("sglang:num_retracted_requests_total", "counter", "Requests thrown out of the batch.")
	for _, k := range p.all {
		p.sample("sglang:num_retracted_requests_total", k.labels, dealt(s.Preemptions, k.dp))
	}
	if !p.r.Legacy() {
		p.family("sglang:realtime_tokens_total", "counter", "Tokens as they are computed, by kind.")
		for _, k := range p.all {
			for _, x := range []series{{"prefill_compute", s.Fed}, {"prefill_cache", s.PrefixHits}, {"decode", s.Generated}} {
				p.sample("sglang:realtime_tokens_total", k.before+","+label("mode", x.labels)+","+k.after, dealt(x.v, k.dp))
			}
		}
	}
	if !p.r.Upgraded() { // the release that F13 brings has no time in the queue
		p.family("sglang:queue_time_seconds", "histogram", "Time in the queue, seconds.")
		for _, k := range p.all {
			h := half(&s.Queue, k.dp)
			p.buckets("sglang:queue_time_seconds", distribution{before: k.before, after: k.after, h: &h})
		}
	}
	p.gauge("sglang:cache_config_info", label("num_pages", strconv.Itoa(p.r.Pool.Cost.Capacity/sglangGroups))+`,page_size="1"`,
		"Settings of the cache.", 1)
}

// dealt is a group's part of a count that the model keeps for the whole engine.
func dealt(v float64, group int) float64 {
	part := float64(int64(v) / sglangGroups)
	if group == 0 {
		return v - part*(sglangGroups-1)
	}
	return part
}

// half is a group's part of a histogram of the whole engine.
func half(h *world.Histogram, group int) world.Histogram {
	out := world.Histogram{Bounds: h.Bounds, Counts: make([]uint64, len(h.Counts))}
	whole, part := uint64(0), uint64(0)
	for i, n := range h.Counts {
		out.Counts[i] = uint64(dealt(float64(n), group))
		whole, part = whole+n, part+out.Counts[i]
	}
	if whole > 0 {
		out.Sum = h.Sum * float64(part) / float64(whole)
	}
	return out
}
