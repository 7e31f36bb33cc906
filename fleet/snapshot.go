package fleet

import (
	"slices"
	"time"
)

// Snapshot is the fleet at one moment. It is immutable: whoever receives a pointer may keep it
// and must not change anything that it reaches.
type Snapshot struct {
	Gen       uint64    // grows with every snapshot of one Hub
	At        time.Time // clock time of the merge
	Context   string
	Env       Env
	Mode      Mode
	Totals    Totals
	Sites     []Site
	Pools     []Pool // in configured order; views sort
	Providers []Provider
	Gateways  []Gateway
	Routes    []Route
	Clusters  []*Cluster // in configured order
	Alerts    []Alert    // worst first
	Silences  []SilenceOf
	Events    []Event // newest first
	Sources   []SourceStatus
	Spend     Spend
}

// State is how a pool, replica, target or route does, in words that survive without colour.
type State string

// The states, from good to bad.
const (
	StateOK      State = "OK"
	StateStandby State = "STANDBY" // meant to be without traffic
	StateIdle    State = "IDLE"    // no traffic now
	StateUnknown State = "UNKNOWN" // never read
	StateStale   State = "STALE"   // last read too long ago
	StateWarn    State = "WARN"
	StateDrift   State = "DRIFT" // gateway replicas disagree, or seen share is off
	StateCrit    State = "CRIT"
	StateDown    State = "DOWN" // does not answer, or makes no progress
)

// Rank orders states: greater is worse.
func (s State) Rank() int {
	for i, o := range []State{StateOK, StateStandby, StateIdle, StateUnknown, StateStale, StateWarn, StateDrift, StateCrit, StateDown} {
		if s == o {
			return i
		}
	}
	return 3
}

// Text draws the state.
func (s State) Text() Safe { return Label(string(s)) }

// Load is what a pool, provider or target does over Window, which ends at At.
type Load struct {
	At         time.Time // newest sample; zero means that nothing was ever read
	Window     time.Duration
	Requests   Maybe[Rate]
	Errors     Maybe[Ratio] // failed or aborted by the server side, of all requests that ended
	TTFT50     Maybe[Seconds]
	TTFT95     Maybe[Seconds]
	ITL95      Maybe[Seconds]
	E2E        Maybe[Seconds] // mean
	Running    Maybe[Count]
	Waiting    Maybe[Count]
	KV         Maybe[Ratio] // the fullest replica
	InRate     Maybe[TokenRate]
	OutRate    Maybe[TokenRate]
	PromptMean Maybe[Tokens] // of one request
	OutputMean Maybe[Tokens]
	PrefixHit  Maybe[Ratio]
}

// Trend is a short history for a sparkline: evenly spaced values, the last one at End.
// NaN marks a gap.
type Trend struct {
	Step time.Duration
	End  time.Time
	V    []float64
}

// Trends are the histories that screens draw.
type Trends struct {
	Requests, Errors, TTFT95, ITL95, Waiting, GPUUtil, KV, OutRate, Burn, Seen Trend
}

// Totals are the golden signals of the whole fleet. Ratios are taken from sums, never summed.
type Totals struct {
	Load    Load
	GPUUtil Maybe[Ratio]
	GPUs    int
	Burn    Maybe[USDPerHour]
	BurnWhy Safe // "" or why the figure is partial
	Trends  Trends
}

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
	Whole    *Aggregate // set where a store answers for the whole pool: Replicas and Nodes are then the worst ones only
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

// Provider is an API account.
type Provider struct {
	Spec       ProviderSpec
	Load       Load // as gateways see it
	Trends     Trends
	Authorised Maybe[bool]
	ProbeAt    time.Time // last good probe
	ProbeTime  Maybe[Seconds]
	Models     []ModelName
	Limits     []Limit // tightest view of each kind
	Burn       Maybe[USDPerHour]
	PerMTok    Maybe[USDPerMTok] // burn over the priced tokens of the window
	Unpriced   []ModelName       // used models without a price: they are missing from Burn
	BurnRate   BurnRate
	State      State
	Why        Safe
	Since      time.Time
	Source     SourceID
}

// Gateway is a gateway with its replicas.
type Gateway struct {
	Spec     GatewaySpec
	Replicas []GatewayReplica
	State    State
	Why      Safe
	// Writable tells what the gateway's mode allows, whoever asks.
	Writable    Maybe[bool]
	WritableWhy Safe
}

// GatewayReplica is one replica as last read.
type GatewayReplica struct {
	ID       GatewayReplicaID
	Version  Safe
	Mode     GatewayMode
	ModeWhy  Safe
	Strategy Safe
	InFlight Maybe[Count]
	At       time.Time
	State    State
	Why      Safe
	Source   SourceID
}

// Route is a public model name with its targets.
type Route struct {
	Spec      RouteSpec
	Load      Load // all targets together, as the gateway sees it
	Trends    Trends
	Targets   []Target
	Replicas  []RouteReplica
	Weights   Weights // what all replicas that answered agree on; nil when they differ or none answered
	Hash      string  // HashWeights(Weights); "" when they differ
	Unset     []TargetID
	Strategy  Safe
	Lengths   Lengths
	Cost      RouteCost
	Reversals int // changes of direction in the last 30 minutes
	State     State
	Why       Safe
}

// RouteReplica is the routing state of a route on one gateway replica.
type RouteReplica struct {
	ID      GatewayReplicaID
	Weights Weights
	Hash    string
	At      time.Time
	Stale   bool
	Differs bool // from the majority
}

