package backends

import (
	"math"
	"time"

	"pitwall/fleet"
)

// How a policy is judged: over as long as counters are kept, on as many requests as say anything, and back within a part of the
// band before it counts as kept again, so that a share at its edge does not go back and forth.
const (
	policyWindow   = lookBack
	policyRequests = 200
	policyReturn   = 0.8
	policySigmas   = 3
)

// policyWatch is what the verdict on one policy was.
type policyWatch struct {
	verdict fleet.PolicyVerdict
	since   time.Time
	drifted bool // said, and not taken back yet
}

// policies judges how routes keep their policies. All routes are known by then: a policy may span two of them.
func (w *world) policies(s *fleet.Snapshot, now time.Time) {
	kept := map[routeKey]*policyWatch{}
	for i := range s.Routes {
		r := &s.Routes[i]
		if r.Spec.Policy == nil {
			continue
		}
		key := keyOf(r.Spec)
		watch := w.policyWatches[key]
		if watch == nil {
			watch = &policyWatch{since: now, verdict: fleet.PolicyUnknown}
		}
		kept[key] = watch
		st := w.judgePolicy(s, r, watch, now)
		w.sayPolicy(r, watch, &st, now)
		r.Policy = &st
	}
	w.policyWatches = kept
}

// sayPolicy keeps since when a verdict stands and makes an event of a drift that begins or ends. Between them a policy may not be
// known for a while.
func (w *world) sayPolicy(r *fleet.Route, watch *policyWatch, st *fleet.PolicyState, now time.Time) {
	if watch.verdict != st.Verdict {
		watch.verdict, watch.since = st.Verdict, now
	}
	st.Since = watch.since
	object := fleet.Label(string(r.Spec.ID))
	switch {
	case st.Verdict == fleet.PolicyDrifting && !watch.drifted:
		watch.drifted = true
		w.events.add(fleet.Event{At: now, Level: fleet.LevelWarn, Object: object,
			Text: fleet.Textf("policy %s drifts: %s", r.Spec.Policy.Text(), st.Why)})
	case st.Verdict == fleet.PolicyKept && watch.drifted:
		watch.drifted = false
		w.events.add(fleet.Event{At: now, Level: fleet.LevelInfo, Object: object,
			Text: fleet.Textf("policy %s is kept again: %s", r.Spec.Policy.Text(), st.Why)})
	}
}

// judgePolicy measures the share of own GPUs and compares it with the intended one.
func (w *world) judgePolicy(s *fleet.Snapshot, r *fleet.Route, watch *policyWatch, now time.Time) fleet.PolicyState {
	p := r.Spec.Policy
	st := fleet.PolicyState{Verdict: fleet.PolicyUnknown, Band: p.Tolerance, Over: policyWindow}
	if p.Hard == "" {
		st.Set = ownByWeights(r)
	}
	parts, why := policyRoutes(s, r)
	if !why.IsEmpty() {
		st.Why = why
		return st
	}
	st.Over = w.policySpan(parts, now)
	if st.Over < rateWindow {
		st.Why = fleet.Textf("the weights changed %s ago: what is counted is mostly from before", fleet.Age(st.Over))
		return st
	}
	var own, all flow
	for _, part := range parts {
		if why := w.countSides(part, st.Over, &own, &all, now); !why.IsEmpty() {
			st.Why = why
			return st
		}
	}
	st.SeenN, st.Over = all.delta, all.window(now)
	if all.delta < policyRequests {
		st.Why = fleet.Textf("%s of the %s requests that a verdict needs were counted in %s", fleet.Int(int(all.delta)),
			fleet.Int(policyRequests), fleet.Age(st.Over))
		return st
	}
	own.known = true // members without a request are no reason not to know
	st.Seen = own.over(all)
	st.Band = policyBand(p, all.delta)
	st.Verdict = policyVerdict(p, st, watch.drifted)
	st.Why, st.Means = policyWhy(r, &st)
	return st
}

// policyRoutes are the routes whose requests a policy is about.
func policyRoutes(s *fleet.Snapshot, r *fleet.Route) ([]*fleet.Route, fleet.Safe) {
	list := []*fleet.Route{r}
	if hard := r.Spec.Policy.Hard; hard != "" {
		next := s.Route(hard)
		if next == nil {
			return nil, fleet.Textf("route %s, which takes the hard requests, is on no gateway that is read", fleet.Label(string(hard)))
		}
		list = append(list, next)
	}
	for _, x := range list {
		if j := routeReach(x); j.state != "" {
			return nil, fleet.Textf("route %s: %s", fleet.Label(string(x.Spec.ID)), j.why)
		}
	}
	return list, fleet.Safe{}
}

// policySpan is over what is counted: the longest that counters are kept, or since weights last changed.
func (w *world) policySpan(parts []*fleet.Route, now time.Time) time.Duration {
	span := policyWindow
	for _, r := range parts {
		if t := w.reversals[keyOf(r.Spec)]; t != nil && !t.changed.IsZero() {
			span = min(span, now.Sub(t.changed))
		}
	}
	return span
}

// countSides adds the requests of a route's members up, those of own GPUs apart; it says why where that cannot be told.
func (w *world) countSides(r *fleet.Route, span time.Duration, own, all *flow, now time.Time) fleet.Safe {
	for i := range r.Targets {
		t := &r.Targets[i]
		f := w.requestsOver(r, &t.Spec, span, now)
		takes := t.Set.Or(0) > 0
		name := fleet.Label(string(t.Spec.ID))
		switch side := t.Spec.Side(); {
		case !f.known && takes:
			return fleet.Textf("the requests of %s are not counted", name)
		case side == fleet.SideUnknown && (takes || f.delta > 0):
			return fleet.Textf("%s is neither a pool nor a provider in the configuration: nobody knows on which side it counts", name)
		case !f.known:
		case side == fleet.SideOwn:
			own.plus(f)
			all.plus(f)
		default:
			all.plus(f)
		}
	}
	return fleet.Safe{}
}

