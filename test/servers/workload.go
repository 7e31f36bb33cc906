package servers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// gpuResource is the extended resource of NVIDIA's device plugin.
const gpuResource corev1.ResourceName = "nvidia.com/gpu"

// GPUNode is a node with GPUs, with the labels of GPU feature discovery. number chooses its address and its zone.
func GPUNode(number, gpus int, product string) *corev1.Node {
	name := fmt.Sprintf("gpu-%04d", number)
	capacity := corev1.ResourceList{gpuResource: *resource.NewQuantity(int64(gpus), resource.DecimalSI),
		corev1.ResourceCPU: resource.MustParse("192"), corev1.ResourceMemory: resource.MustParse("2Ti"),
		corev1.ResourceEphemeralStorage: resource.MustParse("3Ti"), corev1.ResourcePods: resource.MustParse("110")}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
			"topology.kubernetes.io/region": "eu-north", "topology.kubernetes.io/zone": fmt.Sprintf("eu-north-%c", 'a'+number%3),
			"node.kubernetes.io/instance-type": "gpu8.metal", "nvidia.com/gpu.present": "true", "nvidia.com/gpu.product": product,
			"nvidia.com/gpu.count": fmt.Sprint(gpus), "nvidia.com/gpu.memory": "81559", "nvidia.com/gpu.family": "hopper",
			"nvidia.com/gpu.replicas": "1", "nvidia.com/gpu.compute.major": "9", "nvidia.com/gpu.compute.minor": "0",
			"nvidia.com/cuda.driver-version.full": "580.95.05", "nvidia.com/cuda.driver-version.major": "580",
			"nvidia.com/cuda.runtime-version.full": "13.0", "nvidia.com/mig.capable": "true", "nvidia.com/mig.strategy": "single",
		}},
		Spec: corev1.NodeSpec{ProviderID: "bed://" + name},
		Status: corev1.NodeStatus{Capacity: capacity, Allocatable: maps.Clone(capacity), Addresses: []corev1.NodeAddress{
			{Type: corev1.NodeInternalIP, Address: fmt.Sprintf("10.64.%d.%d", number/200+1, number%200+1)},
			{Type: corev1.NodeHostName, Address: name}}},
	}
}

// Serving describes a Deployment of vLLM.
type Serving struct {
	Namespace, Name, Model string
	Replicas, GPUs         int
	Image                  string // empty is a version of vLLM
}

// enginePort is where vLLM serves its API and its metrics.
const enginePort = 8000

// Deployment is written as serving teams write it, which makes a pod of about 8 kB in JSON.
func (s Serving) Deployment() *appsv1.Deployment {
	labels := map[string]string{"app": s.Name, "app.kubernetes.io/name": "vllm", "app.kubernetes.io/component": "inference-engine",
		"app.kubernetes.io/part-of": "chat-platform", "team": "serving"}
	replicas, surge := int32(s.Replicas), intstr.FromInt32(0)
	gone := intstr.FromString("25%")
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace, Name: s.Name, Labels: labels},
		Spec: appsv1.DeploymentSpec{Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": s.Name}},
			Strategy: appsv1.DeploymentStrategy{Type: appsv1.RollingUpdateDeploymentStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: &surge, MaxUnavailable: &gone}},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: map[string]string{
					"prometheus.io/scrape": "true", "prometheus.io/port": fmt.Sprint(enginePort), "prometheus.io/path": "/metrics",
					"checksum/config": "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"}},
				Spec: s.pod()}},
	}
}

