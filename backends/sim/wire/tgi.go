package wire

import (
	"net/http"

	"pitwall/backends/sim/world"
)

// tgi serves one replica of TGI's router.
func (s *server) tgi(r *world.Replica) {
	s.page("/metrics", "text/plain; charset=utf-8", func(b []byte) []byte { return renderTGI(b, r) })
	health := func(w http.ResponseWriter, _ *http.Request) {
		stuck := false
		s.look(func() { stuck = r.Stuck(s.o.World.Seconds()) })
		if stuck { // the shard did not answer
			respond(w, http.StatusServiceUnavailable, object{"error": "unhealthy", "error_type": "healthcheck"})
		}
	}
	for _, path := range []string{"GET /health", "GET /ping", "GET /{$}"} {
		s.mux.HandleFunc(path, health)
	}
	c := &r.Pool.Cost
	s.json("/info", func() object {
		return object{"model_id": r.Pool.Model, "model_sha": "e1945c40cd546c78e41f1151f4db032b271faeaa",
			"model_pipeline_tag": "text-generation", "max_concurrent_requests": 1024, "max_best_of": 2, "max_stop_sequences": 4,
			"max_input_tokens": 32767, "max_total_tokens": 32768, "validation_workers": 2, "max_client_batch_size": 4,
			"max_batch_total_tokens": c.Capacity, "router": "text-generation-router", "version": tgiVersion,
			"docker_label": nil}
	})
	s.models(plainModels(r.Pool.Model, r.Pool.Model))
}

// tgiPage is the metrics page: no HELP lines, no label of the model, and each series only after its first event.
type tgiPage struct {
	exposition
	r *world.Replica
}

func renderTGI(b []byte, r *world.Replica) []byte {
	p := &tgiPage{exposition: exposition{b: b, plain: true, bare: true}, r: r}
	s := &r.Stats
	p.gauge("tgi_batch_max_total_tokens", "", "", float64(r.Pool.Cost.Capacity)) // set by the trial run at the start
	if s.Received == 0 && !r.Warm() {
		return p.b
	}
	p.requests()
	p.batches()
	if s.E2E.Count() > 0 || r.Warm() {
		p.times()
	}
	return p.b
}

func (p *tgiPage) counter(name string, lines ...series) {
	p.family(name, "counter", "")
	for _, l := range lines {
		p.sample(name, l.labels, l.v)
	}
}

func (p *tgiPage) requests() {
	s, g := &p.r.Stats, p.r.Gauges()
	p.counter("tgi_request_count", series{"", s.Received})
	p.counter("tgi_request_success", series{"", s.Stop + s.Length})
	if s.Abort > 0 {
		p.counter("tgi_request_failure", series{label("err", "dropped"), s.Abort})
	}
	p.gauge("tgi_queue_size", "", "", float64(g.Waiting))
	p.gauge("tgi_batch_current_size", "", "", float64(g.Running))
	p.gauge("tgi_batch_current_max_tokens", "", "", float64(int(g.KV*float64(p.r.Pool.Cost.Capacity)+0.5)))
}

const (
	tgiPrefill = `method="prefill"`
	tgiDecode  = `method="decode"`
)

func (p *tgiPage) batches() {
	s := &p.r.Stats
	n, m := float64(s.StepPrefill.Count()), float64(s.StepDecode.Count())
	if n == 0 && !p.r.Warm() {
		return
	}
	p.counter("tgi_batch_inference_count", series{tgiPrefill, n}, series{tgiDecode, m})
	p.counter("tgi_batch_inference_success", series{tgiPrefill, n}, series{tgiDecode, m})
	for _, name := range []string{"tgi_batch_inference_duration", "tgi_batch_forward_duration"} {
		p.family(name, "histogram", "")
		p.buckets(name, distribution{after: tgiPrefill, h: &s.StepPrefill})
		p.buckets(name, distribution{after: tgiDecode, h: &s.StepDecode})
	}
	p.histogram("tgi_batch_next_size", "", distribution{h: &s.Batch})
}

func (p *tgiPage) times() {
	s := &p.r.Stats
	for _, x := range []struct {
		name string
		h    *world.Histogram
	}{
		{"tgi_request_duration", &s.E2E}, {"tgi_request_queue_duration", &s.Queue}, {"tgi_request_inference_duration", &s.Infer},
		{"tgi_request_mean_time_per_token_duration", &s.TPOT}, {"tgi_request_input_length", &s.PromptLen},
		{"tgi_request_generated_tokens", &s.OutputLen}, {"tgi_request_max_new_tokens", &s.ParamMax},
	} {
		p.histogram(x.name, "", distribution{h: x.h})
	}
}
