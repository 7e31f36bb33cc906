package account

import (
	"iter"
	"time"
)

// Node is one machine of a cluster, with what its owner pays for one of its GPUs, in US dollars an hour.
type Node struct {
	Name string
	GPUs int
	Hour float64
}

// Pod is one pod with GPUs, and what its engine has counted since it came up.
type Pod struct {
	Name, Namespace, Node, Model string
	GPUs                         int
	Busy                         float64 // part of the time in which its GPUs work
	Counts
}

// Counts are what an engine counts that says how many tokens it took in and made.
type Counts struct {
	Prompt, Generated float64 // tokens
	Prefill, Decode   float64 // seconds of requests
}

// Stand is what a cluster holds at one time.
type Stand struct {
	Nodes []Node
	Pods  []Pod
}

// Cluster is the cluster that a pool of the account belongs to.
type Cluster struct {
	Name string
	Look func() Stand // now
	// Past tells, by times of one length, what the cluster held before the world began; counts are those of that time.
	Past func(length time.Duration) iter.Seq2[time.Time, Stand]
}
