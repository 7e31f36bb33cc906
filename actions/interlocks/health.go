package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// lastHealthy is IL-01, asked of every step.
func lastHealthy(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	r := route(p, s)
	if r == nil {
		return missing(actions.SeverityHard, fleet.Text("the route is not in the fleet as read now"))
	}
	var out actions.Check
	for _, w := range append(weightsOnTheWay(p), withBlock(p, r)...) {
		n, names := healthyWith(s, r, w, now)
		c := pass(fleet.Many(n, "healthy target"), fleet.Verb(n, " keeps weight: ", " keep weight: "), names)
		if n == 0 {
			c = verdict(actions.SeverityHard, fleet.Text("0 healthy targets keep weight at "), w.Text(p.Order))
			c.Fix = fleet.Text("leave weight on a target whose health is proven")
		}
		out = worse(out, c)
	}
	return out
}

// withBlock are the weights that each replica has, less what a plan blocks: a block leaves them as they are, and they may differ.
func withBlock(p actions.Plan, r *fleet.Route) []fleet.Weights {
	if p.Edit == nil || !p.Edit.Edit.Out {
		return nil
	}
	var out []fleet.Weights
	for i := range r.Replicas {
		w := r.Replicas[i].Weights.Clone()
		if r.Replicas[i].Stale || w == nil || !decide(r) {
			continue
		}
		w[p.Edit.Edit.Target] = 0
		out = append(out, w)
	}
	return out
}

// decide tells whether weights say how much a member of a route gets.
func decide(r *fleet.Route) bool {
	return r.Routing.Weighing == fleet.WeighingUnknown || r.Routing.Weighing.Decides()
}

func healthyWith(s *fleet.Snapshot, r *fleet.Route, w fleet.Weights, now time.Time) (int, fleet.Safe) {
	var names []fleet.Safe
	open := r.Open(w) // a blocked member keeps its weight and takes nothing
	for i := range r.Targets {
		if t := &r.Targets[i]; open[t.Spec.ID] > 0 && healthy(s, t, now) {
			names = append(names, target(t.Spec.ID))
		}
	}
	return len(names), fleet.Join(names, fleet.Text(", "))
}

// redundancy is IL-02.
func redundancy(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	r := route(p, s)
	if r == nil {
		return missing(actions.SeverityOVR, fleet.Text("the route is not in the fleet as read now"))
	}
	domains := map[string]bool{}
	var common fleet.Fate
	open := r.Open(p.After)
	n, unknown := 0, false
	for i := range r.Targets {
		t := &r.Targets[i]
		if open[t.Spec.ID] <= 0 || !healthy(s, t, now) {
			continue
		}
		d := domain(s, t)
		unknown = unknown || d == ""
		domains[d] = true
		common = shared(common, s.FateOf(t), n == 0)
		n++
	}
	count := fleet.Concat(fleet.Many(n, "healthy target"), fleet.Text(" in "), fleet.Int(len(domains)),
		fleet.Text(" failure domains"))
	kinds := sortedKinds(common)
	switch {
	case n <= 1:
		return verdict(actions.SeverityOVR, count, fleet.Text(": losing it stops the route"))
	case unknown:
		return missing(actions.SeverityOVR, count, fleet.Text(", one without a site"))
	case len(domains) == 1:
		return verdict(actions.SeverityOVR, count)
	case len(kinds) > 0:
		return verdict(actions.SeverityOVR, count, fleet.Text(", all on "), fleet.Label(kinds[0]), fleet.Text(" "),
			fleet.Label(common[kinds[0]]))
	default:
		return pass(count)
	}
}

// shared keeps the tags that are equal in both; the first target brings all of its own.
func shared(common, mine fleet.Fate, first bool) fleet.Fate {
	if first {
		return mine
	}
	out := fleet.Fate{}
	for k, v := range common {
		if mine[k] == v {
			out[k] = v
		}
	}
	return out
}

// domain is what a target fails together with: its site, or its provider.
func domain(s *fleet.Snapshot, t *fleet.Target) string {
	if p := s.Pool(t.Spec.Pool); p != nil {
		if p.Spec.Site == "" {
			return ""
		}
		return "site " + string(p.Spec.Site)
	}
	if t.Spec.Provider != "" {
		return "provider " + string(t.Spec.Provider)
	}
	return ""
}

// quorum is IL-24.
func quorum(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	return eachReceiver(p, s, func(_ *fleet.Route, t *fleet.Target) actions.Check {
		up, down := agreement(s, t, now)
		said := voices(s, t, now)
		switch {
		case down > 0:
			return verdict(actions.SeverityOVR, fleet.Text("evidence disagrees: "), said)
		case up < 2:
			return missing(actions.SeverityOVR, fleet.Int(up), fleet.Text(" of 2 kinds say it works: "), said)
		case silent(s, t, now) != "":
			return missing(actions.SeverityOVR, fleet.Text("the "), fleet.Label(string(silent(s, t, now))),
				fleet.Text(" says nothing: "), said)
		default:
			return pass(fleet.Many(up, "kind"), fleet.Verb(up, " says it works: ", " say it works: "), said)
		}
	})
}

// voices draws what each kind of evidence says, with its age.
func voices(s *fleet.Snapshot, t *fleet.Target, now time.Time) fleet.Safe {
	if len(t.Verdicts) == 0 {
		return fleet.Text("no evidence")
	}
	var out []fleet.Safe
	for _, v := range t.Verdicts {
		word := fleet.Text(" unknown")
		switch {
		case !v.Up.OK || v.At.IsZero():
		case now.Sub(v.At) > life(s, t, &v):
			word = fleet.Concat(fleet.Text(" stale "), fleet.Age(now.Sub(v.At)))
		case v.Up.V:
			word = fleet.Concat(fleet.Text(" yes "), fleet.Age(now.Sub(v.At)))
		default:
			word = fleet.Concat(fleet.Text(" no "), fleet.Age(now.Sub(v.At)))
		}
		out = append(out, fleet.Concat(fleet.Label(string(v.Kind)), word))
	}
	return fleet.Join(out, fleet.Text(", "))
}
