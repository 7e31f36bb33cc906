package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

// project is what a plan brings to a target, with what it brings to other members of the route on the same pool or account: they are
// one receiver by several names.
func project(p actions.Plan, s *fleet.Snapshot, r *fleet.Route, id fleet.TargetID) plan.Projection {
	out := plan.Project(s, r, p.Before, p.After, id)
	t := r.Target(id)
	for i := range r.Targets {
		o := &r.Targets[i]
		same := t != nil && o.Spec.ID != id && o.Spec.Pool == t.Spec.Pool && o.Spec.Provider == t.Spec.Provider
		named := o.Spec.Pool != "" || o.Spec.Provider != ""
		if same && named && p.After.Share(o.Spec.ID).Or(0) > p.Before.Share(o.Spec.ID).Or(0) {
			other := plan.Project(s, r, p.Before, p.After, o.Spec.ID)
			out.AddedRequests = grown(out.AddedRequests, other.AddedRequests)
			out.AddedIn, out.AddedOut = grown(out.AddedIn, other.AddedIn), grown(out.AddedOut, other.AddedOut)
		}
	}
	return out
}

// compute is IL-04.
func compute(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	return eachReceiver(p, s, func(r *fleet.Route, t *fleet.Target) actions.Check {
		pool, own := poolOf(s, t)
		switch {
		case !own:
			return pass(fleet.Text("rented: its limits are IL-10"))
		case pool == nil:
			return missing(actions.SeverityOVR, fleet.Text("its pool was not read"))
		}
		pr := project(p, s, r, t.Spec.ID)
		return stoodIn(pr, poolCompute(pool, pr, now))
	})
}

// stoodIn raises a verdict that rests on lengths of other routes' requests to what missing lengths mean.
func stoodIn(pr plan.Projection, c actions.Check) actions.Check {
	if !pr.Guessed || c.Severity >= actions.SeverityOVR {
		return c
	}
	return missing(actions.SeverityOVR, c.Formula, fleet.Text("; the route's own request lengths are unknown"))
}

func poolCompute(pool *fleet.Pool, pr plan.Projection, now time.Time) actions.Check {
	if !pool.Rating.OK {
		return noHistory(fleet.Text("no proven rating"))
	}
	rating := pool.Rating.V
	decode := tokens(pr.OutNow, pr.AddedOut, rating.Decode, fleet.Text("decode"), rating, pool.Load.At, now)
	prefill := tokens(pr.InNow, pr.AddedIn, rating.Prefill, fleet.Text("prefill"), rating, pool.Load.At, now)
	return worse(decode, prefill)
}

// tokens judges one of the two rates of a pool against its rating.
func tokens(load, added fleet.Maybe[fleet.TokenRate], limit fleet.TokenRate, name fleet.Safe, rating fleet.Rating,
	at, now time.Time) actions.Check {
	if limit <= 0 {
		return noHistory(fleet.Text("no proven "), name, fleet.Text(" rating"))
	}
	if !load.OK || !added.OK {
		return missing(actions.SeverityOVR, name, fleet.Text(" load or the length of requests is unknown"))
	}
	terms := fleet.Concat(fleet.Text("("), grouped(load.V), fleet.Text(" + "), grouped(added.V), fleet.Text(")/"),
		grouped(limit),
		fleet.Text(" tok/s "), name, fleet.Text(", rating from "), day(rating.From), age(now, at))
	c := judge(float64((load.V+added.V)/limit), terms,
		band{1.0, actions.SeverityBlock}, band{0.85, actions.SeverityOVR}, band{0.70, actions.SeverityWarn})
	c.Inputs = []actions.Input{input(name, load.V.Text(), at), input(fleet.Text("rating"), limit.Text(), rating.From)}
	if c.Severity >= actions.SeverityOVR {
		c.Fix = fleet.Text("move less, or add replicas first")
	}
	return c
}

func day(t time.Time) fleet.Safe {
	if t.IsZero() {
		return fleet.Text("an unknown day")
	}
	return fleet.Label(t.UTC().Format("2006-01-02"))
}

