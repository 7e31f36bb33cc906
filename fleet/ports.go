package fleet

import (
	"context"
	"io"
	"log/slog"
	"time"
)

// Reader reads one source once. It does no retry, keeps no rates and honours ctx's deadline.
type Reader interface {
	Read(ctx context.Context) (Partial, error)
}

// Weights is the configured weight of each target of one route.
type Weights map[TargetID]int

// ReplicaWeights is the routing state of one route as one gateway replica holds it.
type ReplicaWeights struct {
	Replica GatewayReplicaID
	Weights Weights
	Blocked map[TargetID]bool
	Unset   []TargetID // members without a weight
	Pending Safe       // what is stored so and not taken over yet, or refused, as the gateway tells; "" for nothing
	At      time.Time
	Err     error // the replica did not answer; Weights is then nil
}

// Hash identifies the weights of a route; equal weights have equal hashes.
// It is "" where nothing was read.
func (r ReplicaWeights) Hash() string {
	if r.Err != nil || r.Weights == nil {
		return ""
	}
	return HashWeights(r.Weights)
}

// RouteWriter changes the routes of one gateway. It only exists while writing is allowed. The RouteSpec that a connector's
// writer is given is AsCalled: its ID is the name that the gateway knows the route by. Writers of a registry take any.
type RouteWriter interface {
	// ReadBack asks every replica, by its own address, what it holds now.
	ReadBack(ctx context.Context, r RouteSpec) []ReplicaWeights
	// SetWeights sets absolute weights. before is what the caller read; where the gateway's stored
	// state differs from both before and after the error is a KindConflict and nothing was written.
	// It returns once the gateway accepted the write, not once every replica holds it.
	SetWeights(ctx context.Context, r RouteSpec, before, after Weights) error
	// Resync makes one lagging replica take over the stored state again.
	Resync(ctx context.Context, r RouteSpec, replica GatewayReplicaID) error
	// Settle is how long after a write a replica may still hold the old weights.
	Settle() time.Duration
}

// Watcher is a Reader that is told of changes instead of asking for them. The Hub calls Watch in place of Read.
type Watcher interface {
	Reader
	// Watch delivers a Partial at once and then at each change, conflated by the adapter to a few a second, until ctx
	// ends. It survives the loss of its system: it goes on trying and delivers what it is doing. failed tells the Hub
	// that the system does not answer, with the reason; deliver ends that. Both may be called from any goroutine.
	Watch(ctx context.Context, deliver func(Partial), failed func(error)) error
}

// Decoder reads one metrics page that somebody else fetched: a scrape through the API server, or series of a store
// written as a page. It does no I/O. A page of another system is an error of KindInvalid.
type Decoder interface {
	Decode(page []byte) (Partial, error)
}

// Carrier carries requests of adapters by another way than a connection of their own, such as the pod proxy of an API
// server. The reply's body must be closed.
type Carrier interface {
	Carry(ctx context.Context, r CarriedRequest) (*CarriedReply, error)
}

// Carriers opens ways through one system. Its ways share what limits the system sets.
type Carriers interface {
	// Carrier opens one way. Its name is what follows the kind and the name of the system in SourceSpec.Via; its parts
	// are escaped as in a path. It connects to nothing.
	Carrier(way string) (Carrier, error)
}

// CarriedRequest is one HTTP request for a carrier. Header names are canonical.
type CarriedRequest struct {
	Method string
	Path   string // with its query
	Header map[string][]string
	Body   []byte
}

// CarriedReply is the answer of the far end, whatever its status.
type CarriedReply struct {
	Status int
	Header map[string][]string
	Body   io.ReadCloser
}

// Inspector shows one object in full. Lines are sanitised and bounded; secrets are not among them.
type Inspector interface {
	Describe(ctx context.Context, o ObjectRef) ([]Safe, error)
	Raw(ctx context.Context, o ObjectRef) ([]Safe, error)
	// Containers lists those of a pod in the order in which they begin. Exactly one of them is chosen, unless there is none.
	Containers(ctx context.Context, o ObjectRef) ([]Container, error)
	// Logs delivers lines as they come, oldest first, until ctx ends or the log does.
	Logs(ctx context.Context, o ObjectRef, opt LogOptions, line func(Safe)) error
}

