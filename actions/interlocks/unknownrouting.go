package interlocks

import (
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// worst asks an interlock about each reading of what is not known, and keeps the strongest objection.
func worst(il actions.Interlock, p actions.Plan, seen *fleet.Snapshot, b actions.Book, now time.Time) actions.Check {
	var out actions.Check
	for _, s := range readings(p, seen) {
		out = worse(out, il.Check(p, s, b, now))
	}
	return out
}

// readings are those of a snapshot where nobody knows how the gateway of the plan's route shares requests out: the snapshot itself
// where that is known.
func readings(p actions.Plan, s *fleet.Snapshot) []*fleet.Snapshot {
	r := s.RouteOf(p.Route)
	if p.Work != nil || p.Silence != nil || r == nil {
		return []*fleet.Snapshot{s}
	}
	routings := []fleet.Routing{r.Routing}
	if r.OrdersUnknown() {
		routings = byOrders(routings)
	}
	if weighingUnknown(p, r) {
		routings = byWeighings(routings)
	}
	if len(routings) == 1 {
		return []*fleet.Snapshot{s}
	}
	out := make([]*fleet.Snapshot, len(routings))
	for i, g := range routings {
		out[i] = routedBy(s, r.Spec.ID, g)
	}
	return out
}

// weighingUnknown tells whether a block moves load by weights of which nobody knows what they mean. A shift needs no such doubt:
// it is not planned where they do not decide.
func weighingUnknown(p actions.Plan, r *fleet.Route) bool {
	return p.Edit != nil && p.Edit.Edit.Kind == fleet.EditBlock && r.Routing.Weighing == fleet.WeighingUnknown
}

// byOrders reads routings as if the orders of members decided, and as if they did not.
func byOrders(routings []fleet.Routing) []fleet.Routing {
	var out []fleet.Routing
	for _, decide := range []bool{false, true} {
		for _, g := range routings {
			g.ByOrder = fleet.Some(decide)
			out = append(out, g)
		}
	}
	return out
}

// byWeighings reads routings as if weights said how much a member gets, and as if they did not.
func byWeighings(routings []fleet.Routing) []fleet.Routing {
	var out []fleet.Routing
	for _, weighing := range []fleet.Weighing{fleet.WeighingShares, fleet.WeighingIgnored} {
		for _, g := range routings {
			g.Weighing = weighing
			out = append(out, g)
		}
	}
	return out
}

// routedBy is a snapshot in which a route's gateway shares requests out as told.
func routedBy(s *fleet.Snapshot, id fleet.RouteID, g fleet.Routing) *fleet.Snapshot {
	out := *s
	out.Routes = slices.Clone(s.Routes)
	for i := range out.Routes {
		if out.Routes[i].Spec.ID == id {
			out.Routes[i].Routing = g
		}
	}
	return &out
}
