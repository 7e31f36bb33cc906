package fleet

import "time"

// ClusterID names one Kubernetes cluster, by the context of the kubeconfig, or one other orchestrator.
type ClusterID string

// Cluster is one Kubernetes cluster as last watched. It is immutable, and so is everything that it points to: a later
// Cluster shares the rows that did not change.
type Cluster struct {
	ID      ClusterID
	Site    SiteID
	Server  Safe      // address without credentials
	Version Safe      // of the API server
	State   State     // StateUnknown before the first list, StateStale once nothing is heard
	Why     Safe      // what it is doing or what failed: "listing pods", "no answer from 10.0.0.1 for 3m"
	At      time.Time // when the server was last heard: an answer, an event or a bookmark
	Scope   Safe      // "" for the whole cluster, else why less is seen: "namespace llm only: listing all is forbidden"
	Kinds   []KindWatch
	// Hosted says that it is an orchestrator with an API of its own: of its machines nothing is read, and all that it keeps
	// serves models.
	Hosted bool

	Nodes     []*KubeNode // by name
	Pods      []*Pod      // by namespace, then name
	Workloads []*Workload // by namespace, kind, then name
	Events    []*KubeEvent
}

// KindWatch is how far the watch of one kind is.
type KindWatch struct {
	Kind   string // plural resource: "pods"
	Synced bool   // the first list is complete
	Count  int
	Err    Safe // why it is not read, such as a missing right; "" when it is
}

// ObjectRef names one object of a cluster.
type ObjectRef struct {
	Cluster   ClusterID
	Kind      string // as the API writes it: "Pod", "Node", "Deployment"
	Namespace string // "" for cluster-wide kinds
	Name      string
	Container string // logs: "" takes the one whose log tells most
}

// Container is one container of a pod: whose log can be read.
type Container struct {
	Name     string
	Role     Safe // "init", "sidecar", "serving", "beside" (the serving one), "debug"
	State    Safe // "running", "waiting: CrashLoopBackOff", "ended: OOMKilled 137"
	Restarts int
	Before   bool // it has ended before: the log from then may still be there
	Chosen   bool // whose log tells most
}

// KubeNode is one machine as the API server has it.
type KubeNode struct {
	Name        string
	UID         string
	Created     time.Time
	Ready       Maybe[bool]
	ReadyWhy    Safe // reason and message while it is not ready
	Unscheduled bool // cordoned
	Taints      []Safe
	Conditions  []NodeCondition // all of them; Bad says which are trouble
	GPUProduct  Safe            // nvidia.com/gpu.product and its like
	Driver      Safe
	GPUCapacity Maybe[int] // devices of all vendors
	GPUUsable   Maybe[int] // allocatable: fewer than the capacity means that devices failed
	GPUAsked    int        // by pods that are neither Succeeded nor Failed
	Provider    string     // ID that its cloud knows it by: "aws:///us-east-1a/i-0abc"; "" where there is none
	Addresses   []string   // host names and IPs
	Lifecycle   Safe       // node.coreweave.cloud/state: "production", "triage", "zap"; "" where the cloud says none
	Upgrade     Safe       // nvidia.com/gpu-driver-upgrade-state, "" where there is none
	State       State
	Why         Safe
}

// NodeCondition is one condition of a node. Most mean trouble when they are True, Ready when it is not; sites differ.
type NodeCondition struct {
	Type   Safe
	Status Safe // True, False, Unknown
	Bad    bool
	Since  time.Time
	Why    Safe // reason and message
}

// Pod is one pod: what screens draw, and what finds what it serves. Environment and volumes are not kept.
type Pod struct {
	Namespace, Name string
	UID             string
	Node            string
	IP              string
	Owner           ObjectRef // the workload at the top of the chain of owners, as far as it is known; zero for none
	Labels          map[string]string
	Ports           []PodPort
	Image           string // of the serving container
	Args            []string
	Created         time.Time
	Phase           Safe // Pending, Running, Succeeded, Failed, Unknown; Terminating once it is deleted
	Ready           int  // containers
	Containers      int
	Restarts        int
	LastExit        Safe // how the last container ended: "OOMKilled 137"
	LastExitAt      time.Time
	GPUs            int // asked for
	State           State
	Why             Safe // why it does not serve, in one sentence: "Unschedulable: Insufficient nvidia.com/gpu"
	Since           time.Time
}

// PodPort is one port that a container declares.
type PodPort struct {
	Container string
	Name      string
	Port      int
}

// Workload is what keeps pods: a Deployment, StatefulSet, ReplicaSet without owner, DaemonSet, LeaderWorkerSet.
type Workload struct {
	Kind, Namespace, Name string
	UID                   string
	Created               time.Time
	Desired, Ready        int
	Updated, Available    int
	Image                 Safe
	GPUsEach              int // of one replica
	Autoscaler            Safe
	Budget                Safe // disruption budget: "allows 0 of 4"
	State                 State
	Why                   Safe
	Since                 time.Time
	Gaps                  Gaps
}

// Gaps are numbers of replicas that a system does not tell: they are unknown, whatever stands in their fields.
type Gaps struct {
	Ready bool // Ready, Updated, Available
	GPUs  bool // GPUsEach
}

// Replicas draws a number of replicas that are ready, updated or available, "-" where it is not told.
func (g Gaps) Replicas(n int) Safe {
	if g.Ready {
		return Text(Unknown)
	}
	return Int(n)
}

// Devices draws a number of GPUs, "-" where it is not told.
func (g Gaps) Devices(n int) Safe {
	if g.GPUs {
		return Text(Unknown)
	}
	return Int(n)
}

// KubeEvent is one event of the cluster. Types other than Normal and Warning exist: node health checks write their own.
type KubeEvent struct {
	At     time.Time
	Type   Safe
	Reason Safe
	Object ObjectRef
	Text   Safe
	Count  int
}
