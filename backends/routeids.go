package backends

import (
	"time"

	"pitwall/fleet"
)

// givenID is the ID that was given to a route that nobody configured. It is kept while the route is there and for a day more: what
// is open or held under an ID must not find another route there.
type givenID struct {
	id   fleet.RouteID
	seen time.Time // when the route was last there
}

// identify gives every route an ID of its own. Configured routes have theirs; the others have their name, or NAME@GATEWAY where
// another gateway has a route of that name as well, so that one does not depend on which gateway was read first.
func (w *world) identify(specs []fleet.RouteSpec, now time.Time) {
	taken, gateways := map[fleet.RouteID]bool{}, map[fleet.RouteID]fleet.GatewayID{}
	shared := map[fleet.RouteID]bool{}
	for _, g := range w.given {
		taken[g.id] = true
	}
	for _, r := range specs {
		if w.declared[keyOf(r)] {
			taken[r.ID] = true
		}
		if first, known := gateways[r.Called()]; known && first != r.Gateway {
			shared[r.Called()] = true
		}
		gateways[r.Called()] = r.Gateway
	}
	for i := range specs {
		r := &specs[i]
		key := keyOf(*r)
		if w.declared[key] {
			continue
		}
		id := w.given[key].id
		if id == "" {
			id = freeID(key, shared[key.route], taken)
		}
		taken[id] = true
		if r.ID, r.Name = id, ""; id != key.route {
			r.Name = key.route
		}
		if w.given[key].id != "" || w.allAsked(now) {
			w.given[key] = givenID{id, now}
		}
	}
}

func freeID(key routeKey, shared bool, taken map[fleet.RouteID]bool) fleet.RouteID {
	id := key.route
	if !shared && !taken[id] {
		return id
	}
	for id += "@" + fleet.RouteID(key.gateway); taken[id]; {
		id += "@" + fleet.RouteID(key.gateway)
	}
	return id
}

// allAsked tells whether every gateway answered once, or failed often enough: before that, a name that two of them have may look
// like the only one.
func (w *world) allAsked(now time.Time) bool {
	for _, g := range w.inventory.Gateways {
		for _, r := range g.Replicas {
			s := w.index.gateway(g.ID, r.ID)
			if s == nil || !s.status.LastGood.IsZero() {
				continue
			}
			if failed := s.status.Failing; s.unasked(now) || !s.status.LastTry.IsZero() && failed < failuresToSay {
				return false
			}
		}
	}
	return true
}
