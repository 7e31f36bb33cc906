package smg

import (
	"context"
	"errors"
	"sync"
	"time"

	"pitwall/fleet"
)

// The limits of one question, of what a router may take over one worker, and of one change; how often it is asked meanwhile.
const (
	askTimeout    = 5 * time.Second
	takeTimeout   = 30 * time.Second
	putTimeout    = 90 * time.Second // a worker that drains has to be gone first
	writeTimeout  = 4 * time.Minute
	pollEvery     = 200 * time.Millisecond
	defaultSettle = 10 * time.Second
)

// writer takes workers out and puts them back, on each router by a call of its own: routers share nothing. There is no lock and no
// version: what they hold is read and compared just before.
type writer struct {
	spec    fleet.GatewaySpec
	clock   fleet.Clock
	secret  func(context.Context, fleet.SecretRef) (fleet.Secret, error)
	plans   plans
	unnamed fleet.RouteID
	routers []router
	every   time.Duration // how often a router is asked what became of a call
}

type router struct {
	id  fleet.GatewayReplicaID
	api *api
}

func newWriter(spec fleet.GatewaySpec, deps fleet.Deps) (fleet.RouteWriter, error) {
	if spec.TLS.Insecure {
		return nil, &fleet.Error{Kind: fleet.KindReadOnly, Op: "open the writer of " + fleet.Quote(string(spec.ID)).String(),
			Next: "its TLS is not verified, which forbids writing"}
	}
	p, err := plansOf(spec.Options)
	if err != nil {
		return nil, err
	}
	w := &writer{spec: spec, clock: deps.Clock, secret: deps.Secret, plans: p, unnamed: unnamedRoute(spec.Options),
		every: pollEvery}
	auth := spec.Write
	if auth.IsZero() {
		auth = spec.Auth
	}
	for _, r := range spec.Replicas {
		deps.Via = r.Via
		a, err := newAPI(fleet.SourceID(r.ID), r.URL, auth, spec.TLS, deps)
		if err != nil {
			return nil, err
		}
		w.routers = append(w.routers, router{r.ID, a})
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

// state is what one router holds.
type state struct {
	router
	held listing
	at   time.Time
	err  error
}

// ask reads all routers at once.
func (w *writer) ask(ctx context.Context) []state {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	out := make([]state, len(w.routers))
	var all sync.WaitGroup
	for i, r := range w.routers {
		all.Go(func() {
			held, _, err := r.api.list(ctx)
			out[i] = state{r, held, w.clock.Now(), err}
		})
	}
	all.Wait()
	return out
}

// find gives the worker that a target of a route is, nil where the router has none such there.
func (w *writer) find(held listing, route fleet.RouteID, t fleet.TargetSpec) *worker {
	for i := range held.workers {
		if x := &held.workers[i]; x.id == deployment(t) && w.serves(x, route) {
			return x
		}
	}
	return nil
}

func (w *writer) serves(x *worker, route fleet.RouteID) bool {
	for _, id := range x.routes(w.unnamed) {
		if id == route {
			return true
		}
	}
	return false
}

func deployment(t fleet.TargetSpec) fleet.DeploymentID {
	if t.Deployment != "" {
		return t.Deployment
	}
	return fleet.DeploymentID(t.ID)
}

// weights are 1 for targets that are in, 0 for those that drain or are not there.
func (w *writer) weights(held listing, r fleet.RouteSpec) fleet.Weights {
	out := fleet.Weights{}
	for _, t := range r.Targets {
		out[t.ID] = 0
		if x := w.find(held, r.ID, t); x != nil && x.in() {
			out[t.ID] = 1
		}
	}
	return out
}

// ReadBack implements fleet.RouteWriter.
func (w *writer) ReadBack(ctx context.Context, r fleet.RouteSpec) []fleet.ReplicaWeights {
	var out []fleet.ReplicaWeights
	for _, s := range w.ask(ctx) {
		one := fleet.ReplicaWeights{Replica: s.id, At: s.at, Err: s.err}
		if s.err == nil {
			one.Weights, one.Blocked = w.weights(s.held, r), map[fleet.TargetID]bool{}
			for _, t := range r.Targets {
				x := w.find(s.held, r.ID, t)
				if x == nil || x.leftOut(nil).IsEmpty() {
					continue
				}
				one.Blocked[t.ID] = true
				if x.status == statusPending {
					one.Pending = fleet.Textf("%s: %s", fleet.Label(string(t.ID)), x.leftOut(nil))
				}
			}
		}
		out = append(out, one)
	}
	return out
}

// Resync implements fleet.RouteWriter: it gives one router what the others hold, where these agree.
func (w *writer) Resync(ctx context.Context, r fleet.RouteSpec, id fleet.GatewayReplicaID) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	var lagging *state
	var agreed fleet.Weights
	differ := false
	states := w.ask(ctx)
	for i := range states {
		s := &states[i]
		switch held := w.weights(s.held, r); {
		case s.id == id:
			lagging = s
		case s.err != nil:
		case agreed == nil:
			agreed = held
		default:
			differ = differ || !held.Equal(agreed)
		}
	}
	switch {
	case lagging == nil:
		return w.refuse(fleet.KindNotFound, "resync", r.ID, "the gateway has no replica "+fleet.Quote(string(id)).String())
	case lagging.err != nil:
		return lagging.err
	case differ:
		return w.refuse(fleet.KindConflict, "resync", r.ID, "the other routers do not agree, and none of them keeps what is meant")
	case agreed == nil:
		return w.refuse(fleet.KindUnsupported, "resync", r.ID, "no other router answers, and a router keeps its workers nowhere else")
	}
	return w.change(ctx, "resync", r, []state{*lagging}, agreed)
}

func (w *writer) refuse(kind fleet.Kind, op string, id fleet.RouteID, why string) error {
	return &fleet.Error{Kind: kind, Op: op + " of " + fleet.Quote(string(id)).String(), Err: errors.New(why), Next: "nothing was written"}
}
