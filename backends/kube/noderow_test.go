package kube

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"pitwall/fleet"
)

func gpus(capacity, usable string) func(*corev1.Node) {
	return func(n *corev1.Node) {
		n.Status.Capacity = corev1.ResourceList{"nvidia.com/gpu": resource.MustParse(capacity), "cpu": resource.MustParse("64")}
		n.Status.Allocatable = corev1.ResourceList{"nvidia.com/gpu": resource.MustParse(usable)}
	}
}

func says(kind, status, reason string) func(*corev1.Node) {
	return func(n *corev1.Node) {
		n.Status.Conditions = append(n.Status.Conditions, corev1.NodeCondition{Type: corev1.NodeConditionType(kind),
			Status: corev1.ConditionStatus(status), Reason: reason})
	}
}

func labelled(name, value string) func(*corev1.Node) {
	return func(n *corev1.Node) {
		if n.Labels == nil {
			n.Labels = map[string]string{}
		}
		n.Labels[name] = value
	}
}

func TestHowANodeDoes(t *testing.T) {
	own, err := parsePolarity("^SiteCheck=True; ^PlatformReady$=False")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change []func(*corev1.Node)
		state  fleet.State
		why    string
	}{
		{"ready", []func(*corev1.Node){gpus("8", "8")}, fleet.StateOK, ""},
		{"not ready", []func(*corev1.Node){func(n *corev1.Node) {
			n.Status.Conditions[0].Status, n.Status.Conditions[0].Reason = corev1.ConditionUnknown, "NodeStatusUnknown"
		}, gpus("8", "7")}, fleet.StateDown, "not ready: NodeStatusUnknown"},
		{"never heard", []func(*corev1.Node){func(n *corev1.Node) { n.Status.Conditions = nil }}, fleet.StateUnknown, "it has not reported whether it is ready"},
		{"a device failed", []func(*corev1.Node){gpus("8", "7")}, fleet.StateCrit, "1 of 8 GPUs failed: no more than 7 can be allocated"},
		{"pressure", []func(*corev1.Node){says("DiskPressure", "True", "KubeletHasDiskPressure")}, fleet.StateCrit, "DiskPressure is True: KubeletHasDiskPressure"},
		{"NVSentinel", []func(*corev1.Node){says("SysLogsXIDError", "True", "XID 79")}, fleet.StateCrit, "SysLogsXIDError is True: XID 79"},
		{"AMD", []func(*corev1.Node){says("AMDGPUXgmi", "True", "x")}, fleet.StateCrit, "AMDGPUXgmi is True: x"},
		{"all quiet", []func(*corev1.Node){says("GpuMemWatch", "False", "fine"), says("DiskPressure", "Unknown", "")}, fleet.StateOK, ""},
		{"good when True", []func(*corev1.Node){says("NetworkReady", "False", "no route")}, fleet.StateCrit, "NetworkReady is False: no route"},
		{"Not turns it round", []func(*corev1.Node){says("NotHealthy", "False", "x"), says("Unhealthy", "False", "x")}, fleet.StateOK, ""},
		{"the site's own rule", []func(*corev1.Node){says("SiteCheckGPU", "False", "burn-in failed")}, fleet.StateCrit, "SiteCheckGPU is False: burn-in failed"},
		{"the site's rule wins", []func(*corev1.Node){says("PlatformReady", "True", "inverted")}, fleet.StateCrit, "PlatformReady is True: inverted"},
		{"upgrade failed", []func(*corev1.Node){labelled(upgradeLabel, "upgrade-failed")}, fleet.StateCrit, "the driver upgrade failed"},
		{"upgrade", []func(*corev1.Node){labelled(upgradeLabel, "drain-required"), func(n *corev1.Node) { n.Spec.Unschedulable = true }},
			fleet.StateWarn, "driver upgrade under way: drain-required"},
		{"upgraded", []func(*corev1.Node){labelled(upgradeLabel, "upgrade-done")}, fleet.StateOK, ""},
		{"CoreWeave", []func(*corev1.Node){labelled(lifecycleLabel, "triage"), func(n *corev1.Node) { n.Spec.Unschedulable = true }},
			fleet.StateWarn, "CoreWeave has it out of production: triage"},
		{"CoreWeave in production", []func(*corev1.Node){labelled(lifecycleLabel, "production")}, fleet.StateOK, ""},
		{"cordoned", []func(*corev1.Node){func(n *corev1.Node) { n.Spec.Unschedulable = true }}, fleet.StateWarn, "cordoned"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := nodeRow(node("n1", c.change...), own, newWords())
			if r.State != c.state || r.Why.String() != c.why {
				t.Errorf("%s %q, want %s %q", r.State, r.Why, c.state, c.why)
			}
		})
	}
}

func TestNodeFacts(t *testing.T) {
	r := nodeRow(node("n1", labelled("nvidia.com/gpu.product", "NVIDIA-H100"), labelled("nvidia.com/cuda.driver.major", "570"),
		labelled("nvidia.com/cuda.driver.minor", "86"), func(n *corev1.Node) {
			n.Spec.Taints = []corev1.Taint{{Key: "nvidia.com/gpu-xid-error", Value: "true", Effect: "NoSchedule"}, {Key: "x", Effect: "NoExecute"}}
		}), builtinPolarity(), newWords())
	if r.GPUProduct.String() != "NVIDIA-H100" || r.Driver.String() != "570.86" || r.GPUCapacity.OK || !r.Ready.V {
		t.Errorf("%+v", r)
	}
	if len(r.Taints) != 2 || r.Taints[0].String() != "nvidia.com/gpu-xid-error=true:NoSchedule" || r.Taints[1].String() != "x:NoExecute" {
		t.Errorf("taints %v", r.Taints)
	}
	if r = nodeRow(node("n1", labelled("nvidia.com/cuda.driver-version.full", "580.1"), labelled("nvidia.com/cuda.driver.major", "1")), nil, newWords()); r.Driver.String() != "580.1" {
		t.Errorf("driver %q: the newer label counts", r.Driver)
	}
}

func TestAHeartbeatIsNoChange(t *testing.T) {
	w := newWorld("c")
	n := node("n1", gpus("8", "8"))
	w.putPod(podRow(pod("llm", "a", func(p *corev1.Pod) {
		p.Spec.Containers[0].Resources.Limits = corev1.ResourceList{"nvidia.com/gpu": resource.MustParse("2")}
	}), "c", newWords()), start)
	if !w.putNode(nodeRow(n, builtinPolarity(), newWords())) {
		t.Fatal("a new node is no change")
	}
	first := w.build()
	if first.Nodes[0].GPUAsked != 2 {
		t.Errorf("asked for %d", first.Nodes[0].GPUAsked)
	}
	n = n.DeepCopy()
	n.Status.Conditions[0].LastHeartbeatTime = at(0)
	if w.putNode(nodeRow(n, builtinPolarity(), newWords())) {
		t.Error("a heartbeat counts as a change")
	}
	w.dropPod(key{"llm", "a"})
	if second := w.build(); second.Nodes[0].GPUAsked != 0 || first.Nodes[0].GPUAsked != 2 {
		t.Errorf("asked %d, and the cluster handed out before says %d", second.Nodes[0].GPUAsked, first.Nodes[0].GPUAsked)
	}
}

func TestPolarityOptionIsChecked(t *testing.T) {
	for _, text := range []string{"x", "x=Maybe", "(=True"} {
		if _, err := parsePolarity(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
