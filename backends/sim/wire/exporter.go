package wire

import (
	"net/http"

	"pitwall/backends/sim/world"
)

// The kinds of GPU exporters that a node can have.
const (
	ExporterDCGM    = "dcgm"         // NVIDIA's, with the names of before the 4.6.0 standard
	ExporterRenamed = "dcgm-renamed" // with those of the standard
	ExporterSMI     = "nvidia-gpu"   // nvidia_gpu_exporter, which reads NVML
	ExporterAMD     = "amd"          // AMD's device-metrics-exporter
)

// exporter serves the GPU exporter of one node.
func (s *server) exporter(node string, gpus []*world.GPU) {
	render := func(b []byte) []byte { return renderDCGM(b, gpus, false) }
	switch s.o.Exporters[node] {
	case ExporterRenamed:
		render = func(b []byte) []byte { return renderDCGM(b, gpus, true) }
	case ExporterSMI:
		render = func(b []byte) []byte { return renderSMI(b, gpus) }
	case ExporterAMD:
		render = func(b []byte) []byte { return renderAMD(b, gpus) }
	}
	s.page("/metrics", textFormat, render)
	s.mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("OK")) // the client hung up
	})
}

// present are the devices that the driver still finds.
func present(gpus []*world.GPU) []*world.GPU {
	var out []*world.GPU
	for _, g := range gpus {
		if !g.Lost {
			out = append(out, g)
		}
	}
	return out
}
