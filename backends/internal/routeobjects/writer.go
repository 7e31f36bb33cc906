package routeobjects

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// DefaultSettle is how long a gateway may take over what was stored, where its configuration does not say.
const DefaultSettle = 30 * time.Second

// NewWriter changes the weights of one gateway whose routes are documents.
func NewWriter(spec fleet.GatewaySpec, shape Shape, objects fleet.Objects, write fleet.ObjectWriter, clock fleet.Clock) fleet.RouteWriter {
	return &writer{newDocuments(fleet.SourceID(spec.ID), spec.Cluster, spec.Options, shape, objects), spec, write, clock}
}

// ClusterWriter changes the routes that are objects of the gateway's cluster.
func ClusterWriter(spec fleet.GatewaySpec, deps fleet.Deps, shape Shape) (fleet.RouteWriter, error) {
	objects, err := clusterObjects(spec.Cluster, deps)
	if err != nil {
		return nil, err
	}
	if deps.ObjectWriter == nil {
		return nil, errNoCluster(spec.Cluster)
	}
	write, err := deps.ObjectWriter(spec.Cluster)
	if err != nil {
		return nil, err
	}
	return NewWriter(spec, shape, objects, write, deps.Clock), nil
}

func clusterObjects(id fleet.ClusterID, deps fleet.Deps) (fleet.Objects, error) {
	if id == "" || deps.Objects == nil {
		return nil, errNoCluster(id)
	}
	return deps.Objects(id)
}

func errNoCluster(id fleet.ClusterID) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "open the gateway's cluster " + fleet.Quote(string(id)).String(),
		Err: errors.New("its routes are objects of a cluster, and none is named"), Next: "write cluster: CONTEXT with the gateway"}
}

type writer struct {
	documents
	spec  fleet.GatewaySpec
	write fleet.ObjectWriter
	clock fleet.Clock
}

// Settle implements fleet.RouteWriter.
func (w *writer) Settle() time.Duration {
	if w.spec.Settle > 0 {
		return w.spec.Settle
	}
	return DefaultSettle
}

// replica is the one that there is.
func (w *writer) replica() fleet.GatewayReplicaID {
	if len(w.spec.Replicas) > 0 {
		return w.spec.Replicas[0].ID
	}
	return fleet.GatewayReplicaID(w.spec.ID)
}

// ReadBack implements fleet.RouteWriter.
func (w *writer) ReadBack(ctx context.Context, r fleet.RouteSpec) []fleet.ReplicaWeights {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	out := fleet.ReplicaWeights{Replica: w.replica()}
	p, err := w.find(ctx, r.ID)
	out.At, out.Err = w.clock.Now(), err
	if err == nil {
		out.Weights, out.Unset, out.Err = p.weights(r)
		out.Pending = p.route.Routing.Pending
	}
	return []fleet.ReplicaWeights{out}
}

// weights are those of the members that the configuration names, by its names.
func (p *place) weights(r fleet.RouteSpec) (fleet.Weights, []fleet.TargetID, error) {
	held, unset := fleet.Weights{}, []fleet.TargetID(nil)
	for _, t := range r.Targets {
		m := p.member(t)
		switch {
		case m == nil:
		case !m.Weight.OK:
			unset = append(unset, t.ID)
		case m.Weight.V != float64(int(m.Weight.V)):
			return nil, nil, &fleet.Error{Kind: fleet.KindUnsupported, Op: "read weights", Err: fmt.Errorf("the weight of %s is not a whole number",
				fleet.Quote(string(t.ID))), Next: "set whole numbers first"}
		default:
			held[t.ID] = int(m.Weight.V)
		}
	}
	return held, unset, nil
}

func (p *place) member(t fleet.TargetSpec) *Member {
	id := t.Deployment
	if id == "" {
		id = fleet.DeploymentID(t.ID)
	}
	for i := range p.route.Members {
		if p.route.Members[i].ID == id {
			return &p.route.Members[i]
		}
	}
	return nil
}

// Resync implements fleet.RouteWriter. There is one copy.
func (w *writer) Resync(_ context.Context, r fleet.RouteSpec, _ fleet.GatewayReplicaID) error {
	return w.refuse(fleet.KindUnsupported, "resync", r.ID, "its weights are kept in one place, which all its replicas follow")
}

// SetWeights implements fleet.RouteWriter. The system checks the write before it is made.
func (w *writer) SetWeights(ctx context.Context, r fleet.RouteSpec, before, after fleet.Weights) error {
	ctx, cancel := context.WithTimeout(ctx, 3*askTimeout)
	defer cancel()
	p, err := w.find(ctx, r.ID)
	if err != nil {
		return err
	}
	held, _, err := p.weights(r)
	switch {
	case err != nil:
		return err
	case held.Equal(after):
		return nil
	case !held.Equal(before):
		return w.refuse(fleet.KindConflict, "set weights", r.ID, fmt.Sprintf("it holds %s by now", held.Text(order(r))))
	}
	if err := w.allowed(p, r, after); err != nil {
		return err
	}
	write := p.writeOf(r, before, after)
	id := writeID(r.ID, before, after)
	if err := w.write.Write(ctx, write, id, true); err != nil {
		return err
	}
	return w.write.Write(ctx, write, id, false)
}

