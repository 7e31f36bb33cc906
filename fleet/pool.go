package fleet

import (
	"time"
)

// Pool is a pool with its replicas and what they do together.
type Pool struct {
	Spec     PoolSpec
	Load     Load
	Trends   Trends
	Replicas []Replica
	Nodes    []Node
	Ready    int
	Desired  int
	GPUUtil  Maybe[Ratio] // mean over distinct GPUs
	Power    Maybe[Watts]
	KVTokens Maybe[Tokens] // capacity of all replicas
	Progress Progress
	Rating   Maybe[Rating]
	Burn     Maybe[USDPerHour] // hours times price, busy or idle
	PerMTok  Maybe[USDPerMTok] // allocated: burn over output and prompt tokens of the window
	Used     Maybe[Ratio]      // of its rating: the tighter of prompt and output tokens, as IL-04 compares them
	Idle     Maybe[USDPerHour] // of Burn: what Used leaves over
	BurnRate BurnRate
	State    State
	Why      Safe // the evidence of State
	Since    time.Time
	Day      *DayLoad   `json:",omitempty"` // nil before an hour is known
	Past     *PoolPast  `json:",omitempty"` // set where a store filled in what pitwall did not watch
	Whole    *Aggregate // set where a store answers for the whole pool: Replicas and Nodes are then the worst ones only
}

// DayLoad is what a pool or route did over the last day, or the part of it that is known, from points of five minutes.
type DayLoad struct {
	In, Out  TokenRate // means
	Requests Maybe[Rate]
	Peak     float64 // the greatest five minutes over the mean: of prompt or of output tokens, whichever is more
	Covered  time.Duration
}

// Progress is health by tokens that move.
type Progress struct {
	Moving    Maybe[bool]   // unknown before two samples, or with no work to do
	LastToken time.Time     // newest sample at which the output counter had grown
	Stalled   time.Duration // how long there was work and no token; 0 when fine
	Why       Safe
}

// BurnRate is how many times faster than the SLO allows errors come, over four windows.
type BurnRate struct {
	M5, M30, H1, H6 Maybe[float64]
	At              time.Time
}

// Replica is one serving instance.
type Replica struct {
	ID       ReplicaID
	Node     NodeID
	Load     Load
	Trends   Trends
	Health   Maybe[bool] // claim of its health endpoint
	Version  Safe
	Engines  int
	Asleep   Maybe[bool]
	Lag      Maybe[float64] // of a straggler: its time a token over that of its pool; unknown of all others
	Progress Progress
	State    State
	Why      Safe
	At       time.Time
	Source   SourceID
}

// Node is a machine with its GPUs.
type Node struct {
	ID     NodeID
	GPUs   []GPU
	State  State
	Why    Safe
	Power  Maybe[Watts]
	At     time.Time
	Source SourceID
	Leaves *Departure `json:",omitempty"` // it is going to be lost: what runs on it is no spare capacity
}

// GPU is one device.
type GPU struct {
	Reading GPUReading
	Trend   Trend // utilisation
	Missing bool  // was there before and is gone from the page
	Xid     Maybe[XidSeen]
	// XidHistory is every code that is remembered of this device, the newest first, those of unknown age last. It is
	// bounded: the oldest of more than sixteen codes are forgotten.
	XidHistory []XidSeen
	Asks       Safe // what the driver asks for (recovery action), "" for nothing or where it does not say
	Frozen     bool // nothing on its exporter's page changed for long although there was work: its figures are not the present
	State      State
	Why        Safe
}

// XidSeen is one Xid code of a GPU, with all that the sources say of when and how often it came.
type XidSeen struct {
	Code    int
	Meaning Safe
	Action  Safe
	Dispute Safe             // how others than NVIDIA judge the code, "" where they agree or are silent
	First   Maybe[time.Time] // when it was first seen; unknown when the code was there from the start
	Last    Maybe[time.Time] // the newest time at which it came, by the exporter's clock where it says one
	Count   Maybe[Count]     // how often it came since the exporter started, where it counts
	Recent  Maybe[Count]     // how often it came within RecentOf, where the exporter counts that
	// RecentOf is the window of Recent; 0 where the exporter does not say it.
	RecentOf time.Duration
	Settled  bool // the GPU was reset since, as far as its gauge or its recovery action tell
}
