package viewtest

import (
	"strconv"
	"time"

	"pitwall/fleet"
)

// Clusters is the wireframes' incident with the two clusters that it runs on: one that is watched in full, with a
// machine that lost GPUs, one that does not answer, one that is cordoned, and pods in every usual trouble; and one
// that has gone silent and of which one kind may not be read.
func Clusters() *fleet.Snapshot {
	s := Fleet()
	s.Clusters = []*fleet.Cluster{mainCluster(), silentCluster()}
	return s
}

func mainCluster() *fleet.Cluster {
	c := &fleet.Cluster{
		ID: "prod-eu-1", Site: "fra-1", Server: fleet.Text("https://10.8.0.1:6443"), Version: fleet.Text("v1.33.4"),
		State: fleet.StateWarn, At: ago(2 * time.Second), Why: fleet.Text("2 of 5 nodes and 6 of 9 pods are in trouble"),
		Nodes: clusterNodes(), Pods: clusterPods(), Workloads: clusterWorkloads(), Events: clusterEvents(),
	}
	c.Kinds = []fleet.KindWatch{
		{Kind: "nodes", Synced: true, Count: len(c.Nodes)}, {Kind: "pods", Synced: true, Count: len(c.Pods)},
		{Kind: "deployments", Synced: true, Count: len(c.Workloads)}, {Kind: "events", Count: 300},
	}
	return c
}

// silentCluster was heard three minutes ago, and may be read in one namespace only.
func silentCluster() *fleet.Cluster {
	c := &fleet.Cluster{
		ID: "dr-eu-2", Site: "fra-2", Server: fleet.Text("https://10.9.0.1:6443"), Version: fleet.Text("v1.31.9"),
		State: fleet.StateStale, At: ago(3 * time.Minute),
		Why:   fleet.Text("no answer from 10.9.0.1 for 3m: connection refused; next try in 24s"),
		Scope: fleet.Text("namespace llm only: listing all is forbidden"),
		Kinds: []fleet.KindWatch{
			{Kind: "nodes", Err: fleet.Text("forbidden: the right to list nodes is missing")},
			{Kind: "pods", Synced: true, Count: 2}, {Kind: "deployments", Synced: true, Count: 1},
			{Kind: "events", Synced: true},
		},
	}
	for i := range 2 {
		p := Pod("llm", "llama-dr-0"+strconv.Itoa(i), "h200-dr-0"+strconv.Itoa(i+1), 8)
		c.Pods = append(c.Pods, p)
	}
	c.Workloads = []*fleet.Workload{workload("llama-dr", 2, 2, fleet.StateOK)}
	return c
}

// KubeNode is a healthy machine of a cluster with n GPUs, all of them given away.
func KubeNode(name string, n int) *fleet.KubeNode {
	fine := func(kind, status string) fleet.NodeCondition {
		return fleet.NodeCondition{Type: fleet.Label(kind), Status: fleet.Label(status), Since: ago(40 * 24 * time.Hour)}
	}
	return &fleet.KubeNode{
		Name: name, UID: "uid-" + name, Created: ago(40 * 24 * time.Hour), Ready: fleet.Some(true),
		Conditions: []fleet.NodeCondition{fine("Ready", "True"), fine("MemoryPressure", "False"), fine("DiskPressure", "False"),
			fine("PIDPressure", "False")},
		GPUProduct: fleet.Text("NVIDIA-B200"), Driver: fleet.Text("570.133.20"),
		GPUCapacity: fleet.Some(n), GPUUsable: fleet.Some(n), GPUAsked: n, Upgrade: fleet.Text("upgrade-done"),
		State: fleet.StateOK,
	}
}

