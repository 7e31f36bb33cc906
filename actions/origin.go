package actions

import (
	"slices"

	"pitwall/fleet"
)

// OriginKind is what kind of thing a failover leaves.
type OriginKind string

// The kinds of origins.
const (
	OriginRoute    OriginKind = "route" // some members of one route
	OriginPool     OriginKind = "pool"
	OriginProvider OriginKind = "provider"
	OriginSite     OriginKind = "site" // all pools of a site
)

// Origin is what a failover leaves.
type Origin struct {
	Kind    OriginKind
	ID      string           // raw; drawn through fleet.Label
	Targets []fleet.TargetID `json:",omitempty"` // of a route: which members
}

// Text names an origin: "pool b200-a", "chat away from b200-a".
func (o Origin) Text() fleet.Safe {
	if o.Kind != OriginRoute {
		return fleet.Concat(fleet.Label(string(o.Kind)), fleet.Text(" "), fleet.Label(o.ID))
	}
	names := make([]fleet.Safe, len(o.Targets))
	for i, id := range o.Targets {
		names[i] = fleet.Label(string(id))
	}
	return fleet.Concat(fleet.Label(o.ID), fleet.Text(" away from "), fleet.Join(names, fleet.Text(", ")))
}

// Equal tells whether two origins are the same.
func (o Origin) Equal(other Origin) bool {
	return o.Kind == other.Kind && o.ID == other.ID && slices.Equal(o.Targets, other.Targets)
}

// Holds tells whether a target lies within an origin that is no route.
func (o Origin) Holds(s *fleet.Snapshot, t *fleet.Target) bool {
	switch o.Kind {
	case OriginPool:
		return t.Spec.Pool != "" && string(t.Spec.Pool) == o.ID
	case OriginProvider:
		return t.Spec.Provider != "" && string(t.Spec.Provider) == o.ID
	case OriginSite:
		p := s.Pool(t.Spec.Pool)
		return p != nil && string(p.Spec.Site) == o.ID
	default:
		return false
	}
}

// InFlight is how many requests are in an origin now, waiting ones included; unknown where an engine does not tell, and of
// providers, whose engines are not ours.
func (o Origin) InFlight(s *fleet.Snapshot) fleet.Maybe[fleet.Count] {
	pools := o.Pools(s)
	if len(pools) == 0 {
		return fleet.None[fleet.Count]()
	}
	sum := fleet.Count(0)
	for _, id := range pools {
		p := s.Pool(id)
		if p == nil || !p.Load.Running.OK {
			return fleet.None[fleet.Count]()
		}
		sum += p.Load.Running.V + p.Load.Waiting.Or(0)
	}
	return fleet.Some(sum)
}

// Pools are the own pools of an origin.
func (o Origin) Pools(s *fleet.Snapshot) []fleet.PoolID {
	var out []fleet.PoolID
	for i := range s.Pools {
		p := &s.Pools[i].Spec
		if o.Kind == OriginPool && string(p.ID) == o.ID || o.Kind == OriginSite && string(p.Site) == o.ID {
			out = append(out, p.ID)
		}
	}
	if o.Kind == OriginRoute {
		if r := s.Route(fleet.RouteID(o.ID)); r != nil {
			for _, id := range o.Targets {
				if t := r.Target(id); t != nil && t.Spec.Pool != "" {
					out = append(out, t.Spec.Pool)
				}
			}
		}
	}
	return out
}