// kvCache is IL-05: tokens in flight by Little's law.
func kvCache(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	return eachReceiver(p, s, func(r *fleet.Route, t *fleet.Target) actions.Check {
		pool, own := poolOf(s, t)
		switch {
		case !own:
			return pass(fleet.Text("rented: it has no KV cache of ours"))
		case pool == nil:
			return missing(actions.SeverityOVR, fleet.Text("its pool was not read"))
		}
		pr := project(p, s, r, t.Spec.ID)
		duration := requestTime(pool, r)
		known := duration.OK && pr.AddedRequests.OK && pool.Load.Requests.OK && pr.Prompt.OK && pr.Output.OK
		if !known || pool.KVTokens.V <= 0 {
			return missing(actions.SeverityOVR, fleet.Text("rate, duration, lengths or KV size is unknown"))
		}
		lambda := max(0, pool.Load.Requests.V+pr.AddedRequests.V)
		each := pr.Prompt.V + pr.Output.V/2
		terms := fleet.Concat(lambda.Text(), fleet.Text(" req/s x "), duration.V.Text(), fleet.Text(" x "), grouped(each),
			fleet.Text(" tok / "), grouped(pool.KVTokens.V), fleet.Text(" tok KV"), age(now, pool.Load.At))
		c := judge(float64(lambda)*float64(duration.V)*float64(each)/float64(pool.KVTokens.V), terms,
			band{0.95, actions.SeverityBlock}, band{0.80, actions.SeverityOVR})
		c.Inputs = []actions.Input{input(fleet.Text("requests"), lambda.Text(), pool.Load.At),
			input(fleet.Text("KV tokens"), pool.KVTokens.V.Text(), pool.Load.At)}
		return stoodIn(pr, c)
	})
}

// requestTime is how long a request stays in a pool. A pool without requests has no time of its own: there the
// route's stands for it.
func requestTime(pool *fleet.Pool, r *fleet.Route) fleet.Maybe[fleet.Seconds] {
	if !pool.Load.E2E.OK && pool.Load.Requests.OK && pool.Load.Requests.V == 0 {
		return r.Load.E2E
	}
	return pool.Load.E2E
}

// nPlusOne is IL-06: what the other targets carry when the domain with the greatest share is lost.
func nPlusOne(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	severity := actions.SeverityWarn
	if p.Route.Tier == 1 {
		severity = actions.SeverityOVR
	}
	r := route(p, s)
	if r == nil {
		return missing(severity, fleet.Text("the route is not in the fleet as read now"))
	}
	after := r.Open(p.After)
	for _, id := range p.Order {
		if after[id] > 0 && r.Target(id) == nil {
			return missing(severity, target(id), fleet.Text(" is not in the fleet as read now"))
		}
	}
	lost, rest := withoutLargest(after, r, s)
	if rest.Sum() <= 0 {
		return verdict(severity, fleet.Text("losing "), fleet.Label(lost), fleet.Text(" leaves no target with weight"))
	}
	out := pass(fleet.Text("losing "), fleet.Label(lost), fleet.Text(" leaves every target under its rating"))
	for _, id := range p.Order {
		t := r.Target(id)
		if rest[id] <= 0 || t == nil {
			continue
		}
		out = worse(out, withoutSpare(s, t, plan.Project(s, r, p.Before, rest, id), severity, lost, now))
	}
	return out
}

// withoutSpare judges one of the targets that stay: over its rating or a limit is what IL-04 and IL-10 would block.
func withoutSpare(s *fleet.Snapshot, t *fleet.Target, pr plan.Projection, severity actions.Severity, lost string,
	now time.Time) actions.Check {
	losing := fleet.Concat(fleet.Text("losing "), fleet.Label(lost), fleet.Text(": "))
	c := missing(actions.SeverityOVR, fleet.Text("neither a pool nor a provider was read"))
	if pool := s.Pool(t.Spec.Pool); pool != nil {
		c = poolCompute(pool.Staying(), pr, now)
		if stay := pool.Lasting(); stay < 1 {
			c.Formula = fleet.Textf("%s, of which %s%% of the replicas stay", c.Formula, stay.Whole())
		}
	} else if provider := s.Provider(t.Spec.Provider); provider != nil {
		c = providerLimits(provider, pr, now)
	}
	switch formula := on(c, t.Spec.ID).Formula; {
	case c.Severity >= actions.SeverityBlock:
		return verdict(severity, losing, formula)
	case c.Missing:
		return missing(severity, losing, formula)
	default:
		return pass(losing, formula)
	}
}

