package backends

import (
	"time"

	"pitwall/economics"
	"pitwall/fleet"
)

// wholeFresh is how old the newest sample of a pool may be at least before it counts as stale: many stores scrape once
// a minute, and some hide the newest half minute.
const wholeFresh = 2 * time.Minute

// whole is a pool that a store answers for as a whole: its last good reading, and the failure since.
type whole struct {
	reading fleet.PoolReading
	err     error
}

// takePools keeps what a store said of whole pools. What they did since the last reading goes into the ledger: their
// rates times the time between the samples.
func (w *world) takePools(s *sourceState, p fleet.Partial) {
	for _, r := range p.Pools {
		spec := w.poolSpec(r.Pool)
		if spec == nil || spec.Store == nil || spec.Store.Source != s.spec.ID {
			continue
		}
		of := w.whole[r.Pool]
		if of == nil {
			of = &whole{}
			w.whole[r.Pool] = of
		}
		if of.err = r.Err; r.Err != nil {
			continue // the last good figures stay, with their age
		}
		if r.At.IsZero() {
			r.At = p.At
		} else if s.status.Skew.OK {
			r.At = r.At.Add(-s.status.Skew.V) // sample times are by the store's clock
		}
		if took := r.At.Sub(of.reading.At); !of.reading.At.IsZero() && took > 0 && took <= r.Window+wholeFresh {
			w.ledger.add(account{pool: r.Pool}, totals{
				requests: float64(r.Requests.V) * took.Seconds(), errors: float64(r.Failed.V) * took.Seconds(),
				in: float64(r.InRate.V) * took.Seconds(), out: float64(r.OutRate.V) * took.Seconds()})
		}
		of.reading = r
	}
}

func (w *world) poolSpec(id fleet.PoolID) *fleet.PoolSpec {
	for i := range w.inventory.Pools {
		if w.inventory.Pools[i].ID == id {
			return &w.inventory.Pools[i]
		}
	}
	return nil
}

// fresh returns the reading of a pool while it counts as the present, nil otherwise.
func (o *whole) fresh(s *sourceState, now time.Time) *fleet.PoolReading {
	if o == nil || s == nil || o.reading.At.IsZero() ||
		now.Sub(o.reading.At) > max(wholeFresh, staleAfter(s.spec.Interval)) {
		return nil
	}
	return &o.reading
}

// wholePool builds a pool from a store's aggregates. Replicas and nodes are the worst ones only, and Whole says of how
// many.
func (w *world) wholePool(spec fleet.PoolSpec, seen gatewayLoads, now time.Time) fleet.Pool {
	s, of := w.index.ids[spec.Store.Source], w.whole[spec.ID]
	p := fleet.Pool{Spec: spec, Desired: spec.Desired.Or(0), Whole: &fleet.Aggregate{Source: spec.Store.Source}}
	r := of.fresh(s, now)
	if of != nil { // what was known last says how large it is, and no more
		p.Load.At, p.Whole.Replicas = of.reading.At, of.reading.Replicas
		p.Desired = spec.Desired.Or(of.reading.Replicas.V)
	}
	if r != nil {
		w.fillWhole(&p, r, now)
	}
	if errors, ok := seen.poolErrors(spec.ID); ok {
		p.Load.Errors = errors // a gateway also sees what an engine cannot count
	}
	p.Rating = w.look.rating(spec)
	p.Past = w.pastOf(spec.ID)
	p.PerMTok = allocated(p.Burn, p.Load)
	p.BurnRate = w.look.burnRate("pool/"+string(spec.ID), seen.objective(spec.ID), now)
	p.State, p.Why = firstOf(wholeReach(&p, s, of, r, now), wholeGaps(&p, r), overGuard(p.Load, seen.guard(spec.ID)),
		poolStrain(&p), wholeCalm(&p))
	p.Since = w.settle("pool/"+string(spec.ID), p.State, fleet.Label(string(spec.ID)), p.Why, now)
	p.Trends = w.loadTrends("pool/"+string(spec.ID), trendSpan, p.Load, now)
	p.Trends.GPUUtil = w.trends.put("pool/"+string(spec.ID)+"/gpu", trendSpan, now, orNaN(p.GPUUtil))
	return p
}

func (w *world) fillWhole(p *fleet.Pool, r *fleet.PoolReading, now time.Time) {
	p.Load = wholeLoad(r)
	replicas := r.Replicas
	if !replicas.OK {
		replicas = r.Reporting
	}
	p.Desired = p.Spec.Desired.Or(replicas.V)
	p.Ready = max(0, min(r.Up.Or(replicas.V), r.Reporting.Or(replicas.V))-r.Stalled.V)
	for i := range r.Worst {
		p.Replicas = append(p.Replicas, wholeReplica(p.Spec, r, &r.Worst[i], now))
	}
	p.Nodes = wholeNodes(p.Spec.Store.Source, r, now)
	p.GPUUtil, p.Power = r.GPUs.Util, r.GPUs.Power
	p.Progress = wholeProgress(r)
	p.Whole = &fleet.Aggregate{Source: p.Spec.Store.Source, Window: r.Window, Replicas: replicas, Up: r.Up, Stalled: r.Stalled,
		Shown: len(p.Replicas), GPUs: r.GPUs, ShownGPUs: len(r.Hurt)}
	gpus := r.GPUs.Boards.Or(replicas.V * p.Spec.GPUsPerReplica)
	if p.Spec.GPUHour.OK && gpus > 0 {
		p.Burn = fleet.Some(economics.Capacity(gpus, p.Spec.GPUHour.V))
	}
}

