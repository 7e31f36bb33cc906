package backends

import (
	"math"
	"time"

	"pitwall/fleet"
)

// targetFlow is what all gateway replicas together saw of one target.
type targetFlow struct {
	requests, successes, failures, in, out flow
	cooling                                bool
	blocked                                fleet.Maybe[bool]
	ttft                                   []*distribution
	latency                                []*distribution
	remainingRequests, remainingTokens     fleet.Maybe[float64]
	at                                     time.Time
}

// flowOf gathers one target over the gateway's replicas that are read.
func (w *world) flowOf(spec fleet.RouteSpec, t fleet.TargetSpec, replicas []fleet.GatewayReplicaSpec, now time.Time) targetFlow {
	var f targetFlow
	for _, r := range replicas {
		s := w.gatewaySource(spec.Gateway, r.ID)
		if s == nil || s.last.Gateway == nil || s.stale(now) {
			continue
		}
		if s.status.LastGood.After(f.at) {
			f.at = s.status.LastGood
		}
		if d := findDeployment(s.last.Gateway, spec.ID, deployment(t)); d != nil {
			if d.Blocked.OK {
				f.blocked = fleet.Some(f.blocked.V || d.Blocked.V)
			}
			lowest(&f.remainingRequests, d.RemainingRequests)
			lowest(&f.remainingTokens, d.RemainingTokens)
		}
		series := w.deployments[deploymentKey{s.spec.ID, spec.ID, deployment(t)}]
		if series == nil {
			continue
		}
		f.requests.add(&series.requests, rateWindow)
		f.successes.add(&series.successes, rateWindow)
		f.failures.add(&series.failures, rateWindow)
		f.in.add(&series.in, rateWindow)
		f.out.add(&series.out, rateWindow)
		f.ttft = append(f.ttft, &series.ttft)
		f.latency = append(f.latency, &series.latency)
		if n, _, ok := series.cooldowns.increase(coolingWindow); ok && n > 0 {
			f.cooling = true
		}
	}
	return f
}

func lowest(to *fleet.Maybe[float64], v fleet.Maybe[float64]) {
	if v.OK && (!to.OK || v.V < to.V) {
		*to = v
	}
}

// load draws the gateway's view of a target. Requests that failed are part of its requests.
func (f targetFlow) load() fleet.Load {
	l := fleet.Load{At: f.at, Window: rateWindow, Requests: f.requests.rate(), InRate: f.in.tokens(), OutRate: f.out.tokens()}
	l.Errors = f.failures.over(f.requests)
	if !l.Errors.OK && f.requests.known && f.requests.delta > 0 && !f.failures.known {
		// A failure series only appears with the first failure.
		l.Errors = fleet.Some(fleet.Ratio(0))
	}
	first := spreadOf(f.ttft)
	l.TTFT50, l.TTFT95 = quantile(first, 0.5), quantile(first, 0.95)
	if m := mean(spreadOf(f.latency)); m.OK {
		l.E2E = fleet.Some(fleet.Seconds(m.V))
	}
	if f.requests.known && f.requests.delta > 0 {
		if f.in.known {
			l.PromptMean = fleet.Some(fleet.Tokens(f.in.delta / f.requests.delta))
		}
		if f.out.known {
			l.OutputMean = fleet.Some(fleet.Tokens(f.out.delta / f.requests.delta))
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
	bad := 0.0
	if f.failures.known {
		bad = f.failures.delta / math.Max(1, f.requests.delta)
	}
	v.Up = fleet.Some(bad < 0.5 && !f.cooling)
	v.Why = fleet.Concat(fleet.Count(f.requests.delta).Text(), fleet.Text(" requests, "), fleet.Ratio(bad).Text(), fleet.Text("% failed"))
	if f.cooling {
		v.Why = fleet.Concat(v.Why, fleet.Text(", cooled down"))
	}
	return v
}
