package world

import (
	"slices"
	"time"
)

// Namespace is where all pods of the fleet are.
const Namespace = "serving"

// The phases of a pod, as the Kubernetes API writes them.
const (
	PhasePending = "Pending"
	PhaseRunning = "Running"
	PhaseFailed  = "Failed"
)

// Pod is one pod of a pool. The one that serves bears its replica's name; one that a node rejected bears that name
// and a suffix of its own. A replacement has a new UID.
type Pod struct {
	Name, UID   string
	Pool        string
	Replica     string // name of the engine that it carries, or was made for
	Revision    string // hash of the pool's template
	Node        string // "" until it is bound
	GPUs        int    // asked for
	Phase       string
	Reason      string // why it is in this phase or its container waits: "Unschedulable", "CrashLoopBackOff"; "" when well
	Message     string
	Ready       bool
	Terminating bool
	Restarts    int
	LastExit    Exit      // zero when no container of it has ended
	Created     time.Time // of the object
	Started     time.Time // of the present container; zero before it runs
	ReadySince  time.Time // or unready since; zero before it was ever ready
	Version     uint64    // grows with each change, over all objects of the cluster
}

// Exit is how a container ended.
type Exit struct {
	Reason string // "Error", "OOMKilled"
	Code   int
	At     time.Time
}

// Node is one machine.
type Node struct {
	Name        string
	Pool        string
	Product     string // of its GPUs
	Ready       bool
	Cordoned    bool
	Taints      []Taint
	Conditions  []Condition
	GPUs        int // capacity
	Allocatable int // devices that the plugin offers
	Version     uint64
}

// Taint keeps pods away from a node.
type Taint struct{ Key, Value, Effect string }

// Condition is one condition of a node.
type Condition struct {
	Type, Status, Reason, Message string
	Since                         time.Time
}

// Workload is what keeps the pods of a pool.
type Workload struct {
	Name             string // of the pool
	Model, Engine    string
	Revision         string // that is wanted
	Previous         string // that was wanted before; "" when there was none
	Flag             string // argument of the engine that the wanted revision adds; "" for none
	Legacy           bool   // the wanted revision is of the engine's older release
	Current          string // that a StatefulSet's pods had before the roll under way; the wanted one when none is
	Desired, Updated int
	Ready            int
	Available        int  // ready for as long as is asked
	Least            int  // that the strategy lets be available
	Total            int  // pods that are wanted of all revisions, or of a StatefulSet there are
	Leaving          int  // pods that are terminating
	Complete         bool // all pods are of the wanted revision and available, or were once since it is wanted
	Late             bool // there was no progress for as long as the deadline allows
	Strategy         Strategy
	Sets             []Set // of a Deployment, one for each revision that is remembered, the wanted one last
	GPUsEach         int
	Version          uint64
}

// Set is what one revision of a Deployment wants and has: a ReplicaSet.
type Set struct {
	Revision                     string
	Want, Have, Ready, Available int
}

// Event is one entry of the cluster's log. Repetitions are counted, not listed.
type Event struct {
	ID           uint64
	First, Last  time.Time
	Type         string // "Normal" or "Warning"
	Reason       string
	Kind, Object string // "Pod" or "Node" or "Deployment", and its name
	Text         string
	Count        int
	Version      uint64
}

// Bounds of what a cluster keeps.
const (
	maxEvents = 500
	maxFailed = 600 // pods that a node rejected; the oldest go first
)

// cluster is what a scheduler, a kubelet and a controller would know of the fleet.
type cluster struct {
	nodes   []*node
	byNode  map[string]*node
	sets    []*podSet
	failed  []*pod
	events  []*Event
	version uint64
	serial  uint64
	nextID  uint64
}

type node struct {
	Node
	gpus  []*GPU
	voids bool // accepts pods and fails them all

	leaves time.Time // when who rents the machine out takes it back, where he has said so
	gone   bool      // he has
}

