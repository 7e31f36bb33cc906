package fleet

import "time"

// Weighing is what the weights of a route mean to its gateway.
type Weighing string

// What weights can mean.
const (
	WeighingUnknown Weighing = ""           // not read, or the gateway does not say
	WeighingShares  Weighing = "shares"     // a member's share is its weight over the sum of weights; 0 takes it out
	WeighingFromOne Weighing = "at least 1" // as shares, but 1 is the least: 0 takes the member off the gateway's list
	WeighingInOut   Weighing = "in or out"  // there are no weights: 1 is in, 0 is out
	WeighingIgnored Weighing = "ignored"    // weights are kept, and the strategy does not look at them
	WeighingGroups  Weighing = "groups"     // the number is no share: it names a group for failing over (Kong, priority)
)

// Decides tells whether weights say how much a member gets.
func (w Weighing) Decides() bool {
	return w == WeighingShares || w == WeighingFromOne || w == WeighingInOut
}

// Routing is what a gateway does with one public model name beside weighing its members. Routes in it are named as the gateway
// calls them.
type Routing struct {
	Strategy Safe // as the gateway calls it; "" for the gateway's own
	Weighing Weighing
	Most     int // the greatest weight that it takes; 0 where no bound is known
	// Listed tells that a member is in by being listed, with nothing more to it: a declared one that is not listed is out,
	// which is a weight of 0.
	Listed bool
	// Uneven tells that members that are in share the traffic by something else than their weights, such as users or prefixes:
	// of one among several no share follows from them.
	Uneven bool
	// AloneTakesAll tells that a single member gets everything, whatever its weight is (Istio).
	AloneTakesAll bool
	// KeepsShare tells that a member that is down keeps its share: nothing is moved to the others (Gateway API).
	KeepsShare bool
	// ByOrder tells whether members of a greater order only get what those of a lesser one cannot take.
	ByOrder      Maybe[bool]
	Fallbacks    []Fallback
	Aliases      []RouteID // other public names that lead to it
	Retries      Maybe[Count]
	Timeout      Maybe[Seconds] // of one try
	Cooldown     Maybe[Seconds] // how long a failing member is left out
	AllowedFails Maybe[Count]   // failures of a member before it is left out
	Owner        Safe           // who writes it back: a controller, or a tool that keeps it in a repository
	ChangedBy    Safe           // who wrote it last, as the gateway tells
	ChangedAt    Maybe[time.Time]
	Version      string     // of the stored state, where the gateway counts; raw
	Edits        []EditKind // what can be edited of it here
	EditsWhy     Safe       // why not the rest
	Fixed        Safe       // why none of its weights can be changed here, with what can be done instead
	Pending      Safe       // what the gateway has not taken over yet, or refuses, of the state that is stored
}

// FallbackKind is what failure a fallback answers.
type FallbackKind string

// The kinds of fallbacks.
const (
	FallbackFailure FallbackKind = "failure"        // any error that is left after the retries
	FallbackContext FallbackKind = "context window" // a prompt that is too long
	FallbackPolicy  FallbackKind = "content policy" // an answer that was refused for its content
	FallbackDefault FallbackKind = "default"        // any route that has none of its own
)

// Fallback is where requests go that a route cannot answer, in order.
type Fallback struct {
	Kind FallbackKind
	To   []RouteID
}

// LintRule is one fault of a route that shows in how it is configured.
type LintRule string

// The rules. The sentence that explains a finding comes with it.
const (
	LintTwins     LintRule = "twins"              // members that cannot be told apart
	LintMixed     LintRule = "mixed weights"      // some members have a weight and others none
	LintIgnored   LintRule = "weights ignored"    // the strategy does not look at weights
	LintContext   LintRule = "fallback context"   // a fallback takes shorter prompts than the route serves
	LintTools     LintRule = "fallback abilities" // a fallback lacks what requests of the route use
	LintResidency LintRule = "fallback residency" // a fallback is where the route's data may not be
	LintAlone     LintRule = "no breaker"         // a single member that nothing protects
	LintNowhere   LintRule = "fallback nowhere"   // a fallback leads to no route of the gateway, or in a circle
	LintOwner     LintRule = "owned"              // somebody writes it back
	LintOut       LintRule = "all out"            // no member may take anything

	LintPolicySplit    LintRule = "policy split"    // weights give another share than the policy intends
	LintPolicySides    LintRule = "policy sides"    // a side that the pattern needs is missing
	LintPolicyFallback LintRule = "policy fallback" // an API without own GPUs behind it on the gateway
	LintPolicyProven   LintRule = "policy unproven" // nobody has seen the fallback carry such a load
	LintPolicyCold     LintRule = "policy cold"     // the fallback is not ready now
	LintPolicyFate     LintRule = "policy fate"     // the fallback depends on what its primary depends on
	LintPolicyModel    LintRule = "policy model"    // an own member serves something else than the fine-tune
)

// Lint is one finding.
type Lint struct {
	Rule   LintRule
	Target TargetID // that it is about; "" for the route
	Text   Safe     // one sentence
}