// requestsOver is what the gateway's replicas counted of one member in a window of its own.
func (w *world) requestsOver(r *fleet.Route, t *fleet.TargetSpec, span time.Duration, now time.Time) flow {
	var f flow
	for _, x := range r.Replicas {
		s := w.index.gateway(r.Spec.Gateway, x.ID)
		if s == nil || s.last.Gateway == nil || s.stale(now) {
			continue
		}
		if series := w.deployments[s.spec.ID][deploymentKey{r.Spec.Called(), deployment(*t)}]; series != nil {
			f.addOver(&series.requests, span)
		}
	}
	return f
}

// ownByWeights is the share of own GPUs that a route's weights give; unknown where they do not decide it.
func ownByWeights(r *fleet.Route) fleet.Maybe[fleet.Ratio] {
	if g := r.Routing.Weighing; g != fleet.WeighingUnknown && !g.Decides() {
		return fleet.None[fleet.Ratio]()
	}
	w := r.Held()
	if least, orders := leastOrder(r.Targets, func(t *fleet.Target) bool { return w[t.Spec.ID] <= 0 }); orders > 1 {
		if !r.Routing.ByOrder.OK {
			return fleet.None[fleet.Ratio]()
		}
		for i := range r.Targets { // members of a greater order get nothing while others can
			if t := &r.Targets[i]; r.Routing.ByOrder.V && t.Order != least {
				delete(w, t.Spec.ID)
			}
		}
	}
	return r.OwnShare(w)
}

// policyBand is how far a measured share may be off: the tolerance, or three standard deviations where chance alone does more.
func policyBand(p *fleet.RoutePolicy, n float64) fleet.Ratio {
	chance := policySigmas * math.Sqrt(float64(p.Local)*(1-float64(p.Local))/n)
	return max(p.Tolerance, fleet.Ratio(chance))
}

func policyVerdict(p *fleet.RoutePolicy, st fleet.PolicyState, drifted bool) fleet.PolicyVerdict {
	band := st.Band
	if drifted {
		band *= policyReturn
	}
	switch {
	case !st.Seen.OK:
		return fleet.PolicyUnknown
	case p.Holds(st.Seen.V, band):
		return fleet.PolicyKept
	}
	return fleet.PolicyDrifting
}

// policyWhy is the evidence of a verdict, and of a drift what it means and what explains it, as far as that shows.
func policyWhy(r *fleet.Route, st *fleet.PolicyState) (why, means fleet.Safe) {
	p := r.Spec.Policy
	meant := fleet.Textf("%s%%, give or take %s points", p.Local.Text(), fleet.Float(float64(st.Band)*100, 1))
	if p.Pattern == fleet.PatternCoreLocal {
		meant = fleet.Textf("at least %s%%, less %s points", p.Local.Text(), fleet.Float(float64(st.Band)*100, 1))
	}
	fact := fleet.Textf("own GPUs answer %s%% of %s requests in %s, meant are %s", st.Seen.V.Text(), fleet.Count(st.SeenN).Text(),
		fleet.Age(st.Over), meant)
	if st.Verdict != fleet.PolicyDrifting {
		return fact, fleet.Safe{}
	}
	means = fleet.Join(safeOnly(policyMeaning(p, st), policyCause(r, st)), fleet.Text("; "))
	return fleet.Textf("%s; %s", fact, means), means
}

func policyMeaning(p *fleet.RoutePolicy, st *fleet.PolicyState) fleet.Safe {
	less := st.Seen.V < p.Local
	switch p.Pattern {
	case fleet.PatternAPIPrimary:
		if less {
			return fleet.Text("the part that keeps the fallback proven does not reach it")
		}
		return fleet.Text("the fallback is in use")
	case fleet.PatternCoreLocal:
		return fleet.Text("requests leave the fine-tune: their quality is another, and the API costs more than planned")
	default:
		if less {
			return fleet.Text("easy requests go to the API, and cost more than planned")
		}
		return fleet.Text("hard requests stay on own GPUs, whose answers may be worse")
	}
}

// policyCause names the first thing that explains a drift.
func policyCause(r *fleet.Route, st *fleet.PolicyState) fleet.Safe {
	p := r.Spec.Policy
	for i := range r.Targets {
		t := &r.Targets[i]
		name := fleet.Label(string(t.Spec.ID))
		switch {
		case t.Blocked.OK && t.Blocked.V && t.Set.Or(0) > 0:
			return fleet.Textf("%s is blocked", name)
		case t.Cooling && !t.CoolWhy.IsEmpty():
			return fleet.Textf("%s was cooled down (%s)", name, t.CoolWhy)
		case t.Cooling:
			return fleet.Textf("%s was cooled down", name)
		}
	}
	if st.Set.OK && max(st.Set.V-p.Local, p.Local-st.Set.V) > p.Tolerance {
		return fleet.Textf("the weights give own GPUs %s%%", st.Set.V.Whole())
	}
	if p.Hard != "" {
		return fleet.Textf("what chooses between %s and %s decides it, not pitwall", fleet.Label(string(r.Spec.ID)), fleet.Label(string(p.Hard)))
	}
	return fleet.Safe{}
}

func safeOnly(parts ...fleet.Safe) []fleet.Safe {
	out := parts[:0]
	for _, p := range parts {
		if !p.IsEmpty() {
			out = append(out, p)
		}
	}
	return out
}
