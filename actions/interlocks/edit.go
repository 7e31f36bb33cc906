package interlocks

import (
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Edits lists what is asked of a change of fallbacks, of an alias or of a block. A block moves traffic as weights do, and is
// asked all that a shift is asked.
func Edits(p actions.Plan) []actions.Interlock {
	own := []actions.Interlock{
		{ID: "IL-36", Title: fleet.Text("gateway replicas agree"), Check: routingAgrees,
			Asks: fleet.Text("every replica answers, and has the same fallbacks and aliases")},
		{ID: "IL-37", Title: fleet.Text("plan is current"), Check: currentEdit,
			Asks: fleet.Text("what it replaces is unchanged since planning, plan under 10 min old")},
	}
	if p.Edit != nil && p.Edit.Edit.Kind == fleet.EditBlock {
		own[0].Check = bothAgree
		own[0].Asks = fleet.Text("every replica answers, and has the same weights, fallbacks and aliases")
		return replaced(All(), own)
	}
	list := []actions.Interlock{
		{ID: "IL-14", Title: fleet.Text("data residency"), Check: nowServedBy(residency),
			Asks: fleet.Text("what takes over offers every required label")},
		{ID: "IL-15", Title: fleet.Text("context length"), Check: nowServedBy(contextLength),
			Asks: fleet.Text("share of requests over the limit of what takes over at most 0, 0.1, 1 %")},
		{ID: "IL-16", Title: fleet.Text("capabilities"), Check: nowServedBy(capabilities),
			Asks: fleet.Text("what takes over offers every capability that the route uses")},
		{ID: "IL-17", Title: fleet.Text("embedding identity"), Check: nowServedBy(embeddings),
			Asks: fleet.Text("what takes over makes the same vectors")},
	}
	for _, il := range All() {
		if slices.Contains([]string{"IL-09", "IL-20", "IL-39", "IL-40", "IL-45"}, il.ID) {
			own = append(own, il)
		}
	}
	list = append(list, own...)
	slices.SortFunc(list, func(a, b actions.Interlock) int { return compareIDs(a.ID, b.ID) })
	return list
}

// replaced puts interlocks in the place of those of the same number.
func replaced(all, own []actions.Interlock) []actions.Interlock {
	for _, il := range own {
		if i := slices.IndexFunc(all, func(o actions.Interlock) bool { return o.ID == il.ID }); i >= 0 {
			all[i] = il
		}
	}
	return all
}

func compareIDs(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// nowServedBy asks a check of shifts about each route that requests come to by the edit and did not before: as if all of its
// members began to carry the route whose requests they are.
func nowServedBy(check actions.CheckFunc) actions.CheckFunc {
	return func(p actions.Plan, s *fleet.Snapshot, b actions.Book, now time.Time) actions.Check {
		id := asker(p)
		if id == "" {
			return pass(fleet.Text("no route's requests go anywhere else by it"))
		}
		asked := s.RouteAt(p.Gateway, id)
		if asked == nil {
			return missing(actions.SeverityHard, fleet.Text("the gateway no longer has route "), fleet.Label(string(id)))
		}
		var out actions.Check
		for _, id := range p.Edit.Edit.After {
			if slices.Contains(p.Edit.Edit.Before, id) {
				continue
			}
			to := s.RouteAt(p.Gateway, id)
			if to == nil {
				return missing(actions.SeverityHard, fleet.Text("the gateway no longer has route "), fleet.Label(string(id)))
			}
			if len(to.Targets) == 0 {
				return missing(actions.SeverityHard, fleet.Text("no member of "), fleet.Label(string(id)), fleet.Text(" was read"))
			}
			q, seen := asIf(p, s, asked, to)
			c := check(q, seen, b, now)
			c.Formula = fleet.Concat(fleet.Label(string(id)), fleet.Text(": "), c.Formula)
			out = worse(out, c)
		}
		if out.Formula.IsEmpty() {
			return pass(fleet.Text("nothing new takes over"))
		}
		return out
	}
}

// asker is the route whose requests go elsewhere, as its gateway calls it: the one with the fallbacks, or the one that an alias led
// to; "" for a new alias.
func asker(p actions.Plan) fleet.RouteID {
	switch e := &p.Edit.Edit; {
	case e.Kind == fleet.EditFallbacks:
		return p.Route.Called()
	case len(e.Before) > 0:
		return e.Before[0]
	}
	return ""
}

// asIf is a shift of all members of a route from nothing, with the demands and the requests of another.
func asIf(p actions.Plan, s *fleet.Snapshot, asked, to *fleet.Route) (actions.Plan, *fleet.Snapshot) {
	q := p
	q.Route = to.Spec
	q.Route.Requires, q.Route.Uses, q.Route.Embedding = asked.Spec.Requires, asked.Spec.Uses, asked.Spec.Embedding
	q.Order, q.Before, q.After = to.Order(), fleet.Weights{}, fleet.Weights{}
	for i := range to.Targets {
		q.Before[to.Targets[i].Spec.ID], q.After[to.Targets[i].Spec.ID] = 0, 1
	}
	seen := *s
	stands := *to
	stands.Spec, stands.Lengths = q.Route, asked.Lengths
	seen.Routes = []fleet.Route{stands}
	return q, &seen
}

// bothAgree is IL-36 of a block: it moves traffic by the weights that each replica has.
func bothAgree(p actions.Plan, s *fleet.Snapshot, b actions.Book, now time.Time) actions.Check {
	return worse(routingAgrees(p, s, b, now), replicasAgree(p, s, b, now))
}

// routingAgrees is IL-36 of what is kept beside weights.
func routingAgrees(p actions.Plan, s *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	r := s.RouteOf(p.Route)
	if r == nil || len(r.Replicas) == 0 {
		return missing(actions.SeverityHard, fleet.Text("no replica of the gateway was read"))
	}
	silent := 0
	for i := range r.Replicas {
		if r.Replicas[i].Stale {
			silent++
		}
	}
	switch {
	case silent == len(r.Replicas):
		return missing(actions.SeverityHard, fleet.Text("no replica of the gateway answers"))
	case !r.RoutingAs.IsEmpty():
		return verdict(actions.SeverityBlock, r.RoutingAs)
	case silent > 0:
		return missing(actions.SeverityOVR, fleet.Int(silent), fleet.Text(" of "), fleet.Int(len(r.Replicas)),
			fleet.Text(" replicas do not answer: what they have is not known"))
	}
	return pass(fleet.Int(len(r.Replicas)), fleet.Text(" of "), fleet.Int(len(r.Replicas)), fleet.Text(" replicas have the same"))
}

// currentEdit is IL-37 of an edit.
func currentEdit(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	old := now.Sub(p.Created)
	switch {
	case p.Created.IsZero(), old < 0:
		return missing(actions.SeverityHard, fleet.Text("when it was planned is unknown: plan again"))
	case old > actions.PlanLife:
		return verdict(actions.SeverityHard, fleet.Text("planned "), fleet.Age(old), fleet.Text(" ago > 10m: plan again"))
	}
	held, known := holdsNow(p, s)
	switch {
	case !known:
		return missing(actions.SeverityHard, fleet.Text("what the gateway has now is not known"))
	case !held:
		return verdict(actions.SeverityHard, fleet.Text("the gateway no longer has what was planned on: plan again"))
	}
	return pass(fleet.Text("planned "), fleet.Age(old), fleet.Text(" ago <= 10m, on what the gateway has"))
}

// holdsNow tells whether the newest reading shows what an edit replaces.
func holdsNow(p actions.Plan, s *fleet.Snapshot) (held, known bool) {
	r := s.RouteOf(p.Route)
	if r == nil {
		return false, false
	}
	switch e := &p.Edit.Edit; e.Kind {
	case fleet.EditBlock:
		t := r.Target(e.Target)
		return t != nil && t.Blocked.V == e.WasOut, t != nil && t.Blocked.OK
	case fleet.EditAlias:
		return slices.Equal(leadsNow(p, s, e.Alias), e.Before), true
	case fleet.EditAdd:
		return !hasMember(p, s), true
	case fleet.EditRemove:
		return stillIdle(r.Target(e.Target), e.Member)
	case fleet.EditFallbacks:
		for _, f := range r.Routing.Fallbacks {
			if f.Kind == e.Fallback {
				return slices.Equal(f.To, e.Before), true
			}
		}
		return len(e.Before) == 0, true
	}
	return false, false
}

// leadsNow are the routes that an alias leads to.
func leadsNow(p actions.Plan, s *fleet.Snapshot, alias fleet.RouteID) []fleet.RouteID {
	var leads []fleet.RouteID
	for i := range s.Routes {
		if o := &s.Routes[i]; o.Spec.Gateway == p.Gateway && slices.Contains(o.Routing.Aliases, alias) {
			leads = append(leads, o.Spec.Called())
		}
	}
	return leads
}

// stillIdle tells whether a member that is to go gets nothing, and is as it was remembered.
func stillIdle(t *fleet.Target, m *fleet.MemberEdit) (held, known bool) {
	if t == nil {
		return false, true
	}
	idle := t.Blocked.V || t.Set == fleet.Some(0)
	return idle && t.Settings != nil && t.Settings.Text == m.Settings, t.Set.OK || t.Blocked.OK
}

// hasMember tells whether the gateway has the member that an edit adds, on any of its routes.
func hasMember(p actions.Plan, s *fleet.Snapshot) bool {
	id := p.Edit.Edit.Member.ID
	for i := range s.Routes {
		if o := &s.Routes[i]; o.Spec.Gateway == p.Gateway && slices.ContainsFunc(o.Targets, func(t fleet.Target) bool {
			return t.Settings != nil && (t.Spec.Deployment == id || t.Spec.Deployment == "" && fleet.DeploymentID(t.Spec.ID) == id)
		}) {
			return true
		}
	}
	return false
}
