package kubenodes

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

// mark is a sign that somebody keeps a node closed on purpose (orchestration.md 4.2, 4.3).
type mark struct {
	text  fleet.Safe
	works bool // somebody is at work on the node and opens it again: an uncordon now would be in the way
}

const upgradeLabel = "nvidia.com/gpu-driver-upgrade-state"

// sentinelFaults are conditions of NVSentinel; True means fault.
var sentinelFaults = []string{"GpuMemWatch", "GpuThermalWatch", "GpuPcieWatch", "GpuPowerWatch", "GpuInforomWatch", "GpuSmWatch",
	"GpuNvlinkWatch",
	"GpuMcuWatch", "GpuPmuWatch", "GpuDriverWatch", "GpuCpusetWatch", "SysLogsXIDError", "SysLogsSXIDError", "SysLogsGPUFallenOff",
	"NVSwitchFatalError", "NVSwitchNonFatalError", "NVSwitchDown", "DCGMError", "CSPMaintenance", "SyslogError"}

// marks reads them all.
func marks(n *corev1.Node) []mark {
	return slices.Concat(driverUpgrade(n), lifecycle(n), quarantine(n), faults(n), taints(n), devices(n))
}

func driverUpgrade(n *corev1.Node) []mark {
	switch state := n.Labels[upgradeLabel]; state {
	case "", "upgrade-done", "upgrade-required": // not begun, or over
		return nil
	case "upgrade-failed":
		return []mark{{text: fleet.Text("the driver upgrade of the GPU operator failed here, and it keeps the node closed")}}
	default:
		return []mark{{works: true, text: fleet.Textf("the GPU operator upgrades its driver (%s) and opens it afterwards", fleet.Quote(state))}}
	}
}

// lifecycle is where CoreWeave has a machine in its life. It moves machines from one state to the next by itself.
func lifecycle(n *corev1.Node) []mark {
	const label, pending = "node.coreweave.cloud/state", "node.coreweave.cloud/pending-state"
	if at := n.Labels[label]; at != "" && at != "production" {
		return []mark{{works: true, text: fleet.Textf("CoreWeave has it out of production (%s) and returns it afterwards", fleet.Quote(at))}}
	}
	if next := n.Labels[pending]; next != "" {
		return []mark{{text: fleet.Textf("CoreWeave waits until it is empty, then takes it to %s", fleet.Quote(next))}}
	}
	return nil
}

// quarantine is what NVSentinel leaves at a node that it closed.
func quarantine(n *corev1.Node) []mark {
	for key, value := range n.Annotations {
		if key[strings.LastIndexByte(key, '/')+1:] == "quarantineHealthEventIsCordoned" && strings.EqualFold(value, "true") {
			return []mark{{text: fleet.Text("NVSentinel closed it for a health event; an uncordon by hand stops it from closing it again " +
				"for the same event")}}
		}
	}
	return nil
}

// faults are conditions by which agents mark bad GPUs.
func faults(n *corev1.Node) []mark {
	var list []string
	for i := range n.Status.Conditions {
		c := &n.Status.Conditions[i]
		known := slices.Contains(sentinelFaults, string(c.Type)) || strings.HasPrefix(string(c.Type), "AMDGPU")
		if known && c.Status == corev1.ConditionTrue {
			list = append(list, string(c.Type))
		}
	}
	if len(list) == 0 {
		return nil
	}
	return []mark{{text: fleet.Textf("faults are reported: %s", fleet.Quote(strings.Join(list, ", ")))}}
}

func taints(n *corev1.Node) []mark {
	var list []mark
	for i := range n.Spec.Taints {
		t := &n.Spec.Taints[i]
		switch {
		case t.Key == "amd-dcm":
			list = append(list, mark{works: true, text: fleet.Text("the AMD operator changes its partitions (taint amd-dcm) and " +
				"opens it afterwards")})
		case strings.EqualFold(strings.ReplaceAll(t.Key, "_", "-"), "amd-gpu-unhealthy"):
			list = append(list, mark{text: fleet.Text("the AMD operator marks its GPUs as unhealthy; its remediation goes on until " +
				"that taint is gone")})
		case t.Key == "ToBeDeletedByClusterAutoscaler":
			list = append(list, mark{works: true, text: fleet.Text("the cluster autoscaler is taking it away")})
		case strings.HasPrefix(t.Key, "nvidia.com/gpu-") && strings.HasSuffix(t.Key, "-error"), t.Key == "nvidia.com/gpu-error":
			list = append(list, mark{text: fleet.Textf("taint %s marks a GPU fault", fleet.Quote(t.Key))})
		}
	}
	return list
}

// devices that failed are not allocatable any more.
func devices(n *corev1.Node) []mark {
	total, any := podspec.GPUsIn(n.Status.Capacity)
	usable, _ := podspec.GPUsIn(n.Status.Allocatable)
	if !any || usable >= total {
		return nil
	}
	return []mark{{text: fleet.Textf("%s of %s GPUs failed: no more than %s can be allocated", fleet.Int(total-usable), fleet.Int(total),
		fleet.Int(usable))}}
}
