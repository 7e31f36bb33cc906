package fleet

import "time"

// Partial is what one read of one source says: raw counters, raw histograms, gauges. Adapters
// do no arithmetic over time; the Hub turns readings into rates and quantiles.
type Partial struct {
	At         time.Time        // clock time at which the answer was complete
	Version    Safe             // version of the system where it says one
	ServerTime Maybe[time.Time] // Date header of the answer, for clock skew
	Engines    []EngineReading
	Health     Maybe[bool] // what the health endpoint claims; never sufficient for "up"
	// NotReady says why a system that answers cannot serve yet, such as "loading its model"; "" where it can or is silent.
	NotReady Safe
	GPUs     []GPUReading
	Gateway  *GatewayReading
	Provider *ProviderReading
	Probe    *ProbeReading
	Notices  []Notice // things worth an event, such as a repaired or dropped series
	Cluster  *Cluster // what a Kubernetes cluster runs
	Found    *Found   // what discovery made of it; nil leaves what was found before
	Parts    []Part   // a store's readings of other sources
	Alerts   *AlertsReading
	Status   *StatusReading // of a status feed
	Bill     *BillReading
	Compute  *ComputeReading

	Pools []PoolReading // a store's readings of whole pools
	// Incomplete says why the answer is only a part of what there is, such as "2 of 5 stores did not answer"; "" for a
	// whole one.
	Incomplete Safe
}

// Part is what a store, such as Prometheus, says of a source that is read through it (SourceSpec.From).
type Part struct {
	Source  SourceID
	Reading Partial
	Err     error // why the store has nothing of it; Reading is then empty
}

// Found is what discovery made of one system: the part of an Inventory that nobody had to write. It replaces all that
// the same source found before.
type Found struct {
	Sites    []Site
	Pools    []PoolSpec
	Gateways []GatewaySpec
	Routes   []RouteSpec
	Sources  []SourceSpec
	Notes    []Safe // what was seen and not taken, with the reason: one line each
}

// Notice is a remark of an adapter on what it read.
type Notice struct {
	Level Level
	Text  Safe
}

// Histogram is a cumulative Prometheus histogram of one series.
type Histogram struct {
	Bounds []float64 // upper bounds (le), ascending, the last one +Inf
	Counts []float64 // cumulative counts, one for each bound
	Sum    float64   // NaN where the page does not say it
}

// IsZero tells whether the histogram was absent.
func (h Histogram) IsZero() bool { return len(h.Bounds) == 0 }

// Count returns the number of observations.
func (h Histogram) Count() float64 {
	if len(h.Counts) == 0 {
		return 0
	}
	return h.Counts[len(h.Counts)-1]
}

// EngineReading is one engine (one data-parallel rank) of one replica for one model.
// Counters are cumulative since the engine started. What a page does not have is unknown.
type EngineReading struct {
	Model  ModelName
	Engine string // rank as the engine names it; "" where it does not

	Running, Waiting     Maybe[Count]
	KVUsage              Maybe[Ratio]
	KVCapacity           Maybe[Tokens] // blocks times block size
	Asleep               Maybe[bool]
	PromptTokens         Maybe[float64]
	OutputTokens         Maybe[float64]
	Finished             Maybe[float64] // all requests that ended, of whatever reason
	Aborted              Maybe[float64] // of those, given up by the client
	Failed               Maybe[float64] // of those, ended by an error of the engine
	Preemptions          Maybe[float64]
	PrefixHits           Maybe[float64]   // tokens
	PrefixQueries        Maybe[float64]   // tokens
	StartedAt            Maybe[time.Time] // restart evidence
	TTFT, ITL, E2E       Histogram        // seconds
	QueueTime            Histogram        // seconds
	PromptLen, OutputLen Histogram        // tokens
	MaxTokens            Histogram        // tokens, the limit that clients ask for

	// LateTokens says that tokens are only counted when a request ends (SGLang, TGI, TensorRT-LLM, llama.cpp): that
	// OutputTokens stand still then proves nothing, and long generations arrive in lumps.
	LateTokens bool
	// Work is a number that changes while the engine works, such as its decode steps: with requests at hand, that it
	// stands still is a stall, whatever OutputTokens do.
	Work Maybe[float64]
	// Pulse is a number that only changes while the engine works; that it stands still proves nothing.
	Pulse Maybe[float64]
}

