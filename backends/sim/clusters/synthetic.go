package clusters

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	appsv1 "k8s.io/api/apps/v1"
	"pitwall/backends/sim/kubeapi"
	"pitwall/backends/sim/world"
)

// Synthetic is a crowd of nodes and pods without engines behind them.
type Synthetic struct {
	Nodes, Pods int // GPU nodes of eight devices, and one-GPU pods spread over them in workloads of up to fifty
}

// syntheticNS is where the crowd is.
const syntheticNS = "load"

const perWorkload = 50

// synthetic puts the crowd in. Nothing of it moves on its own.
func (c *Cluster) synthetic() {
	s := c.o.Synthetic
	if s.Nodes <= 0 {
		return
	}
	c.store.Put(kubeapi.Namespaces, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: syntheticNS, CreationTimestamp: c.born()},
		Status: corev1.NamespaceStatus{Phase: corev1.NamespaceActive}})
	device := world.Device{Product: "NVIDIA H100 80GB HBM3", MemoryMiB: 81559}
	pool := &world.PoolSpec{Name: syntheticNS, Engine: "vllm", Model: "llama-70b", GPUs: 1, PerNode: 8, Device: device}
	for i := range s.Nodes {
		n := &world.Node{Name: fmt.Sprintf("load-%04d", i+1), Pool: syntheticNS, Product: device.Product, GPUs: 8}
		node := c.machine(n.Name, gpuLabels(n, pool), "192", "2Ti")
		for _, list := range []corev1.ResourceList{node.Status.Capacity, node.Status.Allocatable} {
			list[gpuResource(device.Product)] = *resource.NewQuantity(8, resource.DecimalSI)
		}
		c.store.Put(kubeapi.Nodes, node)
	}
	t := c.template(pool)
	for first := 0; first < s.Pods; first += perWorkload {
		c.crowd(&t, first, min(s.Pods-first, perWorkload))
	}
}

// crowd puts one workload of n pods in.
func (c *Cluster) crowd(t *corev1.PodTemplateSpec, first, n int) {
	name := fmt.Sprintf("load-%03d", first/perWorkload+1)
	size, labels := int32(n), map[string]string{"app": name, hashLabel: "6c8f9d7b54"}
	match := &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}
	own := *t.DeepCopy()
	own.Labels = labels
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: syntheticNS, CreationTimestamp: c.born()},
		Spec: appsv1.DeploymentSpec{Replicas: &size, Selector: match, Template: own},
		Status: appsv1.DeploymentStatus{ObservedGeneration: 1, Replicas: size, ReadyReplicas: size, AvailableReplicas: size,
			UpdatedReplicas: size}}
	c.store.Put(kubeapi.Deployments, d)
	rs := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: name + "-6c8f9d7b54", Namespace: syntheticNS, Labels: labels,
		CreationTimestamp: c.born(), OwnerReferences: owned(d, "Deployment")},
		Spec:   appsv1.ReplicaSetSpec{Replicas: &size, Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: own},
		Status: appsv1.ReplicaSetStatus{ObservedGeneration: 1, Replicas: size, ReadyReplicas: size, AvailableReplicas: size}}
	c.store.Put(kubeapi.ReplicaSets, rs)
	for i := range n {
		node := fmt.Sprintf("load-%04d", (first+i)%c.o.Synthetic.Nodes+1)
		c.standing(syntheticNS, fmt.Sprintf("%s-6c8f9d7b54-%05d", name, first+i), node, runtime.Object(rs), "ReplicaSet", &own)
	}
}

// Touch changes one pod of the crowd, as a kubelet's report would, and says whether there is such a pod; it is what
// the way from a change to a screen is measured with.
func (c *Cluster) Touch(name string) bool {
	like := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: syntheticNS}}
	found := false
	stored := c.store.Update(kubeapi.Pods, like, func(current runtime.Object) runtime.Object {
		old, ok := current.(*corev1.Pod)
		if found = ok; !ok {
			return nil
		}
		out := old.DeepCopy()
		for i := range out.Status.ContainerStatuses {
			out.Status.ContainerStatuses[i].RestartCount++
		}
		return out
	})
	return stored && found
}
