package discovery

import (
	"slices"
	"testing"

	"pitwall/fleet"
)

// asks lists what a pod would be asked, as "kind:port".
func asks(p *fleet.Pod) []string {
	list := known([]fleet.Connector{
		{Kind: "rayserve", Families: []string{"ray_serve_"}, Ports: []int{8080}},
		{Kind: "bentoml", Families: []string{"bentoml_service_"}, Ports: []int{3000}},
		{Kind: "vllm", Families: []string{"vllm:"}, Ports: []int{8000}},
	})
	var out []string
	for _, c := range candidates(p, list) {
		out = append(out, c.sign.kind+":"+fleet.Int(c.port).String())
	}
	return out
}

// named is a pod whose ports have names.
func named(image string, labels map[string]string, ports ...fleet.PodPort) *fleet.Pod {
	p := pod("p", image, "owner")
	p.Labels, p.Ports = labels, ports
	return p
}

// A Ray node has its page on a port of its own, and behind the one of the applications only the applications' paths.
func TestRayIsAskedOnItsMetricsPortAlone(t *testing.T) {
	gcs, dashboard, serve := fleet.PodPort{Name: "gcs", Port: 6379}, fleet.PodPort{Name: "dashboard", Port: 8265}, fleet.PodPort{Name: "serve", Port: 8000}
	ours := map[string]string{"ray.io/serve": "true", "app.kubernetes.io/name": "kuberay"}
	for _, c := range []struct {
		name string
		pod  *fleet.Pod
		want []string
	}{
		{"the operator's default", named("rayproject/ray:2.60.0", nil, gcs, dashboard, serve, fleet.PodPort{Name: "metrics", Port: 8080}),
			[]string{"rayserve:8080"}},
		{"another port", named("rayproject/ray:2.60.0", nil, serve, fleet.PodPort{Name: "metrics", Port: 9999}), []string{"rayserve:9999"}},
		{"an image of one's own", named("registry.local/llm:7", ours, serve, fleet.PodPort{Name: "metrics", Port: 8080}), []string{"rayserve:8080"}},
		{"no metrics port", named("rayproject/ray:2.60.0", nil, serve), nil},
		{"the operator", named("quay.io/kuberay/operator:v1.7.0", map[string]string{"app.kubernetes.io/name": "kuberay-operator"},
			fleet.PodPort{Name: "http", Port: 8080}), nil},
	} {
		c.pod.GPUs = 0
		if got := asks(c.pod); !slices.Equal(got, c.want) {
			t.Errorf("%s: asked %q, want %q", c.name, got, c.want)
		}
	}
}

func TestBentoMLIsNoProcessorOfStreams(t *testing.T) {
	http := fleet.PodPort{Name: "http", Port: 3000}
	for _, c := range []struct {
		pod  *fleet.Pod
		want []string
	}{
		{named("registry.local/greeter:1", map[string]string{"yatai.ai/bento-deployment": "greeter"}, http), []string{"bentoml:3000"}},
		{named("bentoml/greeter:1", nil, http), []string{"bentoml:3000"}},
		{named("ghcr.io/warpstreamlabs/bento:1.9", nil, fleet.PodPort{Name: "http", Port: 4195}), nil},
	} {
		c.pod.GPUs = 0
		if got := asks(c.pod); !slices.Equal(got, c.want) {
			t.Errorf("%s: asked %q, want %q", c.pod.Image, got, c.want)
		}
	}
}