func clusterNodes() []*fleet.KubeNode {
	fine, cordoned := KubeNode("b200-a-01", 8), KubeNode("b200-a-06", 8)
	cordoned.Unscheduled, cordoned.GPUAsked, cordoned.Upgrade = true, 0, fleet.Text("drain-required")
	cordoned.Taints = []fleet.Safe{fleet.Text("node.kubernetes.io/unschedulable:NoSchedule")}
	cordoned.State, cordoned.Why = fleet.StateWarn, fleet.Text("cordoned; the driver upgrade waits for its drain")
	lost := KubeNode("b200-a-07", 8)
	lost.GPUUsable, lost.Unscheduled = fleet.Some(0), true
	lost.Taints = []fleet.Safe{fleet.Text("nvidia.com/gpu-xid-error=true:NoSchedule"),
		fleet.Text("node.kubernetes.io/unschedulable:NoSchedule")}
	lost.Conditions = append(lost.Conditions, fleet.NodeCondition{Type: fleet.Text("SysLogsXIDError"), Status: fleet.Text("True"),
		Bad: true, Since: ago(4 * time.Minute), Why: fleet.Text("XIDError: [119] GSP RPC timeout - RecommendedAction: RESET_GPU")})
	lost.State, lost.Why = fleet.StateCrit, fleet.Text("8 of 8 GPUs are not offered: SysLogsXIDError")
	dead := KubeNode("h100-b-03.fra-2.example.net", 8)
	dead.Ready, dead.ReadyWhy = fleet.Some(false), fleet.Text("NodeStatusUnknown: Kubelet stopped posting node status.")
	dead.Conditions[0].Status, dead.Conditions[0].Bad = fleet.Text("Unknown"), true
	dead.Conditions[0].Since, dead.Conditions[0].Why = ago(6*time.Minute), dead.ReadyWhy
	dead.GPUProduct = fleet.Text("NVIDIA-H100-80GB-HBM3")
	dead.Taints = []fleet.Safe{fleet.Text("node.kubernetes.io/unreachable:NoExecute")}
	dead.State, dead.Why = fleet.StateDown, fleet.Text("not ready for 6m: Kubelet stopped posting node status")
	plain := KubeNode("cpu-01", 0)
	plain.GPUCapacity, plain.GPUUsable, plain.GPUProduct, plain.Driver = fleet.None[int](), fleet.None[int](), fleet.Safe{}, fleet.Safe{}
	plain.Upgrade = fleet.Safe{}
	return []*fleet.KubeNode{fine, cordoned, lost, plain, dead}
}

// Pod is a healthy serving pod of a Deployment.
func Pod(namespace, name, node string, gpus int) *fleet.Pod {
	return &fleet.Pod{
		Namespace: namespace, Name: name, UID: "uid-" + name, Node: node, IP: "10.1.0." + strconv.Itoa(len(name)),
		Owner:  fleet.ObjectRef{Cluster: "prod-eu-1", Kind: "Deployment", Namespace: namespace, Name: "llama-70b"},
		Labels: map[string]string{"app": "llama-70b"}, Ports: []fleet.PodPort{{Container: "vllm", Name: "http", Port: 8000}},
		Image:   "registry.example.net/vllm:0.24.0",
		Args:    []string{"serve", "meta-llama/Llama-3.3-70B-Instruct", "--tensor-parallel-size", "8"},
		Created: ago(30 * time.Hour), Phase: fleet.Text("Running"), Ready: 1, Containers: 1, GPUs: gpus,
		State: fleet.StateOK, Since: ago(29 * time.Hour),
	}
}

func clusterPods() []*fleet.Pod {
	ill := func(name, node string, s fleet.State, since time.Duration, phase, why, exit string, restarts int) *fleet.Pod {
		p := Pod("llm", name, node, 8)
		p.State, p.Since, p.Phase, p.Why, p.LastExit = s, ago(since), fleet.Label(phase), fleet.Label(why), fleet.Label(exit)
		p.Ready, p.Restarts = 0, restarts
		if exit != "" {
			p.LastExitAt = ago(2 * time.Minute)
		}
		return p
	}
	proxy := Pod("gateway", "litellm-7f9c4d8b6-q2wzx", "cpu-01", 0)
	proxy.Owner.Name, proxy.Containers, proxy.Ready = "litellm", 2, 2
	first := Pod("llm", "llama-70b-6c9f7d5b4-2x4zk", "b200-a-01", 8)
	first.IP = "10.1.0.1"
	pending := ill("llama-70b-6c9f7d5b4-pp8vd", "", fleet.StateCrit, 12*time.Minute, "Pending",
		"Unschedulable: 0/5 nodes are available: 2 Insufficient nvidia.com/gpu, 2 had untolerated taints, 1 not ready", "", 0)
	pending.IP = ""
	job := Pod("llm", "weights-fetch-x7k2p", "cpu-01", 0)
	job.Phase, job.Ready, job.Owner = fleet.Text("Succeeded"), 0, fleet.ObjectRef{}
	return []*fleet.Pod{
		proxy, first,
		ill("llama-70b-6c9f7d5b4-7hq2m", "b200-a-07", fleet.StateDown, 4*time.Minute, "Running",
			"NotReady: readiness probe failed: HTTP 503", "", 0),
		pending,
		ill("llama-70b-canary-5d8f-abcde", "b200-a-01", fleet.StateCrit, 41*time.Minute, "Running",
			"CrashLoopBackOff: back-off 5m0s restarting failed container vllm", "Error 1", 14),
		ill("qwen-embed-845c-m4x9t", "h100-c-01", fleet.StateWarn, 9*time.Minute, "Running",
			"restarted 3 times within the hour", "OOMKilled 137", 3),
		ill("llama-70b-6c9f7d5b4-old01", "h100-b-03.fra-2.example.net", fleet.StateWarn, 7*time.Minute, "Terminating",
			"Terminating for 7m: its node does not answer", "", 0),
		ill("mistral-fp8-66d-xw2lq", "b200-a-06", fleet.StateCrit, 3*time.Minute, "Pending",
			"ImagePullBackOff: registry.example.net/vllm:0.25.0-rc1: not found", "", 0),
		job,
	}
}

