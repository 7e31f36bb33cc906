package triton

import (
	"bytes"

	"pitwall/backends/internal/enginepage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// family is one metric that is read. Names are those of engines-and-gpus.md 5.2 (Triton 2.71, TensorRT-LLM backend).
type family = enginepage.Family[key, entry]

// key is one version of one model, or one GPU: several models share a server, and series of a model that name a GPU
// are its instances there.
type key struct{ model, version, gpu []byte }

// Equal compares all parts.
func (k key) Equal(o key) bool {
	return bytes.Equal(k.model, o.model) && bytes.Equal(k.version, o.version) && bytes.Equal(k.gpu, o.gpu)
}

func keyOf(l promtext.Labels) key {
	var k key
	for {
		name, value, rest, ok := l.Next()
		if !ok {
			break
		}
		switch string(name) {
		case "model":
			k.model = value
		case "version":
			k.version = value
		case "gpu_uuid":
			k.gpu = value
		}
		l = rest
	}
	if k.model != nil {
		k.gpu = nil
	}
	return k
}

// entry is what the page says of one key.
type entry struct {
	fleet.EngineReading
	gpu fleet.GPUReading

	success, failure          fleet.Maybe[float64]
	totalMicros, queueMicros  fleet.Maybe[float64] // of all successful requests
	pending, inFlightWaiting  fleet.Maybe[fleet.Count]
	scheduled, active         fleet.Maybe[fleet.Count]
	blocks, used, perBlock    fleet.Maybe[float64]
	iterations, executions    fleet.Maybe[float64]
	firstMillis               fleet.Histogram
	gpuMemory, gpuMemoryInUse fleet.Maybe[float64] // bytes
}

func families() []family {
	return append(append(requests(), inFlight()...), devices()...)
}

// requests are counters without "_total"; one model may have a series for each GPU that runs it.
func requests() []family {
	counter := func(name string, into func(x *entry) *fleet.Maybe[float64]) family {
		return family{Name: name, Kind: promtext.Counter, Set: func(x *entry, v float64) { enginepage.Add(into(x), v) }}
	}
	return []family{
		counter("nv_inference_request_success", func(x *entry) *fleet.Maybe[float64] { return &x.success }),
		counter("nv_inference_request_duration_us", func(x *entry) *fleet.Maybe[float64] { return &x.totalMicros }),
		counter("nv_inference_queue_duration_us", func(x *entry) *fleet.Maybe[float64] { return &x.queueMicros }),
		counter("nv_inference_exec_count", func(x *entry) *fleet.Maybe[float64] { return &x.executions }),
		{Name: "nv_inference_request_failure", Kind: promtext.Counter, Also: failed},
		{Name: "nv_inference_pending_request_count", Kind: promtext.Gauge,
			Set: func(x *entry, v float64) { enginepage.Add(&x.pending, v) }},
		// The documentation prints its buckets without their suffix, so that both forms are taken.
		{Name: "nv_inference_first_response_histogram_ms", Kind: promtext.Histogram | promtext.Gauge | promtext.Counter,
			Hist: func(x *entry) *fleet.Histogram { return &x.firstMillis }},
	}
}

// failed sums failures, which are outside of the successes. What clients gave up is no failure of the engine; what it
// rejected for want of room is one.
func failed(x *entry, l promtext.Labels, v float64) {
	enginepage.Add(&x.failure, v)
	if string(l.Raw("reason")) == "CANCELED" {
		enginepage.Add(&x.Aborted, v)
	} else {
		enginepage.Add(&x.Failed, v)
	}
}

// inFlight are the gauges of the TensorRT-LLM backend.
func inFlight() []family {
	byLabel := func(name, label string, into func(x *entry, kind string, v float64)) family {
		return family{Name: name, Kind: promtext.Gauge, Also: func(x *entry, l promtext.Labels, v float64) {
			into(x, string(l.Raw(label)), v)
		}}
	}
	return []family{
		byLabel("nv_trt_llm_request_metrics", "request_type", func(x *entry, kind string, v float64) {
			switch kind {
			case "waiting":
				x.inFlightWaiting = enginepage.Some[fleet.Count](v)
			case "scheduled":
				x.scheduled = enginepage.Some[fleet.Count](v)
			case "active":
				x.active = enginepage.Some[fleet.Count](v)
			}
		}),
		byLabel("nv_trt_llm_kv_cache_block_metrics", "kv_cache_block_type", func(x *entry, kind string, v float64) {
			switch kind {
			case "fraction":
				x.KVUsage = enginepage.Some[fleet.Ratio](v)
			case "max":
				x.blocks = fleet.Some(v)
			case "used":
				x.used = fleet.Some(v)
			case "tokens_per":
				x.perBlock = fleet.Some(v)
			}
		}),
		byLabel("nv_trt_llm_general_metrics", "general_type", func(x *entry, kind string, v float64) {
			if kind == "iteration_counter" {
				x.iterations = fleet.Some(v)
			}
		}),
	}
}

// devices are the GPUs of the server; utilisation is 0 to 1 here, where DCGM says percent.
func devices() []family {
	gauge := func(name string, set func(x *entry, v float64)) family {
		return family{Name: name, Kind: promtext.Gauge, Set: func(x *entry, v float64) { set(x, v) }}
	}
	return []family{
		gauge("nv_gpu_utilization", func(x *entry, v float64) { x.gpu.Util = enginepage.Some[fleet.Ratio](v) }),
		gauge("nv_gpu_memory_total_bytes", func(x *entry, v float64) { x.gpuMemory = fleet.Some(v) }),
		gauge("nv_gpu_memory_used_bytes", func(x *entry, v float64) { x.gpuMemoryInUse = fleet.Some(v) }),
		gauge("nv_gpu_power_usage", func(x *entry, v float64) { x.gpu.Power = enginepage.Some[fleet.Watts](v) }),
	}
}
