package tco

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pitwall/economics"
	"pitwall/fleet"
)

// wholeDay is how long a route must have been watched for its mean to stand for a day.
const wholeDay = 24 * time.Hour

// wholePeak is how much of the last day must be known for its peak to be the peak.
const wholePeak = 23 * time.Hour

// FromRoute is the case of a route: what is measured, configured and priced of it, and assumptions for the rest.
func FromRoute(s *fleet.Snapshot, id fleet.RouteID, prices *economics.Catalogue) (Case, error) {
	r := s.Route(id)
	if r == nil {
		return Case{}, &fleet.Error{Kind: fleet.KindInvalid, Op: "read the route", Err: fmt.Errorf("there is no route %s",
			fleet.Quote(string(id))), Next: "pitwall snapshot lists them"}
	}
	c := New(string(id), prices)
	c.Model = ""
	c.traffic(r)
	own, rented := membersOf(s, r)
	if own != nil {
		c.pool(own)
		c.gpu(own.Spec.GPU)
	}
	c.rented(s, rented)
	c.facts(s, r, own)
	return c, nil
}

// traffic takes volume and mix from what the gateway counts. With a day or more on file its mean is taken, else the rate of now.
func (c *Case) traffic(r *fleet.Route) {
	l := &r.Load
	if l.InRate.OK && l.OutRate.OK && l.InRate.V+l.OutRate.V > 0 {
		rate := float64(l.InRate.V + l.OutRate.V)
		c.put(inputShare, percentDigits*float64(l.InRate.V)/rate, Measured, fleet.Textf("route %s, last %s", name(string(r.Spec.ID)),
			fleet.Age(l.Window)), l.At)
		c.put(volume, rate*daySeconds/mTok, Measured, fleet.Textf("route %s: the rate of the last %s, as if it held all day",
			name(string(r.Spec.ID)), fleet.Age(l.Window)), l.At)
	}
	o := &r.Objective
	if each := l.PromptMean.V + l.OutputMean.V; l.PromptMean.OK && l.OutputMean.OK && o.Requests.OK && o.Watched.OK &&
		o.Watched.V >= wholeDay {
		c.put(volume, o.Requests.V/o.Watched.V.Seconds()*daySeconds*float64(each)/mTok, Measured,
			fleet.Textf("route %s: requests of %s on file, %s tokens each now", name(string(r.Spec.ID)), fleet.Age(o.Watched.V), each.Text()), l.At)
	}
	if d := r.Day; d != nil && d.Covered >= wholePeak && d.Peak >= 1 {
		c.put(peak, d.Peak, Measured, fleet.Textf("route %s: the greatest five minutes of the last %s", name(string(r.Spec.ID)),
			fleet.Age(d.Covered)), l.At)
	}
}

// membersOf are the pool and the rented target that carry the most of a route.
func membersOf(s *fleet.Snapshot, r *fleet.Route) (*fleet.Pool, *fleet.Target) {
	var own *fleet.Pool
	var rented *fleet.Target
	most := map[fleet.Side]fleet.Ratio{}
	for i := range r.Targets {
		t := &r.Targets[i]
		side := t.Spec.Side()
		part := t.Seen.Or(t.SetShare.Or(0))
		before, any := most[side]
		if any && part <= before {
			continue
		}
		switch pool := s.Pool(t.Spec.Pool); {
		case side == fleet.SideOwn && pool != nil:
			own, most[side] = pool, part
		case side == fleet.SideRented:
			rented, most[side] = t, part
		default:
		}
	}
	return own, rented
}

// pool takes what own GPUs can do and cost from a pool.
func (c *Case) pool(p *fleet.Pool) {
	c.Model = string(p.Spec.Model)
	from := fleet.Textf("pool %s", name(string(p.Spec.ID)))
	if n := p.Spec.GPUsPerReplica; n > 0 {
		c.put(instanceGPUs, float64(n), Configured, from, time.Time{})
	}
	if p.Spec.GPUHour.OK {
		c.put(demandHour, float64(p.Spec.GPUHour.V), Configured, fleet.Textf("%s, usd_per_gpu_hour", from), time.Time{})
	}
	hit := p.Load.PrefixHit
	if hit.OK {
		c.put(cachedShare, percentDigits*float64(hit.V), Measured, fleet.Textf("%s: hits of its prefix cache; an API caches by its own rules",
			from), p.Load.At)
	}
	c.rating(p, from)
}

