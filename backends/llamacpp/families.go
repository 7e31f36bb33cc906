package llamacpp

import (
	"pitwall/backends/internal/enginepage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// prefix is that of all names. There are no labels and no histograms.
const prefix = "llamacpp:"

// family is one metric that is read. Names are those of engines-and-gpus.md 7 (llama.cpp of 2025 and 2026).
type family = enginepage.Family[enginepage.Single, fleet.EngineReading]

func families() []family {
	return []family{
		{Name: prefix + "requests_processing", Kind: promtext.Gauge,
			Set: func(e *fleet.EngineReading, v float64) { e.Running = enginepage.Some[fleet.Count](v) }},
		{Name: prefix + "requests_deferred", Kind: promtext.Gauge,
			Set: func(e *fleet.EngineReading, v float64) { e.Waiting = enginepage.Some[fleet.Count](v) }},
		{Name: prefix + "prompt_tokens_total", Kind: promtext.Counter,
			Set: func(e *fleet.EngineReading, v float64) { e.PromptTokens = fleet.Some(v) }},
		{Name: prefix + "tokens_predicted_total", Kind: promtext.Counter,
			Set: func(e *fleet.EngineReading, v float64) { e.OutputTokens = fleet.Some(v) }},
		// Counted at each step of the batch, where tokens are only counted when their request ends.
		{Name: prefix + "n_decode_total", Kind: promtext.Counter,
			Set: func(e *fleet.EngineReading, v float64) { e.Work = fleet.Some(v) }},
		// Up to mid-2025. Since then the state of the cache is in /slots alone, beside prompts, and stays unknown.
		{Name: prefix + "kv_cache_usage_ratio", Kind: promtext.Gauge,
			Set: func(e *fleet.EngineReading, v float64) { e.KVUsage = enginepage.Some[fleet.Ratio](v) }},
	}
}

func newDecode() enginepage.Decode {
	d := enginepage.New("llama.cpp", enginepage.Only, families())
	return func(page []byte) (fleet.Partial, error) {
		engines, _, notices, err := d.Decode(page)
		if err != nil {
			return fleet.Partial{}, err
		}
		for i := range engines {
			engines[i].LateTokens = true
		}
		return fleet.Partial{Notices: notices, Engines: engines}, nil
	}
}
