// Package routerig carries shifts of routes that are objects of a cluster out in tests, on a cluster in memory, as the runner does:
// it reads, sets, reads back and takes back. It knows no kind of object.
package routerig

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

// Rig is one gateway.
type Rig struct {
	Cluster *toyobjects.Cluster
	Reader  fleet.Reader
	Writer  fleet.RouteWriter
}

// Noon is what the clock says.
var Noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// Open opens a gateway of a connector on a cluster in memory. namespaces is its option; "" for all.
func Open(t testing.TB, c fleet.Connector, cluster *toyobjects.Cluster, namespaces string) *Rig {
	t.Helper()
	return openWith(t, c, cluster, cluster, namespaces)
}

func openWith(t testing.TB, c fleet.Connector, cluster *toyobjects.Cluster, write fleet.ObjectWriter, namespaces string) *Rig {
	t.Helper()
	deps := fleet.Deps{Clock: fleet.NewVirtualClock(Noon),
		Objects:      func(fleet.ClusterID) (fleet.Objects, error) { return cluster, nil },
		ObjectWriter: func(fleet.ClusterID) (fleet.ObjectWriter, error) { return write, nil }}
	options := map[string]string{}
	if namespaces != "" {
		options["namespaces"] = namespaces
	}
	w, err := c.NewWriter(fleet.GatewaySpec{ID: "edge", Kind: c.Kind, Cluster: "east", Options: options}, deps)
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]string{fleet.OptionCluster: "east", "namespaces": namespaces}
	r, err := c.NewReader(fleet.SourceSpec{ID: "edge", Kind: c.Kind, Options: read, Interval: c.Interval}, deps)
	if err != nil {
		t.Fatal(err)
	}
	return &Rig{cluster, r, w}
}

