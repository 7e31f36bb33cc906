package portkey

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/restobjects"
	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

// writer changes weights in configs, and remembers when, since what the control plane keeps is not at once what gateways do.
type writer struct {
	fleet.RouteWriter
	clock fleet.Clock
	mu    sync.Mutex
	wrote map[string]time.Time // by slug
}

func newWriter(spec fleet.GatewaySpec, deps fleet.Deps) (fleet.RouteWriter, error) {
	op := "open the writer of " + fleet.Quote(string(spec.ID)).String()
	switch {
	case spec.TLS.Insecure:
		return nil, &fleet.Error{Kind: fleet.KindReadOnly, Op: op, Err: errors.New("its TLS is not verified, which forbids writing")}
	case len(spec.Replicas) != 1:
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: op, Err: errors.New("a control plane is one, whatever gateways follow it"),
			Next: "name it as the only replica"}
	}
	one := spec.Replicas[0]
	deps.Via = one.Via
	auth := spec.Write
	if auth.IsZero() {
		auth = spec.Auth
	}
	a, err := open(fleet.SourceID(one.ID), httpx.Options{Source: fleet.SourceID(one.ID), Base: one.URL, TLS: spec.TLS, Auth: auth, Deps: deps},
		spec.Options)
	if err != nil {
		return nil, err
	}
	if spec.Settle <= 0 {
		spec.Settle = defaultSettle
	}
	source := fleet.SourceID(spec.ID)
	return &writer{clock: deps.Clock, wrote: map[string]time.Time{},
		RouteWriter: routeobjects.NewWriter(spec, shape{}, restobjects.NewObjects(source, a), restobjects.NewWriter(source, a, nil),
			deps.Clock)}, nil
}

// unwritten are the kinds of failures that tell that nothing was written.
var unwritten = []fleet.Kind{fleet.KindConflict, fleet.KindUnsupported, fleet.KindInvalid, fleet.KindAuth, fleet.KindNotFound}

// SetWeights implements fleet.RouteWriter.
func (w *writer) SetWeights(ctx context.Context, r fleet.RouteSpec, before, after fleet.Weights) error {
	err := w.RouteWriter.SetWeights(ctx, r, before, after)
	if slices.Contains(unwritten, fleet.KindOf(err)) {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrote[shape{}.Ref(r.ID).Name] = w.clock.Now()
	return err
}

// ReadBack implements fleet.RouteWriter. For as long as gateways may not have asked for changes, what is kept is pending.
func (w *writer) ReadBack(ctx context.Context, r fleet.RouteSpec) []fleet.ReplicaWeights {
	list := w.RouteWriter.ReadBack(ctx, r)
	w.mu.Lock()
	at, wrote := w.wrote[shape{}.Ref(r.ID).Name]
	w.mu.Unlock()
	if wrote && w.clock.Now().Before(at.Add(pollEvery)) {
		for i := range list {
			list[i].Pending = fleet.Text("gateways ask for changes once a minute")
		}
	}
	return list
}
