package plan

import (
	"math"

	"pitwall/actions"
	"pitwall/fleet"
)

// Projection is what one target would carry after a plan, with the figures that it was made from.
type Projection struct {
	ShareNow, ShareNew        fleet.Maybe[fleet.Ratio]
	RequestsNow, RequestsThen fleet.Maybe[fleet.Rate]
	Prompt, Output            fleet.Maybe[fleet.Tokens] // means of one request of the route
	// Guessed is true where the gateway does not count the route's tokens, and an engine's means over all of its
	// routes stand in for them.
	Guessed           bool
	InNow, InThen     fleet.Maybe[fleet.TokenRate]
	OutNow, OutThen   fleet.Maybe[fleet.TokenRate]
	AddedIn, AddedOut fleet.Maybe[fleet.TokenRate] // may be negative
	AddedRequests     fleet.Maybe[fleet.Rate]
}

// Project estimates what a target carries when its route's weights go from before to after: what it carries now, plus
// the change of its share times the route's own request rate and mean lengths. A target whose share stays keeps its load. Shares are
// those of the members that take requests: neither blocked ones nor those that are kept for when others fail count.
func Project(s *fleet.Snapshot, r *fleet.Route, before, after fleet.Weights, id fleet.TargetID) Projection {
	before, after = r.Takes(before), r.Takes(after)
	p := Projection{ShareNow: before.Share(id), ShareNew: after.Share(id)}
	if !decides(r) || unread(r, before) || unread(r, after) {
		// Something else than weights shares it out, or nobody knows whether a member takes its part.
		p.ShareNow, p.ShareNew = fleet.None[fleet.Ratio](), fleet.None[fleet.Ratio]()
	}
	if !p.ShareNow.OK && before.Sum() <= 0 {
		p.ShareNow = fleet.Some(fleet.Ratio(0))
	}
	p.Prompt, p.Output = lengths(s, r)
	p.Guessed = !r.Load.PromptMean.OK || !r.Load.OutputMean.OK
	t := r.Target(id)
	if t == nil || !r.Load.Requests.OK || !p.ShareNew.OK {
		return p
	}
	p.RequestsNow = t.Load.Requests
	now := t.Load.Requests
	if !now.OK && t.Set.OK && t.Set.V == 0 {
		now = fleet.Some(fleet.Rate(0)) // no weight and no requests: it carries nothing of this route
	}
	if !now.OK {
		return p
	}
	then := carries(r, before, id, now.V, p.ShareNow.V, p.ShareNew.V)
	p.RequestsThen, p.AddedRequests = fleet.Some(then), fleet.Some(then-now.V)
	load := carried(s, t)
	p.InNow, p.AddedIn, p.InThen = add(load.InRate, p.AddedRequests.V, p.Prompt)
	p.OutNow, p.AddedOut, p.OutThen = add(load.OutRate, p.AddedRequests.V, p.Output)
	return p
}

// carries is what a target would carry of a route when its share goes from one value to another.
func carries(r *fleet.Route, before fleet.Weights, id fleet.TargetID, now fleet.Rate, from, to fleet.Ratio) fleet.Rate {
	all := r.Load.Requests.V
	if set := all * fleet.Rate(from); set > 0 && to > from && now > set && leftOut(r, before, id) {
		// Its gateway gave it already what a member had that it leaves out: that comes no second time.
		return max(now, all*fleet.Rate(to))
	}
	return max(0, now+all*fleet.Rate(to-from))
}

// leftOut tells whether another member carries less than half of what its weight says: its gateway leaves it out.
func leftOut(r *fleet.Route, w fleet.Weights, but fleet.TargetID) bool {
	for i := range r.Targets {
		t := &r.Targets[i]
		share := w.Share(t.Spec.ID)
		if t.Spec.ID != but && t.Load.Requests.OK && float64(t.Load.Requests.V) < float64(r.Load.Requests.V)*float64(share.Or(0))/2 {
			return true
		}
	}
	return false
}

// unread tells whether a member has a weight of which nothing else is read.
func unread(r *fleet.Route, w fleet.Weights) bool {
	for id, v := range w {
		if v > 0 && r.Target(id) == nil {
			return true
		}
	}
	return false
}

// carried is what the target's pool or provider does now, for all routes together.
func carried(s *fleet.Snapshot, t *fleet.Target) fleet.Load {
	if p := s.Pool(t.Spec.Pool); p != nil {
		return p.Load
	}
	if p := s.Provider(t.Spec.Provider); p != nil {
		return p.Load
	}
	return t.Load
}

// add adds requests of a mean length to a token rate: what it is, what comes on top, and both together.
func add(now fleet.Maybe[fleet.TokenRate], requests fleet.Rate, length fleet.Maybe[fleet.Tokens]) (
	from, added, then fleet.Maybe[fleet.TokenRate]) {
	if !length.OK {
		return now, added, then
	}
	added = fleet.Some(fleet.TokenRate(float64(requests) * float64(length.V)))
	if !now.OK {
		return now, added, fleet.None[fleet.TokenRate]()
	}
	return now, added, fleet.Some(max(0, now.V+added.V))
}