// GPUReading is one GPU, or one MIG instance of one, as an exporter reports it.
type GPUReading struct {
	ID           GPUID
	Index        string // device index on the node
	MIG          string // "" or the instance id; board-wide values repeat on each instance
	MIGProfile   string // such as "1g.10gb"
	PCI          string // normalised: lower case, four-digit domain, no function
	Product      string
	Host         string
	Driver       string
	Pod          string       // namespace/pod that holds it, where the exporter knows
	Util         Maybe[Ratio] // some kernel ran; decode sits near 1
	TensorUtil   Maybe[Ratio]
	SMUtil       Maybe[Ratio]
	DRAMUtil     Maybe[Ratio]
	MemUsed      Maybe[Bytes]
	MemFree      Maybe[Bytes]
	Temp         Maybe[Celsius]
	Junction     bool // Temp is that of the hottest spot of the die, which runs hotter than its mean
	Power        Maybe[Watts]
	SMClockMHz   Maybe[float64]
	LastXid      Maybe[int]      // sticky: the last code seen, of unknown age; only a change is an event
	XidWindow    map[int]float64 // events by code within XidSpan, where the exporter counts them; they fall again
	XidSpan      time.Duration   // the window that XidWindow counts over; 0 where it is not said
	Xids         []XidCount      // by code, where the exporter follows the driver's events itself
	RemapFailed  Maybe[bool]
	RemapPending Maybe[bool]
	ECCDouble    Maybe[float64]
	Throttle     Maybe[uint64] // NVML clock event reasons
	Recovery     Maybe[int]    // what the driver asks for (NVML field 230): 0 none, 1 reset, 2 reboot, 3-5 drain and repair
	Healthy      Maybe[bool]   // the verdict of the exporter itself, where it gives one (AMD gpu_health)
	AFIDs        []AFID        // of the last RAS event, of unknown age (AMD gpu_afid_errors)
}

// XidCount is how often one Xid came since the exporter started, and when it came last. Both are the exporter's word:
// what came before it started is in neither.
type XidCount struct {
	Code  int
	Count Maybe[float64]
	Last  Maybe[time.Time] // when the exporter received it, by the clock of its machine
}

// AFID is an AMD field identifier of a RAS event: AMD's counterpart of an Xid.
type AFID struct {
	Code     int
	Severity string // as the exporter writes it: "fatal", "non_fatal_uncorrected", "non_fatal_corrected"; raw
}

// Severities of AFIDs (ROCm/device-metrics-exporter afd0fe8, documentation of its metrics).
const (
	AFIDFatal       = "fatal"
	AFIDUncorrected = "non_fatal_uncorrected"
)

// GatewayMode says what can change routing at run time (LiteLLM: gateways.md 1.1).
type GatewayMode string

// The modes of a gateway.
const (
	GatewayModeUnknown  GatewayMode = "unknown"
	GatewayModeDatabase GatewayMode = "database"                 // routing state in a database, changed by API
	GatewayModeDBReads  GatewayMode = "database, models in file" // keys and spend in a database, routing in the file
	GatewayModeFile     GatewayMode = "file"                     // routing in a file, read at start
	GatewayModeObjects  GatewayMode = "objects"                  // routes are objects of a cluster
	GatewayModeAPI      GatewayMode = "API"                      // routing kept by the gateway or its control plane, changed by API
	GatewayModeNone     GatewayMode = "no write API"             // what routes come from is elsewhere: nothing can be changed there
)

