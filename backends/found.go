package backends

import (
	"cmp"
	"context"
	"reflect"
	"slices"

	"pitwall/fleet"
)

// adopt makes what a source found part of the fleet: it opens new sources, drops those that left and leaves the others
// as they are. What is configured wins over what is found under the same name.
func (h *Hub) adopt(ctx context.Context, by *sourceState, found *fleet.Found) {
	h.fitted.Lock()
	defer h.fitted.Unlock()
	if before := h.found[by.spec.ID]; before == found || reflect.DeepEqual(before, found) {
		return
	}
	h.found[by.spec.ID] = found
	h.refit(ctx)
}

// refit computes the fleet anew and brings the sources in line with it. h.fitted is held.
func (h *Hub) refit(ctx context.Context) {
	inv := h.opt.Inventory
	inv.Sites, inv.Pools = slices.Clip(inv.Sites), slices.Clone(inv.Pools)
	inv.Gateways, inv.Routes, inv.Sources = slices.Clip(inv.Gateways), slices.Clip(inv.Routes), slices.Clip(inv.Sources)
	for _, s := range h.opt.Inventory.Sources {
		merge(&inv, h.found[s.ID])
	}
	h.mu.Lock()
	before := h.byID
	h.mu.Unlock()
	states := make([]*sourceState, 0, len(inv.Sources))
	byID := make(map[fleet.SourceID]*sourceState, len(inv.Sources))
	var fresh []*sourceState
	for _, spec := range inv.Sources {
		s := before[spec.ID]
		if s == nil || !sameSource(s.declared, spec) {
			s = h.open(spec)
			fresh = append(fresh, s)
		}
		states = append(states, s)
		byID[spec.ID] = s
	}
	h.mu.Lock()
	for id, s := range before {
		if byID[id] != s {
			h.world.forget(id)
			if s.stop != nil {
				s.stop()
			}
		}
	}
	h.states, h.byID = states, byID
	h.world.fit(inv, states)
	h.serve(states, inv.Pools)
	h.mu.Unlock()
	for _, s := range fresh {
		if begin := h.attend(ctx, s); begin != nil {
			begin()
		}
	}
}

// open makes the state of a source that was found. One that cannot be opened is shown with its problem.
func (h *Hub) open(spec fleet.SourceSpec) *sourceState {
	var reader fleet.Reader
	var problem error
	if h.opt.Open != nil && spec.From == "" {
		reader, problem = h.opt.Open(spec)
	}
	return newSourceState(spec, reader, problem, h.opt.Rand.Uint64())
}

// merge adds what was found and is not there already.
func merge(inv *fleet.Inventory, f *fleet.Found) {
	if f == nil {
		return
	}
	inv.Sites = addNew(inv.Sites, f.Sites, func(s fleet.Site) fleet.SiteID { return s.ID })
	complete(inv.Pools, f.Pools)
	inv.Pools = addNew(inv.Pools, f.Pools, func(p fleet.PoolSpec) fleet.PoolID { return p.ID })
	inv.Gateways = addNew(inv.Gateways, f.Gateways, func(g fleet.GatewaySpec) fleet.GatewayID { return g.ID })
	inv.Routes = addNew(inv.Routes, f.Routes, keyOf)
	inv.Sources = addNew(inv.Sources, f.Sources, func(s fleet.SourceSpec) fleet.SourceID { return s.ID })
}

// complete gives configured pools that name no replica those that were found under the same name: prices, ratings and
// limits are written down, pods come and go.
func complete(pools, found []fleet.PoolSpec) {
	for i := range pools {
		p := &pools[i]
		j := slices.IndexFunc(found, func(f fleet.PoolSpec) bool { return f.ID == p.ID })
		if j < 0 || len(p.Replicas) > 0 {
			continue
		}
		f := &found[j]
		p.Replicas, p.Nodes, p.Workload = f.Replicas, f.Nodes, f.Workload
		if !p.Desired.OK {
			p.Desired = f.Desired
		}
		p.Model, p.Engine, p.GPU = cmp.Or(p.Model, f.Model), cmp.Or(p.Engine, f.Engine), cmp.Or(p.GPU, f.GPU)
		p.GPUsPerReplica = cmp.Or(p.GPUsPerReplica, f.GPUsPerReplica)
	}
}

func addNew[T any, K comparable](list, more []T, key func(T) K) []T {
	if len(more) == 0 {
		return list
	}
	here := make(map[K]bool, len(list)+len(more))
	for _, v := range list {
		here[key(v)] = true
	}
	for _, v := range more {
		if !here[key(v)] {
			here[key(v)] = true
			list = append(list, v)
		}
	}
	return list
}

func sameSource(a, b fleet.SourceSpec) bool { return reflect.DeepEqual(a, b) }
