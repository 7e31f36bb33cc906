package fleet

import "time"

// Env is the environment of a context. A context without one is PROD.
type Env string

// The environments, by how much a confirmation asks.
const (
	EnvProd  Env = "prod"
	EnvStage Env = "stage"
	EnvDev   Env = "dev"
)

// Mode keeps practice apart from production (IL-45).
type Mode string

// The modes of a fleet.
const (
	ModeLive  Mode = "live"
	ModeDemo  Mode = "demo"
	ModeDrill Mode = "drill"
)

// Inventory is what one context of the configuration declares: the part of a fleet that no
// system reports. The Hub joins it with readings by ID.
type Inventory struct {
	Context   string
	Env       Env
	Mode      Mode
	Sites     []Site
	Pools     []PoolSpec
	Providers []ProviderSpec
	Accounts  []AccountSpec
	Gateways  []GatewaySpec
	Routes    []RouteSpec
	Sources   []SourceSpec // one for each connection, made from the entries above
	Runbooks  []Runbook
	Golden    []GoldenPrompt
	Budget    Budget
	Runaway   RunawayRule
	Retention Retention
	Rules     SiteRules
}

// Site is a region or data centre.
type Site struct {
	ID     SiteID
	Labels []string // residency and compliance labels that it offers, such as "eu", "zdr"
	Fate   Fate
}

// Fate holds shared-fate tags: kind of dependency to the instance depended on,
// such as "power": "F2", "cloud": "aws/eu-central-1", "cdn": "cloudflare".
type Fate map[string]string

// PoolSpec declares a pool.
type PoolSpec struct {
	ID             PoolID
	Site           SiteID
	Engine         string // kind of the connector that reads its replicas: "vllm"
	Model          ModelName
	Replicas       []ReplicaSpec
	Nodes          []NodeSpec
	Desired        Maybe[int] // wanted replicas; unknown means as many as are declared
	GPUsPerReplica int
	GPU            string            // GPU product, for the price table: "H100", "B200"
	GPUHour        Maybe[USDPerHour] // price of one GPU for an hour, busy or idle; unknown means unpriced
	Rating         Maybe[Rating]     // configured fallback; measured ratings win
	MaxContext     Maybe[Tokens]
	Offers         []string // capabilities: "tools", "json", "vision"…
	Labels         []string // residency labels in addition to the site's
	Fate           Fate     // in addition to the site's
	Embedding      *EmbeddingIdentity
	Standby        bool       // kept warm without traffic: no requests is not a fault
	Workload       ObjectRef  // the Kubernetes object that keeps its replicas; zero for none
	Store          *StorePool // asked for as a whole in a store; nil means that replicas and nodes are read
	Probe          *ProbeSpec // nil for none
}

// ReplicaSpec declares one replica.
type ReplicaSpec struct {
	ID    ReplicaID
	Node  NodeID
	Pod   ObjectRef // the Kubernetes pod that it is; zero where it is not known
	Why   Safe      // why nothing reads it, "" where something does
	State State     // of a replica that nothing reads; "" where it is not known
}

// NodeSpec declares one machine with GPUs.
type NodeSpec struct {
	ID     NodeID
	GPUs   int
	Object ObjectRef // the Kubernetes node that it is; zero where it is not known
}

// Rating is the proven throughput of one pool: the best rate that it sustained for five minutes within
// its SLO (history), or what the operator configured.
type Rating struct {
	Prefill TokenRate // prompt tokens per second of the whole pool
	Decode  TokenRate // output tokens per second of the whole pool
	From    time.Time // when it was proven or written down
	Kind    string    // "history" or "config"
}

// EmbeddingIdentity must be equal on all targets of an embeddings route (IL-17).
type EmbeddingIdentity struct {
	Model      ModelName
	Dimensions int
	Pooling    string
}

// ProviderSpec declares an API account.
type ProviderSpec struct {
	ID     ProviderID
	Kind   string // connector kind, and key of the price catalogue: "openai"
	Labels []string
	Fate   Fate
	Models []ProviderModel
	Feeds  []SourceID // its status feeds; none means that nobody reads one
	// Discounts are those of the contract, over the price list; the last one that fits a model holds.
	Discounts []Discount
}