func workload(name string, desired, ready int, s fleet.State) *fleet.Workload {
	return &fleet.Workload{
		Kind: "Deployment", Namespace: "llm", Name: name, UID: "uid-" + name, Created: ago(70 * 24 * time.Hour),
		Desired: desired, Ready: ready, Updated: desired, Available: ready,
		Image: fleet.Text("registry.example.net/vllm:0.24.0"), GPUsEach: 8, State: s, Since: ago(12 * time.Minute),
	}
}

func clusterWorkloads() []*fleet.Workload {
	proxy := workload("litellm", 3, 3, fleet.StateOK)
	proxy.Namespace, proxy.GPUsEach, proxy.Autoscaler = "gateway", 0, fleet.Text("HPA 3 of 3-10")
	proxy.Budget = fleet.Text("allows 1 of 3")
	stuck := workload("llama-70b", 4, 1, fleet.StateCrit)
	stuck.Updated, stuck.Why = 2, fleet.Text("stuck for 12m: ProgressDeadlineExceeded, 1 pod Unschedulable")
	stuck.Budget = fleet.Text("allows 0 of 4")
	embed := workload("qwen-embed", 2, 1, fleet.StateWarn)
	embed.Why, embed.GPUsEach, embed.Autoscaler = fleet.Text("1 of 2 ready"), 1, fleet.Text("KEDA 2 of 2-6")
	set := workload("mistral-fp8", 1, 0, fleet.StateCrit)
	set.Kind, set.Why = "LeaderWorkerSet", fleet.Text("0 of 1 ready for 3m")
	return []*fleet.Workload{proxy, stuck, embed, set}
}

func clusterEvents() []*fleet.KubeEvent {
	event := func(d time.Duration, kind, reason, object, name, text string, n int) *fleet.KubeEvent {
		o := fleet.ObjectRef{Cluster: "prod-eu-1", Kind: object, Namespace: "llm", Name: name}
		if object == "Node" {
			o.Namespace = ""
		}
		return &fleet.KubeEvent{At: ago(d), Type: fleet.Label(kind), Reason: fleet.Label(reason), Object: o,
			Text: fleet.Label(text), Count: n}
	}
	return []*fleet.KubeEvent{
		event(15*time.Second, "Warning", "FailedScheduling", "Pod", "llama-70b-6c9f7d5b4-pp8vd",
			"0/5 nodes are available: 2 Insufficient nvidia.com/gpu, 2 node(s) had untolerated taints, 1 node(s) were not ready", 37),
		event(90*time.Second, "Warning", "BackOff", "Pod", "llama-70b-canary-5d8f-abcde",
			"Back-off restarting failed container vllm", 164),
		event(3*time.Minute, "Warning", "Failed", "Pod", "mistral-fp8-66d-xw2lq",
			"Failed to pull image: registry.example.net/vllm:0.25.0-rc1: not found", 4),
		event(4*time.Minute, "SysLogsXIDError", "XIDError", "Node", "b200-a-07",
			"[119] GSP RPC timeout - RecommendedAction: RESET_GPU", 8),
		event(4*time.Minute, "Normal", "NodeNotSchedulable", "Node", "b200-a-07", "Node status is now: NodeNotSchedulable", 1),
		event(6*time.Minute, "Warning", "NodeNotReady", "Node", "h100-b-03.fra-2.example.net",
			"Node status is now: NodeNotReady", 1),
		event(30*time.Minute, "Normal", "ScalingReplicaSet", "Deployment", "llama-70b",
			"Scaled up replica set llama-70b-6c9f7d5b4 to 4", 1),
	}
}
