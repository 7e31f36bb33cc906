package wire

import (
	"net/http"

	"pitwall/backends/sim/world"
)

// The layout of a simulated SGLang server: two data-parallel groups, each of half of the devices.
const sglangGroups = 2

// sglang serves one SGLang replica.
func (s *server) sglang(r *world.Replica) {
	s.page("/metrics", textFormat, func(b []byte) []byte { return renderSGLang(b, r) })
	health := func(w http.ResponseWriter, _ *http.Request) {
		stuck := false
		s.look(func() { stuck = r.Stuck(s.o.World.Seconds()) })
		if stuck { // the token that it waited for did not come
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
	s.mux.HandleFunc("GET /health", health)
	s.mux.HandleFunc("GET /health_generate", health)
	s.mux.HandleFunc("GET /ping", empty)
	s.json("/model_info", func() object {
		return object{"model_path": "/models/" + r.Pool.Model, "tokenizer_path": "/models/" + r.Pool.Model,
			"is_generation": true, "preferred_sampling_params": nil, "weight_version": "default",
			"has_image_understanding": false, "has_audio_understanding": false, "model_type": "llama"}
	})
	s.json("/v1/loads", func() object { return s.loads(r) })
	s.models(plainModels(r.Pool.Model, "sglang"))
}

// loads is what /v1/loads says without an include: the core values and the queues of each group.
func (s *server) loads(r *world.Replica) object {
	var list []object
	capacity := r.Pool.Cost.Capacity / sglangGroups
	for i, x := range r.Ranks(sglangGroups) {
		list = append(list, object{
			"dp_rank": i, "num_running_reqs": x.Running, "num_waiting_reqs": x.Waiting, "num_waiting_uncached_tokens": 0,
			"num_used_tokens": x.Tokens, "num_total_tokens": x.Tokens, "max_total_num_tokens": capacity,
			"token_usage": min(float64(x.Tokens)/float64(capacity), 1), "gen_throughput": r.Stats.Rate / sglangGroups,
			"cache_hit_rate": 0.0, "utilization": 0.0, "max_running_requests": r.Pool.Cost.MaxSeqs / sglangGroups,
			"queues": object{"waiting": x.Waiting, "grammar": 0, "paused": 0, "retracted": 0},
		})
	}
	now := s.o.World.Now()
	return object{"timestamp": now.UTC().Format("2006-01-02T15:04:05.000000+00:00"), "version": sglangRelease(r),
		"accelerator": r.Pool.Device.Product, "num_accelerators": r.Pool.GPUs, "loads": list}
}

func sglangRelease(r *world.Replica) string {
	if r.Legacy() {
		return sglangOld
	}
	return sglangVersion
}
