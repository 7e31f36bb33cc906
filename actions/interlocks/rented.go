package interlocks

import (
	"maps"
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// steep are providers that refuse requests when they grow fast, whatever the quota is. Anthropic: "acceleration limits", errors
// 429 on a sharp increase in usage (rate limit documentation, read 2026-11).
var steep = map[string]bool{"anthropic": true}

// mostGrowth is how many times what an API gets may grow within a minute.
const mostGrowth = 2.0

// apiRamp is IL-11: how fast a rented receiver's requests grow in the steps of the plan.
func apiRamp(p actions.Plan, s *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	return eachReceiver(p, s, func(r *fleet.Route, t *fleet.Target) actions.Check {
		provider := s.Provider(t.Spec.Provider)
		switch {
		case t.Spec.Provider == "":
			return pass(fleet.Text("self-hosted: it does not refuse growth"))
		case provider == nil:
			return missing(actions.SeverityWarn, fleet.Text("its provider was not read"))
		case !steep[provider.Spec.Kind]:
			return pass(fleet.Text("no limit on growth is known of "), fleet.Label(provider.Spec.Kind))
		case !provider.Load.Requests.OK || !r.Load.Requests.OK:
			return missing(actions.SeverityWarn, fleet.Text("what it gets now is not known, and it refuses fast growth"))
		}
		if id := unread(p, r); id != "" {
			return missing(actions.SeverityWarn, target(id), fleet.Text(" was not read: how fast this one grows is not known"))
		}
		return growth(p, r, t.Spec.ID, provider.Load.Requests.V, r.Load.Requests.V)
	})
}

// growth judges the steepest step of one receiver.
func growth(p actions.Plan, r *fleet.Route, id fleet.TargetID, now, route fleet.Rate) actions.Check {
	before, at := r.Takes(p.Before), float64(now)
	worst, where := 1.0, 0
	for _, step := range p.Steps {
		after := r.Takes(step.After)
		added := float64(after.Share(id).Or(0)-before.Share(id).Or(0)) * float64(route)
		before = after
		if added <= 0 {
			continue
		}
		times := (at + added) / max(at, 0.1) // an API that gets next to nothing grows without bound
		at += added
		if times > worst {
			worst, where = times, step.N
		}
	}
	if where == 0 {
		return pass(fleet.Text("it does not grow"))
	}
	c := judge(worst, fleet.Concat(fleet.Text("growth of its requests in step "), fleet.Int(where)), band{mostGrowth, actions.SeverityWarn})
	if c.Severity > actions.SeverityPass {
		c.Fix = fleet.Text("smaller steps: it answers 429 to fast growth, whatever its quota is")
	}
	return c
}

// provenKey is how old the last accepted call of a provider's key may be.
const provenKey = 15 * time.Minute

// credential is IL-28: whether the key of a rented receiver was accepted lately.
func credential(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	return eachReceiver(p, s, func(_ *fleet.Route, t *fleet.Target) actions.Check {
		if t.Spec.Provider == "" {
			return pass(fleet.Text("self-hosted: it takes the gateway's own key"))
		}
		provider := s.Provider(t.Spec.Provider)
		switch {
		case provider == nil:
			return missing(actions.SeverityOVR, fleet.Text("its provider was not read"))
		case provider.Authorised.OK && !provider.Authorised.V:
			return verdict(actions.SeverityBlock, fleet.Text("its key is refused"))
		case provider.ProbeAt.IsZero() || !provider.Authorised.OK:
			return missing(actions.SeverityOVR, fleet.Text("its key was never tried from here"))
		case now.Sub(provider.ProbeAt) > provenKey:
			return missing(actions.SeverityOVR, fleet.Text("its key was last accepted"), age(now, provider.ProbeAt), fleet.Text(" > 15m"))
		}
		return pass(fleet.Text("its key was accepted"), age(now, provider.ProbeAt), fleet.Text(" <= 15m"))
	})
}

// stateful are uses of a provider that leave objects there, which another one does not have. A route declares them as what it
// uses.
var stateful = []string{"batches", "caches", "files", "fine-tunes", "stored-responses"}

// providerObjects is IL-44: load that leaves a provider leaves its objects behind.
func providerObjects(p actions.Plan, s *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	if len(p.Route.Uses) == 0 {
		return pass(fleet.Text("the route declares no use of stored objects"))
	}
	var kept []string
	for _, name := range slices.Sorted(maps.Keys(p.Route.Uses)) {
		if slices.Contains(stateful, name) && p.Route.Uses[name] > 0 {
			kept = append(kept, name)
		}
	}
	if len(kept) == 0 {
		return pass(fleet.Text("the route declares no use of stored objects"))
	}
	r := route(p, s)
	for _, id := range givers(p, r) {
		if r == nil || r.Target(id) == nil {
			return missing(actions.SeverityWarn, fleet.Text("whose objects these are is not known: "), labels(kept))
		}
		if r.Target(id).Spec.Provider != "" {
			return on(verdict(actions.SeverityOVR, fleet.Text("requests that name its "), labels(kept),
				fleet.Text(" find none elsewhere")), id)
		}
	}
	return pass(fleet.Text("no provider gives load away"))
}
