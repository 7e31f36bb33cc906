package sglang

import (
	"pitwall/backends/internal/enginepage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// family is one metric that is read. Names are those of engines-and-gpus.md 4.2 (SGLang 0.4 to mid-2026).
type family = enginepage.Family[key, rank]

// The prefixes of names: those of the metrics page, and those that /v1/loads?format=prometheus writes.
const (
	prefix      = "sglang:"
	loadsPrefix = "sglang_"
)

// rank is what one process says: the front end, or one rank of the scheduler.
type rank struct{ page, loads scrape }

// scrape is a reading in the making, of one generation of names.
type scrape struct {
	fleet.EngineReading
	running     level
	queue       level                // num_queue_reqs: without it the queue is unknown, whatever the others say
	queues      float64              // what waits elsewhere: for a grammar, or between prefill and decode
	oldITL      fleet.Histogram      // time_per_output_token_seconds, the name of ITL up to 0.4.4
	cachedParts fleet.Maybe[float64] // cached_tokens_total by source
	cachedTotal fleet.Maybe[float64] // its own sum of them
	steps       fleet.Maybe[float64] // realtime_tokens_total of all modes
	speed       fleet.Maybe[float64] // gen_throughput, tokens a second by its own account
	used        fleet.Maybe[float64] // num_used_tokens
	config      fleet.Maybe[fleet.Tokens]
}

// level is a gauge that may be split by priority: the series with an empty priority is then the sum of the others.
type level struct{ whole, parts fleet.Maybe[fleet.Count] }

func (v *level) take(l promtext.Labels, n float64) {
	if isPart(l) {
		enginepage.Add(&v.parts, n)
	} else {
		v.whole = enginepage.Some[fleet.Count](n)
	}
}

func (v level) value() fleet.Maybe[fleet.Count] {
	if v.whole.OK {
		return v.whole
	}
	return v.parts
}

// isPart tells the requests of one priority from all of them.
func isPart(l promtext.Labels) bool { return len(l.Raw("priority")) > 0 }

func families() []family {
	list := make([]family, 0, 80)
	for _, g := range []struct {
		prefix string
		of     func(x *rank) *scrape
	}{
		{prefix, func(x *rank) *scrape { return &x.page }},
		{loadsPrefix, func(x *rank) *scrape { return &x.loads }},
	} {
		list = append(list, gauges(g.prefix, g.of)...)
		list = append(list, queues(g.prefix, g.of)...)
		list = append(list, counters(g.prefix, g.of)...)
		list = append(list, histograms(g.prefix, g.of)...)
	}
	return append(list, family{Name: enginepage.ProcessStart, Kind: promtext.Gauge, Common: true,
		Share: func(x *rank, _ key, _ promtext.Labels, v float64) {
			x.page.StartedAt = enginepage.Later(x.page.StartedAt, v)
		}})
}

// Of two series of one rank, such as two generations of processes without a label that tells them apart, the last counts.
func gauges(p string, of func(*rank) *scrape) []family {
	gauge := func(name string, set func(s *scrape, v float64)) family {
		return family{Name: p + name, Kind: promtext.Gauge, Set: func(x *rank, v float64) { set(of(x), v) }}
	}
	return []family{
		{Name: p + "num_running_reqs", Kind: promtext.Gauge,
			Also: func(x *rank, l promtext.Labels, v float64) { of(x).running.take(l, v) }},
		gauge("token_usage", func(s *scrape, v float64) { s.KVUsage = enginepage.Some[fleet.Ratio](v) }),
		gauge("num_used_tokens", func(s *scrape, v float64) { s.used = fleet.Some(v) }),
		gauge("max_total_num_tokens", func(s *scrape, v float64) { s.KVCapacity = enginepage.Tokens(v, 1) }),
		gauge("gen_throughput", func(s *scrape, v float64) { s.speed = fleet.Some(v) }),
		gauge("generation_tokens_created", func(s *scrape, v float64) { s.StartedAt = enginepage.Later(s.StartedAt, v) }),
		{Name: p + "cache_config_info", Kind: promtext.Gauge, Share: func(x *rank, k key, l promtext.Labels, _ float64) {
			if !k.isFrontEnd() {
				of(x).config = enginepage.TokensOf(l, "num_pages", "page_size") // older schedulers have no gauge of it
			}
		}},
	}
}

// queues are where requests wait; with prefill and decode on servers of their own there are several. The queue before
// prefill was named "prealloc" and is named "bootstrap" since 2026.
func queues(p string, of func(*rank) *scrape) []family {
	queue := func(x *rank, l promtext.Labels, v float64) { of(x).queue.take(l, v) }
	list := []family{{Name: p + "num_queue_reqs", Kind: promtext.Gauge, Also: queue}}
	if p == loadsPrefix {
		list = append(list, family{Name: p + "num_waiting_reqs", Kind: promtext.Gauge, Also: queue})
	}
	for _, name := range []string{"num_grammar_queue_reqs", "num_prefill_prealloc_queue_reqs", "num_prefill_bootstrap_queue_reqs",
		"num_prefill_inflight_queue_reqs", "num_decode_prealloc_queue_reqs", "num_decode_transfer_queue_reqs", "queues_grammar"} {
		list = append(list, family{Name: p + name, Kind: promtext.Gauge, Also: func(x *rank, l promtext.Labels, v float64) {
			if !isPart(l) {
				of(x).queues += v
			}
		}})
	}
	return list
}

func counters(p string, of func(*rank) *scrape) []family {
	counter := func(name string, set func(s *scrape, v float64)) family {
		return family{Name: p + name, Kind: promtext.Counter, Set: func(x *rank, v float64) { set(of(x), v) }}
	}
	return []family{
		counter("prompt_tokens_total", func(s *scrape, v float64) { enginepage.Add(&s.PromptTokens, v) }),
		counter("generation_tokens_total", func(s *scrape, v float64) { enginepage.Add(&s.OutputTokens, v) }),
		counter("num_requests_total", func(s *scrape, v float64) { enginepage.Add(&s.Finished, v) }),
		counter("num_aborted_requests_total", func(s *scrape, v float64) { enginepage.Add(&s.Aborted, v) }),
		counter("num_retracted_requests_total", func(s *scrape, v float64) { enginepage.Add(&s.Preemptions, v) }),
		counter("realtime_tokens_total", func(s *scrape, v float64) { enginepage.Add(&s.steps, v) }),
		{Name: p + "cached_tokens_total", Kind: promtext.Counter, Also: func(x *rank, l promtext.Labels, v float64) {
			if string(l.Raw("cache_source")) == "total" {
				of(x).cachedTotal = fleet.Some(v)
			} else {
				enginepage.Add(&of(x).cachedParts, v)
			}
		}},
	}
}

// Series of the front end may carry labels of the operator's choice: they are parts of one whole.
func histograms(p string, of func(*rank) *scrape) []family {
	histogram := func(name string, into func(s *scrape) *fleet.Histogram) family {
		return family{Name: p + name, Kind: promtext.Histogram, Split: true, Hist: func(x *rank) *fleet.Histogram { return into(of(x)) }}
	}
	return []family{
		histogram("time_to_first_token_seconds", func(s *scrape) *fleet.Histogram { return &s.TTFT }),
		histogram("inter_token_latency_seconds", func(s *scrape) *fleet.Histogram { return &s.ITL }),
		histogram("time_per_output_token_seconds", func(s *scrape) *fleet.Histogram { return &s.oldITL }),
		histogram("e2e_request_latency_seconds", func(s *scrape) *fleet.Histogram { return &s.E2E }),
		histogram("queue_time_seconds", func(s *scrape) *fleet.Histogram { return &s.QueueTime }),
		histogram("prompt_tokens_histogram", func(s *scrape) *fleet.Histogram { return &s.PromptLen }),
		histogram("generation_tokens_histogram", func(s *scrape) *fleet.Histogram { return &s.OutputLen }),
	}
}

// finish makes one reading of both generations.
func (x *rank) finish(k key) fleet.EngineReading {
	prefill := string(k.kind) == "prefill"
	e, old := x.page.finish(prefill), x.loads.finish(prefill)
	enginepage.Complete(&e, &old)
	e.LateTokens = true
	return e
}

// finish derives what takes more than one metric. prefill says that the engine leaves decoding to others.
func (s *scrape) finish(prefill bool) fleet.EngineReading {
	s.Running = s.running.value()
	if s.Waiting = s.queue.value(); s.Waiting.OK {
		enginepage.Add(&s.Waiting, s.queues)
	}
	if s.ITL.IsZero() {
		s.ITL = s.oldITL
	}
	if s.PrefixHits = s.cachedParts; !s.PrefixHits.OK {
		s.PrefixHits = s.cachedTotal
	}
	if s.PrefixHits.OK {
		s.PrefixQueries = s.PromptTokens
	}
	if !s.KVCapacity.OK {
		s.KVCapacity = s.config
	}
	s.Pulse, s.Work = s.speed, s.steps
	switch {
	case s.Work.OK:
	case prefill: // its tokens a second are always 0
		s.Work = s.used
	default:
		s.Work = standstill(s.speed, s.used)
	}
	return s.EngineReading
}

// standstill is the evidence of builds that count no steps. The gauge of tokens a second keeps its last value while
// nothing runs, so that only a zero says that no token comes; then the tokens held tell whether a prompt is worked on.
func standstill(speed, used fleet.Maybe[float64]) fleet.Maybe[float64] {
	if !speed.OK || speed.V != 0 {
		return fleet.None[float64]()
	}
	return fleet.Some(used.V)
}
