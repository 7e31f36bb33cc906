package fleet

import (
	"time"
)

// Provider is an API account.
type Provider struct {
	Spec       ProviderSpec
	Load       Load // as gateways see it
	Trends     Trends
	Authorised Maybe[bool]
	ProbeAt    time.Time // last good probe
	ProbeTime  Maybe[Seconds]
	Models     []ModelName
	Regions    map[ModelName][]string // as in ProviderReading
	Limits     []Limit                // tightest view of each kind
	Burn       Maybe[USDPerHour]
	PerMTok    Maybe[USDPerMTok] // burn over the priced tokens of the window
	Unpriced   []ModelName       // used models without a price: they are missing from Burn
	BurnRate   BurnRate
	State      State
	Why        Safe
	Since      time.Time
	Source     SourceID
	Status     []StatusFeed // what it publishes, in the order of Spec.Feeds
	Measured   State        // State without what it publishes: what targets, look-back and checks go by
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
	Spend       *GatewaySpend   `json:",omitempty"` // its own estimate of today; never added to other streams
	Budgets     []GatewayBudget `json:",omitempty"`
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
	Counted   Counted // who counted what its targets got, and what failed of all
	Targets   []Target
	Replicas  []RouteReplica
	Weights   Weights // what all replicas that answered agree on; nil when they differ or none answered
	Hash      string  // HashWeights(Weights); "" when they differ
	Unset     []TargetID
	Strategy  Safe
	Routing   Routing // of the replicas that agree, else of the first that answers
	RoutingAs Safe    // which replica does otherwise beside weights, and what; "" where all agree
	Lints     []Lint
	Lengths   Lengths
	Cost      RouteCost
	Probe     *Probe       // live probes through the gateway; nil for none
	Reversals int          // changes of direction in the last 30 minutes
	Policy    *PolicyState `json:",omitempty"` // how it keeps Spec.Policy; nil where it has none
	Objective ErrorBudget
	Day       *DayLoad `json:",omitempty"` // of all targets together; nil before an hour is known
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
	Load      Load // as the gateway sees it, or as Counted says
	Counted   Counted
	Trends    Trends
	Order     Maybe[int] // members of the least order are used first; unknown where it has none
	Blocked   Maybe[bool]
	Cooling   bool // cooled down in the last window
	CoolWhy   Safe // for what, such as "429 x12"; "" where the gateway does not tell
	ChangedBy Safe // who wrote it last, as the gateway tells
	ChangedAt Maybe[time.Time]
	// RequestsPerMinute and TokensPerMinute are what the gateway lets through to it, as configured there.
	RequestsPerMinute Maybe[float64]
	TokensPerMinute   Maybe[float64]
	Settings          *MemberSettings `json:",omitempty"` // how it is made again; nil where its gateway tells no such thing
	Verdicts          []HealthVerdict
	Probe             *Probe // live probes of its pool or rented model; nil for none
	// ProbesCleanSince is since when no live probe of it failed, for a return to it; unknown while the last one failed or is
	// too old, and where none is sent.
	ProbesCleanSince Maybe[time.Time]
	Price            Maybe[USDPerMTok] // blended over the route's own mix; allocated for pools
	PriceWhy         Safe
	Burn             Maybe[USDPerHour]
	Bills            Factor       `json:",omitzero"` // how far bills of its rented model were from the meter; no Rho where that is not known
	Carried          Maybe[Ratio] // greatest share of the route that it carried in the last 24 h
	CarriedAt        time.Time
	BurnRate         BurnRate
	State            State
	Why              Safe
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
	// Every is how often a live probe renews it; zero for evidence that comes by itself.
	Every time.Duration
}

// Verdict is what one kind of evidence says of a target; the zero value where it says nothing.
func (t *Target) Verdict(kind HealthKind) HealthVerdict {
	for _, v := range t.Verdicts {
		if v.Kind == kind {
			return v
		}
	}
	return HealthVerdict{Kind: kind}
}

// Lengths is the distribution of request sizes of a route over a look-back window.
type Lengths struct {
	Prompt Histogram // tokens
	Output Histogram // tokens that clients allow (max_tokens), or produced where that is unknown
	Window time.Duration
	At     time.Time
}

// ErrorBudget is what a route did against its objective in as much of the last 30 days as is on file.
type ErrorBudget struct {
	Requests Maybe[float64]
	Errors   Maybe[float64]       // of them failed
	Watched  Maybe[time.Duration] // how much of the time something is on file of
	From     time.Time            // where the oldest of it begins
}

// BudgetWindow is the time that an error budget is given for.
const BudgetWindow = 30 * 24 * time.Hour