// wholeLoad takes the ready-made rates over.
func wholeLoad(r *fleet.PoolReading) fleet.Load {
	l := fleet.Load{At: r.At, Window: r.Window, Requests: r.Requests, Running: r.Running, Waiting: r.Waiting, KV: r.KVMax,
		InRate: r.InRate, OutRate: r.OutRate, E2E: r.E2E, PromptMean: r.PromptMean, OutputMean: r.OutputMean,
		PrefixHit: r.PrefixHit}
	if r.Requests.OK && r.Failed.OK && r.Requests.V > 0 {
		l.Errors = fleet.Some(fleet.Ratio(min(1, max(0, float64(r.Failed.V/r.Requests.V)))))
	}
	l.TTFT50, l.TTFT95 = quantile(r.TTFT, 0.5), quantile(r.TTFT, 0.95)
	l.ITL95 = quantile(r.ITL, 0.95)
	return l
}

// wholeProgress tells whether the pool's tokens move: over the window of its rates.
func wholeProgress(r *fleet.PoolReading) fleet.Progress {
	if !r.OutRate.OK {
		return fleet.Progress{}
	}
	work := r.Running.Or(0) + r.Waiting.Or(0)
	switch {
	case r.OutRate.V > 0:
		return fleet.Progress{Moving: fleet.Some(true), LastToken: r.At}
	case work > 0 && r.Stalled.V > 0:
		return fleet.Progress{Moving: fleet.Some(false), Stalled: r.Window, Why: fleet.Concat(fleet.Text("no token for "),
			fleet.Age(r.Window), fleet.Text(" with "), fleet.Count(work).Text(), fleet.Text(" requests"))}
	default:
		return fleet.Progress{}
	}
}

// wholeReach says when nothing is known of the pool now, or when it does not work.
func wholeReach(p *fleet.Pool, s *sourceState, of *whole, r *fleet.PoolReading, now time.Time) judgement {
	switch {
	case s == nil:
		return judgement{fleet.StateUnknown, fleet.Text("its store is not configured")}
	case r == nil && of != nil && of.err != nil:
		return judgement{staleOrUnknown(of), fleet.Sentence(of.err)}
	case r == nil && !s.status.Err.IsEmpty():
		return judgement{staleOrUnknown(of), s.status.Err}
	case r == nil && of != nil && !of.reading.At.IsZero():
		return judgement{fleet.StateStale, fleet.Concat(fleet.Text("newest sample "), fleet.Age(now.Sub(of.reading.At)),
			fleet.Text(" ago"))}
	case r == nil:
		return judgement{fleet.StateUnknown, fleet.Text("not read yet")}
	case p.Ready == 0 && r.Replicas.V > 0:
		return judgement{fleet.StateDown, fleet.Concat(fleet.Text("none of "), fleet.Int(r.Replicas.V),
			fleet.Text(" replicas works"))}
	case p.Progress.Moving.OK && !p.Progress.Moving.V:
		return judgement{fleet.StateCrit, p.Progress.Why}
	default:
		return judgement{}
	}
}

func staleOrUnknown(of *whole) fleet.State {
	if of == nil || of.reading.At.IsZero() {
		return fleet.StateUnknown
	}
	return fleet.StateStale
}

// wholeGaps says how many replicas lack. A few of many are trouble of their own, which the list of the worst shows;
// it is critical where fewer than readyShare are left.
func wholeGaps(p *fleet.Pool, r *fleet.PoolReading) judgement {
	if r == nil {
		return judgement{}
	}
	lacking := p.Desired - p.Ready
	why := fleet.Concat(fleet.Int(p.Ready), fleet.Text(" of "), fleet.Int(p.Desired), fleet.Text(" ready"))
	if r.Stalled.V > 0 {
		why = fleet.Concat(why, fleet.Text(", "), fleet.Int(r.Stalled.V), fleet.Text(" have work and no token for "),
			fleet.Age(r.Window))
	}
	switch {
	case float64(p.Ready) < readyShare*float64(p.Desired):
		return judgement{fleet.StateCrit, why}
	case lacking > 0:
		return judgement{fleet.StateWarn, why}
	default:
		return judgement{}
	}
}

func wholeCalm(p *fleet.Pool) judgement {
	switch {
	case blind(p.Load):
		return judgement{fleet.StateUnknown, fleet.Text("the store has neither queue nor token counters of it")}
	case p.Spec.Standby && idle(p.Load):
		return judgement{state: fleet.StateStandby}
	case idle(p.Load):
		return judgement{state: fleet.StateIdle}
	default:
		return judgement{}
	}
}
