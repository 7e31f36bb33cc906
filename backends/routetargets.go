package backends

import (
	"time"

	"pitwall/economics"
	"pitwall/fleet"
)

// target builds one member of a route from what its gateway replicas and its own side say.
func (w *world) target(
	r *fleet.Route, spec fleet.TargetSpec, f, total targetFlow, s *fleet.Snapshot, seen gatewayLoads, now time.Time,
) fleet.Target {
	t := fleet.Target{Spec: spec, Set: set(r, spec.ID), SetShare: setShare(r, spec.ID), Blocked: f.blocked,
		Cooling: f.cooling, SeenOver: total.requests.window(total.at)}
	w.member(r, &t, now)
	t.CoolWhy = coolCauses(f.coolCauses)
	t.Load, t.Counted = f.load(), f.by
	if f.requests.known {
		t.Seen = f.requests.over(total.requests)
	}
	if t.Seen.OK {
		t.SeenN = total.requests.delta
	}
	key := w.targetName(r.Spec, spec)
	t.Verdicts = append(t.Verdicts, gatewayVerdict(f, seen, r))
	switch {
	case spec.Pool != "":
		p := s.Pool(spec.Pool)
		poolTarget(&t, p)
		w.liveProbe(&t, now)
		if p != nil {
			t.Verdicts = append(t.Verdicts, probeVerdict(p))
		}
	case spec.Provider != "":
		w.providerTarget(&t, s.Provider(spec.Provider), seen, f, now)
	default:
		t.State, t.Why = fleet.StateUnknown, fleet.Text("not in the configuration: neither a pool nor a provider is known for it")
	}
	if e, limit := t.Load.Errors, r.Spec.Guard.ErrRatio; e.OK && limit.OK && e.V > limit.V {
		t.State, t.Why = worse(t.State, t.Why, fleet.StateCrit, overLimit("err ", e.V.Text(), limit.V.Text(), "%"))
	}
	if ttft, limit := t.Load.TTFT95, r.Spec.Guard.TTFT95; ttft.OK && limit.OK && ttft.V > limit.V {
		t.State, t.Why = worse(t.State, t.Why, fleet.StateWarn, overLimit("ttft95 ", ttft.V.Text(), limit.V.Text(), ""))
	}
	if f.cooling {
		why := fleet.Text("the gateway cooled it down")
		if !t.CoolWhy.IsEmpty() {
			why = fleet.Textf("the gateway cooled it down (%s)", t.CoolWhy)
		}
		t.State, t.Why = worse(t.State, t.Why, fleet.StateWarn, why)
	}
	t.Carried, t.CarriedAt = w.look.carried(w.lookedAt(r, &t), now)
	t.BurnRate = w.look.burnRate(w.burnsAs(r, &t), r.Spec.SLO, now)
	t.Trends = fleet.Trends{
		Seen:     w.trends.put(key+"/seen", trendSpan, now, orNaN(t.Seen)),
		Requests: w.trends.put(key+"/req", trendSpan, now, orNaN(t.Load.Requests)),
		Errors:   w.trends.put(key+"/err", trendSpan, now, orNaN(t.Load.Errors)),
		TTFT95:   w.trends.put(key+"/ttft", trendSpan, now, orNaN(t.Load.TTFT95)),
	}
	return t
}

func worse(state fleet.State, why fleet.Safe, other fleet.State, otherWhy fleet.Safe) (fleet.State, fleet.Safe) {
	if other.Rank() > state.Rank() {
		return other, otherWhy
	}
	return state, why
}

// poolTarget fills what a target takes from its pool.
func poolTarget(t *fleet.Target, p *fleet.Pool) {
	if p == nil {
		t.State, t.Why = fleet.StateUnknown, fleet.Concat(fleet.Text("no pool "), fleet.Label(string(t.Spec.Pool)))
		return
	}
	t.State, t.Why = p.State, p.Why
	if t.Spec.Model == "" {
		t.Spec.Model = p.Spec.Model
	}
	if !t.Load.TTFT95.OK {
		t.Load.TTFT95, t.Load.TTFT50 = p.Load.TTFT95, p.Load.TTFT50 // the engine's own, where the gateway has none
	}
	t.Load.ITL95, t.Load.KV, t.Load.Waiting, t.Load.Running = p.Load.ITL95, p.Load.KV, p.Load.Waiting, p.Load.Running
	t.Price, t.PriceWhy = p.PerMTok, fleet.Text("allocated from GPU-hours")
	t.Burn = p.Burn
	t.Verdicts = append(t.Verdicts, engineVerdict(p))
}

