package discovery

import (
	"slices"
	"strings"

	"pitwall/fleet"
)

// role is what a found system is for.
type role int

const (
	engine role = iota
	exporter
	gateway
	store
	alerting
)

// sign says how one kind of system is known before anything is asked of it, and what may then be asked.
type sign struct {
	kind  string
	role  role
	words []string // in the image, the labels that name an application, or the command
	path  string   // the one page that proves it; reading it changes nothing (engines-and-gpus.md 16, gateways.md 1.2)
	proof []string // what the page must hold; for metrics pages these are the connector's families
	ports []int
	alone bool // only its own ports: others of such pods may be dangerous to read
}

// signs is the list of what can be found, the more telling words first. trtllm comes before triton, whose server
// carries it too, and both before vllm, whose name appears in the images of others.
func signs() []sign {
	return []sign{
		{kind: "trtllm", role: engine, words: []string{"trtllm-serve", "tensorrt-llm", "tensorrt_llm", "trtllm"}, path: "/prometheus/metrics"},
		{kind: "triton", role: engine, words: []string{"tritonserver", "triton"}, path: "/metrics", alone: true},
		{kind: "sglang", role: engine, words: []string{"sglang"}, path: "/metrics"},
		{kind: "tgi", role: engine, words: []string{"text-generation-inference", "text-generation-launcher", "tgi"}, path: "/metrics"},
		{kind: "llamacpp", role: engine, words: []string{"llama.cpp", "llama-server", "llamacpp"}, path: "/metrics"},
		{kind: "rayserve", role: engine, words: []string{"rayproject", "ray-serve", "rayserve"}, path: "/metrics"},
		{kind: "bentoml", role: engine, words: []string{"bentoml", "bento"}, path: "/metrics"},
		{kind: "vllm", role: engine, words: []string{"vllm"}, path: "/metrics"},
		{kind: "dcgm", role: exporter, words: []string{"dcgm-exporter"}, path: "/metrics"},
		{kind: "nvidia-gpu", role: exporter, words: []string{"nvidia_gpu_exporter", "nvidia-gpu-exporter"}, path: "/metrics"},
		{kind: "amd", role: exporter, words: []string{"device-metrics-exporter"}, path: "/metrics"},
		{kind: "litellm", role: gateway, words: []string{"litellm"}, path: "/health/liveliness", proof: []string{"I'm alive!"},
			ports: []int{4000}},
		{kind: "prometheus", role: store, words: []string{"prometheus", "thanos", "victoria-metrics", "mimir"},
			path: "/api/v1/status/buildinfo", proof: []string{`"version"`}, ports: []int{9090}},
		{kind: "alertmanager", role: alerting, words: []string{"alertmanager"}, path: "/api/v2/status",
			proof: []string{`"versionInfo"`}, ports: []int{9093}},
	}
}

// known keeps the signs of the kinds that there are connectors for, with the ports and families that these name.
func known(connectors []fleet.Connector) []sign {
	var list []sign
	for _, s := range signs() {
		i := slices.IndexFunc(connectors, func(c fleet.Connector) bool { return c.Kind == s.kind })
		if i < 0 {
			continue
		}
		if len(s.proof) == 0 {
			s.proof = connectors[i].Families
		}
		s.ports = append(slices.Clone(connectors[i].Ports), s.ports...)
		list = append(list, s)
	}
	return list
}

// naming are the labels in which charts and operators name an application.
var naming = []string{"app.kubernetes.io/name", "app.kubernetes.io/component", "app.kubernetes.io/part-of", "app", "k8s-app", "component"}

// speaks tells whether a pod names one of the words. Helpers that go with a system, such as the operator, the reloader
// or the node exporter of Prometheus, name it too: they declare none of its ports and are not taken for it.
func (s sign) speaks(p *fleet.Pod) bool {
	image := strings.ToLower(p.Image)
	if at := strings.LastIndexByte(image, '@'); at > 0 {
		image = image[:at]
	}
	for _, w := range s.words {
		if strings.Contains(image, w) {
			return true
		}
		for _, label := range naming {
			if v := strings.ToLower(p.Labels[label]); v == w || strings.HasPrefix(v, w+"-") || strings.HasSuffix(v, "-"+w) {
				return true
			}
		}
		for _, arg := range p.Args[:min(3, len(p.Args))] {
			if strings.Contains(strings.ToLower(arg), w) {
				return true
			}
		}
	}
	return false
}

// proves tells whether a page is the one of this kind.
func (s sign) proves(page []byte) bool {
	if s.role == engine || s.role == exporter {
		return hasFamily(page, s.proof)
	}
	for _, word := range s.proof {
		if !strings.Contains(string(page), word) {
			return false
		}
	}
	return true
}

// hasFamily tells whether a metrics page has, or declares, a metric that begins or ends as one of these names do: some
// exporters put a prefix of the operator's choice before their own.
func hasFamily(page []byte, families []string) bool {
	for line := range strings.Lines(string(page)) {
		line = strings.TrimPrefix(strings.TrimPrefix(line, "# TYPE "), "# HELP ")
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, _, _ = strings.Cut(name, "{")
		for _, f := range families {
			if name != "" && (strings.HasPrefix(name, f) || strings.HasSuffix(name, f)) {
				return true
			}
		}
	}
	return false
}
