package wire

import (
	"net/http"

	"pitwall/backends/sim/world"
)

// vllmVersion is the release whose names and bounds the pages have.
const vllmVersion = "0.32.0"

// engine serves one vLLM replica.
func (s *server) engine(r *world.Replica) {
	start := s.o.World.Spec.Start
	s.page("/metrics", textFormat, func(b []byte) []byte {
		return renderVLLM(b, r, start, s.o.World.Now(), s.asked)
	})
	empty := func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "0") }
	for _, path := range []string{"GET /health", "GET /ping", "POST /ping"} {
		s.mux.HandleFunc(path, empty)
	}
	s.mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, http.StatusOK, object{"version": vllmVersion})
	})
	s.mux.HandleFunc("GET /load", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, http.StatusOK, object{"server_load": 0})
	})
	s.mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) {
		var created int64
		s.o.World.At(s.o.Clock.Now(), func() {
			s.asked++
			created = s.o.World.Now().Unix()
		})
		respond(w, http.StatusOK, vllmModels(r.Pool.Model, created))
	})
	ask := func(a world.Ask) *world.Call { return s.o.World.AskEngine(r, a) }
	s.completions("/v1/chat/completions", true, r.Pool.Model, ask)
	s.completions("/v1/completions", false, r.Pool.Model, ask)
}

func vllmModels(model string, created int64) object {
	return object{"object": "list", "data": []object{{
		"id": model, "object": "model", "created": created, "owned_by": "vllm", "root": "/model", "parent": nil,
		"max_model_len": 32768, "permission": []object{{
			"id": "modelperm-" + model, "object": "model_permission", "created": created,
			"allow_create_engine": false, "allow_sampling": true, "allow_logprobs": true, "allow_search_indices": false,
			"allow_view": true, "allow_fine_tuning": false, "organization": "*", "group": nil, "is_blocking": false,
		}},
	}}}
}

// exporter serves one node's dcgm-exporter.
func (s *server) exporter(gpus []*world.GPU, renamed bool) {
	s.page("/metrics", textFormat, func(b []byte) []byte { return renderDCGM(b, gpus, renamed) })
	s.mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("OK")) // the client hung up
	})
}
