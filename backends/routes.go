package backends

import (
	"time"

	"pitwall/fleet"
)

// Seen share against configured share: a difference beyond this is DRIFT once enough requests were counted.
const (
	driftShare    = fleet.Ratio(0.10)
	driftRequests = 200
)

// route builds one route from what every gateway replica holds and counts.
func (w *world) route(spec fleet.RouteSpec, s *fleet.Snapshot, seen gatewayLoads, now time.Time) fleet.Route {
	r := fleet.Route{Spec: spec}
	remark := w.agreement(&r, now)
	flows := seen.flows[spec.ID]
	list := make([]targetFlow, 0, len(spec.Targets))
	for _, t := range spec.Targets {
		list = append(list, flows[t.ID])
	}
	total := sum(list)
	r.Load = total.load()
	for i, t := range spec.Targets {
		r.Targets = append(r.Targets, w.target(&r, t, list[i], total, s, seen, now))
	}
	effective(r.Targets)
	r.Lengths = w.lengths(spec, now)
	r.Reversals = w.turn(spec.ID, r.Weights, now)
	r.State, r.Why = routeState(&r, remark, w.settled(spec.ID, now))
	w.settle("route/"+string(spec.ID), r.State, fleet.Label(string(spec.ID)), r.Why, now)
	r.Trends = w.loadTrends("route/"+string(spec.ID), trendSpan, r.Load, now)
	return r
}

// agreement reads the weights of every replica and finds what they agree on.
func (w *world) agreement(r *fleet.Route, now time.Time) (remark fleet.Safe) {
	votes := map[string]int{}
	for _, g := range w.opt.Inventory.Gateways {
		if g.ID != r.Spec.Gateway {
			continue
		}
		for _, replica := range g.Replicas {
			view, unset, odd := w.replicaView(r.Spec, replica.ID, now)
			r.Replicas = append(r.Replicas, view)
			for _, id := range unset {
				r.Unset = appendNew(r.Unset, id)
			}
			if !odd.IsEmpty() {
				remark = odd
			}
			if !view.Stale && view.Hash != "" {
				votes[view.Hash]++
			}
			if src := w.gatewaySource(g.ID, replica.ID); src != nil && src.last.Gateway != nil {
				r.Strategy = fleet.Label(src.last.Gateway.Strategy)
			}
		}
	}
	majority, best := "", 0
	for _, v := range r.Replicas { // in order, so that ties always fall the same way
		if n := votes[v.Hash]; !v.Stale && n > best {
			majority, best = v.Hash, n
		}
	}
	for i := range r.Replicas {
		v := &r.Replicas[i]
		v.Differs = !v.Stale && v.Hash != majority
		if v.Hash == majority && !v.Stale && len(votes) == 1 && r.Weights == nil {
			r.Weights, r.Hash = v.Weights, v.Hash
		}
	}
	return remark
}

// set returns the weight of a target: what all replicas agree on, else the majority's.
func set(r *fleet.Route, id fleet.TargetID) fleet.Maybe[int] {
	if r.Weights != nil {
		v, ok := r.Weights[id]
		return fleet.Maybe[int]{V: v, OK: ok}
	}
	for _, v := range r.Replicas {
		if !v.Stale && !v.Differs {
			weight, ok := v.Weights[id]
			return fleet.Maybe[int]{V: weight, OK: ok}
		}
	}
	return fleet.None[int]()
}

// setShare returns a target's configured share under the same weights as set.
func setShare(r *fleet.Route, id fleet.TargetID) fleet.Maybe[fleet.Ratio] {
	weights := r.Weights
	for _, v := range r.Replicas {
		if weights == nil && !v.Stale && !v.Differs {
			weights = v.Weights
		}
	}
	if _, ok := weights[id]; !ok {
		return fleet.None[fleet.Ratio]()
	}
	return weights.Share(id)
}

