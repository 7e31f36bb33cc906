package interlocks

import (
	"maps"
	"math"
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// residency is IL-14. What is not offered in so many words is not offered.
func residency(p actions.Plan, s *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	if len(p.Route.Requires) == 0 {
		return pass(fleet.Text("the route declares no requirement"))
	}
	return eachReceiver(p, s, func(_ *fleet.Route, t *fleet.Target) actions.Check {
		offered := s.Residency(t)
		for _, need := range p.Route.Requires {
			if !slices.Contains(offered, need) {
				c := verdict(actions.SeverityHard, fleet.Text("requires "), labels(p.Route.Requires), fleet.Text(", offers "),
					labels(offered), answeredIn(s, t, need))
				regions, _ := s.AnsweredIn(t)
				c.Missing = len(offered) == 0 && len(regions) == 0
				return c
			}
		}
		return pass(fleet.Text("offers "), labels(p.Route.Requires))
	})
}

// answeredIn says why a label that is declared for a provider is not offered by one of its models.
func answeredIn(s *fleet.Snapshot, t *fleet.Target, need string) fleet.Safe {
	regions, told := s.AnsweredIn(t)
	if provider := s.Provider(t.Spec.Provider); !told || provider == nil || !slices.Contains(provider.Spec.Labels, need) {
		return fleet.Safe{}
	}
	if len(regions) == 0 {
		return fleet.Text(": nobody knows where its model is answered")
	}
	return fleet.Concat(fleet.Text(": its model is answered in "), labels(regions))
}

func labels(list []string) fleet.Safe {
	if len(list) == 0 {
		return fleet.Text("none")
	}
	parts := make([]fleet.Safe, len(list))
	for i, l := range list {
		parts[i] = fleet.Label(l)
	}
	return fleet.Join(parts, fleet.Text(" "))
}

// contextLength is IL-15.
func contextLength(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	return eachReceiver(p, s, func(r *fleet.Route, t *fleet.Target) actions.Check {
		limit := s.ContextLimit(t)
		if !limit.OK {
			return missing(actions.SeverityOVR, fleet.Text("its context limit is unknown"))
		}
		if serving, ok := greatestServing(p, s, r); ok && limit.V >= serving {
			return pass(fleet.Text("limit "), grouped(limit.V), fleet.Text(" tok >= "), grouped(serving),
				fleet.Text(" of every target that serves now"))
		}
		share := overLimit(r.Lengths, float64(limit.V))
		if !share.OK {
			return noHistory(fleet.Text("limit "), grouped(limit.V),
				fleet.Text(" tok, request lengths are unknown"))
		}
		terms := fleet.Concat(fleet.Text("% of requests at most over "), grouped(limit.V), fleet.Text(" tok"), age(now,
			r.Lengths.At))
		return judge(float64(share.V)*100, terms,
			band{1, actions.SeverityBlock}, band{0.1, actions.SeverityOVR}, band{0, actions.SeverityWarn})
	})
}

// greatestServing is the greatest context limit over the targets that carry weight now: no request over it is served
// today. It is not known when one of them has no known limit.
func greatestServing(p actions.Plan, s *fleet.Snapshot, r *fleet.Route) (fleet.Tokens, bool) {
	most, found := fleet.Tokens(0), false
	for id, weight := range p.Before {
		if weight <= 0 {
			continue
		}
		t := r.Target(id)
		if t == nil {
			return 0, false
		}
		limit := s.ContextLimit(t)
		if !limit.OK {
			return 0, false
		}
		most, found = max(most, limit.V), true
	}
	return most, found
}

// overLimit is an upper bound of the share of requests whose prompt plus allowed output exceeds a limit. The two
// distributions are known apart only, so P(p+m > L) <= P(p > x) + P(m > L-x), for the x that makes it least.
func overLimit(l fleet.Lengths, limit float64) fleet.Maybe[fleet.Ratio] {
	if l.Prompt.Count() == 0 || l.Output.Count() == 0 {
		return fleet.None[fleet.Ratio]()
	}
	best := 1.0
	try := func(x float64) {
		if x >= 0 && x <= limit {
			best = math.Min(best, above(l.Prompt, x)+above(l.Output, limit-x))
		}
	}
	for _, x := range l.Prompt.Bounds {
		try(x)
	}
	for _, x := range l.Output.Bounds {
		try(limit - x)
	}
	return fleet.Some(fleet.Ratio(best))
}

// above is an upper bound of the part of observations over x: the nearest bound at or below x decides.
func above(h fleet.Histogram, x float64) float64 {
	part := 1.0
	for i, b := range h.Bounds {
		if b <= x && i < len(h.Counts) {
			part = 1 - h.Counts[i]/h.Count()
		}
	}
	return math.Max(0, part)
}

// capabilities is IL-16.
func capabilities(p actions.Plan, s *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	if len(p.Route.Uses) == 0 {
		return pass(fleet.Text("the route declares no capability"))
	}
	return eachReceiver(p, s, func(_ *fleet.Route, t *fleet.Target) actions.Check {
		has, known := s.Capabilities(t)
		if !known {
			return missing(actions.SeverityOVR, fleet.Text("its capabilities are unknown"))
		}
		var out actions.Check
		for _, name := range slices.Sorted(maps.Keys(p.Route.Uses)) {
			share := p.Route.Uses[name]
			if share <= 0 || slices.Contains(has, name) {
				continue
			}
			severity := actions.SeverityOVR
			if share > 0.01 {
				severity = actions.SeverityBlock
			}
			out = worse(out, verdict(severity, fleet.Text("lacks "), fleet.Label(name), fleet.Text(", used by "), share.Text(),
				fleet.Text("% of requests")))
		}
		if out.Formula.IsEmpty() {
			return pass(fleet.Text("has all that the route uses"))
		}
		return out
	})
}

// embeddings is IL-17: vectors of two models cannot be compared, so a route must never mix them.
func embeddings(p actions.Plan, s *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	want := p.Route.Embedding
	if want == nil {
		return pass(fleet.Text("not an embeddings route"))
	}
	return eachReceiver(p, s, func(_ *fleet.Route, t *fleet.Target) actions.Check {
		var got *fleet.EmbeddingIdentity
		if pool := s.Pool(t.Spec.Pool); pool != nil {
			got = pool.Spec.Embedding
		} else if m := s.Rented(t); m != nil {
			got = m.Embedding
		}
		switch {
		case got == nil:
			return missing(actions.SeverityHard, fleet.Text("its embedding model is not declared"))
		case *got != *want:
			return verdict(actions.SeverityHard, vectors(*got), fleet.Text(" is not "), vectors(*want))
		default:
			return pass(vectors(*got))
		}
	})
}

func vectors(e fleet.EmbeddingIdentity) fleet.Safe {
	return fleet.Concat(fleet.Label(string(e.Model)), fleet.Text("/"), fleet.Int(e.Dimensions), fleet.Text("/"),
		fleet.Label(e.Pooling))
}
