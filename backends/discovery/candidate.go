package discovery

import (
	"slices"
	"strings"

	"pitwall/fleet"
)

// candidate is one question to one pod: is there this kind of system behind this port?
type candidate struct {
	sign sign
	port int
}

// candidates lists what is worth asking a pod, the likeliest first. Only declared ports are asked. A pod that names no
// system is asked for the page of an engine where it holds GPUs and listens on a port that engines use; one that might
// be TensorRT-LLM is not, since reading /metrics there empties a queue.
func candidates(p *fleet.Pod, list []sign) []candidate {
	var out []candidate
	for _, s := range list {
		if !s.speaks(p) {
			continue
		}
		for _, port := range portsOf(p, s) {
			out = append(out, candidate{s, port})
		}
	}
	if len(out) > 0 || p.GPUs == 0 || drains(p) {
		return out
	}
	for _, s := range list {
		if s.role != engine || s.kind == "trtllm" {
			continue
		}
		for _, port := range p.Ports {
			if slices.Contains(s.ports, port.Port) {
				out = append(out, candidate{s, port.Port})
			}
		}
	}
	return out
}

// portsOf lists the declared ports of a pod that a system may listen on: its own default ones, then those whose names
// say that they serve.
func portsOf(p *fleet.Pod, s sign) []int {
	var own, named []int
	for _, port := range p.Ports {
		switch {
		case slices.Contains(s.ports, port.Port):
			own = append(own, port.Port)
		case !s.alone && s.role != store && s.role != alerting && s.serves(port.Name):
			named = append(named, port.Port)
		}
	}
	if len(own)+len(named) == 0 && !s.alone && s.named == nil && (s.role == engine || s.role == gateway) && len(p.Ports) == 1 {
		return []int{p.Ports[0].Port}
	}
	return slices.Compact(append(own, named...))
}

// serves tells whether a port's name says that the page may be there.
func (s sign) serves(name string) bool {
	if s.named != nil {
		return slices.Contains(s.named, name)
	}
	return slices.Contains([]string{"http", "metrics", "http-metrics", "web", "api", "server", "serve", "http1", "user-port"}, name)
}

// drains tells whether a pod may run TensorRT-LLM: NVIDIA's own serving images do.
func drains(p *fleet.Pod) bool {
	image := strings.ToLower(p.Image)
	return strings.Contains(image, "nvcr.io/nim") || strings.Contains(image, "nvcr.io/nvidia") || strings.Contains(image, "nim/")
}
