package wire

import (
	"net/http"
	"strconv"

	"pitwall/backends/sim/world"
)

// triton serves one Triton server with the TensorRT-LLM backend: its metrics and its HTTP side, on one port.
func (s *server) triton(r *world.Replica) {
	start := s.o.World.Spec.Start
	s.page("/metrics", textFormat, func(b []byte) []byte {
		return renderTriton(b, r, s.o.World.Now().Sub(r.Started(start)).Seconds())
	})
	s.mux.HandleFunc("GET /v2/health/live", empty)
	s.mux.HandleFunc("GET /v2/health/ready", empty)
	s.mux.HandleFunc("GET /v2/models/"+r.Pool.Model+"/ready", empty)
	s.json("/v2", func() object {
		return object{"name": "triton", "version": tritonVersion, "extensions": []string{"classification", "sequence",
			"model_repository", "schedule_policy", "model_configuration", "parameters", "statistics", "trace", "logging"}}
	})
	s.mux.HandleFunc("POST /v2/repository/index", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		body := appendJSON(nil, []object{{"name": r.Pool.Model, "version": "1", "state": "READY"}})
		_, _ = w.Write(body) // the client hung up
	})
}

// tritonPage is the metrics page: counters in microseconds and without _total, and the gauges of the backend.
type tritonPage struct {
	exposition
	r     *world.Replica
	model string
}

func renderTriton(b []byte, r *world.Replica, age float64) []byte {
	p := &tritonPage{exposition: exposition{b: b, plain: true}, r: r,
		model: label("model", r.Pool.Model) + `,version="1"`}
	p.server()
	p.backend(age)
	p.devices()
	return p.b
}

func (p *tritonPage) counter(name, help string, v float64) {
	p.family(name, "counter", help)
	p.sample(name, p.model, v)
}

func (p *tritonPage) server() {
	s := &p.r.Stats
	done := s.Stop + s.Length
	us := func(seconds float64) float64 { return float64(int64(seconds * 1e6)) }
	p.counter("nv_inference_request_success", "Requests that ended well.", done)
	name := "nv_inference_request_failure"
	p.family(name, "counter", "Requests that failed, by reason.")
	for _, x := range []series{{"REJECTED", 0}, {"CANCELED", s.Abort}, {"BACKEND", 0}, {"OTHER", 0}} {
		p.sample(name, p.model[:len(p.model)-len(`,version="1"`)]+","+label("reason", x.labels)+`,version="1"`, x.v)
	}
	p.counter("nv_inference_count", "Inferences.", done)
	p.counter("nv_inference_exec_count", "Executions of the model.", done)
	p.gauge("nv_inference_pending_request_count", p.model, "Requests before the backend.", 0)
	p.counter("nv_inference_request_duration_us", "Time of requests, microseconds.", us(s.E2E.Sum))
	p.counter("nv_inference_queue_duration_us", "Time before the backend, microseconds.", us(s.Queue.Sum))
	p.counter("nv_inference_compute_input_duration_us", "Time of inputs, microseconds.", 0)
	p.counter("nv_inference_compute_infer_duration_us", "Time in the backend, microseconds.", us(s.Infer.Sum))
	p.counter("nv_inference_compute_output_duration_us", "Time of outputs, microseconds.", 0)
	p.histogram("nv_inference_first_response_histogram_ms", "Time to the first response, milliseconds.",
		distribution{after: p.model, h: inMilliseconds(&s.TTFT)})
}

// inMilliseconds is a histogram of seconds under bounds a thousand times as large.
func inMilliseconds(h *world.Histogram) *world.Histogram {
	out := world.Histogram{Counts: h.Counts, Sum: h.Sum * 1000}
	for _, b := range h.Bounds {
		out.Bounds = append(out.Bounds, b*1000)
	}
	return &out
}

func (p *tritonPage) split(name, help, by string, values []series) {
	p.family(name, "gauge", help)
	for _, x := range values {
		p.sample(name, label(by, x.labels)+","+p.model, x.v)
	}
}

func (p *tritonPage) backend(age float64) {
	g, c := p.r.Gauges(), &p.r.Pool.Cost
	prompts, tokens := p.r.Phases()
	blocks := float64(c.Capacity / trtllmBlock)
	used := min(float64(int(g.KV*blocks+0.999)), blocks)
	p.split("nv_trt_llm_request_metrics", "Requests of the backend.", "request_type", []series{
		{"waiting", float64(g.Waiting)}, {"context", float64(prompts)}, {"scheduled", float64(g.Running)},
		{"max", float64(c.MaxSeqs)}, {"active", float64(g.Running)}})
	p.split("nv_trt_llm_kv_cache_block_metrics", "Blocks of the cache.", "kv_cache_block_type", []series{
		{"fraction", used / blocks}, {"tokens_per", trtllmBlock}, {"used", used}, {"free", blocks - used}, {"max", blocks}})
	p.split("nv_trt_llm_inflight_batcher_metrics", "The batcher.", "inflight_batcher_specific_metric", []series{
		{"micro_batch_id", 0}, {"generation_requests", float64(tokens)}, {"total_context_tokens", 0}})
	p.split("nv_trt_llm_general_metrics", "The backend.", "general_type", []series{
		{"iteration_counter", float64(p.r.StepNumber())}, {"timestamp", float64(int64(age))}})
}

func (p *tritonPage) devices() {
	for _, x := range []struct {
		name, kind, help string
		value            func(g *world.GPU) float64
	}{
		{"nv_gpu_utilization", "gauge", "Utilisation, 0 to 1.", func(g *world.GPU) float64 { return g.Busy }},
		{"nv_gpu_memory_total_bytes", "gauge", "Memory, bytes.", func(g *world.GPU) float64 { return g.Device.MemoryMiB * (1 << 20) }},
		{"nv_gpu_memory_used_bytes", "gauge", "Used memory, bytes.", func(g *world.GPU) float64 { return g.Used * (1 << 20) }},
		{"nv_gpu_power_usage", "gauge", "Power, W.", func(g *world.GPU) float64 { return g.Watts }},
		{"nv_gpu_power_limit", "gauge", "Limit of the power, W.", func(g *world.GPU) float64 { return g.Device.MaxWatts }},
		{"nv_energy_consumption", "counter", "Energy since the server started, J.", func(g *world.GPU) float64 { return g.Energy }},
	} {
		p.family(x.name, x.kind, x.help)
		for _, g := range p.r.GPUs {
			if !g.Lost {
				p.b = append(append(p.b, x.name...), `{`+label("gpu_uuid", g.UUID)+`} `...)
				p.b = append(strconv.AppendFloat(p.b, x.value(g), 'f', 6, 64), '\n')
			}
		}
	}
}
