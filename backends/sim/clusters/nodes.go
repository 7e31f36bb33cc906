package clusters

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"pitwall/backends/sim/kubeapi"
	"pitwall/backends/sim/world"
)

// aged is for how long the standing objects of a cluster have been there.
const aged = 61 * 24 * time.Hour

const driver = "580.95.05"

func (c *Cluster) born() metav1.Time { return metav1.NewTime(c.o.World.Spec.Start.Add(-aged)) }

// showNode puts one GPU node in. Labels and annotations are the clients', the rest is the world's.
func (c *Cluster) showNode(n *world.Node) {
	fresh := c.node(n)
	c.store.Update(kubeapi.Nodes, fresh, func(current runtime.Object) runtime.Object {
		out := fresh.DeepCopy()
		if old, ok := current.(*corev1.Node); ok {
			keepMeta(&out.ObjectMeta, &old.ObjectMeta)
		}
		return out
	})
}

func (c *Cluster) node(n *world.Node) *corev1.Node {
	pool := c.pools[n.Pool]
	out := c.machine(n.Name, gpuLabels(n, pool), "192", "2Ti")
	amount := gpuResource(n.Product)
	out.Status.Capacity[amount] = *resource.NewQuantity(int64(n.GPUs), resource.DecimalSI)
	out.Status.Allocatable[amount] = *resource.NewQuantity(int64(n.Allocatable), resource.DecimalSI)
	out.Spec.Unschedulable = n.Cordoned
	since := metav1.NewTime(c.store.Now())
	for _, t := range n.Taints {
		out.Spec.Taints = append(out.Spec.Taints, corev1.Taint{Key: t.Key, Value: t.Value, Effect: corev1.TaintEffect(t.Effect)})
	}
	if n.Cordoned {
		out.Spec.Taints = append(out.Spec.Taints, corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule})
	}
	if !n.Ready {
		out.Spec.Taints = append(out.Spec.Taints, corev1.Taint{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoExecute})
	}
	out.Status.Conditions = nil
	for _, k := range n.Conditions {
		out.Status.Conditions = append(out.Status.Conditions, corev1.NodeCondition{Type: corev1.NodeConditionType(k.Type),
			Status: corev1.ConditionStatus(k.Status), Reason: k.Reason, Message: k.Message,
			LastTransitionTime: metav1.NewTime(k.Since), LastHeartbeatTime: since})
	}
	return out
}

// gpuResource is how a vendor's device plugin calls its devices.
func gpuResource(product string) corev1.ResourceName {
	if amd(product) {
		return "amd.com/gpu"
	}
	return "nvidia.com/gpu"
}

func amd(product string) bool {
	return strings.Contains(product, "AMD") || strings.Contains(product, "Instinct")
}

// gpuLabels are what feature discovery writes.
func gpuLabels(n *world.Node, pool *world.PoolSpec) map[string]string {
	product := strings.ReplaceAll(n.Product, " ", "-")
	if amd(n.Product) {
		return map[string]string{"amd.com/gpu.product-name": product, "amd.com/gpu.family": "AI",
			"amd.com/gpu.vram": strconv.Itoa(int(pool.Device.MemoryMiB/1024)) + "G",
			"feature.node.kubernetes.io/pci-1002.present": "true",
			"node.kubernetes.io/instance-type":            "gpu-8x",
			"accelerator.topograph.run/domain":            n.Pool}
	}
	parts := strings.Split(driver, ".")
	return map[string]string{
		"nvidia.com/gpu.present": "true", "nvidia.com/gpu.product": product, "nvidia.com/gpu.count": strconv.Itoa(n.GPUs),
		"nvidia.com/gpu.memory": strconv.Itoa(int(pool.Device.MemoryMiB)), "nvidia.com/gpu.family": family(n.Product),
		"nvidia.com/gpu.replicas": "1", "nvidia.com/gpu.mode": "compute", "nvidia.com/mig.capable": "true",
		"nvidia.com/mig.strategy": "single", "nvidia.com/cuda.driver-version.full": driver,
		"nvidia.com/cuda.driver-version.major": parts[0], "nvidia.com/cuda.driver-version.minor": parts[1],
		"nvidia.com/cuda.driver-version.revision": parts[2], "nvidia.com/cuda.runtime-version.full": "13.0",
		"nvidia.com/gpu-driver-upgrade-state": "upgrade-done", "feature.node.kubernetes.io/pci-10de.present": "true",
		"node.kubernetes.io/instance-type": "gpu-8x", "accelerator.topograph.run/domain": n.Pool,
	}
}

func family(product string) string {
	switch {
	case strings.Contains(product, "B200"), strings.Contains(product, "B300"):
		return "blackwell"
	case strings.Contains(product, "A100"):
		return "ampere"
	case strings.Contains(product, "L40"):
		return "ada-lovelace"
	}
	return "hopper"
}

// machine is a healthy node without devices.
func (c *Cluster) machine(name string, labels map[string]string, cpus, memory string) *corev1.Node {
	all := map[string]string{"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
		"topology.kubernetes.io/region": c.o.Site, "topology.kubernetes.io/zone": c.o.Site + "-a"}
	for k, v := range labels {
		all[k] = v
	}
	have := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpus), corev1.ResourceMemory: resource.MustParse(memory),
		corev1.ResourcePods: resource.MustParse("110"), corev1.ResourceEphemeralStorage: resource.MustParse("3500Gi")}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: all, CreationTimestamp: c.born()},
		Spec:       corev1.NodeSpec{PodCIDR: "10.244.0.0/24", ProviderID: "own://" + c.o.Site + "/" + name},
		Status: corev1.NodeStatus{
			Capacity: have, Allocatable: have.DeepCopy(),
			Addresses: []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: address(10, name)},
				{Type: corev1.NodeHostName, Address: name}},
			NodeInfo: corev1.NodeSystemInfo{MachineID: machineID(name, "machine"), SystemUUID: machineID(name, "board"),
				BootID: machineID(name, "boot"), KubeletVersion: Version, OSImage: "Ubuntu 24.04.3 LTS", KernelVersion: "6.8.0-90-generic",
				ContainerRuntimeVersion: "containerd://2.1.5", OperatingSystem: "linux", Architecture: "amd64"},
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady",
				Message: "kubelet is posting ready status", LastTransitionTime: c.born(), LastHeartbeatTime: c.born()}},
		},
	}
}

// machineID is an identifier that a machine always has.
func machineID(name, part string) string {
	h := fnv.New128a()
	_, _ = h.Write([]byte(part + "/" + name)) // a hash takes everything
	return fmt.Sprintf("%x", h.Sum(nil))
}

// address is an address in a private net that a name always gets.
func address(net byte, name string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // a hash takes everything
	n := h.Sum32()
	return fmt.Sprintf("10.%d.%d.%d", net+byte(n>>16)&0x0f, byte(n>>8), byte(n)%254+1)
}
