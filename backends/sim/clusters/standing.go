package clusters

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"pitwall/backends/sim/kubeapi"
	"pitwall/backends/sim/world"
)

// Namespaces beside the one that serves.
const (
	gatewayNS  = "gateway"
	operatorNS = "gpu-operator"
)

// PlainNodes is how many machines without devices a cluster has.
const PlainNodes = 2

// Ports of what stands beside the engines.
const (
	litellmPort = 4000
	dcgmPort    = 9400
	amdPort     = 5000
)

// found puts in what stands for as long as the cluster does: namespaces, machines without devices, gateways, exporters,
// services, budgets.
func (c *Cluster) found() {
	for _, name := range []string{"default", "kube-system", world.Namespace, gatewayNS, operatorNS} {
		c.store.Put(kubeapi.Namespaces, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: c.born(),
			Labels: map[string]string{corev1.LabelMetadataName: name}}, Status: corev1.NamespaceStatus{Phase: corev1.NamespaceActive}})
	}
	for i := range PlainNodes {
		c.store.Put(kubeapi.Nodes, c.machine(c.plain(i), map[string]string{"node.kubernetes.io/instance-type": "cpu-16x"}, "64", "256Gi"))
	}
	c.gateways()
	c.exporters()
	for _, name := range c.o.Pools {
		p := c.pools[name]
		c.service(world.Namespace, name, selector(p).MatchLabels, engines()[p.Engine].port)
		c.store.Put(kubeapi.Budgets, &policyv1.PodDisruptionBudget{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: world.Namespace, CreationTimestamp: c.born(), Labels: poolLabels(p)},
			Spec:       policyv1.PodDisruptionBudgetSpec{MaxUnavailable: one(), Selector: selector(p)}})
	}
	c.synthetic()
}

func one() *intstr.IntOrString {
	v := intstr.FromInt32(1)
	return &v
}

// plain names a machine without devices.
func (c *Cluster) plain(i int) string { return fmt.Sprintf("%s-cpu-%02d", c.o.Site, i+1) }

func (c *Cluster) service(namespace, name string, match map[string]string, port int32) {
	c.store.Put(kubeapi.Services, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, CreationTimestamp: c.born(), Labels: match},
		Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeClusterIP, ClusterIP: address(0x60, namespace+name), Selector: match,
			Ports: []corev1.ServicePort{{Name: "http", Port: port, TargetPort: intstr.FromInt32(port), Protocol: corev1.ProtocolTCP}}}})
}

