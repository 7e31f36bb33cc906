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
	if spec.Store != nil {
		return w.wholePool(spec, seen, now)
	}
	p := fleet.Pool{Spec: spec, Desired: spec.Desired.Or(len(spec.Replicas)),
		Replicas: make([]fleet.Replica, 0, len(spec.Replicas))}
	var all []*engineSeries
	paces := make([]fleet.Maybe[pace], 0, len(spec.Replicas))
	answered := seen.answered(spec.ID)
	for _, r := range spec.Replicas {
		replica, engines := w.replica(spec, r, answered, now)
		p.Replicas = append(p.Replicas, replica)
		paces = append(paces, paceOf(engines))
		all = append(all, engines...)
		if isReady(replica) {
			p.Ready++
		}
		if !replica.At.IsZero() && replica.State != fleet.StateStale && replica.At.After(p.Load.At) {
			p.Load.At = replica.At
		}
	}
	newest := p.Load.At
	p.Spec.Model = servedBy(spec.Model, all)
	p.Load = engineLoad(all)
	p.Load.At = newest
	if newest.IsZero() {
		p.Load.At = newestReplica(p.Replicas)
	}
	if errors, ok := seen.poolErrors(spec.ID); ok {
		p.Load.Errors = errors // a gateway also sees what an engine cannot count: refused and timed-out calls
	}
	p.Nodes = w.nodes(spec, now)
	w.stragglers(&p, paces, now)
	w.settleReplicas(p.Replicas, now)
	p.GPUUtil = meanUtil(p.Nodes)
	p.Power = poolPower(p.Nodes)
	p.KVTokens = kvTokens(all)
	p.Progress = poolProgress(p.Replicas)
	p.Rating = w.look.rating(spec)
	p.Past, p.Day = w.pastOf(spec.ID), w.look.day("pool/"+string(spec.ID), now)
	p.Burn = poolBurn(spec)
	p.PerMTok = allocated(p.Burn, p.Load)
	p.BurnRate = w.look.burnRate("pool/"+string(spec.ID), seen.objective(spec.ID), now)
	p.State, p.Why = poolState(&p, seen.guard(spec.ID))
	p.Since = w.settle("pool/"+string(spec.ID), p.State, fleet.Label(string(spec.ID)), p.Why, now)
	p.Trends = w.loadTrends("pool/"+string(spec.ID), trendSpan, p.Load, now)
	p.Trends.GPUUtil = w.trends.put("pool/"+string(spec.ID)+"/gpu", trendSpan, now, orNaN(p.GPUUtil))
	return p
}

// servedBy is a pool's model: the declared one, else the one that all of its engines name.
func servedBy(declared fleet.ModelName, all []*engineSeries) fleet.ModelName {
	model := declared
	for _, e := range all {
		switch {
		case declared != "" || e.last.Model == "" || e.last.Model == model:
		case model != "":
			return "" // several
		default:
			model = e.last.Model
		}
	}
	return model
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

// poolState judges a pool by whether its replicas answer, then by what its users feel, then by what lacks.
func poolState(p *fleet.Pool, guard fleet.Guard) (fleet.State, fleet.Safe) {
	worst, stale, unknown := worstReplica(p)
	return firstOf(poolReach(p, worst, stale, unknown), overGuard(p.Load, guard), poolStrain(p), poolGaps(p, worst, stale))
}

func worstReplica(p *fleet.Pool) (worst *fleet.Replica, stale, unknown int) {
	for i := range p.Replicas {
		r := &p.Replicas[i]
		if r.State == fleet.StateStale {
			stale++
		}
		if r.State == fleet.StateUnknown {
			unknown++
		}
		if worst == nil || r.State.Rank() > worst.State.Rank() {
			worst = r
		}
	}
	return worst, stale, unknown
}

// poolReach says when the replicas are not read or do not work.
func poolReach(p *fleet.Pool, worst *fleet.Replica, stale, unknown int) judgement {
	switch n := len(p.Replicas); {
	case n == 0:
		return nobody(p)
	case unknown == n:
		return judgement{fleet.StateUnknown, worst.Why}
	case stale+unknown == n:
		return judgement{fleet.StateStale, worst.Why}
	case p.Ready == 0 && worst.State == fleet.StateDown:
		return judgement{fleet.StateDown, named(worst)}
	case worst.State == fleet.StateDown || worst.State == fleet.StateCrit:
		return judgement{fleet.StateCrit, named(worst)}
	default:
		return judgement{}
	}
}

// nobody judges a pool without any replica by what is wanted of it.
func nobody(p *fleet.Pool) judgement {
	switch {
	case !p.Spec.Desired.OK:
		return judgement{fleet.StateUnknown, fleet.Text("no replica is configured")}
	case p.Desired == 0:
		return judgement{fleet.StateStandby, fleet.Text("scaled to 0: nothing wakes it unless requests reach it")}
	default:
		return judgement{fleet.StateDown, fleet.Concat(fleet.Text("0 of "), fleet.Int(p.Desired), fleet.Text(" replicas exist"))}
	}
}

// poolStrain says when the cache fills up or a machine is broken.
func poolStrain(p *fleet.Pool) judgement {
	if kv := p.Load.KV; kv.OK && kv.V >= kvHigh {
		return judgement{fleet.StateWarn, fleet.Concat(fleet.Text("KV cache "), kv.V.Whole(), fleet.Text("%"))}
	}
	for i := range p.Nodes {
		if n := &p.Nodes[i]; n.State == fleet.StateCrit || n.State == fleet.StateDown {
			return judgement{fleet.StateWarn, fleet.Concat(fleet.Label(string(n.ID)), fleet.Text(": "), n.Why)}
		}
	}
	return judgement{}
}

// poolGaps says what lacks of a pool that works, and when it has nothing to do.
func poolGaps(p *fleet.Pool, worst *fleet.Replica, stale int) judgement {
	switch {
	case float64(p.Ready+stale) < readyShare*float64(p.Desired):
		return judgement{fleet.StateWarn, fleet.Concat(fleet.Int(p.Ready), fleet.Text(" of "), fleet.Int(p.Desired), fleet.Text(" ready"))}
	case worst != nil && worst.State == fleet.StateWarn:
		return judgement{fleet.StateWarn, named(worst)}
	case stale > 0:
		return judgement{fleet.StateWarn, fleet.Concat(fleet.Int(stale), fleet.Text(" of "), fleet.Int(len(p.Replicas)),
			fleet.Text(" replicas are not read: their load is missing"))}
	case p.Spec.Standby && idle(p.Load):
		return judgement{state: fleet.StateStandby}
	case idle(p.Load):
		return judgement{state: fleet.StateIdle}
	default:
		return judgement{}
	}
}

func named(r *fleet.Replica) fleet.Safe {
	return fleet.Concat(fleet.Label(string(r.ID)), fleet.Text(": "), r.Why)
}

// overLimit draws "err 6.20% > 2.00%".
func overLimit(name string, now, limit fleet.Safe, unit string) fleet.Safe {
	u := fleet.Label(unit)
	return fleet.Concat(fleet.Label(name), now, u, fleet.Text(" > "), limit, u)
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
