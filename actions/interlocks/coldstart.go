package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// coldStart is IL-33: how long new replicas take to serve, against what waits for them.
func coldStart(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	if !starts(&p) {
		return pass(fleet.Text("it starts no replica"))
	}
	c := coldElsewhere
	if p.Intent.Kind != actions.KindDrain {
		c = coldHere
	}
	return unlessOld(c(&p, s), &p, specLife, actions.SeverityWarn, now)
}

// coldHere is what the object itself starts.
func coldHere(p *actions.Plan, s *fleet.Snapshot) actions.Check {
	w := &p.Work.Was
	loads := s.LoadsOf(w)
	if len(loads) == 0 {
		return missing(actions.SeverityWarn, fleet.Text("how long a replica takes to be ready is not known: none that runs shows it"))
	}
	p90 := fleet.Percentile(loads, 0.9)
	terms := fleet.Concat(seconds(p90), fleet.Text(" = 90th percentile of "), fleet.Many(len(loads), "start"))
	var out actions.Check
	if w.Startup.V > 0 && p90 > w.Startup.V {
		out = worse(out, verdict(actions.SeverityWarn, terms, fleet.Text(" > "), seconds(w.Startup.V),
			fleet.Text(" that its probes allow: it is killed while it loads, again and again")))
	}
	if w.Deadline > 0 && p90 > w.Deadline {
		out = worse(out, verdict(actions.SeverityWarn, terms, fleet.Text(" > "), seconds(w.Deadline),
			fleet.Text(" deadline: its controller will call it failed while it still loads")))
	}
	if down := p.Work.Draft.Down; w.Desired > 0 && down >= w.Desired {
		out = worse(out, verdict(actions.SeverityWarn, fleet.Int(down), fleet.Text(" of "), fleet.Int(w.Desired),
			fleet.Text(" replicas are away at once, for about "), terms, fleet.Text(": nothing serves meanwhile")))
	}
	switch {
	case !out.Formula.IsEmpty():
		return out
	case !w.Startup.OK:
		return missing(actions.SeverityWarn, terms, fleet.Text("; how long its probes let it load is not known"))
	case replaces(p) && reweighs(p):
		return missing(actions.SeverityWarn, terms, fleet.Text(", with the weights that run now: how long the new ones take is not known"))
	}
	limit := fleet.Text("nothing limits it")
	if least := leastOf(w.Startup.V, w.Deadline); least > 0 {
		limit = fleet.Concat(fleet.Text("<= "), seconds(least))
	}
	return pass(terms, fleet.Text(", "), limit)
}

// coldElsewhere is what a drain makes start on other nodes.
func coldElsewhere(p *actions.Plan, s *fleet.Snapshot) actions.Check {
	c := s.Cluster(p.Work.Was.Object.Cluster)
	var longest time.Duration
	var of fleet.Safe
	for i := range p.Work.Draft.Leaves {
		l := &p.Work.Draft.Leaves[i]
		if l.GPUs == 0 {
			continue
		}
		if c == nil {
			return missing(actions.SeverityWarn, fleet.Text("how long replacements take to be ready is not known"))
		}
		loads := s.LoadsOf(&fleet.Rollout{Object: l.Of})
		if len(loads) == 0 {
			return missing(actions.SeverityWarn, fleet.Text("how long the replacement of "), fleet.Label(l.Pod.Name),
				fleet.Text(" takes to be ready is not known"))
		}
		if p90 := fleet.Percentile(loads, 0.9); p90 > longest {
			longest, of = p90, fleet.Label(l.Of.Name)
		}
	}
	if len(p.Work.Draft.Leaves) == 0 && evicts(p) {
		return missing(actions.SeverityWarn, fleet.Text("which pods have to start elsewhere is not known"))
	}
	if longest == 0 {
		return pass(fleet.Text("no pod with GPUs has to start elsewhere"))
	}
	return verdict(actions.SeverityWarn, fleet.Text("a replacement of "), of, fleet.Text(" takes about "), seconds(longest),
		fleet.Text(" to be ready: its replicas are fewer meanwhile"))
}

func leastOf(a, b time.Duration) time.Duration {
	if a <= 0 || b > 0 && b < a {
		return b
	}
	return a
}
