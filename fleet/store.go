package fleet

import (
	"context"
	"time"
)

// Store is a Reader that answers for other sources, such as a Prometheus: each good read delivers a Part for every
// source that is read through it, and a PoolReading for every pool that is asked for as a whole.
type Store interface {
	Reader
	// Serve names what is read through it from the next Read on, in place of what was named before: the sources whose
	// From it is, and the pools whose Store names it. It does not block.
	Serve(parts []SourceSpec, pools []PoolSpec)
}

// Recaller is a Store that can say what pools did before anybody watched them.
type Recaller interface {
	Store
	// Recall asks one question about one pool. A pool that the store has no series of is KindNotFound.
	Recall(ctx context.Context, q Recall) (Recalled, error)
}

// Recall is a question about the past of a pool: what it did in each step that ends after From and not after To.
type Recall struct {
	Pool     PoolSpec
	Replicas []SourceSpec // of the replicas that it has now, where it does not name a selector
	From, To time.Time
	Step     time.Duration
}

// Recalled is the answer, oldest first. Steps of which the store has nothing are absent.
type Recalled struct {
	Points     []RecalledPoint
	Incomplete Safe // why the figures may fall short, "" when nothing speaks against them
}

// RecalledPoint is what the replicas of a pool did together in the step that ends at At.
type RecalledPoint struct {
	At               time.Time
	Requests, Failed Maybe[float64] // ended in the step; failed ones are among the requests
	In, Out          Maybe[float64] // tokens of the step
	TTFT95           Maybe[Seconds] // unknown with few requests
}

// PoolPast says where what is shown of a pool's past comes from, as far as pitwall did not measure it itself.
type PoolPast struct {
	Source     SourceID
	Step       time.Duration
	From, To   time.Time // the first and the last point that the store gave
	Incomplete Safe
}

// StorePool says how a pool is found in a store that is asked for aggregates, because it has too many replicas to be
// read one by one. Such a pool declares no replica and no node.
type StorePool struct {
	Source   SourceID
	Replicas string // PromQL matchers of its engines' series, without braces: `namespace="llm",pod=~"chat-.*"`
	GPUs     string // likewise of its GPU exporters' series; "" means that nothing is asked of GPUs
	Exporter string // kind of that exporter, "" for "dcgm": also "nvidia-gpu", "amd", "triton"
	Worst    int    // how many replicas and GPUs are shown one by one, the worst first; 0 means 20
}

// PoolReading is what a store says of a whole pool. Its rates are ready made: over Window, by the store, which removes
// the resets of each series before it sums them. What the store has no series of is unknown.
type PoolReading struct {
	Pool   PoolID
	Err    error         // why the store has nothing of it; the rest is then empty
	At     time.Time     // of the newest sample behind it, by the store's clock; zero where it does not say
	Window time.Duration // over which rates, histograms and means were taken

	Replicas  Maybe[int] // that the store scrapes
	Up        Maybe[int] // of those, that answered its last scrape
	Reporting Maybe[int] // that have series of the engine now
	Stalled   Maybe[int] // with work, and without a token in Window

	Running, Waiting       Maybe[Count]
	KVMax, KVMean          Maybe[Ratio]
	Requests, Failed       Maybe[Rate] // failed ones are among the requests
	InRate, OutRate        Maybe[TokenRate]
	PrefixHit              Maybe[Ratio]
	TTFT, ITL              Histogram // observations in Window, seconds
	E2E                    Maybe[Seconds]
	PromptMean, OutputMean Maybe[Tokens]

	GPUs  GPUTotals
	Worst []ReplicaReading // the worst ones, the worst first
	Hurt  []GPUReading     // GPUs with the most trouble, then the hottest
}

// GPUTotals are the GPUs of a pool together. Boards that are cut into MIG instances count once.
type GPUTotals struct {
	Boards, Nodes   Maybe[int]
	Util            Maybe[Ratio] // mean over boards
	Power           Maybe[Watts] // sum over boards
	MemUsed, MemAll Maybe[Bytes]
	Hottest         Maybe[Celsius]
	Faulty          Maybe[int] // boards whose row remap failed, that the driver wants mended, or that their exporter calls sick
	Xid             Maybe[int] // boards whose exporter shows an Xid, of whatever age
}

// ReplicaReading is one replica of a pool that is asked for as a whole.
type ReplicaReading struct {
	ID               ReplicaID
	Node             NodeID
	At               time.Time   // of its newest sample; zero where the store does not say
	Up               Maybe[bool] // whether the store's last scrape of it was answered
	Stalled          bool        // it has work, and had no token in the window
	Running, Waiting Maybe[Count]
	KV               Maybe[Ratio]
	Requests         Maybe[Rate]
	OutRate          Maybe[TokenRate]
	TTFT95, ITL95    Maybe[Seconds]
}

// Aggregate says of a pool that its figures are a store's aggregates, and how much of it is shown one by one.
type Aggregate struct {
	Source    SourceID
	Window    time.Duration
	Replicas  Maybe[int] // of the whole pool
	Up        Maybe[int]
	Stalled   Maybe[int]
	Shown     int // replicas that are listed: the worst ones
	GPUs      GPUTotals
	ShownGPUs int
}