// Read reads the gateway.
func (r *Rig) Read(t testing.TB) fleet.Partial {
	t.Helper()
	p, err := r.Reader.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Routes are the names of all routes, in order.
func (r *Rig) Routes(t testing.TB) []fleet.RouteID {
	t.Helper()
	var list []fleet.RouteID
	for _, d := range r.Read(t).Gateway.Deployments {
		if !slices.Contains(list, d.Route) {
			list = append(list, d.Route)
		}
	}
	return list
}

// Routing is what is said of one route.
func (r *Rig) Routing(t testing.TB, id fleet.RouteID) fleet.Routing {
	t.Helper()
	g, ok := r.Read(t).Gateway.Routing[id]
	if !ok {
		t.Fatalf("no route %q; there are %q", id, r.Routes(t))
	}
	return g
}

// Said are the notices of a read.
func (r *Rig) Said(t testing.TB) string {
	t.Helper()
	var list []string
	for _, n := range r.Read(t).Notices {
		list = append(list, n.Text.String())
	}
	return strings.Join(list, "\n")
}

// Holds are the members of a route as they are read: "a 90, b 10", with order and model where there are such: "a 90 #1 (m)".
func (r *Rig) Holds(t testing.TB, id fleet.RouteID) string {
	t.Helper()
	var list []string
	for _, d := range r.Read(t).Gateway.Deployments {
		if d.Route != id {
			continue
		}
		text := string(d.ID) + " -"
		if d.Weight.OK {
			text = fmt.Sprint(d.ID, " ", d.Weight.V)
		}
		if d.Order.OK && d.Order.V != 0 {
			text += fmt.Sprint(" #", d.Order.V)
		}
		if d.Model != "" {
			text += " (" + string(d.Model) + ")"
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

// Spec is a route whose targets are all members that are read.
func (r *Rig) Spec(t testing.TB, id fleet.RouteID) fleet.RouteSpec {
	t.Helper()
	return spec(r.Read(t), id)
}

func spec(p fleet.Partial, id fleet.RouteID) fleet.RouteSpec {
	s := fleet.RouteSpec{ID: id, Gateway: "edge"}
	for _, d := range p.Gateway.Deployments {
		if d.Route == id {
			s.Targets = append(s.Targets, fleet.TargetSpec{ID: fleet.TargetID(d.ID), Deployment: d.ID})
		}
	}
	return s
}

// Shift sets weights of some members; the others stay. It fails unless a write that is taken is read back, at once.
func (r *Rig) Shift(t testing.TB, id fleet.RouteID, to fleet.Weights) error {
	t.Helper()
	s := r.Spec(t, id)
	before := r.Writer.ReadBack(t.Context(), s)[0]
	if before.Err != nil {
		return before.Err
	}
	after := before.Weights.Clone()
	for target, n := range to {
		after[target] = n
	}
	if err := r.Writer.SetWeights(t.Context(), s, before.Weights, after); err != nil {
		return err
	}
	if got := r.Writer.ReadBack(t.Context(), s)[0]; got.Err != nil || !got.Weights.Equal(after) {
		t.Errorf("set %v, read back %v, %v", after, got.Weights, got.Err)
	}
	return nil
}

// Refused fails unless weights are refused by a kind of error with a text, and nothing was written.
func (r *Rig) Refused(t testing.TB, id fleet.RouteID, to fleet.Weights, kind fleet.Kind, text string) {
	t.Helper()
	before := r.Holds(t, id)
	err := r.Shift(t, id, to)
	if fleet.KindOf(err) != kind || !strings.Contains(fmt.Sprint(err), text) || !strings.Contains(fmt.Sprint(err), "nothing was written") {
		t.Errorf("%v: got %v, wanted %s with %q", to, err, kind, text)
	}
	if after := r.Holds(t, id); after != before {
		t.Errorf("%v was refused and written: %s became %s", to, before, after)
	}
}

// Withstands puts nonsense in the place of each value of the objects, and tells where reading panics, gives text that may not reach
// a screen, or a shift is not taken back exactly.
func (r *Rig) Withstands(t *testing.T) {
	t.Helper()
	r.Cluster.Nonsense(func(what string) {
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("%s: %v", what, p)
			}
		}()
		p, err := r.Reader.Read(t.Context())
		if err != nil {
			var known *fleet.Error
			if !errors.As(err, &known) || !fleet.IsClean(known.Error()) {
				t.Errorf("%s: %q", what, err)
			}
			return
		}
		for _, n := range p.Notices {
			clean(t, what, n.Text)
		}
		for id, g := range p.Gateway.Routing {
			clean(t, what, g.Owner, g.Fixed, g.Pending, g.ChangedBy, g.Strategy)
			r.thereAndBack(t, what, spec(p, id))
		}
	})
}

func clean(t testing.TB, what string, texts ...fleet.Safe) {
	t.Helper()
	for _, text := range texts {
		if !fleet.IsClean(text.String()) && len(text.String()) < fleet.MaxLabelBytes {
			t.Errorf("%s: %q", what, text)
		}
	}
}

func (r *Rig) thereAndBack(t testing.TB, what string, s fleet.RouteSpec) {
	t.Helper()
	held := func() fleet.ReplicaWeights { return r.Writer.ReadBack(t.Context(), s)[0] }
	before := held()
	if before.Err != nil || len(before.Weights) == 0 {
		return
	}
	if before.Weights.Sum() == 0 {
		return // no way leads back to where nobody gets anything
	}
	for _, n := range before.Weights {
		if n < 0 {
			return // no server stores it, and none takes it
		}
	}
	for _, target := range s.Targets[max(0, len(s.Targets)-1):] { // one tells as much as all
		after := before.Weights.Clone()
		if _, ok := after[target.ID]; !ok {
			continue
		}
		after[target.ID] += 7
		if r.Writer.SetWeights(context.Background(), s, before.Weights, after) != nil {
			continue
		}
		if got := held(); !got.Weights.Equal(after) {
			t.Errorf("%s: set %v, read back %v", what, after, got.Weights)
		}
		if err := r.Writer.SetWeights(context.Background(), s, after, before.Weights); err != nil || !held().Weights.Equal(before.Weights) {
			t.Errorf("%s: %v is not taken back: %v, %v", what, after, held().Weights, err)
		}
	}
}