// gateways puts the gateway replicas in as pods of one Deployment.
func (c *Cluster) gateways() {
	n := int32(len(c.o.Gateways))
	if n == 0 {
		return
	}
	match := map[string]string{"app": "litellm"}
	t := corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "litellm", "app.kubernetes.io/name": "litellm", hashLabel: "7d9f5c6b8"}},
		Spec: corev1.PodSpec{RestartPolicy: corev1.RestartPolicyAlways, SchedulerName: corev1.DefaultSchedulerName,
			Containers: []corev1.Container{{Name: "litellm", Image: "ghcr.io/berriai/litellm:main-v1.96.0",
				Args:  []string{"--config", "/app/config.yaml", "--port", fmt.Sprint(litellmPort)},
				Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: litellmPort, Protocol: corev1.ProtocolTCP}}}}},
	}
	d := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "litellm", Namespace: gatewayNS, Labels: match, CreationTimestamp: c.born(),
			Annotations: map[string]string{revisionAnnotation: "1"}},
		Spec: appsv1.DeploymentSpec{Replicas: &n, Selector: &metav1.LabelSelector{MatchLabels: match}, Template: t},
		Status: appsv1.DeploymentStatus{ObservedGeneration: 1, Replicas: n, ReadyReplicas: n, AvailableReplicas: n, UpdatedReplicas: n,
			Conditions: []appsv1.DeploymentCondition{{Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue,
				Reason: "MinimumReplicasAvailable", LastTransitionTime: c.born(), LastUpdateTime: c.born()}}},
	}
	c.store.Put(kubeapi.Deployments, d)
	rs := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Name: "litellm-7d9f5c6b8", Namespace: gatewayNS, Labels: t.Labels, CreationTimestamp: c.born(),
			Annotations:     map[string]string{revisionAnnotation: "1"},
			OwnerReferences: c.owner(kubeapi.Deployments, "Deployment", gatewayNS, "litellm")},
		Spec: appsv1.ReplicaSetSpec{Replicas: &n, Template: t, Selector: &metav1.LabelSelector{MatchLabels: t.Labels}},
		Status: appsv1.ReplicaSetStatus{Replicas: n, ReadyReplicas: n, AvailableReplicas: n, FullyLabeledReplicas: n,
			ObservedGeneration: 1},
	}
	c.store.Put(kubeapi.ReplicaSets, rs)
	for i, name := range c.o.Gateways {
		c.standing(gatewayNS, name, c.plain(i%PlainNodes), rs, "ReplicaSet", &t)
	}
	c.service(gatewayNS, "litellm", match, litellmPort)
	least, cpu := n, int32(70)
	used := int32(31)
	c.store.Put(kubeapi.Autoscalers, &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Name: "litellm", Namespace: gatewayNS, CreationTimestamp: c.born()},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{MinReplicas: &least, MaxReplicas: 2 * n,
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "litellm"},
			Metrics: []autoscalingv2.MetricSpec{{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
				Name: corev1.ResourceCPU, Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &cpu}}}}},
		Status: autoscalingv2.HorizontalPodAutoscalerStatus{CurrentReplicas: n, DesiredReplicas: n,
			CurrentMetrics: []autoscalingv2.MetricStatus{{Type: autoscalingv2.ResourceMetricSourceType,
				Resource: &autoscalingv2.ResourceMetricStatus{Name: corev1.ResourceCPU, Current: autoscalingv2.MetricValueStatus{
					AverageUtilization: &used, AverageValue: resource.NewMilliQuantity(620, resource.DecimalSI)}}}},
			Conditions: []autoscalingv2.HorizontalPodAutoscalerCondition{{Type: autoscalingv2.AbleToScale, Status: corev1.ConditionTrue,
				Reason: "ReadyForNewScale", LastTransitionTime: c.born()}, {Type: autoscalingv2.ScalingActive, Status: corev1.ConditionTrue,
				Reason: "ValidMetricFound", LastTransitionTime: c.born()}}}})
}

func (c *Cluster) owner(res, kind, namespace, name string) []metav1.OwnerReference {
	if obj := c.store.Get(res, namespace, name); obj != nil {
		return owned(obj, kind)
	}
	return nil
}

// exporters puts the device exporters in: one pod of a DaemonSet on each node.
func (c *Cluster) exporters() {
	for _, vendor := range []struct {
		amd         bool
		name, image string
		port        int32
	}{
		{false, "nvidia-dcgm-exporter", "nvcr.io/nvidia/k8s/dcgm-exporter:4.5.2-4.8.1-ubuntu24.04", dcgmPort},
		{true, "amd-device-metrics-exporter", "docker.io/rocm/device-metrics-exporter:v1.5.1", amdPort},
	} {
		var nodes []string
		for _, name := range c.o.Pools {
			p := c.pools[name]
			if amd(p.Device.Product) == vendor.amd {
				nodes = append(nodes, p.Nodes...)
			}
		}
		if len(nodes) > 0 {
			c.daemons(vendor.name, vendor.image, vendor.port, nodes)
		}
	}
}

func (c *Cluster) daemons(name, image string, port int32, nodes []string) {
	n, labels := int32(len(nodes)), map[string]string{"app": name, "app.kubernetes.io/name": name}
	t := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels},
		Spec: corev1.PodSpec{RestartPolicy: corev1.RestartPolicyAlways, SchedulerName: corev1.DefaultSchedulerName,
			Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
			Containers: []corev1.Container{{Name: name, Image: image,
				Ports: []corev1.ContainerPort{{Name: "metrics", ContainerPort: port, Protocol: corev1.ProtocolTCP}}}}}}
	ds := &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: operatorNS, Labels: labels, CreationTimestamp: c.born()},
		Spec:       appsv1.DaemonSetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}, Template: t},
		Status: appsv1.DaemonSetStatus{CurrentNumberScheduled: n, DesiredNumberScheduled: n, NumberReady: n, NumberAvailable: n,
			UpdatedNumberScheduled: n, ObservedGeneration: 1},
	}
	c.store.Put(kubeapi.DaemonSets, ds)
	for _, node := range nodes {
		c.standing(operatorNS, name+"-"+node, node, runtime.Object(ds), "DaemonSet", &t)
	}
	c.service(operatorNS, name, map[string]string{"app": name}, port)
}
