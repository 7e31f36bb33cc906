package backends

import (
	"time"

	"pitwall/fleet"
)

// Pool limits that need no configuration.
const (
	kvFull     = fleet.Ratio(0.95)
	kvHigh     = fleet.Ratio(0.90)
	readyShare = 0.9 // part of the desired replicas that must be ready
)

// pool builds one pool. Routes come first, since what gateways see of a target decides its errors.
func (w *world) pool(spec fleet.PoolSpec, seen gatewayLoads, now time.Time) fleet.Pool {
	p := fleet.Pool{Spec: spec, Desired: spec.Desired.Or(len(spec.Replicas))}
	var all []*engineSeries
	for _, r := range spec.Replicas {
		replica, engines := w.replica(spec, r, now)
		p.Replicas = append(p.Replicas, replica)
		all = append(all, engines...)
		if isReady(replica) {
			p.Ready++
		}
		if !replica.At.IsZero() && replica.State != fleet.StateStale && replica.At.After(p.Load.At) {
			p.Load.At = replica.At
		}
	}
	newest := p.Load.At
	p.Load = engineLoad(all)
	p.Load.At = newest
	if newest.IsZero() {
		p.Load.At = newestReplica(p.Replicas)
	}
	if errors, ok := seen.poolErrors(spec.ID); ok {
		p.Load.Errors = errors // a gateway also sees what an engine cannot count: refused and timed-out calls
	}
	p.Nodes = w.nodes(spec, now)
	p.GPUUtil = meanUtil(p.Nodes)
	p.Power = poolPower(p.Nodes)
	p.KVTokens = kvTokens(all)
	p.Progress = poolProgress(p.Replicas)
	p.Rating = w.look.rating(spec)
	p.Burn = poolBurn(spec)
	p.PerMTok = allocated(p.Burn, p.Load)
	p.BurnRate = w.look.burnRate("pool/"+string(spec.ID), seen.objective(spec.ID), now)
	p.State, p.Why = poolState(&p, seen.guard(spec.ID))
	p.Since = w.settle("pool/"+string(spec.ID), p.State, fleet.Label(string(spec.ID)), p.Why, now)
	p.Trends = w.loadTrends("pool/"+string(spec.ID), trendSpan, p.Load, now)
	p.Trends.GPUUtil = w.trends.put("pool/"+string(spec.ID)+"/gpu", trendSpan, now, orNaN(p.GPUUtil))
	return p
}

func (w *world) replica(spec fleet.PoolSpec, r fleet.ReplicaSpec, now time.Time) (fleet.Replica, []*engineSeries) {
	out := fleet.Replica{ID: r.ID, Node: r.Node, State: fleet.StateUnknown, Why: fleet.Text("not read yet")}
	s := w.source(func(sub fleet.Subject) bool { return sub.Replica == r.ID && sub.Pool == spec.ID })
	if s == nil {
		out.Why = fleet.Text("no source is configured")
		return out, nil
	}
	out.Source, out.At, out.Version, out.Health = s.spec.ID, s.status.LastGood, s.status.Version, s.last.Health
	var engines []*engineSeries
	for key, e := range w.engines {
		if key.source == s.spec.ID && (spec.Model == "" || key.model == "" || key.model == spec.Model) {
			engines = append(engines, e)
			if e.last.Asleep.OK {
				out.Asleep = fleet.Some(out.Asleep.V || e.last.Asleep.V)
			}
		}
	}
	out.Engines = len(engines)
	out.Load = engineLoad(engines)
	out.Load.At = s.status.LastGood
	if watch := w.progress[r.ID]; watch != nil {
		out.Progress = watch.value(now)
	}
	out.State, out.Why = replicaState(&out, s, now)
	w.settle("replica/"+string(r.ID), out.State, fleet.Label(string(r.ID)), out.Why, now)
	out.Trends = w.loadTrends("replica/"+string(r.ID), shortSpan, out.Load, now)
	if s.stale(now) {
		return out, nil // what it did last is shown on its row, and not summed into the present
	}
	return out, engines
}

// replicaState judges one replica: up means that tokens move.
func replicaState(r *fleet.Replica, s *sourceState, now time.Time) (fleet.State, fleet.Safe) {
	st := &s.status
	switch {
	case st.Failing >= failuresToSay && (st.ErrKind == fleet.KindUnreachable || st.ErrKind == fleet.KindTimeout):
		return fleet.StateDown, st.Err
	case st.LastGood.IsZero() && st.Failing == 0:
		return fleet.StateUnknown, fleet.Text("not read yet")
	case st.LastGood.IsZero():
		return fleet.StateUnknown, st.Err
	case s.stale(now):
		return fleet.StateStale, fleet.Concat(fleet.Text("last read "), fleet.Age(now.Sub(st.LastGood)), fleet.Text(" ago"))
	case r.Progress.Moving.OK && !r.Progress.Moving.V && r.Progress.Stalled >= stallDown:
		return fleet.StateDown, r.Progress.Why
	case r.Progress.Moving.OK && !r.Progress.Moving.V:
		return fleet.StateCrit, r.Progress.Why
	case r.Health.OK && !r.Health.V:
		return fleet.StateDown, fleet.Text("its health endpoint says it is dead")
	case r.Engines == 0:
		return fleet.StateWarn, fleet.Text("reports no engine of this pool's model")
	case r.Asleep.OK && r.Asleep.V:
		return fleet.StateStandby, fleet.Text("asleep")
	case r.Load.KV.OK && r.Load.KV.V >= kvFull:
		return fleet.StateWarn, fleet.Concat(fleet.Text("KV cache "), r.Load.KV.V.Whole(), fleet.Text("%"))
	case r.Load.Running.Or(0)+r.Load.Waiting.Or(0) == 0 && r.Load.OutRate.Or(0) == 0:
		return fleet.StateIdle, fleet.Safe{}
	default:
		return fleet.StateOK, fleet.Safe{}
	}
}