// allowed refuses what the gateway does not take, or would not do.
func (w *writer) allowed(p place, r fleet.RouteSpec, after fleet.Weights) error {
	g := p.route.Routing
	byID, sum := map[fleet.DeploymentID]int{}, 0
	for _, t := range r.Targets {
		m := p.member(t)
		n, named := after[t.ID]
		if m == nil || !named {
			continue
		}
		byID[m.ID] = n
		sum += n
		switch called := fleet.Quote(string(t.ID)).String(); {
		case n < 0 || g.Most > 0 && n > g.Most:
			return w.refuse(fleet.KindInvalid, "set weights", r.ID, fmt.Sprintf("the weight %d of %s is not within 0 and %d", n, called, g.Most))
		case n == 0 && g.Weighing == fleet.WeighingFromOne && m.At != "":
			if why := p.stays(m); why != "" {
				return w.refuse(fleet.KindUnsupported, "set weights", r.ID, "this gateway takes no weight below 1, and "+called+" would have to be "+
					"taken off its list"+why+"; give it 1 beside great weights of the others")
			}
		}
	}
	switch {
	case !g.Fixed.IsEmpty():
		return w.refuse(fleet.KindUnsupported, "set weights", r.ID, g.Fixed.String())
	case sum == 0:
		return w.refuse(fleet.KindInvalid, "set weights", r.ID, "all weights would be 0, and no request would be answered")
	case p.route.Refuse == nil:
		return nil
	}
	if why := p.route.Refuse(byID); why != "" {
		return w.refuse(fleet.KindInvalid, "set weights", r.ID, why)
	}
	return nil
}

// stays says why a member cannot be taken off its list; "" where it can.
func (p *place) stays(m *Member) string {
	if p.route.List == nil {
		return ", from which it could not be put back"
	}
	if why := p.route.List.lost(p.doc, m); why != "" {
		return ", from which it could not be put back: " + why
	}
	return ""
}

// writeOf is one write that compares all members of the route and sets those whose weight is another.
func (p *place) writeOf(r fleet.RouteSpec, before, after fleet.Weights) fleet.ObjectWrite {
	out := fleet.ObjectWrite{Object: p.ref, API: p.kind, UID: p.uid, Verb: fleet.WriteSet,
		Text: fleet.Textf("weights of %s: %s -> %s", fleet.Quote(string(r.ID)), before.Text(order(r)), after.Text(order(r)))}
	for _, at := range p.route.Same {
		out.Fields = append(out.Fields, jsonptr.Same(p.doc, at))
	}
	wanted := map[fleet.DeploymentID]int{}
	if p.route.Scaled {
		for _, m := range p.route.Members {
			wanted[m.ID] = int(m.Weight.V)
		}
	}
	for _, t := range r.Targets {
		if m := p.member(t); m != nil {
			if n, named := after[t.ID]; named && float64(n) != m.Weight.V {
				wanted[m.ID] = n
			}
		}
	}
	if p.route.List != nil {
		out.Fields = append(out.Fields, p.route.List.fields(p, wanted)...)
		return out
	}
	for i := range p.route.Members {
		m := &p.route.Members[i]
		for _, at := range m.Same {
			if f := jsonptr.Same(p.doc, at); f.Before != nil { // a test of absence holds on to the whole version
				out.Fields = append(out.Fields, f)
			}
		}
		if n, changes := wanted[m.ID]; changes {
			out.Fields = append(out.Fields, jsonptr.Set(p.doc, m.At, n))
		} else {
			out.Fields = append(out.Fields, jsonptr.Same(p.doc, m.At))
		}
	}
	return out
}

func order(r fleet.RouteSpec) []fleet.TargetID {
	list := make([]fleet.TargetID, len(r.Targets))
	for i, t := range r.Targets {
		list[i] = t.ID
	}
	return list
}

// writeID ties a write to the records of the server. It follows from what is written, so that whoever knows the change finds it.
func writeID(route fleet.RouteID, before, after fleet.Weights) string {
	sum := sha256.Sum256([]byte(string(route) + "\x00" + fleet.HashWeights(before) + "\x00" + fleet.HashWeights(after)))
	return "pitwall-weights-" + hex.EncodeToString(sum[:8])
}

func (w *writer) refuse(kind fleet.Kind, op string, route fleet.RouteID, why string) error {
	return &fleet.Error{Kind: kind, Op: op + " of " + fleet.Quote(string(route)).String(), Source: w.source, Err: errors.New(why),
		Next: "nothing was written"}
}
