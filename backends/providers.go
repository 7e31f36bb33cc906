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
			p.Models, p.Regions = r.Models, r.Regions
			p.Limits = r.Limits
		}
	}
	w.provenBy(&p, s, now)
	p.Limits = joinLimits(spec, p.Limits, seen.limits(spec.ID))
	p.Burn, p.Unpriced = seen.providerBurn(spec.ID)
	p.BurnRate = w.look.burnRate("provider/"+string(spec.ID), seen.providerObjective(spec.ID), now)
	p.Status = w.feeds(spec.ID, now)
	measured := providerState(&p, s, seen.providerGuard(spec.ID), now)
	p.Measured = measured.state
	p.State, p.Why = published(&p, measured, now)
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
		case l.At.IsZero() && !out[i].At.IsZero(): // a configured figure, also where a probe read it, beside a measured one
			if !out[i].Max.OK {
				out[i].Max = l.Max
			}
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

// providerState judges an account by its key, by what its users feel, by what is left of its quotas, and last by the probe.
func providerState(p *fleet.Provider, s *sourceState, guard fleet.Guard, now time.Time) judgement {
	state, why := firstOf(unreachable(p, s), overGuard(p.Load, guard), quotaLow(p.Limits), probeState(p, s, now))
	return judgement{state, why}
}

// unreachable says when the key is refused, or when neither probe nor traffic gets through.
func unreachable(p *fleet.Provider, s *sourceState) judgement {
	if s == nil {
		return judgement{}
	}
	if st := &s.status; st.ErrKind == fleet.KindAuth || st.Failing >= failuresToSay && !serves(p) {
		return judgement{fleet.StateCrit, st.Err}
	}
	return judgement{}
}

// quotaLow says what is nearly used up. Without credit nothing that costs money is answered.
func quotaLow(limits []fleet.Limit) judgement {
	for _, l := range limits {
		if !l.Kind.IsRate() && l.Remaining.OK && l.Remaining.V <= 0 {
			return judgement{fleet.StateCrit, fleet.Text("the credit of the account is used up")}
		}
	}
	for _, l := range limits {
		if l.Max.OK && l.Remaining.OK && l.Max.V > 0 && fleet.Ratio(l.Remaining.V/l.Max.V) < limitLow {
			return judgement{fleet.StateWarn, fleet.Concat(fleet.Label(string(l.Kind)), fleet.Text(" "),
				fleet.Ratio(l.Remaining.V/l.Max.V).Whole(), fleet.Text("% left"))}
		}
	}
	return judgement{}
}

// probeState says what the probe proves, and when there is no traffic.
func probeState(p *fleet.Provider, s *sourceState, now time.Time) judgement {
	if s == nil {
		if !p.Load.Requests.OK && p.ProbeAt.IsZero() {
			return judgement{fleet.StateUnknown, fleet.Text("neither probed nor seen by a gateway")}
		}
		return unused(p)
	}
	switch st := &s.status; {
	case st.Failing >= failuresToSay:
		// What the gateways got from it is better evidence than a probe of ours.
		return judgement{fleet.StateWarn, fleet.Concat(fleet.Text("the probe fails, traffic flows: "), st.Err)}
	case st.LastGood.IsZero() && st.Failing > 0:
		return judgement{fleet.StateUnknown, st.Err}
	case st.LastGood.IsZero():
		return judgement{fleet.StateUnknown, fleet.Text("not probed yet")}
	case s.stale(now):
		return judgement{fleet.StateStale, fleet.Concat(fleet.Text("last probe "), fleet.Age(now.Sub(st.LastGood)), fleet.Text(" ago"))}
	default:
		return unused(p)
	}
}

// unused says when no gateway sends anything.
func unused(p *fleet.Provider) judgement {
	if p.Load.Requests.OK && p.Load.Requests.V == 0 {
		return judgement{state: fleet.StateIdle}
	}
	return judgement{}
}

// serves tells whether most of the requests that gateways sent in the last minute were answered.
func serves(p *fleet.Provider) bool {
	return p.Load.Requests.OK && p.Load.Requests.V > 0 && p.Load.Errors.OK && p.Load.Errors.V < 0.5
}
