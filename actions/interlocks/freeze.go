package interlocks

import (
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// freezeWindow is IL-40. A taken incident lifts every freeze: who works on one must not look for a calendar first.
func freezeWindow(p actions.Plan, s *fleet.Snapshot, b actions.Book, now time.Time) actions.Check {
	if p.Intent.Kind == actions.KindGiveUpRoll || p.Intent.Kind == actions.KindPause {
		return pass(fleet.Text("it ends or stops what goes on"))
	}
	if s == nil {
		s = &fleet.Snapshot{}
	}
	routes, pools := touched(p, s)
	c := frozen(p, s, routes, pools, now)
	incident := p.Intent.Incident
	if incident == "" {
		incident = b.Access.Incident
	}
	if c.Severity > actions.SeverityPass && incident != "" {
		return pass(fleet.Text("lifted by incident "), fleet.Label(incident), fleet.Text(": "), c.Formula)
	}
	return c
}

func frozen(p actions.Plan, s *fleet.Snapshot, routes []fleet.RouteID, pools []fleet.PoolID, now time.Time) actions.Check {
	out := pass(fleet.Text("no freeze holds"))
	if len(s.Freezes)+len(s.Rules.Blocking) == 0 {
		return out
	}
	for i := range s.Freezes {
		if w := &s.Freezes[i]; w.Holds(now) && w.Scope.Covers(routes, pools) {
			return verdict(actions.SeverityOVR, fleet.Text("freeze "), fleet.Label(w.Name), fleet.Text(" until "), fleet.Stamp(w.To),
				because(w.Reason))
		}
	}
	unread := fleet.Safe{}
	for i := range s.Rules.Blocking {
		r := &s.Rules.Blocking[i]
		if !r.Scope.In(s.Env) || !r.Scope.Covers(routes, pools) {
			continue
		}
		if a := r.Active(s); a != nil {
			return verdict(actions.SeverityOVR, fleet.Text("alert "), fleet.Label(r.Name), fleet.Text(" is active on "), a.Object, since(a, now),
				because(r.Reason))
		}
		if unread = unreadAlerts(s); !unread.IsEmpty() {
			out = missing(actions.SeverityWarn, fleet.Text("whether alert "), fleet.Label(r.Name), fleet.Text(" is active is not known: "), unread)
		}
	}
	end := now.Add(shortest(p))
	for i := range s.Freezes {
		if w := &s.Freezes[i]; w.From.After(now) && w.From.Before(end) && w.Scope.Covers(routes, pools) {
			return worse(out, verdict(actions.SeverityWarn, fleet.Text("freeze "), fleet.Label(w.Name), fleet.Text(" begins in "),
				fleet.Age(w.From.Sub(now)), fleet.Text(", before the change can be through: its later steps would wait"), because(w.Reason)))
		}
	}
	return out
}

// touched are the routes and the pools that a plan is about: those whose share changes, and those that an object's replicas serve.
func touched(p actions.Plan, s *fleet.Snapshot) (routes []fleet.RouteID, pools []fleet.PoolID) {
	if p.Work != nil {
		pools = p.Work.Serving()
		for i := range s.Routes {
			if serves(&s.Routes[i], pools) {
				routes = append(routes, s.Routes[i].Spec.ID)
			}
		}
		return routes, pools
	}
	if p.OfKey() {
		return callable(p, s), nil
	}
	routes = []fleet.RouteID{p.Route.ID}
	if p.Edit != nil {
		for _, name := range slices.Concat(p.Edit.Edit.Before, p.Edit.Edit.After) { // as the gateway calls them
			if s != nil {
				if r := s.RouteAt(p.Gateway, name); r != nil {
					name = r.Spec.ID
				}
			}
			routes = append(routes, name)
		}
	}
	specs := p.Route.Targets
	if r := route(p, s); r != nil {
		for i := range r.Targets {
			specs = append(specs[:len(specs):len(specs)], r.Targets[i].Spec)
		}
	}
	for i := range specs {
		if t := &specs[i]; t.Pool != "" && p.Before[t.ID] != p.After[t.ID] && !slices.Contains(pools, t.Pool) {
			pools = append(pools, t.Pool)
		}
	}
	return routes, pools
}

// serves tells whether a member of a route is one of some pools.
func serves(r *fleet.Route, pools []fleet.PoolID) bool {
	return slices.ContainsFunc(r.Targets, func(t fleet.Target) bool { return slices.Contains(pools, t.Spec.Pool) })
}

// unreadAlerts says why the alerts of the Alertmanagers are not all known.
func unreadAlerts(s *fleet.Snapshot) fleet.Safe {
	n := 0
	for i := range s.Sources {
		switch src := &s.Sources[i]; {
		case !src.Silences:
		case src.Stale || src.LastGood.IsZero():
			return fleet.Concat(fleet.Label(string(src.ID)), fleet.Text(" is not read"))
		default:
			n++
		}
	}
	if n == 0 {
		return fleet.Text("no Alertmanager is read")
	}
	return fleet.Safe{}
}

func since(a *fleet.Alert, now time.Time) fleet.Safe {
	if a.Since.IsZero() {
		return fleet.Safe{}
	}
	return fleet.Concat(fleet.Text(" for "), fleet.Age(now.Sub(a.Since)))
}

func because(reason string) fleet.Safe {
	if reason == "" {
		return fleet.Safe{}
	}
	return fleet.Concat(fleet.Text(": "), fleet.Label(reason))
}

// shortest is how long a plan takes at least until its last write.
func shortest(p actions.Plan) time.Duration {
	var d time.Duration
	for i := range p.Steps {
		if i < len(p.Steps)-1 {
			d += p.Steps[i].Hold
		}
	}
	return d
}