// isReady tells whether a replica can take traffic now, as far as is known.
func isReady(r fleet.Replica) bool {
	switch r.State {
	case fleet.StateOK, fleet.StateIdle, fleet.StateWarn:
		return r.Engines > 0
	default:
		return false
	}
}

func newestReplica(list []fleet.Replica) time.Time {
	var at time.Time
	for _, r := range list {
		if r.At.After(at) {
			at = r.At
		}
	}
	return at
}

// engineLoad adds engines up: gauges and rates are summed, the fullest cache counts, quantiles come from
// merged buckets, and ratios from sums.
func engineLoad(list []*engineSeries) fleet.Load {
	l := fleet.Load{Window: rateWindow}
	var in, out, finished, failed, hits, queries flow
	var ttft, itl, e2e, prompt, output []*distribution
	for _, e := range list {
		addCount(&l.Running, e.last.Running)
		addCount(&l.Waiting, e.last.Waiting)
		if kv := e.last.KVUsage; kv.OK && (!l.KV.OK || kv.V > l.KV.V) {
			l.KV = kv
		}
		in.add(&e.prompt, rateWindow)
		out.add(&e.output, rateWindow)
		finished.add(&e.finished, rateWindow)
		failed.add(&e.failed, rateWindow)
		hits.add(&e.prefixHits, rateWindow)
		queries.add(&e.prefixQueries, rateWindow)
		ttft, itl, e2e = append(ttft, &e.ttft), append(itl, &e.itl), append(e2e, &e.e2e)
		prompt, output = append(prompt, &e.promptLen), append(output, &e.outLen)
	}
	l.Requests, l.InRate, l.OutRate = finished.rate(), in.tokens(), out.tokens()
	l.Errors = failed.over(finished)
	l.PrefixHit = hits.over(queries)
	first := spreadOf(ttft)
	l.TTFT50, l.TTFT95 = quantile(first, 0.5), quantile(first, 0.95)
	l.ITL95 = quantile(spreadOf(itl), 0.95)
	if m := mean(spreadOf(e2e)); m.OK {
		l.E2E = fleet.Some(fleet.Seconds(m.V))
	}
	if m := mean(spreadOf(prompt)); m.OK {
		l.PromptMean = fleet.Some(fleet.Tokens(m.V))
	}
	if m := mean(spreadOf(output)); m.OK {
		l.OutputMean = fleet.Some(fleet.Tokens(m.V))
	}
	return l
}

func addCount(sum *fleet.Maybe[fleet.Count], v fleet.Maybe[fleet.Count]) {
	if v.OK {
		sum.V += v.V
		sum.OK = true
	}
}

func kvTokens(list []*engineSeries) fleet.Maybe[fleet.Tokens] {
	var sum fleet.Maybe[fleet.Tokens]
	for _, e := range list {
		if !e.last.KVCapacity.OK {
			return fleet.None[fleet.Tokens]()
		}
		sum.V += e.last.KVCapacity.V
		sum.OK = true
	}
	return sum
}

func poolPower(nodes []fleet.Node) fleet.Maybe[fleet.Watts] {
	var sum fleet.Maybe[fleet.Watts]
	for _, n := range nodes {
		if n.Power.OK {
			sum.V += n.Power.V
			sum.OK = true
		}
	}
	return sum
}

// poolProgress is the worst of its replicas' stalls; it moves when any replica's tokens move.
func poolProgress(list []fleet.Replica) fleet.Progress {
	var out fleet.Progress
	for _, r := range list {
		p := r.Progress
		if p.LastToken.After(out.LastToken) {
			out.LastToken = p.LastToken
		}
		if p.Moving.OK {
			out.Moving = fleet.Some(out.Moving.V || p.Moving.V)
		}
		if p.Stalled > out.Stalled {
			out.Stalled = p.Stalled
			if p.Moving.OK && !p.Moving.V {
				out.Why = fleet.Concat(fleet.Label(string(r.ID)), fleet.Text(": "), p.Why)
			}
		}
	}
	return out
}