// engineVerdict is what the tokens of a pool say; an idle pool without a stall proves nothing either way.
func engineVerdict(p *fleet.Pool) fleet.HealthVerdict {
	v := fleet.HealthVerdict{Kind: fleet.HealthEngine, At: p.Load.At, Why: fleet.Text("no work to judge it by")}
	switch {
	case p.State == fleet.StateStale || p.State == fleet.StateUnknown:
		v.Why = p.Why
	case p.Progress.Moving.OK && p.Progress.Moving.V && p.Progress.Stalled < stallDown:
		v.Up, v.Why = fleet.Some(true), fleet.Text("tokens move")
	case p.Progress.Stalled > 0:
		v.Up, v.Why = fleet.Some(false), p.Progress.Why
	}
	return v
}

// probeVerdict is our own call of each replica's health endpoint: good only together with other evidence.
func probeVerdict(p *fleet.Pool) fleet.HealthVerdict {
	v := fleet.HealthVerdict{Kind: fleet.HealthProbe, Why: fleet.Text("no health endpoint was read")}
	good, known := 0, 0
	for _, r := range p.Replicas {
		if !r.Health.OK || r.State == fleet.StateStale {
			continue
		}
		known++
		if r.Health.V && r.State != fleet.StateDown {
			good++
		}
		if r.At.After(v.At) {
			v.At = r.At
		}
	}
	if known > 0 {
		v.Up = fleet.Some(good > 0)
		v.Why = fleet.Concat(fleet.Int(good), fleet.Text(" of "), fleet.Int(len(p.Replicas)), fleet.Text(" health endpoints say yes"))
	}
	return v
}

// providerTarget fills what a target takes from its provider.
func (w *world) providerTarget(t *fleet.Target, p *fleet.Provider, seen gatewayLoads, f targetFlow, now time.Time) {
	if p == nil {
		t.State, t.Why = fleet.StateUnknown, fleet.Concat(fleet.Text("no provider "), fleet.Label(string(t.Spec.Provider)))
		return
	}
	t.State = p.Measured // what it publishes is no trigger of anything
	if p.State == p.Measured {
		t.Why = p.Why
	}
	t.Burn = seen.targetBurn(t.Spec, f)
	t.Price, t.PriceWhy = blended(t, seen, f)
	w.liveProbe(t, now)
	v := fleet.HealthVerdict{Kind: fleet.HealthProbe, At: p.ProbeAt, Why: fleet.Text("not probed yet")}
	switch s := w.index.providers[p.Spec.ID]; {
	case s == nil && t.Probe != nil: // its live probes are all that is asked
		return
	case p.Authorised.OK && p.Authorised.V && (s == nil || s.stale(now)):
		v.Why = fleet.Text("the last probe is too old")
	case p.Authorised.OK && p.Authorised.V:
		v.Up, v.Why = fleet.Some(true), fleet.Text("the key is accepted")
	case p.Authorised.OK && !p.Authorised.V:
		v.Up, v.Why = fleet.Some(false), fleet.Text("the key is refused")
	}
	t.Verdicts = append(t.Verdicts, v)
}

// blended is the price of a million tokens of the target's own mix of input and output; without traffic the
// usual three parts of input to one of output.
func blended(t *fleet.Target, seen gatewayLoads, f targetFlow) (fleet.Maybe[fleet.USDPerMTok], fleet.Safe) {
	price, ok := seen.price(t.Spec)
	if !ok {
		return fleet.None[fleet.USDPerMTok](), fleet.Text("unpriced")
	}
	mix, why := economics.MixOf(f.in.delta, f.read.delta, f.written.delta, f.out.delta), fleet.Text("list price over its own mix")
	if mix.Tokens() <= 0 {
		mix, why = economics.Mix{Input: 3, Output: 1}, fleet.Text("list price, 3 parts input to 1 output")
	}
	return economics.Allocated(economics.Metered(mix, price), fleet.TokenRate(mix.Tokens())), why
}