// GatewayReading is one gateway replica.
type GatewayReading struct {
	Mode        GatewayMode
	ModeWhy     Safe        // the evidence for the mode
	Strategy    string      // how the router picks: weights only matter under "simple-shuffle"
	CanBlock    Maybe[bool] // whether it has block and unblock calls
	Deployments []DeploymentReading
	// Routing is what it does with each route, by its name there, beside weighing members. Routes that it says nothing of are absent.
	Routing map[RouteID]Routing
	// Whole are the counters of routes whose failures are not counted for each target. Such a gateway counts failures of
	// targets never.
	Whole      map[RouteID]RouteCounts
	Metrics    bool // whether the metrics page was read
	MetricsWhy Safe // why not
	InFlight   Maybe[Count]
	Spend      *GatewaySpend // as last told; nil where it tells none
	Keys       []KeyReading  // by the key that requests came with, where it counts so
	Budgets    []GatewayBudget
}

// DeploymentReading is one target as one gateway replica holds it.
type DeploymentReading struct {
	ID                DeploymentID
	Route             RouteID   // as the gateway calls it
	Model             ModelName // provider model, such as "openai/llama-70b"
	APIBase           string
	Weight            Maybe[float64] // unset is unknown, not 0
	Order             Maybe[float64]
	Blocked           Maybe[bool]
	FromDB            bool
	UpdatedAt         Maybe[time.Time]
	UpdatedBy         string         // who wrote it last, as the gateway has it; raw
	Requests          Maybe[float64] // counters since the replica started
	Successes         Maybe[float64]
	Failures          Maybe[float64]
	FailuresByStatus  map[string]float64
	Cooldowns         Maybe[float64]     // how often it was cooled down
	CooldownsByStatus map[string]float64 // the same by the status that it was cooled down for; raw
	InTokens          Maybe[float64]     // of the whole prompt, with what came from a cache and went into one
	CacheRead         Maybe[float64]     // part of InTokens that came from the provider's cache; unknown where it is not told apart
	CacheWrite        Maybe[float64]     // part of InTokens that went into it
	OutTokens         Maybe[float64]
	TTFT              Histogram
	Latency           Histogram
	RemainingRequests Maybe[float64]
	RemainingTokens   Maybe[float64]
	RequestsPerMinute Maybe[float64]  // what the gateway lets through to it, as configured
	TokensPerMinute   Maybe[float64]  // likewise
	Settings          *MemberSettings // nil where the gateway tells no such thing
}

// KeyReading is what one gateway replica counted of the requests that came with one key, since it started.
type KeyReading struct {
	ID         string         // hash or ID of the key, never the key
	Alias      string         // raw
	Team       string         // its ID; raw
	TeamName   string         // raw
	Spend      Maybe[float64] // US dollars by the gateway's own prices
	InTokens   Maybe[float64] // as in DeploymentReading
	CacheRead  Maybe[float64]
	CacheWrite Maybe[float64]
	OutTokens  Maybe[float64]
}

// GatewaySpend is what a gateway counted of one UTC day. Its prices are its own: it is an estimate, and never added to what
// other sources say.
type GatewaySpend struct {
	Day    time.Time // begin
	At     time.Time // when it was told
	Total  Dollars
	Routes map[RouteID]Dollars
	Models map[ModelName]Dollars // by what the provider calls it
	Parted bool                  // there is more than was asked for: the sums are at least these
}

// GatewayBudget is what a gateway may spend at one provider, by its own count.
type GatewayBudget struct {
	Provider string // as the gateway calls it; raw
	Limit    Maybe[Dollars]
	Spent    Maybe[Dollars]
	Period   string // as the gateway writes it: "1d"; raw
	Resets   Maybe[time.Time]
}

// ProviderReading is one probe of an API account.
type ProviderReading struct {
	Authorised Maybe[bool]
	Latency    Maybe[Seconds]
	Models     []ModelName // that the key may call
	Limits     []Limit     // from limit headers
	// Regions are, of models that are looked for, those in which a request may be answered, Anywhere among them where every
	// one may; empty where these are not known. A model that is absent is answered where the account is.
	Regions map[ModelName][]string
}
