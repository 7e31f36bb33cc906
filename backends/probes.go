package backends

import (
	"time"

	"pitwall/fleet"
)

// probeWatch is what the probes of one source showed over time.
type probeWatch struct {
	last    fleet.ProbeReading
	good    time.Time // of the last good one
	clean   time.Time // of the first good one since the last failure; zero after a failure
	failing int       // in a row
	paused  fleet.Safe
}

// takeProbe adds what a probe showed, good or bad. It needs no lock but the Hub's.
func (w *world) takeProbe(s *sourceState, r *fleet.ProbeReading, at time.Time) {
	if s.spec.Probe == nil || r == nil {
		return
	}
	p := w.probes[s.spec.ID]
	if p == nil {
		p = &probeWatch{}
		w.probes[s.spec.ID] = p
	}
	p.paused = r.Paused
	if !r.Paused.IsEmpty() {
		p.last.Spent = r.Spent
		return
	}
	if !p.last.At.IsZero() && at.Sub(p.last.At) > staleAfter(s.spec.Interval) {
		p.clean = time.Time{} // nobody knows what was in between
	}
	p.last, p.last.At = *r, at
	if !r.OK {
		p.clean, p.failing = time.Time{}, p.failing+1
		return
	}
	p.good, p.failing = at, 0
	if p.clean.IsZero() {
		p.clean = at
	}
}

// probeFailed notes a probe that ended with an error. What is wrong on this side says nothing of the other.
func (w *world) probeFailed(s *sourceState, a answer, at time.Time) {
	if s.spec.Probe == nil || fleet.KindOf(a.err) == fleet.KindInternal {
		return
	}
	r := a.partial.Probe
	if r == nil { // it did not come back in time
		r = &fleet.ProbeReading{Asked: s.spec.Probe.Asks(), Why: fleet.Cause(a.err)}
	}
	w.takeProbe(s, r, at)
}

// probe is what the probes of a source show now; nil of a source that is none.
func (w *world) probe(s *sourceState, now time.Time) *fleet.Probe {
	if s == nil || s.spec.Probe == nil {
		return nil
	}
	out := &fleet.Probe{Every: s.spec.Interval, Source: s.spec.ID, MaxPerDay: s.spec.Probe.MaxPerDay}
	if w.opt.Prices != nil {
		out.PerDay = s.spec.Probe.PerDay(w.opt.Prices.Price)
	} else {
		out.PerDay = s.spec.Probe.PerDay(nil)
	}
	p := w.probes[s.spec.ID]
	if p == nil {
		if s.status.Failing > 0 {
			out.Paused = s.status.Err
		}
		return out
	}
	out.Last, out.LastGood, out.Failing, out.Paused = p.last, p.good, p.failing, p.paused
	out.Stale = p.last.At.IsZero() || now.Sub(p.last.At) > staleAfter(s.spec.Interval)
	out.Down = p.failing >= min(2, max(1, len(s.spec.Probe.Ends)))
	if !p.clean.IsZero() && !out.Stale {
		out.CleanSince = fleet.Some(p.clean)
	}
	return out
}

// probeOf is what the probes of a subject show; nil where none is sent.
func (w *world) probeOf(sub fleet.Subject, now time.Time) *fleet.Probe {
	sub.About = fleet.AboutProbe
	return w.probe(w.index.probes[sub], now)
}

// liveVerdict is what the live probes say of a target; ok is false where none is sent. A failure of one replica of several is told,
// and counts once another one fails too.
func liveVerdict(p *fleet.Probe) (v fleet.HealthVerdict, ok bool) {
	if p == nil {
		return v, false
	}
	v = fleet.HealthVerdict{Kind: fleet.HealthProbe, Up: p.Up(), At: p.Last.At, Why: p.Text(), Every: p.Every}
	if v.Up.OK && v.Up.V {
		v.At = p.LastGood
	}
	return v, true
}

// liveProbe adds what the live probes say of a target to its evidence, before what costs nothing to ask.
func (w *world) liveProbe(t *fleet.Target, now time.Time) {
	sub := fleet.Subject{Pool: t.Spec.Pool}
	if t.Spec.Provider != "" {
		sub = fleet.Subject{Provider: t.Spec.Provider, Model: t.Spec.Model}
	}
	t.Probe = w.probeOf(sub, now)
	v, ok := liveVerdict(t.Probe)
	if !ok {
		return
	}
	t.ProbesCleanSince = t.Probe.CleanSince
	t.Verdicts = append(t.Verdicts, v)
	if !v.Up.OK || v.Up.V {
		return
	}
	why := v.Why
	if g := t.Verdict(fleet.HealthGateway); g.Up.OK && g.Up.V {
		why = fleet.Concat(why, fleet.Text("; the gateway gets answers: it may be this machine"))
	}
	t.State, t.Why = worse(t.State, t.Why, fleet.StateWarn, why)
}

// routeProbe adds what probes through the gateway show of a route.
func (w *world) routeProbe(r *fleet.Route, now time.Time) {
	r.Probe = w.probeOf(fleet.Subject{Gateway: r.Spec.Gateway, Route: r.Spec.ID}, now)
	if up := r.Probe.Up(); up.OK && !up.V {
		r.State, r.Why = worse(r.State, r.Why, fleet.StateWarn, r.Probe.Text())
	}
}

// provenBy lets a good probe of a model prove the key of its account too, and a later refusal stand.
func (w *world) provenBy(p *fleet.Provider, s *sourceState, now time.Time) {
	for i := range p.Spec.Models {
		x := w.probeOf(fleet.Subject{Provider: p.Spec.ID, Model: p.Spec.Models[i].Name}, now)
		if x == nil || !x.LastGood.After(p.ProbeAt) {
			continue
		}
		if refused := p.Authorised.OK && !p.Authorised.V; refused && s != nil && s.status.LastTry.After(x.LastGood) {
			continue
		}
		p.Authorised, p.ProbeAt = fleet.Some(true), x.LastGood
		if x.Last.At.Equal(x.LastGood) && !p.ProbeTime.OK {
			p.ProbeTime = x.Last.Total
		}
	}
}
