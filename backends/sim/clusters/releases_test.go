package clusters

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"

	"pitwall/backends/sim/world"
)

func TestTheRegistryHasReleasesOfTheEngines(t *testing.T) {
	for image, want := range map[string]string{
		"vllm/vllm-openai:v0.33.0":                         "",
		"vllm/vllm-openai:v0.8.5":                          "",
		"ghcr.io/ggml-org/llama.cpp:server-cuda":           "",
		"nvcr.io/nvidia/tensorrt-llm/release:1.3.0":        "",
		"vllm/vllm-openai:nightly":                         `"docker.io/vllm/vllm-openai:nightly": docker.io/vllm/vllm-openai:nightly: not found`,
		"vllm/vllm-openai":                                 "not found",
		"vllm/vllm-opena:v0.33.0":                          "pull access denied",
		"registry.example:5000/vllm/vllm-openai:v0.33.0":   "pull access denied",
		"ghcr.io/huggingface/text-generation-inference:x9": "not found",
	} {
		if got := registry(image); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", image, got, want)
		}
	}
}

func TestWhatATemplateMeans(t *testing.T) {
	pool := world.PoolSpec{Name: "p", Engine: "vllm", Model: "llama-70b", GPUs: 8, Device: world.Device{Product: "NVIDIA H100"}}
	c := &Cluster{o: Options{World: world.New(&world.Spec{Pools: []world.PoolSpec{pool}})}}
	template := func(change func(*corev1.Container)) *corev1.PodTemplateSpec {
		out := c.template(&pool)
		change(&out.Spec.Containers[0])
		return &out
	}
	r := c.release(&pool, template(func(*corev1.Container) {}))
	if r.GPUs != 8 || r.Pull != "" || r.Crash != "" || r.Grace != 1800 {
		t.Errorf("%+v", r)
	}
	r = c.release(&pool, template(func(one *corev1.Container) {
		one.Resources.Limits = corev1.ResourceList{"nvidia.com/gpu": resource.MustParse("4")}
		one.StartupProbe = nil
	}))
	if r.GPUs != 4 || r.Grace != 0 || !strings.Contains(r.Crash, "World size (8)") {
		t.Errorf("half the devices: %+v", r)
	}
	for args, want := range map[string]string{
		"--model /models/llama-70b-v2":                       "",
		"--model=/models/llama-70b --tensor-parallel-size=8": "",
		"--model /models/other":                              "/models/other is not a local folder",
		"--model org/name":                                   "", // a name on a hub
	} {
		r = c.release(&pool, template(func(one *corev1.Container) { one.Args = strings.Fields(args) }))
		if (want == "") != (r.Crash == "") || !strings.Contains(r.Crash, want) {
			t.Errorf("%s: %q", args, r.Crash)
		}
	}
}

func TestStrategiesAreRead(t *testing.T) {
	percent, two := intstr.FromString("30%"), intstr.FromInt32(2)
	s := deploymentStrategy(&appsv1.DeploymentSpec{Paused: true, MinReadySeconds: 9, Strategy: appsv1.DeploymentStrategy{
		Type: appsv1.RollingUpdateDeploymentStrategyType, RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: &percent, MaxUnavailable: &two}}})
	want := world.Strategy{Surge: world.Amount{N: 30, Percent: true}, Unavailable: world.Amount{N: 2}, MinReady: 9, Deadline: 600, Paused: true}
	if s != want {
		t.Errorf("%+v", s)
	}
	if s = deploymentStrategy(&appsv1.DeploymentSpec{Strategy: appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}}); s.Way != world.WayRecreate {
		t.Errorf("%+v", s)
	}
	three := int32(3)
	st := statefulStrategy(&appsv1.StatefulSetSpec{UpdateStrategy: appsv1.StatefulSetUpdateStrategy{Type: appsv1.OnDeleteStatefulSetStrategyType,
		RollingUpdate: &appsv1.RollingUpdateStatefulSetStrategy{Partition: &three}}})
	if st.Way != world.WayOnDelete || st.Partition != 3 {
		t.Errorf("%+v", st)
	}
}
