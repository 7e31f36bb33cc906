package kube

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"pitwall/fleet"
)

// isGPU tells extended resources that are accelerators: whole devices, shares of one, and partitions.
func isGPU(name corev1.ResourceName) bool {
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

func gpusIn(list corev1.ResourceList) (n int, any bool) {
	for name, q := range list {
		if isGPU(name) {
			n += count(q)
			any = true
		}
	}
	return n, any
}

// maxDevices bounds a nonsensical quantity.
const maxDevices = 1 << 20

func count(q resource.Quantity) int { return int(min(max(q.Value(), 0), maxDevices)) }

// gpusOf is what the scheduler counts for a pod: containers and sidecars together, or the largest init container.
func gpusOf(spec *corev1.PodSpec) int {
	total, largest := 0, 0
	for i := range spec.Containers {
		n, _ := gpusIn(asked(&spec.Containers[i]))
		total += n
	}
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		n, _ := gpusIn(asked(c))
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			total += n
		} else {
			largest = max(largest, n)
		}
	}
	return max(total, largest)
}

// asked prefers limits: extended resources cannot be requested without one.
func asked(c *corev1.Container) corev1.ResourceList {
	if len(c.Resources.Limits) > 0 {
		return c.Resources.Limits
	}
	return c.Resources.Requests
}

// first returns the first label of a list that a node has.
func firstLabel(labels map[string]string, names ...string) fleet.Safe {
	for _, name := range names {
		if v := labels[name]; v != "" {
			return fleet.Label(v)
		}
	}
	return fleet.Safe{}
}

// product is the GPU model of a node.
func product(labels map[string]string) fleet.Safe {
	return firstLabel(labels, "nvidia.com/gpu.product", "amd.com/gpu.product-name", "beta.amd.com/gpu.product-name",
		"cloud.google.com/gke-accelerator", "k8s.amazonaws.com/accelerator")
}

// driver is the driver version of a node, by the labels of feature discovery: the whole one, or its parts, of which the
// older names are deprecated and still written.
func driver(labels map[string]string) fleet.Safe {
	if full := firstLabel(labels, "nvidia.com/cuda.driver-version.full"); !full.IsEmpty() {
		return full
	}
	for _, names := range [][3]string{
		{"nvidia.com/cuda.driver-version.major", "nvidia.com/cuda.driver-version.minor", "nvidia.com/cuda.driver-version.revision"},
		{"nvidia.com/cuda.driver.major", "nvidia.com/cuda.driver.minor", "nvidia.com/cuda.driver.rev"},
	} {
		if labels[names[0]] == "" {
			continue
		}
		var parts []string
		for _, name := range names {
			if labels[name] != "" {
				parts = append(parts, labels[name])
			}
		}
		return fleet.Label(strings.Join(parts, "."))
	}
	return firstLabel(labels, "amd.com/gpu.driver-version")
}
