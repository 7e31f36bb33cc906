package kong

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"pitwall/fleet"
)

// The limits of one question and of one change; how long nodes may take over what is stored: they look into the database
// every 5 s (db_update_frequency) and rebuild their router as often, and control planes push as often.
const (
	askTimeout    = 5 * time.Second
	writeTimeout  = 20 * time.Second
	defaultSettle = 20 * time.Second
	staleFor      = 3 * defaultSettle // how long the hash of before a change counts as old
	takeOver      = 10 * time.Second  // within which nodes that share a database have taken over what is stored
)

// writer changes weights through the Admin API. There is no lock and no version to compare: what is stored is read and
// compared just before, and read again afterwards.
type writer struct {
	spec  fleet.GatewaySpec
	clock fleet.Clock
	nodes []admin

	mu    sync.Mutex
	stale map[fleet.GatewayReplicaID]staleHash
	wrote map[fleet.RouteID]time.Time // when this process wrote last
}

type admin struct {
	id  fleet.GatewayReplicaID
	api *api
}

// staleHash is what the data planes of a control plane held before the last change.
type staleHash struct {
	hash string
	at   time.Time
}

func newWriter(spec fleet.GatewaySpec, deps fleet.Deps) (fleet.RouteWriter, error) {
	if spec.TLS.Insecure {
		return nil, &fleet.Error{Kind: fleet.KindReadOnly, Op: "open the writer of " + fleet.Quote(string(spec.ID)).String(),
			Next: "its TLS is not verified, which forbids writing"}
	}
	w := &writer{spec: spec, clock: deps.Clock, stale: map[fleet.GatewayReplicaID]staleHash{},
		wrote: map[fleet.RouteID]time.Time{}}
	auth := spec.Write
	if auth.IsZero() {
		auth = spec.Auth
	}
	for _, r := range spec.Replicas {
		deps.Via = r.Via
		a, err := newAPI(fleet.SourceID(r.ID), r.URL, auth, spec.TLS, spec.Options, deps)
		if err != nil {
			return nil, err
		}
		w.nodes = append(w.nodes, admin{r.ID, a})
	}
	return w, nil
}

// Settle implements fleet.RouteWriter.
func (w *writer) Settle() time.Duration {
	if w.spec.Settle > 0 {
		return w.spec.Settle
	}
	return defaultSettle
}

// Resync implements fleet.RouteWriter.
func (w *writer) Resync(_ context.Context, r fleet.RouteSpec, _ fleet.GatewayReplicaID) error {
	return w.refuse(fleet.KindUnsupported, "resync", r.ID, "a node of Kong looks into its database every 5 s by itself, and a data plane is "+
		"told by its control plane; one that stays behind has to be started again")
}

// ReadBack implements fleet.RouteWriter. Nodes that share a database tell what is stored there; whether data planes hold it is
// in Pending, and so is that nodes need not have taken it over yet.
func (w *writer) ReadBack(ctx context.Context, r fleet.RouteSpec) []fleet.ReplicaWeights {
	out := make([]fleet.ReplicaWeights, len(w.nodes))
	var wg sync.WaitGroup
	for i, n := range w.nodes {
		wg.Go(func() { out[i] = w.readOne(ctx, n, r) })
	}
	wg.Wait()
	return out
}

func (w *writer) readOne(ctx context.Context, n admin, r fleet.RouteSpec) fleet.ReplicaWeights {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	out := fleet.ReplicaWeights{Replica: n.id}
	held, err := w.find(ctx, n, r.ID)
	out.At = w.clock.Now()
	if err != nil {
		out.Err = err
		return out
	}
	if out.Weights, out.Err = held.weights(r); out.Err != nil {
		return out
	}
	out.Blocked = map[fleet.TargetID]bool{}
	for _, t := range r.Targets {
		if held.off && held.member(t) != nil {
			out.Blocked[t.ID] = true
		}
	}
	out.Pending = w.pending(ctx, n, r.ID)
	return out
}

// find reads one route anew.
func (w *writer) find(ctx context.Context, n admin, id fleet.RouteID) (route, error) {
	if name, ok := strings.CutPrefix(string(id), upstreamPrefix); ok {
		doc, err := n.api.document(ctx, n.api.at("upstreams", name))
		if err != nil {
			return route{}, err
		}
		return n.api.upstream(ctx, doc)
	}
	routes, _, err := n.api.plugins(ctx)
	if err != nil {
		return route{}, err
	}
	for _, one := range routes {
		if one.id == id {
			return one, nil
		}
	}
	return route{}, &fleet.Error{Kind: fleet.KindNotFound, Op: "read route " + fleet.Quote(string(id)).String(), Source: n.api.source,
		Err: errors.New("no AI plugin has this instance_name or id")}
}

// weights are those of the targets that are there. One that is no whole number is refused.
func (r *route) weights(spec fleet.RouteSpec) (fleet.Weights, error) {
	out := fleet.Weights{}
	for _, t := range spec.Targets {
		m := r.member(t)
		switch {
		case m == nil:
		case !m.weight.OK || m.weight.V != float64(int(m.weight.V)):
			return nil, &fleet.Error{Kind: fleet.KindUnsupported, Op: "read weights", Err: fmt.Errorf("the weight of %s is not a whole number",
				fleet.Quote(string(t.ID))), Next: "set whole numbers first"}
		default:
			out[t.ID] = int(m.weight.V)
		}
	}
	return out, nil
}

// pending asks a control plane what its data planes hold. Where that cannot be asked nothing is said: the reader's notice
// tells that it is not known. Of nodes that share a database no call tells it, so that they are given their time: requests that
// went by the weights of before are no proof of a step.
func (w *writer) pending(ctx context.Context, n admin, id fleet.RouteID) fleet.Safe {
	live, ok := w.live(ctx, n)
	w.mu.Lock()
	old, wrote := w.stale[n.id], w.wrote[id]
	w.mu.Unlock()
	switch {
	case !ok && !wrote.IsZero() && w.clock.Now().Sub(wrote) < takeOver:
		return fleet.Textf("nodes look into the database every 5 s and take it over within %s", fleet.Age(takeOver))
	case !ok:
		return fleet.Safe{}
	}
	if w.clock.Now().Sub(old.at) > staleFor {
		old.hash = ""
	}
	return pendingAt(live, old.hash)
}

func (w *writer) live(ctx context.Context, n admin) ([]plane, bool) {
	what, err := n.api.node(ctx)
	if err != nil || what.Configuration.Role != controlPlane {
		return nil, false
	}
	list, now, err := n.api.planes(ctx, w.clock.Now())
	if err != nil {
		return nil, false
	}
	live, _ := present(list, now)
	return live, true
}

// remember notes what the data planes hold before a change.
func (w *writer) remember(ctx context.Context) {
	for _, n := range w.nodes {
		live, ok := w.live(ctx, n)
		w.mu.Lock()
		if delete(w.stale, n.id); ok {
			w.stale[n.id] = staleHash{common(live), w.clock.Now()}
		}
		w.mu.Unlock()
	}
}

func (w *writer) refuse(kind fleet.Kind, op string, id fleet.RouteID, why string) error {
	return &fleet.Error{Kind: kind, Op: op + " of " + fleet.Quote(string(id)).String(), Err: errors.New(why), Next: "nothing was written"}
}