func poolState(p *fleet.Pool, guard fleet.Guard) (fleet.State, fleet.Safe) {
	worst, stale, unknown := (*fleet.Replica)(nil), 0, 0
	for i := range p.Replicas {
		r := &p.Replicas[i]
		switch r.State {
		case fleet.StateStale:
			stale++
		case fleet.StateUnknown:
			unknown++
		}
		if worst == nil || r.State.Rank() > worst.State.Rank() {
			worst = r
		}
	}
	switch n := len(p.Replicas); {
	case n == 0:
		return fleet.StateUnknown, fleet.Text("no replica is configured")
	case unknown == n:
		return fleet.StateUnknown, worst.Why
	case stale+unknown == n:
		return fleet.StateStale, worst.Why
	case p.Ready == 0 && worst.State == fleet.StateDown:
		return fleet.StateDown, named(worst)
	case worst.State == fleet.StateDown || worst.State == fleet.StateCrit:
		return fleet.StateCrit, named(worst)
	}
	if e, limit := p.Load.Errors, guard.ErrRatio; e.OK && limit.OK && e.V > limit.V {
		return fleet.StateCrit, overLimit("err ", e.V.Text(), limit.V.Text(), "%")
	}
	if t, limit := p.Load.TTFT95, guard.TTFT95; t.OK && limit.OK && t.V > limit.V {
		return fleet.StateWarn, overLimit("ttft95 ", t.V.Text(), limit.V.Text(), "")
	}
	if kv := p.Load.KV; kv.OK && kv.V >= kvHigh {
		return fleet.StateWarn, fleet.Concat(fleet.Text("KV cache "), kv.V.Whole(), fleet.Text("%"))
	}
	for i := range p.Nodes {
		if n := &p.Nodes[i]; n.State == fleet.StateCrit || n.State == fleet.StateDown {
			return fleet.StateWarn, fleet.Concat(fleet.Label(string(n.ID)), fleet.Text(": "), n.Why)
		}
	}
	switch {
	case float64(p.Ready) < readyShare*float64(p.Desired):
		return fleet.StateWarn, fleet.Concat(fleet.Int(p.Ready), fleet.Text(" of "), fleet.Int(p.Desired), fleet.Text(" ready"))
	case worst.State == fleet.StateWarn:
		return fleet.StateWarn, named(worst)
	case p.Spec.Standby && p.Load.Running.Or(0) == 0:
		return fleet.StateStandby, fleet.Safe{}
	case p.Load.Running.Or(0)+p.Load.Waiting.Or(0) == 0 && p.Load.OutRate.Or(0) == 0:
		return fleet.StateIdle, fleet.Safe{}
	}
	return fleet.StateOK, fleet.Safe{}
}

func named(r *fleet.Replica) fleet.Safe {
	return fleet.Concat(fleet.Label(string(r.ID)), fleet.Text(": "), r.Why)
}

// overLimit draws "err 6.20% > 2.00%".
func overLimit(name string, now, limit fleet.Safe, unit string) fleet.Safe {
	u := fleet.Label(unit)
	return fleet.Concat(fleet.Label(name), now, u, fleet.Text(" > "), limit, u)
}

// settle records the state of an object and makes an event of a change that matters.
func (w *world) settle(key string, state fleet.State, object, why fleet.Safe, now time.Time) time.Time {
	since, from, changed := w.enter(key, state, now)
	if !changed || quietChange(from, state) {
		return since
	}
	level := fleet.LevelInfo
	switch {
	case state == fleet.StateStale:
		level = fleet.LevelStale
	case state.Rank() >= fleet.StateCrit.Rank():
		level = fleet.LevelCrit
	case state.Rank() >= fleet.StateWarn.Rank():
		level = fleet.LevelWarn
	}
	text := fleet.Concat(from.Text(), fleet.Text(" -> "), state.Text())
	if !why.IsEmpty() {
		text = fleet.Concat(text, fleet.Text(": "), why)
	}
	w.events.add(fleet.Event{At: now, Level: level, Object: object, Text: text})
	return since
}

// quietChange tells whether a change of state is the ordinary coming and going of traffic.
func quietChange(from, to fleet.State) bool {
	calm := func(s fleet.State) bool {
		return s == fleet.StateOK || s == fleet.StateIdle || s == fleet.StateStandby || s == fleet.StateUnknown
	}
	return calm(from) && calm(to)
}

// loadTrends keeps the histories of one load.
func (w *world) loadTrends(key string, span time.Duration, l fleet.Load, now time.Time) fleet.Trends {
	return fleet.Trends{
		Requests: w.trends.put(key+"/req", span, now, orNaN(l.Requests)),
		Errors:   w.trends.put(key+"/err", span, now, orNaN(l.Errors)),
		TTFT95:   w.trends.put(key+"/ttft", span, now, orNaN(l.TTFT95)),
		ITL95:    w.trends.put(key+"/itl", span, now, orNaN(l.ITL95)),
		Waiting:  w.trends.put(key+"/wait", span, now, orNaN(l.Waiting)),
		KV:       w.trends.put(key+"/kv", span, now, orNaN(l.KV)),
		OutRate:  w.trends.put(key+"/out", span, now, orNaN(l.OutRate)),
	}
}
