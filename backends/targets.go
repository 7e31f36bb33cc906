package backends

import (
	"time"

	"pitwall/economics"
	"pitwall/fleet"
)

// targetFlow is what all gateway replicas together saw of one target.
type targetFlow struct {
	requests, successes, failures, in, out flow
	read, written                          flow // parts of in
	judged                                 flow // of a sum: the requests of those whose failures are known
	summed                                 bool
	by                                     fleet.Counted
	engineErrors                           fleet.Maybe[fleet.Ratio] // where the engines count failures and the gateway requests
	cooling                                bool                     // now
	cooled                                 bool                     // so lately that the measured share still shows it
	coolCauses                             map[string]float64       // cool-downs of the last window by status
	blocked                                fleet.Maybe[bool]
	ttft                                   []*distribution
	latency                                []*distribution
	remainingRequests, remainingTokens     fleet.Maybe[float64]
	at                                     time.Time
	answered                               time.Time // when the newest answer came at the earliest
}

// flowOf gathers one target over the gateway's replicas that are read.
func (w *world) flowOf(spec fleet.RouteSpec, t fleet.TargetSpec, replicas []fleet.GatewayReplicaSpec, now time.Time) targetFlow {
	var f targetFlow
	for _, r := range replicas {
		s := w.index.gateway(spec.Gateway, r.ID)
		if s == nil || s.last.Gateway == nil || s.stale(now) {
			continue
		}
		if s.status.LastGood.After(f.at) {
			f.at = s.status.LastGood
		}
		if d := findDeployment(s.last.Gateway, spec.Called(), deployment(t)); d != nil {
			if d.Blocked.OK {
				f.blocked = fleet.Some(f.blocked.V || d.Blocked.V)
			}
			lowest(&f.remainingRequests, d.RemainingRequests)
			lowest(&f.remainingTokens, d.RemainingTokens)
		}
		series := w.deployments[s.spec.ID][deploymentKey{spec.Called(), deployment(t)}]
		if series == nil {
			continue
		}
		if series.answered.After(f.answered) {
			f.answered = series.answered
		}
		f.requests.add(&series.requests)
		f.successes.add(&series.successes)
		f.failures.add(&series.failures)
		f.in.add(&series.in)
		f.out.add(&series.out)
		f.read.add(&series.read)
		f.written.add(&series.written)
		f.ttft = append(f.ttft, &series.ttft)
		f.latency = append(f.latency, &series.latency)
		if n, _, ok := series.cooldowns.increase(coolingWindow); ok && n > 0 {
			f.cooling = true
			f.coolCauses = series.causes(f.coolCauses)
		}
		if n, _, ok := series.cooldowns.increase(2 * rateWindow); ok && n > 0 {
			f.cooled = true
		}
	}
	return f
}

func lowest(to *fleet.Maybe[float64], v fleet.Maybe[float64]) {
	if v.OK && (!to.OK || v.V < to.V) {
		*to = v
	}
}

// mix is what its tokens are a second, by what they cost.
func (f targetFlow) mix() economics.Mix {
	return economics.MixOf(f.in.perSec, f.read.perSec, f.written.perSec, f.out.perSec)
}

// errors is the part of the requests that failed. Where the failures cannot be read, they are the requests that did
// not succeed; where the successes cannot be read either, nobody knows.
func (f targetFlow) errors() fleet.Maybe[fleet.Ratio] {
	requests := f.requests
	if f.summed {
		requests = f.judged
	}
	if f.failures.known || !f.successes.known {
		return f.failures.over(requests)
	}
	succeeded := f.successes.over(requests)
	return fleet.Maybe[fleet.Ratio]{V: 1 - succeeded.V, OK: succeeded.OK}
}

// load draws the gateway's view of a target. Requests that failed are part of its requests.
func (f targetFlow) load() fleet.Load {
	l := fleet.Load{At: f.at, Window: f.requests.window(f.at), Requests: f.requests.rate(), InRate: f.in.tokens(), OutRate: f.out.tokens()}
	if l.Errors = f.errors(); f.engineErrors.OK {
		l.Errors = f.engineErrors
	}
	first := spreadOf(f.ttft)
	l.TTFT50, l.TTFT95 = quantile(first, 0.5), quantile(first, 0.95)
	if m := mean(spreadOf(f.latency)); m.OK {
		l.E2E = fleet.Some(fleet.Seconds(m.V))
	}
	served := f.successes // a request that failed has no tokens
	if !served.known {
		served = f.requests
	}
	if served.known && served.delta > 0 {
		if f.in.known {
			l.PromptMean = fleet.Some(fleet.Tokens(f.in.perSec / served.perSec))
		}
		if f.out.known {
			l.OutputMean = fleet.Some(fleet.Tokens(f.out.perSec / served.perSec))
		}
	}
	return l
}

// verdict is what the gateway's responses say of a target.
func (f targetFlow) verdict() fleet.HealthVerdict {
	v := fleet.HealthVerdict{Kind: fleet.HealthGateway, At: f.at, Why: fleet.Text("no requests in the last minute")}
	if !f.requests.known || f.requests.delta < 1 {
		return v
	}
	bad := f.errors()
	if !bad.OK {
		v.Why = fleet.Text("its failures cannot be read")
		return v
	}
	v.Up = fleet.Some(bad.V < 0.5 && !f.cooling)
	v.Why = fleet.Concat(fleet.Count(f.requests.delta).Text(), fleet.Text(" requests, "), bad.V.Text(), fleet.Text("% failed"))
	if f.cooling {
		v.Why = fleet.Concat(v.Why, fleet.Text(", cooled down"))
	}
	return v
}
