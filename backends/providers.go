package backends

import (
	"slices"
	"time"

	"pitwall/fleet"
)

// limitLow is the part of a quota below which a provider is in WARN.
const limitLow = fleet.Ratio(0.2)

// provider builds one API account from its probe and from what gateways see of it.
func (w *world) provider(spec fleet.ProviderSpec, seen gatewayLoads, now time.Time) fleet.Provider {
	p := fleet.Provider{Spec: spec, State: fleet.StateUnknown, Why: fleet.Text("not probed yet")}
	p.Load = seen.provider(spec.ID)
	s := w.index.providers[spec.ID]
	if s != nil {
		p.Source = s.spec.ID
		if r := s.last.Provider; r != nil {
			p.Authorised, p.ProbeTime, p.ProbeAt = r.Authorised, r.Latency, s.status.LastGood
			p.Models = r.Models
			p.Limits = r.Limits
		}
	}
	p.Limits = joinLimits(spec, p.Limits, seen.limits(spec.ID))
	p.Burn, p.Unpriced = seen.providerBurn(spec.ID)
	p.BurnRate = w.look.burnRate("provider/"+string(spec.ID), seen.providerObjective(spec.ID), now)
	p.State, p.Why = w.providerState(&p, s, seen.providerGuard(spec.ID), now)
	p.Since = w.settle("provider/"+string(spec.ID), p.State, fleet.Label(string(spec.ID)), p.Why, now)
	p.Trends = w.loadTrends("provider/"+string(spec.ID), trendSpan, p.Load, now)
	return p
}

// joinLimits takes each kind from the freshest view: headers of the probe, headers that the gateway
// passed on, else the configuration.
func joinLimits(spec fleet.ProviderSpec, probed, passed []fleet.Limit) []fleet.Limit {
	var out []fleet.Limit
	put := func(l fleet.Limit) {
		i := slices.IndexFunc(out, func(o fleet.Limit) bool { return o.Kind == l.Kind })
		switch {
		case i < 0:
			out = append(out, l)
		case !l.Max.OK && !l.Remaining.OK:
		default:
			if !l.Max.OK {
				l.Max = out[i].Max
			}
			out[i] = l
		}
	}
	for _, m := range spec.Models {
		for _, l := range m.Limits {
			put(l)
		}
	}
	for _, l := range passed {
		put(l)
	}
	for _, l := range probed {
		put(l)
	}
	return out
}

func (w *world) providerState(p *fleet.Provider, s *sourceState, guard fleet.Guard, now time.Time) (fleet.State, fleet.Safe) {
	if s != nil {
		st := &s.status
		switch {
		case st.ErrKind == fleet.KindAuth:
			return fleet.StateCrit, st.Err
		case st.Failing >= failuresToSay && !serves(p):
			return fleet.StateCrit, st.Err
		}
	}
	if e, limit := p.Load.Errors, guard.ErrRatio; e.OK && limit.OK && e.V > limit.V {
		return fleet.StateCrit, overLimit("err ", e.V.Text(), limit.V.Text(), "%")
	}
	if t, limit := p.Load.TTFT95, guard.TTFT95; t.OK && limit.OK && t.V > limit.V {
		return fleet.StateWarn, overLimit("ttft95 ", t.V.Text(), limit.V.Text(), "")
	}
	for _, l := range p.Limits {
		if l.Max.OK && l.Remaining.OK && l.Max.V > 0 && fleet.Ratio(l.Remaining.V/l.Max.V) < limitLow {
			return fleet.StateWarn, fleet.Concat(fleet.Label(string(l.Kind)), fleet.Text(" "),
				fleet.Ratio(l.Remaining.V/l.Max.V).Whole(), fleet.Text("% left"))
		}
	}
	switch {
	case s != nil && s.status.Failing >= failuresToSay:
		// What the gateways got from it is better evidence than a probe of ours.
		return fleet.StateWarn, fleet.Concat(fleet.Text("the probe fails, traffic flows: "), s.status.Err)
	case s == nil && !p.Load.Requests.OK:
		return fleet.StateUnknown, fleet.Text("neither probed nor seen by a gateway")
	case s != nil && s.status.LastGood.IsZero() && s.status.Failing > 0:
		return fleet.StateUnknown, s.status.Err
	case s != nil && s.status.LastGood.IsZero():
		return fleet.StateUnknown, fleet.Text("not probed yet")
	case s != nil && s.stale(now):
		return fleet.StateStale, fleet.Concat(fleet.Text("last probe "), fleet.Age(now.Sub(s.status.LastGood)), fleet.Text(" ago"))
	case p.Load.Requests.OK && p.Load.Requests.V == 0:
		return fleet.StateIdle, fleet.Safe{}
	}
	return fleet.StateOK, fleet.Safe{}
}

// serves tells whether most of the requests that gateways sent in the last minute were answered.
func serves(p *fleet.Provider) bool {
	return p.Load.Requests.OK && p.Load.Requests.V > 0 && p.Load.Errors.OK && p.Load.Errors.V < 0.5
}
