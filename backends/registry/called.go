package registry

import (
	"context"

	"pitwall/fleet"
)

// called gives a writer every route by the name that its gateway knows it by: connectors know of no other, so that none of them can
// mistake the ID of a route in the fleet for it.
type called struct{ fleet.RouteWriter }

func (w called) ReadBack(ctx context.Context, r fleet.RouteSpec) []fleet.ReplicaWeights {
	return w.RouteWriter.ReadBack(ctx, r.AsCalled())
}

func (w called) SetWeights(ctx context.Context, r fleet.RouteSpec, before, after fleet.Weights) error {
	return w.RouteWriter.SetWeights(ctx, r.AsCalled(), before, after)
}

func (w called) Resync(ctx context.Context, r fleet.RouteSpec, replica fleet.GatewayReplicaID) error {
	return w.RouteWriter.Resync(ctx, r.AsCalled(), replica)
}

// calledEditor is the same of a writer that edits.
type calledEditor struct {
	called
	by fleet.RouteEditor
}

func (w calledEditor) Editable(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit) error {
	return w.by.Editable(ctx, r.AsCalled(), e)
}

func (w calledEditor) EditStands(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit) []fleet.ReplicaStanding {
	return w.by.EditStands(ctx, r.AsCalled(), e)
}

func (w calledEditor) Edit(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit) error {
	return w.by.Edit(ctx, r.AsCalled(), e)
}

// keyed passes on that a writer changes keys too, which have nothing to do with routes.
type keyed struct {
	fleet.RouteWriter
	fleet.KeyEditor
}

// keyedEditor is the same of a writer that edits routes as well.
type keyedEditor struct {
	calledEditor
	fleet.KeyEditor
}

func asCalled(w fleet.RouteWriter) fleet.RouteWriter {
	by, edits := w.(fleet.RouteEditor)
	keys, hasKeys := w.(fleet.KeyEditor)
	switch {
	case edits && hasKeys:
		return keyedEditor{calledEditor{called{w}, by}, keys}
	case edits:
		return calledEditor{called{w}, by}
	case hasKeys:
		return keyed{called{w}, keys}
	}
	return called{w}
}
