package backends

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"time"

	"pitwall/fleet"
)

// routing is what the gateway's replicas say of a route beside weights: of the first that answers, with what another one
// does otherwise.
func (w *world) routing(r *fleet.Route, now time.Time) {
	first := fleet.GatewayReplicaID("")
	for _, x := range r.Replicas {
		s := w.index.gateway(r.Spec.Gateway, x.ID)
		if s == nil || s.last.Gateway == nil || s.stale(now) {
			continue
		}
		held, said := s.last.Gateway.Routing[r.Spec.Called()]
		if held.Strategy.IsEmpty() {
			held.Strategy = fleet.Label(s.last.Gateway.Strategy)
		}
		switch {
		case first == "":
			first, r.Routing = x.ID, held
		case said && r.RoutingAs.IsEmpty():
			if what := otherwise(r.Routing, held); what != "" {
				r.RoutingAs = fleet.Textf("%s has other %s than %s", fleet.Label(string(x.ID)), fleet.Label(what), fleet.Label(string(first)))
			}
		}
	}
	r.Strategy = r.Routing.Strategy
}

// otherwise names what two replicas do not agree on.
func otherwise(a, b fleet.Routing) string {
	switch {
	case a.Strategy != b.Strategy:
		return "strategy"
	case !reflect.DeepEqual(a.Fallbacks, b.Fallbacks):
		return "fallbacks"
	case !slices.Equal(a.Aliases, b.Aliases):
		return "aliases"
	case a.Retries != b.Retries || a.Timeout != b.Timeout:
		return "retries or timeouts"
	case a.Cooldown != b.Cooldown || a.AllowedFails != b.AllowedFails:
		return "cool-downs"
	}
	return ""
}

// member fills what the replicas say of a member beside its weight.
func (w *world) member(r *fleet.Route, t *fleet.Target, now time.Time) {
	for _, x := range r.Replicas {
		s := w.index.gateway(r.Spec.Gateway, x.ID)
		if s == nil || s.last.Gateway == nil || s.stale(now) {
			continue
		}
		d := findDeployment(s.last.Gateway, r.Spec.Called(), deployment(t.Spec))
		if d == nil {
			continue
		}
		if whole := int(d.Order.V); d.Order.OK && float64(whole) == d.Order.V {
			t.Order = fleet.Some(whole)
		}
		if d.UpdatedAt.OK && (!t.ChangedAt.OK || d.UpdatedAt.V.After(t.ChangedAt.V)) {
			t.ChangedAt, t.ChangedBy = d.UpdatedAt, fleet.Label(d.UpdatedBy)
		}
		if !t.RequestsPerMinute.OK && !t.TokensPerMinute.OK {
			t.RequestsPerMinute, t.TokensPerMinute = d.RequestsPerMinute, d.TokensPerMinute
		}
		if t.Settings == nil {
			t.Settings = d.Settings
		}
	}
}

// coolCauses draws why a target was left out lately: "429 x12, 401". Causes without a number come last.
func coolCauses(counts map[string]float64) fleet.Safe {
	type cause struct {
		status string
		n      int
	}
	var list []cause
	for status, n := range counts {
		list = append(list, cause{status, int(n + 0.5)})
	}
	slices.SortFunc(list, func(a, b cause) int { return cmp.Or(b.n-a.n, strings.Compare(a.status, b.status)) })
	parts := make([]fleet.Safe, len(list))
	for i, c := range list {
		parts[i] = fleet.Label(c.status)
		if c.n > 1 {
			parts[i] = fleet.Textf("%s x%s", parts[i], fleet.Int(c.n))
		}
	}
	return fleet.Join(parts, fleet.Text(", "))
}

// effective shares the traffic out over members as the gateway does: over those that are neither cooled down nor blocked,
// of the least order where orders decide. It stays unknown where nobody can tell.
func effective(targets []fleet.Target, g fleet.Routing) {
	if g.Weighing != fleet.WeighingUnknown && !g.Weighing.Decides() {
		return
	}
	if g.AloneTakesAll && len(targets) == 1 {
		targets[0].Effective = fleet.Some(fleet.Ratio(1))
		return
	}
	takes, known := taking(targets, g)
	if !known {
		return
	}
	sum := 0
	for i := range targets {
		if takes(&targets[i]) {
			sum += targets[i].Set.V
		}
	}
	for i := range targets {
		t := &targets[i]
		switch {
		case !t.Set.OK || sum == 0:
		case takes(t) && g.Uneven && t.Set.V < sum:
		case takes(t):
			t.Effective = fleet.Some(fleet.Ratio(float64(t.Set.V) / float64(sum)))
		default:
			t.Effective = fleet.Some(fleet.Ratio(0))
		}
	}
}

// taking tells which members get anything; false where orders differ and nobody knows whether they decide.
func taking(targets []fleet.Target, g fleet.Routing) (takes func(*fleet.Target) bool, known bool) {
	out := func(t *fleet.Target) bool {
		return !t.Set.OK || t.Set.V <= 0 || t.Blocked.OK && t.Blocked.V || t.Cooling && !g.KeepsShare
	}
	least, orders := leastOrder(targets, out)
	if orders > 1 && !g.ByOrder.OK {
		return nil, false
	}
	byOrder := g.ByOrder.V && (orders > 1 || least.OK)
	return func(t *fleet.Target) bool { return !out(t) && (!byOrder || t.Order == least) }, true
}

// leastOrder is the least order among members that can be used, and how many different ones they have; to have none is one
// as well.
func leastOrder(targets []fleet.Target, out func(*fleet.Target) bool) (least fleet.Maybe[int], different int) {
	seen := map[fleet.Maybe[int]]bool{}
	for i := range targets {
		t := &targets[i]
		if out(t) {
			continue
		}
		seen[t.Order] = true
		if t.Order.OK && (!least.OK || t.Order.V < least.V) {
			least = t.Order
		}
	}
	return least, len(seen)
}