type podSet struct {
	Workload
	pool       *PoolSpec
	replicas   []*Replica
	extra      []*pod // that are wanted beyond the replicas, and wait for devices
	wants      []want // of a Deployment, by revision, the wanted one last
	sized      int    // the size that wants were shared by
	strategy   Strategy
	releases   map[string]Release // what revisions mean, where it is not what the pool began with
	seen       progress
	progressed float64           // when the roll last went on
	flags      map[string]string // arguments that revisions add
	bad        map[string]string // revisions whose engine dies while it starts, with what it prints
	modern     map[string]bool   // revisions whose pages have the names of a newer release
	probe      float64           // deadline, seconds, of a readiness probe that makes a token; 0 where it asks the HTTP server only
	dark       bool              // no engine of it starts
	holds      bool              // the proxy before it holds requests while nothing is ready
	held       []*attempt
	unsound    bool // its kernels compute wrongly, whatever the revision
}

// pod is the model's part of a Pod.
type pod struct {
	Pod
	until float64 // end of what it does now
}

// Version is the number of the last change to any object of the cluster. It is for use inside At.
func (w *World) Version() uint64 { return w.cluster.version }

// Pods lists the pods, those that serve first. It is for use inside At.
func (w *World) Pods() []Pod {
	var out []Pod
	for _, r := range w.Replicas {
		if r.pod != nil {
			out = append(out, r.pod.Pod)
		}
	}
	for _, s := range w.cluster.sets {
		for _, p := range s.extra {
			out = append(out, p.Pod)
		}
	}
	for _, p := range w.cluster.failed {
		out = append(out, p.Pod)
	}
	return out
}

// Nodes lists the nodes in order of the pools. It is for use inside At.
func (w *World) Nodes() []Node {
	out := make([]Node, 0, len(w.cluster.nodes))
	for _, n := range w.cluster.nodes {
		if n.gone {
			continue
		}
		c := n.Node
		c.Taints, c.Conditions = slices.Clone(n.Taints), slices.Clone(n.Conditions)
		out = append(out, c)
	}
	return out
}

// Workloads lists what keeps the pods, in order of the pools. It is for use inside At.
func (w *World) Workloads() []Workload {
	out := make([]Workload, 0, len(w.cluster.sets))
	for _, s := range w.cluster.sets {
		one := s.Workload
		one.Flag, one.Legacy = s.flags[s.Revision], s.pool.Legacy && !s.modern[s.Revision]
		all, latest := w.tally(s, ""), w.tally(s, s.Revision)
		one.Updated, one.Ready, one.Available, one.Total = latest.have, all.ready, all.available, all.have
		one.Strategy = s.strategy
		_, missing := s.bounds()
		one.Least = s.Desired - missing
		for p := range s.pods() {
			if p.Terminating {
				one.Leaving++
			}
		}
		if !s.pool.Stateful {
			one.Total = s.total()
			for _, x := range s.wants {
				t := w.tally(s, x.revision)
				one.Sets = append(one.Sets, Set{x.revision, x.n, t.have, t.ready, t.available})
			}
		}
		out = append(out, one)
	}
	return out
}

// Events lists the log of the cluster, oldest first, bounded. It is for use inside At.
func (w *World) Events() []Event {
	out := make([]Event, 0, len(w.cluster.events))
	for _, e := range w.cluster.events {
		out = append(out, *e)
	}
	return out
}

func (w *World) touch(version *uint64) {
	w.cluster.version++
	*version = w.cluster.version
}

// tell writes an event.
func (w *World) tell(kind, object, severity, reason, text string) {
	c := &w.cluster
	for _, e := range slices.Backward(c.events) {
		if e.Object == object && e.Kind == kind && e.Reason == reason && e.Text == text {
			e.Last = w.Now()
			e.Count++
			w.touch(&e.Version)
			return
		}
	}
	c.nextID++
	e := &Event{ID: c.nextID, First: w.Now(), Last: w.Now(), Type: severity, Reason: reason, Kind: kind, Object: object,
		Text: text, Count: 1}
	w.touch(&e.Version)
	if c.events = append(c.events, e); len(c.events) > maxEvents {
		c.events = slices.Delete(c.events, 0, len(c.events)-maxEvents)
	}
}
