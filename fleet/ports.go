package fleet

import (
	"context"
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

// RouteWriter changes the routes of one gateway. It only exists while writing is allowed.
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

// Deps is what adapters are given.
type Deps struct {
	Clock  Clock
	Log    *slog.Logger
	Secret func(ctx context.Context, ref SecretRef) (Secret, error) // reads the credential now; the zero ref gives an empty secret
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
}