// lengths are the mean prompt and output of a request of the route: what the gateway counted, else
// what the engines of its targets report.
func lengths(s *fleet.Snapshot, r *fleet.Route) (prompt, output fleet.Maybe[fleet.Tokens]) {
	prompt, output = r.Load.PromptMean, r.Load.OutputMean
	for _, t := range r.Targets {
		if p := s.Pool(t.Spec.Pool); p != nil {
			if !prompt.OK {
				prompt = p.Load.PromptMean
			}
			if !output.OK {
				output = p.Load.OutputMean
			}
		}
	}
	return prompt, output
}

// Use is the part of its proven rating, or of its tightest quota, that a target would use.
type Use struct {
	Now, Then fleet.Maybe[fleet.Ratio]
	Of        fleet.Safe // "decode", "prefill", "tpm"…
}

// Utilisation is the tightest use of a target under a projection.
func Utilisation(s *fleet.Snapshot, r *fleet.Route, id fleet.TargetID, p Projection) Use {
	t := r.Target(id)
	if t == nil {
		return Use{}
	}
	if pool := s.Pool(t.Spec.Pool); pool != nil {
		if !pool.Rating.OK {
			return Use{}
		}
		rating := pool.Rating.V
		return tightest(
			use(p.OutNow, p.OutThen, rating.Decode, fleet.Text("decode")),
			use(p.InNow, p.InThen, rating.Prefill, fleet.Text("prefill")))
	}
	provider := s.Provider(t.Spec.Provider)
	if provider == nil {
		return Use{}
	}
	var best Use
	for _, l := range provider.Limits {
		if !l.Kind.IsRate() {
			continue
		}
		best = tightest(best, Quota(l, provider.Load, p))
	}
	return best
}

// Quota is the use of one limit of a provider: what is used now (by everybody on the account where headers
// tell, else by this fleet) plus what the plan adds.
func Quota(l fleet.Limit, load fleet.Load, p Projection) Use {
	u := Use{Of: fleet.Label(string(l.Kind))}
	if !l.Max.OK || l.Max.V <= 0 {
		return u
	}
	now, added := demand(l.Kind, load, p)
	if l.Remaining.OK {
		now = fleet.Some(math.Max(now.Or(0), l.Max.V-l.Remaining.V))
	}
	if now.OK {
		u.Now = fleet.Some(fleet.Ratio(now.V / l.Max.V))
		if added.OK {
			u.Then = fleet.Some(fleet.Ratio(math.Max(0, now.V+added.V) / l.Max.V))
		}
	}
	return u
}

const secondsAMinute = 60

// demand is what a limit counts: what the fleet uses of it now and what the plan adds, in the limit's own unit.
func demand(kind fleet.LimitKind, load fleet.Load, p Projection) (now, added fleet.Maybe[float64]) {
	switch kind {
	case fleet.LimitRPM:
		return times(load.Requests, secondsAMinute), times(p.AddedRequests, secondsAMinute)
	case fleet.LimitRPD:
		return times(load.Requests, 86400), times(p.AddedRequests, 86400)
	case fleet.LimitITPM:
		return times(load.InRate, secondsAMinute), times(p.AddedIn, secondsAMinute)
	case fleet.LimitOTPM:
		return times(load.OutRate, secondsAMinute), times(p.AddedOut, secondsAMinute)
	case fleet.LimitTPM:
		return both(times(load.InRate, secondsAMinute), times(load.OutRate, secondsAMinute)),
			both(times(p.AddedIn, secondsAMinute), times(p.AddedOut, secondsAMinute))
	case fleet.LimitConcurrency:
		if !load.E2E.OK { // Little's law needs the mean duration
			return fleet.None[float64](), fleet.None[float64]()
		}
		return times(load.Requests, float64(load.E2E.V)), times(p.AddedRequests, float64(load.E2E.V))
	default:
		return fleet.None[float64](), fleet.None[float64]()
	}
}

func times[T ~float64](m fleet.Maybe[T], f float64) fleet.Maybe[float64] {
	return fleet.Maybe[float64]{V: float64(m.V) * f, OK: m.OK}
}

func both(a, b fleet.Maybe[float64]) fleet.Maybe[float64] {
	return fleet.Maybe[float64]{V: a.V + b.V, OK: a.OK && b.OK}
}

func use(now, then fleet.Maybe[fleet.TokenRate], of fleet.TokenRate, name fleet.Safe) Use {
	u := Use{Of: name}
	if of <= 0 {
		return u
	}
	if now.OK {
		u.Now = fleet.Some(fleet.Ratio(now.V / of))
	}
	if then.OK {
		u.Then = fleet.Some(fleet.Ratio(then.V / of))
	}
	return u
}

func tightest(a, b Use) Use {
	switch {
	case !a.Then.OK && !b.Then.OK:
		if a.Now.OK {
			return a
		}
		return b
	case !a.Then.OK || b.Then.OK && b.Then.V > a.Then.V:
		return b
	default:
		return a
	}
}

