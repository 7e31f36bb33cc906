package wire

import (
	"net/http"

	"pitwall/backends/sim/world"
)

// The releases whose names and bounds the pages have.
const (
	vllmVersion   = "0.32.0"
	vllmOld       = "0.8.5"
	sglangVersion = "0.5.6"
	sglangOld     = "0.4.4"
	trtllmVersion = "1.2.0"
	tgiVersion    = "3.3.6"
	tritonVersion = "2.71.0"
)

// engine serves one replica in the formats of its engine.
func (s *server) engine(r *world.Replica) {
	switch r.Pool.Engine {
	case "sglang":
		s.sglang(r)
	case "trtllm":
		s.trtllm(r)
	case "tgi":
		s.tgi(r)
	case "llamacpp":
		s.llamacpp(r)
	case "triton":
		s.triton(r)
		return // no OpenAI paths
	default:
		s.vllm(r)
	}
	ask := func(a world.Ask) *world.Call { return s.o.World.AskEngine(r, a) }
	s.completions("/v1/chat/completions", true, r.Pool.Model, r.Wrong, ask)
	s.completions("/v1/completions", false, r.Pool.Model, r.Wrong, ask)
}

// look reads the world as it is now.
func (s *server) look(f func()) { s.o.World.At(s.o.Clock.Now(), f) }

// empty answers 200 without a body.
func empty(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "0") }

// json answers with what f makes of the world as it is now.
func (s *server) json(path string, f func() object) {
	s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		var body object
		s.look(func() { body = f() })
		respond(w, http.StatusOK, body)
	})
}

// models serves the OpenAI list of models and counts who asks.
func (s *server) models(list func(created int64) object) {
	s.json("/v1/models", func() object {
		s.asked++
		return list(s.o.World.Now().Unix())
	})
}

// plainModels is the list of engines that say no more than the model's name.
func plainModels(model, owner string) func(int64) object {
	return func(created int64) object {
		return object{"object": "list", "data": []object{
			{"id": model, "object": "model", "created": created, "owned_by": owner},
		}}
	}
}

// vllm serves one vLLM replica.
func (s *server) vllm(r *world.Replica) {
	start := s.o.World.Spec.Start
	s.page("/metrics", textFormat, func(b []byte) []byte {
		return renderVLLM(b, r, r.Started(start), s.o.World.Now(), s.asked)
	})
	for _, path := range []string{"GET /health", "GET /ping", "POST /ping"} {
		s.mux.HandleFunc(path, empty)
	}
	s.json("/version", func() object {
		if r.Legacy() {
			return object{"version": vllmOld}
		}
		return object{"version": vllmVersion}
	})
	s.json("/load", func() object { return object{"server_load": 0} })
	s.models(func(created int64) object { return vllmModels(r.Pool.Model, created) })
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