// ProviderModel declares one rented model.
type ProviderModel struct {
	Name       ModelName
	MaxContext Maybe[Tokens]
	Offers     []string
	Limits     []Limit // configured limits; limit headers win where they are fresh
	Price      Maybe[Price]
	Embedding  *EmbeddingIdentity
	Probe      *ProbeSpec // nil for none
}

// LimitKind names what a provider counts, always per minute unless the name says otherwise. LimitCredit is no rate.
type LimitKind string

// The kinds of provider limits.
const (
	LimitRPM         LimitKind = "rpm"         // requests per minute
	LimitTPM         LimitKind = "tpm"         // tokens per minute, input and output together
	LimitITPM        LimitKind = "itpm"        // input tokens per minute
	LimitOTPM        LimitKind = "otpm"        // output tokens per minute
	LimitRPD         LimitKind = "rpd"         // requests per day
	LimitConcurrency LimitKind = "concurrency" // requests in flight
	LimitCredit      LimitKind = "credit"      // US dollars that may be spent until Reset, or at all where there is none
)

// IsRate tells whether a limit bounds how much runs at a time: more traffic comes nearer to it at once. Money that is spent
// does so over days, and comes back by none of it.
func (k LimitKind) IsRate() bool { return k != LimitCredit }

// Limit is one quota with what is left of it.
type Limit struct {
	Kind      LimitKind
	Max       Maybe[float64]
	Remaining Maybe[float64]   // at At; other clients of the account use it too
	Reset     Maybe[time.Time] // by our clock, when Remaining is back at Max if nothing more is used
	At        time.Time        // when the headers were seen; zero for configured limits
}

// Price is what one model costs, exact, per one million tokens.
type Price struct {
	Input        Money
	CachedIn     Maybe[Money]
	CacheWrite   Maybe[Money] // kept for 5 minutes
	CacheWrite1h Maybe[Money]
	Output       Money
	AudioIn      Maybe[Money]
	AudioCached  Maybe[Money]
	AudioOut     Maybe[Money]
	ImageIn      Maybe[Money] // tokens of images
	ImageOut     Maybe[Money]
	Reasoning    Maybe[Money] // where it is priced apart from output
	Source       string       // where the figure was read
	AsOf         time.Time    // when it was read
}

// GatewaySpec declares a gateway.
type GatewaySpec struct {
	ID       GatewayID
	Kind     string // "litellm"
	Site     SiteID
	Replicas []GatewayReplicaSpec
	Auth     SecretRef // read credential
	Write    SecretRef // write credential, opened only when writers are constructed; zero means Auth
	TLS      TLSSpec
	File     *GatewayFile      // file mode
	Cluster  ClusterID         // whose objects are its routes; it has one replica then, the API server (see OptionConfigMap)
	Options  map[string]string // connector-specific, documented by the connector
	Settle   time.Duration     // how long replicas may lag behind a write; zero means the connector's default
}

// OptionCluster is the option by which the source of a gateway says whose objects are its routes.
const OptionCluster = "cluster"

// OptionConfigMap is the option by which a gateway with a cluster and replicas says that its config file is an entry of a
// ConfigMap there: NAMESPACE/NAME/KEY. Its routes are then no objects.
const OptionConfigMap = "configmap"

// GatewayReplicaSpec is one replica by its own address, never a service address.
type GatewayReplicaSpec struct {
	ID     GatewayReplicaID
	URL    string
	Reload []string // file mode: program and arguments that make this replica read its file again; no shell
	File   string   // file mode: this replica's own file, where replicas do not share one
	Via    string   // as SourceSpec.Via
}

// GatewayFile says how a gateway without a write API is changed.
type GatewayFile struct {
	Path        string
	ReloadReady time.Duration // how long a replica may take to come back; zero means 60 s
}

// RouteSpec declares a route.
type RouteSpec struct {
	ID        RouteID // of its own in the fleet
	Gateway   GatewayID
	Name      RouteID          `json:",omitempty"` // as its gateway calls it; "" means ID
	Tier      int              // 1 is the most important; 0 means undeclared and counts as 2
	Requires  []string         // residency and compliance labels; empty means that none is declared
	Uses      map[string]Ratio // capability to the share of requests that use it
	Targets   []TargetSpec
	Embedding *EmbeddingIdentity // set on embeddings routes
	Guard     Guard
	SLO       Maybe[Ratio] // objective of success, such as 0.995
	Fallbacks []TargetID
	Probe     *ProbeSpec   // through the gateway; nil for none
	Policy    *RoutePolicy `json:",omitempty"` // how own GPUs and rented models shall share its work; nil for none
}