// LogOptions say which part of a log is wanted.
type LogOptions struct {
	Tail     int  // lines from the end; zero means 500
	Follow   bool // go on with what comes
	Previous bool // of the container before the last restart
}

// Deps is what adapters are given.
type Deps struct {
	Clock  Clock
	Log    *slog.Logger
	Secret func(ctx context.Context, ref SecretRef) (Secret, error) // reads the credential now; the zero ref gives an empty secret
	// Carrier opens a way of its name. nil where there is none.
	Carrier func(via string) (Carrier, error)
	// Via is the way of the source that is being opened (SourceSpec.Via); "" means a connection of its own.
	Via string
	// Decoders are those of all connectors, by kind: what a store's series are read with.
	Decoders map[string]func() Decoder
	// Objects opens the objects of a cluster of the configuration, ObjectWriter its writer. nil where there is none.
	Objects      func(ClusterID) (Objects, error)
	ObjectWriter func(ClusterID) (ObjectWriter, error)
	// Families are Connector.Families by kind: what a store is asked for.
	Families map[string][]string
	// Prices is the price list; nil where there is none.
	Prices Prices
	// Purse keeps what probes cost; nil keeps it only as long as the reader lives.
	Purse Purse
}

// Purse keeps what was spent, over runs and for all consoles of one state folder.
type Purse interface {
	// Spent is what a source spent in the UTC day of at.
	Spent(source SourceID, at time.Time) (Money, error)
	// Spend notes an amount, a negative one for what was given back.
	Spend(source SourceID, at time.Time, amount Money) error
}

// Connector is one kind of system that pitwall can talk to: one folder under backends and one
// line in the registry. A nil function means that this kind cannot do that.
type Connector struct {
	Kind      string        // word used in the configuration
	Title     string        // as the project writes its name: "vLLM"
	Reads     string        // one line: what is read, from which versions
	Writes    string        // one line: what can be changed, "" for nothing
	Interval  time.Duration // default
	NewReader func(SourceSpec, Deps) (Reader, error)
	NewWriter func(GatewaySpec, Deps) (RouteWriter, error)
	// NewKeyReader looks up keys and teams of a gateway; nil where it has none, or none that can be changed, and Keyless says then
	// what can be done instead.
	NewKeyReader func(GatewaySpec, Deps) (KeyReader, error)
	Keyless      string
	// NewDecoder makes a decoder of the metrics pages of this kind; nil where it has none.
	NewDecoder func() Decoder
	// Families are prefixes, or whole names, of metrics that only this kind has: how a page, or a store's series, is
	// known to be its own.
	Families []string
	// Ports are where it listens by default, for discovery.
	Ports []int
	// NewSilencer writes silences; nil where the system has none.
	NewSilencer func(SourceSpec, Deps) (Silencer, error)
	// NewCarriers opens what carries requests through one source of this kind; nil where none does.
	NewCarriers func(SourceSpec, Deps) (Carriers, error)
	// NewInspector opens objects in full; nil where there are none.
	NewInspector func(SourceSpec, Deps) (Inspector, error)
	// NewObjects and NewObjectWriter read and write objects of a cluster; nil where the system is none.
	NewObjects      func(SourceSpec, Deps) (Objects, error)
	NewObjectWriter func(SourceSpec, Deps) (ObjectWriter, error)
	// NewSharedReader and NewSharedWriter open what operators of one cluster have in common there; nil where there is no such
	// place. A source that names none is KindUnsupported.
	NewSharedReader func(SourceSpec, Deps) (SharedReader, error)
	NewSharedWriter func(SourceSpec, Deps) (SharedWriter, error)
	// NewOrchestrator makes what knows the kinds of this system in a cluster; nil where it has none there. Of deps it takes
	// the clock only.
	NewOrchestrator func(Deps) Orchestrator
	// NewAsker asks prompts of the replica that a source reads; nil where the system answers none.
	NewAsker func(SourceSpec, Deps) (Asker, error)
}