func (s Serving) pod() corev1.PodSpec {
	limits := corev1.ResourceList{gpuResource: *resource.NewQuantity(int64(s.GPUs), resource.DecimalSI),
		corev1.ResourceMemory: resource.MustParse("192Gi")}
	requests := maps.Clone(limits)
	requests[corev1.ResourceCPU] = resource.MustParse("16")
	image := s.Image
	if image == "" {
		image = "registry.example/vllm/vllm-openai:v0.18.0"
	}
	probe := func(period, failures int32) *corev1.Probe {
		return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/health", Port: intstr.FromString("http")}},
			PeriodSeconds: period, FailureThreshold: failures, TimeoutSeconds: 5}
	}
	wait := int64(120)
	return corev1.PodSpec{
		TerminationGracePeriodSeconds: &wait, PriorityClassName: "", NodeSelector: map[string]string{"nvidia.com/gpu.present": "true"},
		Tolerations: []corev1.Toleration{{Key: "nvidia.com/gpu", Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule}},
		Volumes: []corev1.Volume{
			{Name: "weights", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/var/lib/weights"}}},
			{Name: "shm", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory}}}},
		Containers: []corev1.Container{{Name: "vllm", Image: image, Command: []string{"vllm", "serve"}, Args: s.arguments(), Env: s.environment(),
			Ports:     []corev1.ContainerPort{{Name: "http", ContainerPort: enginePort, Protocol: corev1.ProtocolTCP}},
			Resources: corev1.ResourceRequirements{Limits: limits, Requests: requests},
			VolumeMounts: []corev1.VolumeMount{{Name: "weights", MountPath: "/weights", ReadOnly: true},
				{Name: "shm", MountPath: "/dev/shm"}},
			StartupProbe: probe(10, 180), ReadinessProbe: probe(5, 3), LivenessProbe: probe(10, 6),
			Lifecycle: &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: 15}}}}},
	}
}

func (s Serving) arguments() []string {
	return []string{"/weights/" + s.Model, "--served-model-name=" + s.Model, fmt.Sprintf("--tensor-parallel-size=%d", s.GPUs),
		fmt.Sprintf("--port=%d", enginePort), "--max-model-len=32768", "--gpu-memory-utilization=0.92", "--max-num-seqs=256",
		"--enable-prefix-caching", "--kv-cache-dtype=fp8", "--disable-log-requests", "--enable-auto-tool-choice"}
}

func (s Serving) environment() []corev1.EnvVar {
	var list []corev1.EnvVar
	for _, pair := range [][2]string{{"HF_HOME", "/weights/hf"}, {"HF_HUB_OFFLINE", "1"}, {"VLLM_LOGGING_LEVEL", "INFO"},
		{"VLLM_USE_V1", "1"}, {"VLLM_WORKER_MULTIPROC_METHOD", "spawn"}, {"NCCL_DEBUG", "WARN"}, {"NCCL_IB_HCA", "mlx5"},
		{"NCCL_SOCKET_IFNAME", "eth0"}, {"CUDA_DEVICE_ORDER", "PCI_BUS_ID"}, {"OMP_NUM_THREADS", "8"},
		{"TOKENIZERS_PARALLELISM", "false"}, {"OTEL_SERVICE_NAME", s.Name}, {"MODEL", s.Model},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel-collector.observability.svc:4317"}} {
		list = append(list, corev1.EnvVar{Name: pair[0], Value: pair[1]})
	}
	for name, path := range map[string]string{"POD_IP": "status.podIP", "NODE_NAME": "spec.nodeName"} {
		list = append(list, corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}})
	}
	return list
}

// Serve makes a Deployment.
func (c *Cluster) Serve(ctx context.Context, s Serving) error {
	_, err := c.Client.AppsV1().Deployments(s.Namespace).Create(ctx, s.Deployment(), metav1.CreateOptions{})
	return err
}

// AddNode makes a node.
func (c *Cluster) AddNode(ctx context.Context, node *corev1.Node) error {
	_, err := c.Client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
	return err
}

// AwaitReady waits until all replicas of a Deployment are ready.
func (c *Cluster) AwaitReady(ctx context.Context, namespace, name string) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		d, err := c.Client.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if d.Status.ObservedGeneration >= d.Generation && d.Status.ReadyReplicas == *d.Spec.Replicas {
			return nil
		}
		if err := c.alive(); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s/%s has %d of %d replicas ready: %w\n%s", namespace, name, d.Status.ReadyReplicas, *d.Spec.Replicas,
				ctx.Err(), c.Tails(1000))
		}
	}
}

// alive is an error when a server has ended by itself.
func (c *Cluster) alive() error {
	for _, p := range c.processes {
		select {
		case <-p.done:
			return errors.Join(fmt.Errorf("%s has ended", p.Name), errors.New(p.Tail(3000)))
		default:
		}
	}
	return nil
}
