package podspec

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"pitwall/fleet"
)

// IsGPU tells extended resources that are accelerators: whole devices, shares of one, and partitions.
func IsGPU(name corev1.ResourceName) bool {
	vendor, device, ok := strings.Cut(string(name), "/")
	if !ok {
		return false
	}
	switch vendor {
	case "nvidia.com":
		return device == "gpu" || device == "gpu.shared" || strings.HasPrefix(device, "mig-")
	case "amd.com": // gpu, or a partition such as cpx_nps4
		return device == "gpu" || strings.Contains(device, "_nps")
	case "gpu.intel.com":
		return device == "i915" || device == "xe"
	case "habana.ai":
		return device == "gaudi"
	case "google.com":
		return device == "tpu"
	case "aws.amazon.com":
		return device == "neuron"
	}
	return false
}

// GPUsIn counts the accelerators of a list; any tells whether it names one.
func GPUsIn(list corev1.ResourceList) (n int, any bool) {
	for name, q := range list {
		if IsGPU(name) {
			n += Count(q)
			any = true
		}
	}
	return n, any
}

// maxDevices bounds a nonsensical quantity.
const maxDevices = 1 << 20

// Count is a quantity as a number of devices.
func Count(q resource.Quantity) int { return int(min(max(q.Value(), 0), maxDevices)) }

// GPUs is what the scheduler counts for a pod: containers and sidecars together, or the largest init container.
func GPUs(spec *corev1.PodSpec) int {
	total, largest := 0, 0
	for i := range spec.Containers {
		n, _ := GPUsIn(Asked(&spec.Containers[i]))
		total += n
	}
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		n, _ := GPUsIn(Asked(c))
		if isSidecar(c) {
			total += n
		} else {
			largest = max(largest, n)
		}
	}
	return max(total, largest)
}

func isSidecar(c *corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

// Devices is GPUs by resource: nvidia.com/gpu, nvidia.com/mig-1g.10gb and so on. It is nil for a pod that asks for none.
func Devices(spec *corev1.PodSpec) map[corev1.ResourceName]int {
	var total, largest map[corev1.ResourceName]int
	for i := range spec.Containers {
		total = add(total, Asked(&spec.Containers[i]), func(a, b int) int { return a + b })
	}
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		if isSidecar(c) {
			total = add(total, Asked(c), func(a, b int) int { return a + b })
		} else {
			largest = add(largest, Asked(c), func(a, b int) int { return max(a, b) })
		}
	}
	if total == nil {
		return largest
	}
	for name, n := range largest {
		total[name] = max(total[name], n)
	}
	return total
}

func add(to map[corev1.ResourceName]int, list corev1.ResourceList, join func(int, int) int) map[corev1.ResourceName]int {
	for name, q := range list {
		if n := Count(q); n > 0 && IsGPU(name) {
			if to == nil {
				to = map[corev1.ResourceName]int{}
			}
			to[name] = join(to[name], n)
		}
	}
	return to
}

// Asked prefers limits: extended resources cannot be requested without one.
func Asked(c *corev1.Container) corev1.ResourceList {
	if len(c.Resources.Limits) > 0 {
		return c.Resources.Limits
	}
	return c.Resources.Requests
}

// productLabels name the GPU model of a node, the more telling first.
var productLabels = []string{"nvidia.com/gpu.product", "amd.com/gpu.product-name", "beta.amd.com/gpu.product-name",
	"cloud.google.com/gke-accelerator", "k8s.amazonaws.com/accelerator", "gpu.nvidia.com/model", "gpu.nvidia.com/class"}

// NodeProduct is the GPU model of a node with these labels.
func NodeProduct(labels map[string]string) fleet.Safe {
	for _, name := range productLabels {
		if v := labels[name]; v != "" {
			return fleet.Label(v)
		}
	}
	return fleet.Safe{}
}

// Product is the GPU model that a pod asks for by node selector or by required affinity; "" for any.
func Product(spec *corev1.PodSpec) fleet.Safe {
	for _, name := range productLabels {
		if v := spec.NodeSelector[name]; v != "" {
			return fleet.Quote(v)
		}
	}
	if spec.Affinity == nil || spec.Affinity.NodeAffinity == nil ||
		spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return fleet.Safe{}
	}
	any := map[string]bool{} // terms are alternatives
	for _, term := range spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		said := false
		for _, e := range term.MatchExpressions {
			if e.Operator == corev1.NodeSelectorOpIn && slices.Contains(productLabels, e.Key) {
				said = true
				for _, v := range e.Values {
					any[v] = true
				}
			}
		}
		if !said {
			return fleet.Safe{}
		}
	}
	return fleet.Quote(strings.Join(slices.Sorted(maps.Keys(any)), " or "))
}