// Called is the name by which its gateway knows the route, and users call it: two gateways may have routes of one name.
func (r RouteSpec) Called() RouteID {
	if r.Name != "" {
		return r.Name
	}
	return r.ID
}

// AsCalled is the route with the name that its gateway knows it by as its ID.
func (r RouteSpec) AsCalled() RouteSpec {
	r.ID, r.Name = r.Called(), ""
	return r
}

// TargetSpec declares one weighted member of a route.
type TargetSpec struct {
	ID         TargetID
	Pool       PoolID     // either Pool
	Provider   ProviderID // or Provider and Model are set
	Model      ModelName
	Deployment DeploymentID // empty means ID
}

// Guard holds the limits that roll a change back.
type Guard struct {
	ErrRatio Maybe[Ratio]   // of a target that receives load
	TTFT95   Maybe[Seconds] // likewise
	For      time.Duration  // how long a limit must be broken; zero means 60 s
}

// Budget caps spend. Budget days are UTC unless Zone is set.
type Budget struct {
	PerDay   Maybe[Money]
	PerMonth Maybe[Money]
	Zone     string
}

// RunawayRule says from when on the spending of a key or a team is an alert. Zero fields take the default.
type RunawayRule struct {
	Floor USDPerHour // less than this never is one; zero means RunawayFloor
	Times float64    // of what was spent in the hour before; zero means RunawayTimes
}

// The default rule.
const (
	RunawayFloor = USDPerHour(10)
	RunawayTimes = 3.0
)

// WithDefaults fills zero fields.
func (r RunawayRule) WithDefaults() RunawayRule {
	if r.Floor <= 0 {
		r.Floor = RunawayFloor
	}
	if r.Times <= 0 {
		r.Times = RunawayTimes
	}
	return r
}

// Retention bounds what is kept of the past.
type Retention struct {
	Days int // of 5-minute steps; zero means 14
	// Replay is for how long every second is kept, to be looked at again; 0 keeps none.
	Replay time.Duration
}

// TLSSpec is transport security of one endpoint.
type TLSSpec struct {
	CAFile     string // PEM bundle used instead of the system's
	CertFile   string // client certificate, with KeyFile
	KeyFile    string
	ServerName string
	Insecure   bool // no verification: shown as a permanent warning, and forbids writes
}

// Subject says what a source tells about; only the fields that apply are set.
type Subject struct {
	Pool           PoolID
	Replica        ReplicaID
	Node           NodeID
	Gateway        GatewayID
	GatewayReplica GatewayReplicaID
	Provider       ProviderID
	Cluster        ClusterID
	Model          ModelName // of a provider, where it is one of several
	Route          RouteID   // of a gateway
	Account        AccountID // of machines
	About          About
}

// About is which side of a subject a source tells about.
type About string

// The sides of a subject.
const (
	AboutItself About = ""       // what it says of itself: metrics, state, quotas
	AboutStatus About = "status" // what a provider publishes about incidents
	AboutProbe  About = "probe"  // how it answers a request of our own
	AboutBill   About = "bill"   // what was used and charged
)

// SourceSpec declares one connection.
type SourceSpec struct {
	ID       SourceID
	Kind     string   // connector kind
	URL      string   // base URL, or the full metrics URL of exporters; "" where Command or File is read instead
	Command  []string // program and arguments whose output is read, run without a shell
	File     string   // file that is read
	Subject  Subject
	Interval time.Duration
	Timeout  time.Duration // always shorter than Interval
	Auth     SecretRef
	TLS      TLSSpec
	Models   []ModelName       // provider sources: models to look for; engines: the model of the pool, where it has one
	Options  map[string]string // connector-specific, documented by the connector
	// Via is the way that carries its requests, such as "kubernetes/CONTEXT/NAMESPACE/POD:PORT"; "" means a connection of
	// its own.
	Via      string
	FoundKey SecretRef  // credential of gateways that are found through it
	Write    SecretRef  // credential for writing, where it is another than Auth
	From     SourceID   // a store that is asked in its place: it is then not read by itself
	Probe    *ProbePlan // of sources that are probes (AboutProbe); nil otherwise
}
