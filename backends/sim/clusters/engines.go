package clusters

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"pitwall/backends/sim/world"
)

// engine is how one engine is run in a pod.
type engine struct {
	image   string
	old     string // image of the release that F13 upgrades from
	command []string
	args    func(weights, served string, gpus int) []string
	port    int32
	health  string
	more    []corev1.ContainerPort
}

// engines are the command lines of the engines' own images.
func engines() map[string]engine {
	tp := func(gpus int) string { return strconv.Itoa(gpus) }
	return map[string]engine{
		"vllm": {image: "vllm/vllm-openai:v0.32.0", old: "vllm/vllm-openai:v0.8.5", port: 8000, health: "/health",
			args: func(w, s string, g int) []string {
				return []string{"--model", w, "--served-model-name", s, "--tensor-parallel-size", tp(g), "--max-model-len", "32768"}
			}},
		"sglang": {image: "lmsysorg/sglang:v0.5.6", old: "lmsysorg/sglang:v0.4.4", port: 30000, health: "/health",
			command: []string{"python3", "-m", "sglang.launch_server"}, args: func(w, s string, g int) []string {
				return []string{"--model-path", w, "--served-model-name", s, "--tp", tp(g), "--enable-metrics", "--host", "0.0.0.0"}
			}},
		"trtllm": {image: "nvcr.io/nvidia/tensorrt-llm/release:1.2.0", command: []string{"trtllm-serve"}, port: 8000,
			health: "/health", args: func(w, _ string, g int) []string {
				return []string{w, "--tp_size", tp(g), "--backend", "pytorch", "--host", "0.0.0.0", "--port", "8000"}
			}},
		"triton": {image: "nvcr.io/nvidia/tritonserver:26.06-trtllm-python-py3", command: []string{"tritonserver"}, port: 8000,
			health: "/v2/health/ready", more: []corev1.ContainerPort{{Name: "metrics", ContainerPort: 8002, Protocol: corev1.ProtocolTCP}},
			args: func(string, string, int) []string { return []string{"--model-repository=/models"} }},
		"tgi": {image: "ghcr.io/huggingface/text-generation-inference:3.3.6", port: 8080, health: "/health",
			args: func(w, _ string, g int) []string {
				return []string{"--model-id", w, "--num-shard", tp(g), "--port", "8080"}
			}},
		"llamacpp": {image: "ghcr.io/ggml-org/llama.cpp:server-cuda", port: 8080, health: "/health",
			args: func(w, s string, _ int) []string {
				return []string{"-m", w + ".gguf", "--alias", s, "--metrics", "--host", "0.0.0.0", "--port", "8080"}
			}},
	}
}

// weights is where a pool's model lies, as distinct from the name that it is served under.
func weights(model string) string { return "/models/" + model }

// template is the first template of a pool's Deployment.
func (c *Cluster) template(p *world.PoolSpec) corev1.PodTemplateSpec {
	e, ok := engines()[p.Engine]
	if !ok {
		e = engines()["vllm"]
	}
	if p.Legacy && e.old != "" {
		e.image = e.old
	}
	amount := gpuResource(p.Device.Product)
	gpus := *resource.NewQuantity(int64(p.GPUs), resource.DecimalSI)
	probe := func(period, failures int32) *corev1.Probe {
		return &corev1.Probe{PeriodSeconds: period, FailureThreshold: failures, TimeoutSeconds: 1, SuccessThreshold: 1,
			ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: e.health, Port: intstr.FromString("http"),
				Scheme: corev1.URISchemeHTTP}}}
	}
	one := corev1.Container{
		Name: p.Engine, Image: e.image, Command: e.command, Args: e.args(weights(p.Model), p.Model, p.GPUs),
		Ports:     append([]corev1.ContainerPort{{Name: "http", ContainerPort: e.port, Protocol: corev1.ProtocolTCP}}, e.more...),
		Env:       []corev1.EnvVar{{Name: "HF_HUB_OFFLINE", Value: "1"}},
		Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{amount: gpus}, Requests: corev1.ResourceList{amount: gpus}},
		VolumeMounts: []corev1.VolumeMount{{Name: "weights", MountPath: "/models", ReadOnly: true},
			{Name: "shm", MountPath: "/dev/shm"}},
		ReadinessProbe: probe(5, 3), StartupProbe: probe(10, 180), ImagePullPolicy: corev1.PullIfNotPresent,
	}
	grace := int64(30)
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: poolLabels(p)},
		Spec: corev1.PodSpec{
			Containers: []corev1.Container{one}, TerminationGracePeriodSeconds: &grace, RestartPolicy: corev1.RestartPolicyAlways,
			SchedulerName: corev1.DefaultSchedulerName, DNSPolicy: corev1.DNSClusterFirst, ServiceAccountName: "default",
			NodeSelector: map[string]string{"accelerator.topograph.run/domain": p.Name},
			Volumes: []corev1.Volume{
				{Name: "weights", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{
					ClaimName: "weights-" + p.Model, ReadOnly: true}}},
				{Name: "shm", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory}}},
			},
		},
	}
}

func poolLabels(p *world.PoolSpec) map[string]string {
	return map[string]string{"app": p.Name, "app.kubernetes.io/name": p.Engine, "app.kubernetes.io/component": "inference",
		"app.kubernetes.io/part-of": world.Namespace, "model": p.Model}
}

func selector(p *world.PoolSpec) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"app": p.Name}}
}
