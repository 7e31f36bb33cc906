package runner

import (
	"maps"
	"math"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// proof adds up the measured traffic of a step over windows that do not overlap and lie wholly in it.
type proof struct {
	n    float64 // requests
	by   map[fleet.TargetID]float64
	last time.Time // end of the last window that was counted, at first the time when the step held everywhere
	// uneven tells that members that are in share by something else than weights: only that none is sent to who is out is proven.
	uneven bool
	// leaving are the members that a failover leads load away from: their gateway may have left them out already, so that they carry
	// less than their weight says and the others more. The others are then held against each other.
	leaving map[fleet.TargetID]bool
}

// leastTolerance is how far a measured share may be off, however many requests there were.
const leastTolerance = 0.02

// take counts the newest window of the route if it begins after the last one ended.
func (p *proof) take(r *fleet.Route, s actions.Step) {
	var window time.Duration
	var end time.Time
	n := 0.0
	p.uneven = r.Routing.Uneven
	for i := range r.Targets {
		t := &r.Targets[i]
		if unlisted(r, t) || uncounted(r, t, s) {
			continue
		}
		if !t.Seen.OK || t.SeenN <= 0 {
			return
		}
		window = max(window, t.SeenOver)
		if end.IsZero() || t.Load.At.Before(end) {
			end = t.Load.At
		}
		n = t.SeenN
	}
	if n == 0 || end.Sub(p.last) < window {
		return
	}
	by := maps.Clone(p.by)
	if by == nil {
		by = map[fleet.TargetID]float64{}
	}
	for i := range r.Targets {
		t := &r.Targets[i]
		if uncounted(r, t, s) {
			continue
		}
		by[t.Spec.ID] += float64(t.Seen.V) * t.SeenN
	}
	p.by, p.last = by, end
	p.n += n
}

// uncounted tells whether nobody can count a target that the step leaves without weight: a rented one of a route whose
// requests are counted by the engines of the others.
func uncounted(r *fleet.Route, t *fleet.Target, s actions.Step) bool {
	return r.Counted.Requests == fleet.CountedEngines && t.Spec.Pool == "" && !t.Seen.OK &&
		s.Before[t.Spec.ID] == 0 && s.After[t.Spec.ID] == 0
}

// unlisted tells whether a target is out of a route by not being on the gateway's list, and has no figures for that.
func unlisted(r *fleet.Route, t *fleet.Target) bool {
	return r.Routing.Listed && t.Set.OK && t.Set.V == 0 && !t.Seen.OK
}

// shares are the measured shares so far.
func (p *proof) shares() map[fleet.TargetID]fleet.Maybe[fleet.Ratio] {
	out := map[fleet.TargetID]fleet.Maybe[fleet.Ratio]{}
	for id, n := range p.by {
		if p.n > 0 {
			out[id] = fleet.Some(fleet.Ratio(n / p.n))
		}
	}
	return out
}

// within tells whether every measured share is within max(2 points, 3 sigma) of what the weights mean; it is unknown
// with fewer requests than least.
func (p *proof) within(w fleet.Weights, least int) fleet.Maybe[bool] {
	if p.n < float64(least) || p.n == 0 {
		return fleet.None[bool]()
	}
	id := p.farthest(w)
	return fleet.Some(id == "")
}

// farthest is the target that is out of tolerance by most, "" when none is.
func (p *proof) farthest(w fleet.Weights) fleet.TargetID {
	var worst fleet.TargetID
	most := 0.0
	for id := range w {
		want, is, n := p.held(w, id)
		if p.uneven && want > 0 || p.leaving[id] && is <= want {
			continue
		}
		tolerance := math.Max(leastTolerance, 3*math.Sqrt(want*(1-want)/n))
		off := math.Abs(is-want) - tolerance
		if off > most+1e-9 || off > 1e-9 && off > most-1e-9 && id < worst {
			worst, most = id, off
		}
	}
	return worst
}

// held is the share that a target is meant to carry, the one that it carries, and of how many requests: of all, or, where a failover
// leads load away from others, of those that the others do not carry.
func (p *proof) held(w fleet.Weights, id fleet.TargetID) (want, is, n float64) {
	if len(p.leaving) == 0 || p.leaving[id] {
		return float64(w.Share(id).Or(0)), p.by[id] / p.n, p.n
	}
	rest := fleet.Weights{}
	n = p.n
	for other, weight := range w {
		if !p.leaving[other] {
			rest[other] = weight
			continue
		}
		n -= p.by[other]
	}
	if n < 1 {
		return 0, 0, 1 // nothing reaches the others: who is left carries too much, which is told of it
	}
	return float64(rest.Share(id).Or(0)), p.by[id] / n, n
}

// text says which share is off.
func (p *proof) text(w fleet.Weights) fleet.Safe {
	id := p.farthest(w)
	want, is, n := p.held(w, id)
	return fleet.Textf("%s carries %s%% of %s requests, set are %s%%: n does not skip this, Z undoes",
		fleet.Label(string(id)), fleet.Ratio(is).Text(), fleet.Float(n, 0), fleet.Ratio(want).Text())
}

// leftBy are the members that a failover leads load away from; nil of any other change.
func leftBy(p *actions.Plan) map[fleet.TargetID]bool {
	if !p.Intent.Emergency() {
		return nil
	}
	out := map[fleet.TargetID]bool{}
	for id, n := range p.Before {
		if p.After.Share(id).Or(0) < p.Before.Share(id).Or(0) && n > 0 {
			out[id] = true
		}
	}
	return out
}

// taking are the weights by which the gateway shares requests out: a blocked member keeps its weight and is measured at nothing.
func (k *carrier) taking(w fleet.Weights) fleet.Weights {
	if s := k.r.o.Latest(); s != nil {
		if r := s.RouteOf(k.c.Plan.Route); r != nil {
			return r.Takes(w)
		}
	}
	return w
}