// rating takes the throughput of an instance from what the pool has proven at this mix. It was proven within the objective, with the
// hits of its cache, so neither is taken off or added once more.
func (c *Case) rating(p *fleet.Pool, from fleet.Safe) {
	n := max(len(p.Spec.Replicas), p.Desired)
	if !p.Rating.OK || n == 0 || p.Rating.V.Prefill <= 0 && p.Rating.V.Decode <= 0 {
		return
	}
	origin := Configured
	if p.Rating.V.Kind == "history" {
		origin = Measured
	}
	r := p.Rating.V
	of := fleet.Textf("%s: rating over %s", from, fleet.Many(n, "replica"))
	for i, v := range map[index]fleet.TokenRate{prefill: r.Prefill, decode: r.Decode} {
		if v > 0 {
			c.put(i, float64(v)/float64(n), origin, of, r.From)
		}
	}
	x := c.point()
	x[cacheGain] = 0
	c.put(throughput, most(&x), origin, fleet.Textf("%s, at this mix", of), r.From)
	c.put(derate, percentDigits, origin, fleet.Textf("%s: a rating is within the objective", from), r.From)
	if p.Load.PrefixHit.OK {
		c.put(cacheGain, 0, origin, fleet.Textf("%s: the rating has its cache hits in it", from), r.From)
	}
}

// rented takes the API and its prices from a target, else the same open model at an API, else what the defaults are of.
func (c *Case) rented(s *fleet.Snapshot, t *fleet.Target) {
	c.API = standIn(c.Model)
	if t != nil {
		if p := s.Provider(t.Spec.Provider); p != nil {
			c.API = Rented{p.Spec.Kind, string(t.Spec.Model)}
			for i := range p.Spec.Models {
				if m := &p.Spec.Models[i]; m.Name == t.Spec.Model && m.Price.OK {
					c.price(m.Price.V)
					return
				}
			}
		}
	}
	c.Reprice(fleet.Safe{})
}

// standIn is what a case is compared with that names no API.
func standIn(model string) Rented {
	own := ownFamily(model)
	i := slices.IndexFunc(hostedModels, func(h hosted) bool { return own != "" && own != closed && h.family == own })
	if i >= 0 {
		return hostedModels[i].at
	}
	return Rented{"openai", "gpt-4o"}
}

// Reprice takes the prices of the case's API from the catalogue. Without a price there the prices stay, as assumptions of another model.
func (c *Case) Reprice(why fleet.Safe) bool {
	if c.prices == nil {
		return false
	}
	p, ok := c.prices.Price(c.API.Kind, fleet.ModelName(c.API.Model))
	if ok {
		c.price(p)
		return true
	}
	if why.IsEmpty() {
		why = fleet.Textf("%s has no price here; the figure is GPT-4o's", name(c.API.String()))
	}
	for _, i := range []index{priceIn, priceCached, priceOut} {
		c.values[i].From = why
	}
	return false
}

func (c *Case) price(p fleet.Price) {
	if p.Input.Currency() != fleet.USD || p.Output.Currency() != fleet.USD {
		return // nothing is converted
	}
	origin, from := PriceTable, fleet.Textf("%s: %s", name(c.API.String()), fleet.Quote(p.Source))
	if p.Source == "configuration" {
		origin = Configured
	}
	c.put(priceIn, p.Input.Float(), origin, from, p.AsOf)
	c.put(priceOut, p.Output.Float(), origin, from, p.AsOf)
	cached := from
	if !p.CachedIn.OK {
		cached = fleet.Concat(from, fleet.Text("; no price of cached input: that of input"))
	}
	c.put(priceCached, p.CachedIn.Or(p.Input).Float(), origin, cached, p.AsOf)
}

// facts takes what a route declares. What it does not declare stays unknown.
func (c *Case) facts(s *fleet.Snapshot, r *fleet.Route, own *fleet.Pool) {
	f := Facts{From: fleet.Text("configuration"), At: s.At}
	providers := map[fleet.ProviderID]bool{}
	stays := 0.0
	for i := range r.Targets {
		id := r.Targets[i].Spec.Provider
		if p := s.Provider(id); p != nil {
			providers[id] = true
			if !offers(p.Spec.Labels, r.Spec.Requires) {
				stays = 1
			}
		}
	}
	if n := len(providers); n > 0 {
		f.Providers = fleet.Some(n)
	}
	if len(r.Spec.Requires) > 0 {
		f.Residency = fleet.Some(r.Spec.Requires)
		if len(providers) > 0 {
			f.MustOwn = fleet.Some(stays)
		}
	}
	if p := r.Spec.Policy; p != nil {
		switch p.Pattern {
		case fleet.PatternEasyLocal:
			f.Frontier = fleet.Some(1 - float64(p.Local))
		case fleet.PatternCoreLocal:
			f.CustomWeight = fleet.Some(p.Model != "")
		default:
		}
	}
	if own != nil && r.Spec.Uses != nil {
		lacks := 0.0
		for use, part := range r.Spec.Uses {
			if !slices.Contains(own.Spec.Offers, use) {
				lacks = max(lacks, float64(part))
			}
		}
		f.Lacks = fleet.Some(min(1, lacks))
	}
	c.Facts = f
}

// offers tells whether labels hold all that is required.
func offers(labels, required []string) bool {
	for _, want := range required {
		if !slices.ContainsFunc(labels, func(l string) bool { return strings.EqualFold(l, want) }) {
			return false
		}
	}
	return true
}

// name is an outside word within a sentence.
func name(s string) fleet.Safe { return fleet.Quote(s) }