// withoutLargest drops the targets of the domain with the greatest weight.
func withoutLargest(w fleet.Weights, r *fleet.Route, s *fleet.Snapshot) (string, fleet.Weights) {
	sum, takes := map[string]int{}, r.Takes(w)
	best := ""
	for i := range r.Targets { // in order, so that ties fall the same way
		t := &r.Targets[i]
		d := domain(s, t)
		sum[d] += takes[t.Spec.ID]
	}
	for i := range r.Targets {
		if d := domain(s, &r.Targets[i]); best == "" || sum[d] > sum[best] {
			best = d
		}
	}
	rest := fleet.Weights{}
	for i := range r.Targets {
		t := &r.Targets[i]
		if domain(s, t) != best {
			rest[t.Spec.ID] = w[t.Spec.ID]
		}
	}
	return best, rest
}

// rateLimits is IL-10.
func rateLimits(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	return eachReceiver(p, s, func(r *fleet.Route, t *fleet.Target) actions.Check {
		provider := s.Provider(t.Spec.Provider)
		if t.Spec.Provider == "" {
			return pass(fleet.Text("own capacity: it has no API limits"))
		}
		pr := project(p, s, r, t.Spec.ID)
		if provider == nil {
			return missing(actions.SeverityOVR, fleet.Text("no limit is known"))
		}
		return stoodIn(pr, providerLimits(provider, pr, now))
	})
}

// providerLimits judges all quotas of an account; the tightest speaks for those that fire alike. Credit is no rate: it stops
// everything once it is used up, and has no say before.
func providerLimits(provider *fleet.Provider, pr plan.Projection, now time.Time) actions.Check {
	var out actions.Check
	most, rates := fleet.Ratio(-1), 0
	for _, l := range provider.Limits {
		if !l.Kind.IsRate() {
			if l.Remaining.OK && l.Remaining.V <= 0 {
				return verdict(actions.SeverityBlock, fleet.Text("the credit of the account is used up"), limitAge(l, now))
			}
			continue
		}
		rates++
		c, use := oneLimit(l, provider, pr, now)
		switch {
		case c.Severity == out.Severity && use > most && !out.Missing:
			out, most = c, use
		default:
			if c.Severity > out.Severity {
				most = use
			}
			out = worse(out, c)
		}
	}
	if rates == 0 {
		return missing(actions.SeverityOVR, fleet.Text("no limit is known"))
	}
	return out
}

// oneLimit judges one quota. Headers without what remains do not tell what others on the account use.
func oneLimit(l fleet.Limit, provider *fleet.Provider, pr plan.Projection, now time.Time) (
	actions.Check, fleet.Ratio) {
	u := plan.Quota(l, provider.Load, pr)
	if !u.Now.OK || !u.Then.OK || !l.At.IsZero() && !l.Remaining.OK {
		return missing(actions.SeverityOVR, fleet.Label(string(l.Kind)), fleet.Text(" use is unknown")), -1
	}
	terms := fleet.Concat(fleet.Float(float64(u.Now.V), 2), fleet.Text(" now + "), fleet.Float(float64(u.Then.V-u.Now.V),
		2),
		fleet.Text(" of "), grouped(l.Max.V), fleet.Text(" "), fleet.Label(string(l.Kind)), limitAge(l, now))
	c := judge(float64(u.Then.V), terms,
		band{1.0, actions.SeverityBlock}, band{0.8, actions.SeverityOVR}, band{0.6, actions.SeverityWarn})
	c.Inputs = []actions.Input{input(fleet.Label(string(l.Kind)), grouped(l.Max.V), l.At)}
	return c, u.Then.V
}

func limitAge(l fleet.Limit, now time.Time) fleet.Safe {
	if l.At.IsZero() {
		return fleet.Text(", configured")
	}
	return age(now, l.At)
}