func (w *world) target(r *fleet.Route, spec fleet.TargetSpec, f, total targetFlow, s *fleet.Snapshot, seen gatewayLoads, now time.Time) fleet.Target {
	t := fleet.Target{Spec: spec, Set: set(r, spec.ID), SetShare: setShare(r, spec.ID), Blocked: f.blocked,
		Cooling: f.cooling, SeenOver: rateWindow}
	t.Load = f.load()
	if total.requests.known && total.requests.delta > 0 {
		t.Seen = fleet.Some(fleet.Ratio(f.requests.delta / total.requests.delta))
		t.SeenN = total.requests.delta
	}
	key := "target/" + string(r.Spec.ID) + "/" + string(spec.ID)
	t.Verdicts = append(t.Verdicts, f.verdict())
	switch {
	case spec.Pool != "":
		poolTarget(&t, s.Pool(spec.Pool), f)
	case spec.Provider != "":
		providerTarget(&t, s.Provider(spec.Provider), seen, f)
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
		t.State, t.Why = worse(t.State, t.Why, fleet.StateWarn, fleet.Text("the gateway cooled it down"))
	}
	t.Carried, t.CarriedAt = w.look.carried(key, now)
	t.BurnRate = w.look.burnRate(key, r.Spec.SLO, now)
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
func poolTarget(t *fleet.Target, p *fleet.Pool, f targetFlow) {
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
	t.Verdicts = append(t.Verdicts, engineVerdict(p), probeVerdict(p))
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
func providerTarget(t *fleet.Target, p *fleet.Provider, seen gatewayLoads, f targetFlow) {
	if p == nil {
		t.State, t.Why = fleet.StateUnknown, fleet.Concat(fleet.Text("no provider "), fleet.Label(string(t.Spec.Provider)))
		return
	}
	t.State, t.Why = p.State, p.Why
	t.Burn = seen.targetBurn(t.Spec, f)
	t.Price, t.PriceWhy = blended(t, seen, f)
	v := fleet.HealthVerdict{Kind: fleet.HealthProbe, At: p.ProbeAt, Why: fleet.Text("not probed yet")}
	switch {
	case p.Authorised.OK && p.Authorised.V && p.State != fleet.StateStale:
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
	in, out, why := f.in.delta, f.out.delta, fleet.Text("list price over its own mix")
	if in+out <= 0 {
		in, out, why = 3, 1, fleet.Text("list price, 3 parts input to 1 output")
	}
	v := (in*price.Input.Float() + out*price.Output.Float()) / (in + out)
	return fleet.Some(fleet.USDPerMTok(v)), why
}

// effective shares the traffic out over members that are neither cooled down, blocked nor down.
func effective(targets []fleet.Target) {
	sum := 0
	takes := func(t *fleet.Target) bool {
		return t.Set.OK && t.Set.V > 0 && !t.Cooling && !(t.Blocked.OK && t.Blocked.V)
	}
	for i := range targets {
		if takes(&targets[i]) {
			sum += targets[i].Set.V
		}
	}
	for i := range targets {
		t := &targets[i]
		switch {
		case !t.Set.OK || sum == 0:
		case takes(t):
			t.Effective = fleet.Some(fleet.Ratio(float64(t.Set.V) / float64(sum)))
		default:
			t.Effective = fleet.Some(fleet.Ratio(0))
		}
	}
}

func routeState(r *fleet.Route, remark fleet.Safe, settled bool) (fleet.State, fleet.Safe) {
	fresh, read, differing := 0, 0, fleet.Safe{}
	for _, v := range r.Replicas {
		if !v.At.IsZero() {
			read++
		}
		if !v.Stale {
			fresh++
		}
		if v.Differs {
			differing = fleet.Concat(fleet.Label(string(v.ID)), fleet.Text(" holds "), v.Weights.Text(r.Order()))
		}
	}
	worst := (*fleet.Target)(nil)
	for i := range r.Targets {
		t := &r.Targets[i]
		if t.Set.Or(0) > 0 && (worst == nil || t.State.Rank() > worst.State.Rank()) {
			worst = t
		}
	}
	switch {
	case len(r.Replicas) == 0:
		return fleet.StateUnknown, fleet.Text("no gateway replica is configured")
	case read == 0:
		return fleet.StateUnknown, fleet.Text("no gateway replica was read yet")
	case fresh == 0:
		return fleet.StateStale, fleet.Text("no gateway replica answers")
	case worst != nil && worst.State.Rank() >= fleet.StateCrit.Rank():
		return fleet.StateCrit, fleet.Concat(fleet.Label(string(worst.Spec.ID)), fleet.Text(": "), worst.Why)
	case !differing.IsEmpty():
		return fleet.StateDrift, differing
	case !remark.IsEmpty():
		return fleet.StateWarn, remark
	case worst != nil && worst.State == fleet.StateWarn:
		return fleet.StateWarn, fleet.Concat(fleet.Label(string(worst.Spec.ID)), fleet.Text(": "), worst.Why)
	}
	if t := off(r); t != nil && settled {
		return fleet.StateDrift, fleet.Concat(fleet.Label(string(t.Spec.ID)), fleet.Text(" carries "), t.Seen.V.Whole(),
			fleet.Text("%, set "), t.SetShare.V.Whole(), fleet.Text("%"))
	}
	return fleet.StateOK, fleet.Safe{}
}

// off finds a target whose measured share is far from its configured one, though nothing explains it.
func off(r *fleet.Route) *fleet.Target {
	for i := range r.Targets {
		t := &r.Targets[i]
		if !t.Seen.OK || !t.SetShare.OK || t.SeenN < driftRequests {
			continue
		}
		if d := t.Seen.V - t.SetShare.V; d > driftShare || d < -driftShare {
			return t
		}
	}
	return nil
}