// Estimate fills in what a plan of weights does to each target and to the fleet's burn.
func Estimate(p *actions.Plan, r *fleet.Route, s *fleet.Snapshot) {
	p.Effects = effects(p, r, s)
	p.BurnNow, p.BurnThen = burn(p, s)
	p.BurnLow, p.BurnHigh, p.BurnWhy = bounds(p, r, s)
}

// effects estimates what the plan does to each target.
func effects(p *actions.Plan, r *fleet.Route, s *fleet.Snapshot) []actions.Effect {
	out := make([]actions.Effect, 0, len(p.Order))
	for _, id := range p.Order {
		pr := Project(s, r, p.Before, p.After, id)
		u := Utilisation(s, r, id, pr)
		e := actions.Effect{Target: id, Now: p.Before[id], New: p.After[id], ShareNow: pr.ShareNow, ShareNew: pr.ShareNew,
			RequestsNow: pr.RequestsNow, RequestsThen: pr.RequestsThen, UseNow: u.Now, UseThen: u.Then, UseOf: u.Of}
		if t := r.Target(id); t != nil {
			e.TTFT95Now = t.Load.TTFT95
			e.TTFT95Then = slower(t.Load.TTFT95, u)
			e.BurnNow = t.Burn
			e.BurnThen = burnThen(t, pr)
		}
		out = append(out, e)
	}
	return out
}

// busiest is where the estimate of waiting stops: beyond it the queue grows without end.
const busiest = 0.99

// slower scales a time to first token with the free part of the target, as waiting does in a single queue
// (M/M/1: time in system is service time over 1 - utilisation). It is an estimate, unknown without both uses.
func slower(now fleet.Maybe[fleet.Seconds], u Use) fleet.Maybe[fleet.Seconds] {
	if !now.OK || !u.Now.OK || !u.Then.OK || u.Now.V >= busiest || u.Then.V >= busiest {
		return fleet.None[fleet.Seconds]()
	}
	return fleet.Some(now.V * fleet.Seconds((1-u.Now.V)/(1-u.Then.V)))
}

// burnThen is what a target burns after the plan: own GPUs cost the same, rented tokens follow the requests.
func burnThen(t *fleet.Target, p Projection) fleet.Maybe[fleet.USDPerHour] {
	now := t.Burn
	if t.Spec.Pool != "" || p.ShareNow == p.ShareNew {
		return now
	}
	if !now.OK && t.Set.OK && t.Set.V == 0 {
		now = fleet.Some(fleet.USDPerHour(0)) // no weight: nothing is bought
	}
	if !now.OK || !t.Price.OK || !p.AddedRequests.OK || !p.Prompt.OK || !p.Output.OK {
		return fleet.None[fleet.USDPerHour]()
	}
	addedPerHour := float64(p.AddedRequests.V) * float64(p.Prompt.V+p.Output.V) * 3600
	return fleet.Some(max(0, now.V+fleet.USDPerHour(addedPerHour/1e6*float64(t.Price.V))))
}

// burn is the fleet's burn before and after; unknown parts make the sum unknown.
func burn(p *actions.Plan, s *fleet.Snapshot) (now, then fleet.Maybe[fleet.USDPerHour]) {
	now = s.Totals.Burn
	if !now.OK {
		return now, now
	}
	then = now
	for _, e := range p.Effects {
		switch {
		case !e.BurnThen.OK && e.ShareNow == e.ShareNew:
		case !e.BurnThen.OK:
			return now, fleet.None[fleet.USDPerHour]()
		default:
			then.V += e.BurnThen.V - e.BurnNow.Or(0)
		}
	}
	return now, then
}

// bounds are how low and high the burn after the plan may be by the bills: what burns now with the least and the greatest factor
// of the last closed days, and what the plan adds or takes with those of its targets.
func bounds(p *actions.Plan, r *fleet.Route, s *fleet.Snapshot) (low, high fleet.Maybe[fleet.USDPerHour], why fleet.Safe) {
	c := s.Spend.Calibrated
	if !p.BurnThen.OK || !c.Low.OK || !s.Spend.Metered.OK {
		return low, high, why
	}
	own := p.BurnNow.V - s.Spend.Metered.V
	low, high, why = fleet.Some(own+c.Low.V), c.High, c.Why
	high.V += own
	for i := range p.Effects {
		e := &p.Effects[i]
		added := e.BurnThen.V - e.BurnNow.Or(0)
		if !e.BurnThen.OK || added == 0 {
			continue
		}
		least, most := fleet.USDPerHour(1), fleet.USDPerHour(1)
		t := r.Target(e.Target)
		switch {
		case t != nil && t.Bills.Rho.OK:
			least, most = fleet.USDPerHour(t.Bills.Low), fleet.USDPerHour(t.Bills.High)
		case why.IsEmpty():
			why = fleet.Concat(fleet.Text("no closed bill yet of "), fleet.Quote(string(e.Target)))
		}
		if added < 0 {
			least, most = most, least
		}
		low.V, high.V = low.V+added*least, high.V+added*most
	}
	return low, high, why
}
