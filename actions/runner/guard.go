package runner

import (
	"time"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// The verdicts of a limit.
const (
	verdictPass    = "PASS"
	verdictFail    = "FAIL"
	verdictUnclear = "UNCLEAR"
)

// Where no limit is configured, errors may grow as actions says; without any figure from before, two in a hundred may fail.
const (
	errorUnknown  = 0.02
	defaultLasted = 60 * time.Second
)

// figureKey names one measured value, of a route as the change's gateway calls it; an empty target is the whole route.
type figureKey struct {
	route  fleet.RouteID
	target fleet.TargetID
	what   string
}

// guard watches the limits that roll a change back.
type guard struct {
	since map[figureKey]time.Time // since when a limit is broken in a row
}

// verdict is what the guard finds at one moment.
type verdict struct {
	limits  []actions.LimitNow
	harm    []actions.LimitNow
	broken  fleet.Safe // a limit was broken for long enough: roll back
	over    fleet.Safe // a limit is broken, not yet for long enough
	unclear fleet.Safe // what is not read, or too old to judge
	quiet   fleet.Safe // what is read and says nothing, such as the errors of a target without requests
}

func (g *guard) reset() { g.since = map[figureKey]time.Time{} }

// baseline takes the figures before a change, of every target of its gateway's routes.
func baseline(s *fleet.Snapshot, gateway fleet.GatewayID) []journal.Figure {
	var out []journal.Figure
	for i := range s.Routes {
		r := &s.Routes[i]
		if r.Spec.Gateway != gateway {
			continue
		}
		out = append(out, journal.Figure{Route: r.Spec.Called(), Errors: r.Load.Errors, TTFT95: r.Load.TTFT95})
		for j := range r.Targets {
			t := &r.Targets[j]
			out = append(out, journal.Figure{Route: r.Spec.Called(), Target: t.Spec.ID, Errors: t.Load.Errors,
				TTFT95: firstToken(s, t)})
		}
	}
	return out
}

// firstToken is the 95th percentile of the time to first token as the gateway sees it, or as the engines of the
// target's pool report it where the gateway does not.
func firstToken(s *fleet.Snapshot, t *fleet.Target) fleet.Maybe[fleet.Seconds] {
	if p := s.Pool(t.Spec.Pool); !t.Load.TTFT95.OK && p != nil {
		return p.Load.TTFT95
	}
	return t.Load.TTFT95
}

// judge compares the newest figures with the limits.
func (g *guard) judge(k *carrier, now time.Time) verdict {
	var v verdict
	if k.c.Plan.Intent.Kind == actions.KindResync {
		return v // nothing moves: all that matters is what the replica holds
	}
	s := k.r.o.Latest()
	if s == nil {
		v.unclear = fleet.Text("nothing was read yet")
		return v
	}
	route := s.RouteOf(k.c.Plan.Route)
	if route == nil {
		v.unclear = fleet.Text("the route is not read")
		return v
	}
	for _, id := range k.c.Plan.Order {
		if t := route.Target(id); receives(&k.c.Plan, route, id) {
			g.target(k, &v, s, route, id, t, now)
		}
	}
	for i := range s.Routes {
		if r := &s.Routes[i]; r.Spec.Gateway == k.c.Plan.Gateway && r.Spec.ID != route.Spec.ID {
			g.other(k, &v, s, r, now)
		}
	}
	return v
}

// receives tells whether a plan gives a target a greater share, of all weights or of what the gateway shares out.
func receives(p *actions.Plan, r *fleet.Route, id fleet.TargetID) bool {
	return p.After.Share(id).Or(0) > p.Before.Share(id).Or(0) || r.Takes(p.After).Share(id).Or(0) > r.Takes(p.Before).Share(id).Or(0)
}

// target judges one target that receives load.
func (g *guard) target(
	k *carrier, v *verdict, s *fleet.Snapshot, r *fleet.Route, id fleet.TargetID, t *fleet.Target, now time.Time,
) {
	name := fleet.Label(string(id))
	if t == nil || now.Sub(t.Load.At) > staleAfter {
		v.unclear = fleet.Concat(fleet.Text("unclear: "), name, fleet.Text(" was not read for a minute"))
		for _, what := range []fleet.Safe{fleet.Text("err%"), fleet.Text("ttft95")} {
			v.limits = append(v.limits, actions.LimitNow{Name: what, Target: id, Now: fleet.Text(fleet.Unknown),
				Before: fleet.Text(fleet.Unknown), Limit: fleet.Text(fleet.Unknown), Verdict: verdictUnclear})
		}
		return
	}
	was := k.base[figureKey{route: k.c.Plan.Route.Called(), target: id}]
	whole := k.base[figureKey{route: k.c.Plan.Route.Called()}]
	if t.Counted.Errors != fleet.CountedRoute {
		limit := k.c.Plan.Guard.ErrRatio
		if !limit.OK {
			limit = fleet.Some(errorLimit(was.Errors, whole.Errors))
		}
		row := actions.LimitNow{Name: fleet.Text("err%"), Target: id, Before: percent(was.Errors), Now: percent(t.Load.Errors),
			Limit: percent(limit)}
		row.Verdict, row.Broken = g.rate(figureKey{r.Spec.Called(), id, "err"}, t.Load.Errors.OK, t.Load.Errors.V > limit.V, t.Load.At)
		v.limits = append(v.limits, k.weigh(v, row, name))
	}
	if r.Counted.Errors == fleet.CountedRoute && t.Counted.Errors != fleet.CountedHere {
		v.limits = append(v.limits, k.weigh(v, g.whole(k, r, id, whole.Errors, now), name))
	}
	if limit := k.c.Plan.Guard.TTFT95; limit.OK {
		is := firstToken(s, t)
		key := figureKey{r.Spec.Called(), id, "ttft95"}
		row := actions.LimitNow{Name: fleet.Text("ttft95"), Target: id, Before: fleet.Show(was.TTFT95), Now: fleet.Show(is),
			Limit: fleet.Show(limit)}
		row.Verdict, row.Broken = g.rate(key, is.OK, is.V > limit.V, t.Load.At)
		if !is.OK && (k.c.Plan.Intent.Emergency() || untold(t, was)) {
			v.limits = append(v.limits, row) // shown as unclear; judged by errors where nothing tells the rest
			return
		}
		v.limits = append(v.limits, k.weigh(v, row, name))
	}
}

// untold tells whether nobody will tell the time to first token of a target: a rented one behind a gateway that counts by route,
// of which it was not known before either. Once it was known, that it is not any more holds.
func untold(t *fleet.Target, was journal.Figure) bool {
	return t.Counted.Errors == fleet.CountedRoute && t.Spec.Pool == "" && !was.TTFT95.OK
}

// whole judges the failures of the whole route, where its gateway does not tell whose they are. What failed before is no harm
// that the change does: then they may grow as those of another route may.
func (g *guard) whole(
	k *carrier, r *fleet.Route, id fleet.TargetID, was fleet.Maybe[fleet.Ratio], now time.Time,
) actions.LimitNow {
	limit := errorLimit(was, fleet.None[fleet.Ratio]())
	if set := k.c.Plan.Guard.ErrRatio; set.OK && was.V <= set.V {
		limit = set.V
	}
	is := r.Load.Errors
	row := actions.LimitNow{Name: fleet.Text("err% whole route"), Target: id, Before: percent(was), Now: percent(is),
		Limit: percent(fleet.Some(limit))}
	known := is.OK && now.Sub(r.Load.At) <= staleAfter
	row.Verdict, row.Broken = g.rate(figureKey{r.Spec.Called(), id, "err of all"}, known, is.V > limit, r.Load.At)
	return row
}

// other judges a route that the change does not touch. A route without traffic is not harmed. One that sends to what a failover leaves
// fails for that: it is shown, and leads no load back there.
func (g *guard) other(k *carrier, v *verdict, s *fleet.Snapshot, r *fleet.Route, now time.Time) {
	was := k.base[figureKey{route: r.Spec.Called()}].Errors
	limit := errorLimit(was, fleet.None[fleet.Ratio]())
	is := r.Load.Errors
	known := is.OK && now.Sub(r.Load.At) <= staleAfter
	name := fleet.Label(string(r.Spec.ID))
	row := actions.LimitNow{Name: fleet.Concat(name, fleet.Text(" err%")), Before: percent(was), Now: percent(is),
		Limit: percent(fleet.Some(limit))}
	row.Verdict, row.Broken = g.rate(figureKey{r.Spec.Called(), "", "err"}, known, is.V > limit, r.Load.At)
	if in := &k.c.Plan.Intent; in.Emergency() && in.Failover.Origin.Gets(s, r) {
		v.harm = append(v.harm, row)
		return
	}
	quiet := v.quiet
	row = k.weigh(v, row, fleet.Concat(fleet.Text("other route "), name))
	v.quiet = quiet
	v.harm = append(v.harm, row)
}

// rate keeps how long a limit is broken in a row, by the times of the samples.
func (g *guard) rate(key figureKey, known, over bool, at time.Time) (string, time.Duration) {
	switch {
	case !known:
		return verdictUnclear, 0
	case !over:
		delete(g.since, key)
		return verdictPass, 0
	}
	if _, ok := g.since[key]; !ok {
		g.since[key] = at
	}
	return verdictFail, at.Sub(g.since[key])
}

// weigh takes one limit into the verdict.
func (k *carrier) weigh(v *verdict, row actions.LimitNow, who fleet.Safe) actions.LimitNow {
	lasted := k.c.Plan.Guard.For
	if lasted <= 0 {
		lasted = defaultLasted
	}
	what := fleet.Textf("%s %s %s over %s", who, row.Name, row.Now, row.Limit)
	switch {
	case row.Verdict == verdictUnclear && v.quiet.IsEmpty():
		v.quiet = fleet.Textf("unclear: %s of %s is not known", row.Name, who)
	case row.Verdict == verdictFail && row.Broken >= lasted && v.broken.IsEmpty():
		v.broken = fleet.Concat(what, fleet.Text(" for "), fleet.Age(row.Broken))
	case row.Verdict == verdictFail && v.over.IsEmpty():
		v.over = fleet.Textf("%s for %s, rolls back at %s", what, fleet.Age(row.Broken), fleet.Age(lasted))
	}
	return row
}

func errorLimit(was, orElse fleet.Maybe[fleet.Ratio]) fleet.Ratio {
	if !was.OK {
		was = orElse
	}
	if !was.OK {
		return errorUnknown
	}
	return max(was.V+actions.ErrorRise, was.V*actions.ErrorFactor)
}

func percent(r fleet.Maybe[fleet.Ratio]) fleet.Safe { return fleet.Show(r) }
