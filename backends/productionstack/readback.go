package productionstack

import (
	"context"
	"sync"

	"pitwall/fleet"
)

// ReadBack implements fleet.RouteWriter. The weights are those that the router says it holds; what its file says beyond that is
// pending, and so is a list that it says it holds and does not choose from.
func (w *writer) ReadBack(ctx context.Context, r fleet.RouteSpec) []fleet.ReplicaWeights {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var files []*file
	var wg sync.WaitGroup
	wg.Go(func() { files = w.files(ctx) })
	asked := w.ask(ctx)
	out := make([]fleet.ReplicaWeights, len(w.nodes))
	for i, n := range w.nodes {
		out[i] = fleet.ReplicaWeights{Replica: n.id, At: asked[i].at}
		wg.Go(func() { w.held(ctx, r, n, asked[i], &out[i]) })
	}
	wg.Wait()
	for i, n := range w.nodes {
		if n.place >= 0 && out[i].Err == nil && out[i].Pending.IsEmpty() {
			out[i].Pending = pending(r, files[n.place], out[i].Weights)
		}
	}
	return out
}

// files reads the file in each of its places; nil where it cannot be read. That is no fault of a router.
func (w *writer) files(ctx context.Context) []*file {
	out := make([]*file, len(w.places))
	for i, p := range w.places {
		if was, err := p.read(ctx); err == nil {
			if f, err := parseFile(was.text); err == nil {
				out[i] = f
			}
		}
	}
	return out
}

// held fills what one router holds of a route.
func (w *writer) held(ctx context.Context, r fleet.RouteSpec, n node, a answer, out *fleet.ReplicaWeights) {
	op := "read back " + fleet.Quote(string(r.ID)).String()
	switch {
	case a.err != nil:
		out.Err = a.err
		return
	case a.held == nil:
		out.Err = unsupported(op, n.api.source, unlisted)
		return
	case a.held.discovery != static:
		out.Err = unsupported(op, n.api.source, discovered)
		return
	}
	weights, err := a.held.weights(r)
	if err != nil {
		out.Err = &fleet.Error{Kind: fleet.KindNotFound, Op: op, Source: n.api.source, Err: err}
		return
	}
	out.Weights, out.Blocked = weights, map[fleet.TargetID]bool{}
	if a.held.checks { // left out by the router itself: its list then says nothing
		return
	}
	engines, err := n.api.engines(ctx)
	if err != nil {
		return
	}
	if got, want := serving(engines)[string(r.ID)], a.held.listed(string(r.ID)); got != want {
		out.Pending = fleet.Textf("it says that it holds its file with %s back ends of this model, and chooses from %s: a part of the file was "+
			"taken over and the rest failed; %s", fleet.Int(want), fleet.Int(got), fleet.Text(lookAt))
	}
}

// pending says what a file says of a route that a router does not hold.
func pending(r fleet.RouteSpec, f *file, holds fleet.Weights) fleet.Safe {
	if f == nil {
		return fleet.Safe{}
	}
	want, err := f.config.weights(r)
	if err != nil || want.Equal(holds) {
		return fleet.Safe{}
	}
	if f.config.why != "" {
		return fleet.Textf("its file says %s, and routers refuse that file: %s", want.Text(order(r)), fleet.Label(f.config.why))
	}
	return fleet.Textf("its file says %s, which it has not taken over yet; if it does not, %s", want.Text(order(r)), fleet.Text(lookAt))
}

func unsupported(op string, source fleet.SourceID, why string) error {
	return &fleet.Error{Kind: fleet.KindUnsupported, Op: op, Source: source, Next: why}
}
