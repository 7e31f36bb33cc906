package trtllm

import (
	"bytes"

	"pitwall/backends/internal/enginepage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// family is one metric that is read. Names are those of engines-and-gpus.md 5.1 (TensorRT-LLM 1.0 to 2026).
type family = enginepage.Family[key, engine]

// key is the model; a server has one engine.
type key struct{ model []byte }

// Equal compares the name.
func (k key) Equal(o key) bool { return bytes.Equal(k.model, o.model) }

func keyOf(l promtext.Labels) key {
	model := l.Raw("model_name")
	if string(model) == "undefined" {
		return key{}
	}
	return key{model}
}

// prefixes are the generations of names, the current one first: with an underscore, with a colon (through older Dynamo),
// and without any (1.0 and 1.1).
var prefixes = [...]string{"trtllm_", "trtllm:", ""}

// engine is a reading in the making, by generation of names.
type engine [len(prefixes)]scrape

type scrape struct {
	fleet.EngineReading
	blocks, used, perBlock, reused, missed fleet.Maybe[float64] // of the KV cache
	cached                                 fleet.Maybe[float64] // prompt tokens that the cache gave
	latency                                fleet.Maybe[float64] // of the last iteration, in seconds
}

func families() []family {
	list := make([]family, 0, 64)
	for g, p := range prefixes {
		of := func(x *engine) *scrape { return &x[g] }
		list = append(append(append(list, gauges(p, of)...), counters(p, of)...), histograms(p, of)...)
	}
	return append(list, family{Name: enginepage.ProcessStart, Kind: promtext.Gauge, Common: true,
		Share: func(x *engine, _ key, _ promtext.Labels, v float64) {
			x[0].StartedAt = enginepage.Later(x[0].StartedAt, v)
		}})
}

func gauges(p string, of func(*engine) *scrape) []family {
	gauge := func(name string, set func(s *scrape, v float64)) family {
		return family{Name: p + name, Kind: promtext.Gauge, Set: func(x *engine, v float64) { set(of(x), v) }}
	}
	return []family{
		gauge("num_requests_running", func(s *scrape, v float64) { s.Running = enginepage.Some[fleet.Count](v) }),
		gauge("num_requests_waiting", func(s *scrape, v float64) { s.Waiting = enginepage.Some[fleet.Count](v) }),
		gauge("kv_cache_utilization", func(s *scrape, v float64) { s.KVUsage = enginepage.Some[fleet.Ratio](v) }),
		gauge("kv_cache_max_blocks", func(s *scrape, v float64) { s.blocks = fleet.Some(v) }),
		gauge("kv_cache_used_blocks", func(s *scrape, v float64) { s.used = fleet.Some(v) }),
		gauge("kv_cache_tokens_per_block", func(s *scrape, v float64) { s.perBlock = fleet.Some(v) }),
		gauge("iteration_latency_seconds", func(s *scrape, v float64) { s.latency = fleet.Some(v) }),
		gauge("generation_tokens_created", func(s *scrape, v float64) { s.StartedAt = enginepage.Later(s.StartedAt, v) }),
	}
}

func counters(p string, of func(*engine) *scrape) []family {
	counter := func(name string, set func(s *scrape, v float64)) family {
		return family{Name: p + name, Kind: promtext.Counter, Set: func(x *engine, v float64) { set(of(x), v) }}
	}
	return []family{
		counter("prompt_tokens_total", func(s *scrape, v float64) { s.PromptTokens = fleet.Some(v) }),
		counter("generation_tokens_total", func(s *scrape, v float64) { s.OutputTokens = fleet.Some(v) }),
		counter("prompt_cached_tokens_total", func(s *scrape, v float64) { s.cached = fleet.Some(v) }),
		counter("kv_cache_reused_blocks_total", func(s *scrape, v float64) { s.reused = fleet.Some(v) }),
		counter("kv_cache_missed_blocks_total", func(s *scrape, v float64) { s.missed = fleet.Some(v) }),
		{Name: p + "request_success_total", Kind: promtext.Counter,
			Also: func(x *engine, l promtext.Labels, v float64) { of(x).ended(l, v) }},
		{Name: p + "request_error_total", Kind: promtext.Counter,
			Also: func(x *engine, l promtext.Labels, v float64) { of(x).refused(l, v) }},
	}
}

// Of time_per_output_token_seconds the server takes one mean for each request: that is not inter-token latency.
func histograms(p string, of func(*engine) *scrape) []family {
	histogram := func(name string, into func(s *scrape) *fleet.Histogram) family {
		return family{Name: p + name, Kind: promtext.Histogram, Hist: func(x *engine) *fleet.Histogram { return into(of(x)) }}
	}
	return []family{
		histogram("time_to_first_token_seconds", func(s *scrape) *fleet.Histogram { return &s.TTFT }),
		histogram("e2e_request_latency_seconds", func(s *scrape) *fleet.Histogram { return &s.E2E }),
		histogram("request_queue_time_seconds", func(s *scrape) *fleet.Histogram { return &s.QueueTime }),
	}
}

// ended sums requests by reason; those that clients gave up are inside of what the server calls success.
func (s *scrape) ended(l promtext.Labels, v float64) {
	enginepage.Add(&s.Finished, v)
	if string(l.Raw("finished_reason")) == "cancelled" {
		enginepage.Add(&s.Aborted, v)
	}
}

// refused sums requests by HTTP status; they are outside of what the server calls success. Those of 4xx are faults of
// clients.
func (s *scrape) refused(l promtext.Labels, v float64) {
	enginepage.Add(&s.Finished, v)
	if code := l.Raw("http_code"); len(code) == 3 && code[0] == '5' {
		enginepage.Add(&s.Failed, v)
	}
}

func newDecode() enginepage.Decode {
	d := enginepage.New("trtllm-serve", keyOf, families())
	return func(page []byte) (fleet.Partial, error) {
		engines, keys, notices, err := d.Decode(page)
		if err != nil {
			return fleet.Partial{}, err
		}
		p := fleet.Partial{Notices: notices, Engines: make([]fleet.EngineReading, len(engines))}
		for i := range engines {
			p.Engines[i] = engines[i].finish()
			p.Engines[i].Model = fleet.ModelName(promtext.Decode(keys[i].model))
		}
		return p, nil
	}
}

// finish takes the first generation of names that knows a value.
func (x *engine) finish() fleet.EngineReading {
	e := x[0].finish()
	for g := 1; g < len(x); g++ {
		older := x[g].finish()
		enginepage.Complete(&e, &older)
	}
	e.LateTokens = true
	return e
}

// finish derives what takes more than one metric. Blocks of the cache are tokens by the size of a block; where that is
// not known, both are blocks and their ratio holds.
func (s *scrape) finish() fleet.EngineReading {
	if !s.KVUsage.OK {
		s.KVUsage = enginepage.Share(s.used, s.blocks)
	}
	if s.blocks.OK && s.perBlock.OK {
		s.KVCapacity = enginepage.Tokens(s.blocks.V, s.perBlock.V)
	}
	switch {
	case s.reused.OK && s.missed.OK:
		size := s.perBlock.Or(1)
		enginepage.Add(&s.PrefixHits, s.reused.V*size)
		enginepage.Add(&s.PrefixQueries, (s.reused.V+s.missed.V)*size)
	case s.cached.OK:
		s.PrefixHits, s.PrefixQueries = s.cached, s.PromptTokens
	}
	// Gauges of iterations only move while requests run and keep their last values then, so that standing still is
	// only a stall while something waits: an engine with a queue iterates.
	s.Pulse = s.latency
	if s.Waiting.V > 0 {
		s.Work = s.latency
	}
	return s.EngineReading
}