// Target is one member of a route.
type Target struct {
	Spec      TargetSpec
	Set       Maybe[int]   // configured weight
	SetShare  Maybe[Ratio] // configured share
	Effective Maybe[Ratio] // share over members that are healthy, not cooled down and not blocked
	Seen      Maybe[Ratio] // measured share over SeenOver
	SeenN     float64      // requests behind Seen
	SeenOver  time.Duration
	Load      Load // as the gateway sees it
	Trends    Trends
	Blocked   Maybe[bool]
	Cooling   bool // cooled down in the last window
	Verdicts  []HealthVerdict
	Price     Maybe[USDPerMTok] // blended over the route's own mix; allocated for pools
	PriceWhy  Safe
	Burn      Maybe[USDPerHour]
	Carried   Maybe[Ratio] // greatest share of the route that it carried in the last 24 h
	CarriedAt time.Time
	BurnRate  BurnRate
	State     State
	Why       Safe
}

// HealthKind is an independent way to know whether a target works (IL-24).
type HealthKind string

// The kinds of health evidence.
const (
	HealthGateway      HealthKind = "gateway"      // responses that the gateway got from it
	HealthEngine       HealthKind = "engine"       // tokens that move in its engine
	HealthOrchestrator HealthKind = "orchestrator" // ready replicas
	HealthProbe        HealthKind = "probe"        // an active probe of our own
)

// HealthVerdict is what one kind of evidence says.
type HealthVerdict struct {
	Kind HealthKind
	Up   Maybe[bool]
	At   time.Time
	Why  Safe
}

// Lengths is the distribution of request sizes of a route over a look-back window.
type Lengths struct {
	Prompt Histogram // tokens
	Output Histogram // tokens that clients allow (max_tokens), or produced where that is unknown
	Window time.Duration
	At     time.Time
}

// Level is how urgent an alert or event is.
type Level string

// The levels.
const (
	LevelInfo  Level = "INFO"
	LevelStale Level = "STALE"
	LevelWarn  Level = "WARN"
	LevelCrit  Level = "CRIT"
)

// Text draws the level.
func (l Level) Text() Safe { return Label(string(l)) }

// Alert is something wrong now.
type Alert struct {
	Level   Level
	Object  Safe    // what: "llama-70b", "gw-3"
	Subject Subject // where it points, so that enter opens it
	Route   RouteID
	Text    Safe // number against limit: "err 6.2% > 2.0%"
	Detail  Safe // cause or second number
	Runbook Safe // name of the runbook, or ""
	Since   time.Time

	Origin   SourceID          // the alerting system that it comes from; "" for pitwall's own
	Labels   map[string]string // of an outside alert, raw: what a silence matches
	Silenced Safe              // "" or until when and by whom it is silenced
	Notes    map[string]string `json:",omitempty"` // annotations of an outside alert, raw
	Also     []SourceID        `json:",omitempty"` // other alerting systems that hold the same alert
	Pending  bool              `json:",omitempty"` // its condition holds and its waiting time is not over
	Old      bool              `json:",omitempty"` // its system is no longer read: this is what it said last
}

// From tells whether an alerting system holds the alert.
func (a *Alert) From(id SourceID) bool {
	return id != "" && (a.Origin == id || slices.Contains(a.Also, id))
}

// SilenceOf is a silence with the system that holds it and how many alerts it hides now.
type SilenceOf struct {
	Silence
	Source SourceID
	Hides  int
}

// Event is something that happened.
type Event struct {
	At     time.Time
	Level  Level
	Object Safe
	Text   Safe
	Change ChangeID // "" when no change is involved
}

// SourceStatus is one connection as the Hub sees it.
type SourceStatus struct {
	ID       SourceID
	Kind     string
	URL      Safe // without credentials
	Subject  Subject
	Interval time.Duration
	Reads    uint64
	Failures uint64 // since start
	Failing  int    // in a row
	LastTry  time.Time
	LastGood time.Time
	NextTry  time.Time
	Took     time.Duration
	Err      Safe // the last failure, as a sentence; "" when the last read was good
	ErrKind  Kind
	Version  Safe
	Skew     Maybe[time.Duration] // server clock minus ours
	Insecure bool
	Stale    bool
	Partial  Safe   // "" or what the last good answer says that it lacks
	Dropped  uint64 // late answers thrown away
	Silences bool   // an alerting system whose silences are read
}

// Spend is money over time, one stream apart from the other: they are never added together.
type Spend struct {
	Metered    Maybe[USDPerHour] // API tokens times catalogue price, now
	Capacity   Maybe[USDPerHour] // own GPU-hours times price, now
	Burn       Maybe[USDPerHour] // of the two live streams that cover different money: metered APIs and own capacity
	BurnWhy    Safe
	Today      Maybe[Money] // since the budget day began, as far as pitwall watched
	TodayFrom  time.Time    // when watching began, if later than the day
	Budget     Budget
	Forecast   Maybe[Money] // at the end of the budget day at this rate
	Unpriced   []ModelName
	PricesAsOf time.Time
	Idle       Maybe[USDPerHour] // of Capacity: what no load uses, as far as ratings are known
	IdleWhy    Safe              // what Idle lacks, "" when it is whole
	Trends     SpendTrends
}

// SpendTrends are the histories of the live streams, in US dollars an hour.
type SpendTrends struct{ Metered, Capacity, Idle Trend }

// RouteCost is what the traffic of one route costs now. Its two parts are of different streams.
type RouteCost struct {
	Metered Maybe[USDPerHour] // rented tokens times price
	Own     Maybe[USDPerHour] // of the burn of own pools, by the route's share of the tokens that gateways send them
	PerMTok Maybe[USDPerMTok] // both over the route's tokens
	Why     Safe              // what is missing, "" when nothing is
}

// Total is the sum of the parts that are known.
func (c RouteCost) Total() Maybe[USDPerHour] {
	if !c.Metered.OK && !c.Own.OK {
		return None[USDPerHour]()
	}
	return Some(c.Metered.V + c.Own.V)
}
