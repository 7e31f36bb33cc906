package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Ages of IL-23.
const (
	ageWarn  = 30 * time.Second
	ageOVR   = 60 * time.Second
	ageBlock = 120 * time.Second
)

// gaps is how many of its intervals a source may be silent before IL-23 says so.
const gaps = 3

// sample is one input of the other interlocks: who gave it, when, how often it is read, and whether the plan adds
// load on the strength of it.
type sample struct {
	name  fleet.Safe
	at    time.Time
	blind bool          // whether they stand still is unknown
	still time.Duration // for how long the values stood still under load, though they are fresh
	every time.Duration
	adds  bool
}

// staleTelemetry is IL-23: the oldest sample that the other interlocks rest on. Taking load away from a target that
// nobody can read any more stays possible with an override.
func staleTelemetry(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	r := route(p, s)
	if r == nil {
		return missing(actions.SeverityBlock, fleet.Text("the route is not in the fleet as read now"))
	}
	gain := receivers(p, r)
	list := []sample{{name: fleet.Text("route counters"), at: r.Load.At, adds: len(gain) > 0,
		every: slowest(s, fleet.Subject{Gateway: r.Spec.Gateway})}}
	for _, id := range gain {
		list = append(list, sampled(s, r, id, true))
	}
	for _, id := range givers(p, r) {
		list = append(list, sampled(s, r, id, false))
	}
	var out actions.Check
	inputs := make([]actions.Input, 0, len(list))
	for _, in := range list {
		out = worse(out, in.verdict(now))
		inputs = append(inputs, input(in.name, fleet.Age(now.Sub(in.at)), in.at))
	}
	out.Inputs = inputs
	if out.Severity == actions.SeverityPass {
		oldest := list[0]
		for _, in := range list {
			if in.at.Before(oldest.at) {
				oldest = in
			}
		}
		out.Formula = fleet.Concat(fleet.Text("oldest input "), oldest.name, fleet.Text(" "), fleet.Age(now.Sub(oldest.at)),
			fleet.Text(" <= "), fleet.Age(min(ageWarn, gaps*oldest.every)))
	}
	return out
}

// verdict judges the age of one sample.
func (in sample) verdict(now time.Time) actions.Check {
	if in.at.IsZero() {
		severity := actions.SeverityBlock
		if !in.adds {
			severity = actions.SeverityOVR
		}
		return missing(severity, in.name, fleet.Text(" was never read"))
	}
	if in.blind {
		return missing(actions.SeverityBlock, in.name, fleet.Text(": whether its values still move under load is unknown"))
	}
	old := max(now.Sub(in.at), in.still)
	text := fleet.Concat(in.name, fleet.Text(" "), fleet.Age(old))
	if in.still > now.Sub(in.at) {
		text = fleet.Concat(text, fleet.Text(" without a change under load"))
	}
	switch {
	case old > ageBlock && in.adds:
		return verdict(actions.SeverityBlock, text, fleet.Text(" > 120s"))
	case old > ageOVR:
		return verdict(actions.SeverityOVR, text, fleet.Text(" > 60s"))
	case old > ageWarn:
		return verdict(actions.SeverityWarn, text, fleet.Text(" > 30s"))
	case in.every <= 0:
		return missing(actions.SeverityWarn, text, fleet.Text(", and how often it is read is unknown"))
	case old > gaps*in.every:
		return verdict(actions.SeverityWarn, text, fleet.Text(" > 3 intervals of "), fleet.Age(in.every))
	default:
		return pass(text)
	}
}

// sampled is when a target's own side was last seen: its pool's engines, else the gateway's counters of it. Only a
// target that receives load counts as stale when it stands still: that one which gives does may be why.
func sampled(s *fleet.Snapshot, r *fleet.Route, id fleet.TargetID, adds bool) sample {
	out := sample{name: target(id), adds: adds}
	t := r.Target(id)
	if t == nil {
		return out
	}
	pool, own := poolOf(s, t)
	switch {
	case !own:
		out.at, out.every = t.Load.At, slowest(s, fleet.Subject{Gateway: r.Spec.Gateway})
		return out
	case pool == nil:
		return out // never read
	}
	out.at, out.every = pool.Load.At, slowest(s, fleet.Subject{Pool: pool.Spec.ID})
	if adds {
		out.still = pool.Progress.Stalled
		out.blind = !pool.Progress.Moving.OK && !idle(pool.Load)
	}
	return out
}
