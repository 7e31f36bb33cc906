package wire

import (
	"net/http"

	"pitwall/backends/sim/world"
)

// llamacpp serves one llama.cpp server that was started with --metrics.
func (s *server) llamacpp(r *world.Replica) {
	s.page("/metrics", textFormat, func(b []byte) []byte { return renderLlama(b, r) })
	s.json("/health", func() object { return object{"status": "ok"} })
	s.json("/props", func() object {
		return object{"total_slots": r.Pool.Cost.MaxSeqs, "model_path": "/models/" + r.Pool.Model + ".gguf", "is_sleeping": false,
			"build_info": "b9999-00dc805", "default_generation_settings": object{"n_ctx": 32768}}
	})
	s.mux.HandleFunc("GET /slots", func(w http.ResponseWriter, _ *http.Request) {
		slots := []object{}
		s.look(func() {
			running := r.Gauges().Running
			for i := range r.Pool.Cost.MaxSeqs {
				slots = append(slots, object{"id": i, "n_ctx": 32768, "is_processing": i < running})
			}
		})
		body := appendJSON(nil, slots)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body) // the client hung up
	})
	s.models(plainModels(r.Pool.Model, "llamacpp"))
}

func renderLlama(b []byte, r *world.Replica) []byte {
	e := &exposition{b: b, plain: true}
	s, g := &r.Stats, r.Gauges()
	per := func(n, seconds float64) float64 {
		if seconds <= 0 {
			return 0
		}
		return n / seconds
	}
	for _, x := range []struct {
		name, kind, help string
		v                float64
	}{
		{"prompt_tokens_total", "counter", "Prompt tokens computed.", s.Fed},
		{"prompt_seconds_total", "counter", "Time of steps with prompts, seconds.", s.PromptTime},
		{"tokens_predicted_total", "counter", "Tokens made.", s.Generated},
		{"tokens_predicted_seconds_total", "counter", "Time of steps without prompts, seconds.", s.DecodeTime},
		{"n_decode_total", "counter", "Steps.", s.Steps},
		{"n_tokens_max", "counter", "Most tokens of one request.", s.MostTokens},
		{"n_busy_slots_per_decode", "gauge", "Busy slots in a step, on average.", per(s.Iter.Sum-s.Fed, s.Steps)},
		{"prompt_tokens_seconds", "gauge", "Prompt tokens per second, on average.", per(s.Fed, s.PromptTime)},
		{"predicted_tokens_seconds", "gauge", "Tokens made per second, on average.", per(s.Generated, s.PromptTime+s.DecodeTime)},
		{"requests_processing", "gauge", "Requests in the batch.", float64(g.Running)},
		{"requests_deferred", "gauge", "Requests that wait.", float64(g.Waiting)},
	} {
		e.family("llamacpp:"+x.name, x.kind, x.help)
		e.sample("llamacpp:"+x.name, "", x.v)
	}
	return e.b
}
