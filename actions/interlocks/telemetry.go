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

// staleTelemetry is IL-23: the oldest sample that the other interlocks rest on.
func staleTelemetry(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	r := route(p, s)
	if r == nil {
		return missing(actions.SeverityBlock, fleet.Text("the route is not in the fleet as read now"))
	}
	inputs := []actions.Input{input(fleet.Text("route counters"), fleet.Safe{}, r.Load.At)}
	for _, id := range append(receivers(p), givers(p)...) {
		t := r.Target(id)
		if t == nil {
			return missing(actions.SeverityBlock, target(id), fleet.Text(" is not in the fleet as read now"))
		}
		inputs = append(inputs, input(target(id), fleet.Safe{}, sampled(s, t)))
	}
	oldest := inputs[0]
	for _, in := range inputs {
		if in.At.Before(oldest.At) {
			oldest = in
		}
	}
	if oldest.At.IsZero() {
		c := missing(actions.SeverityBlock, oldest.Name, fleet.Text(" was never read"))
		c.Inputs = inputs
		return c
	}
	old := now.Sub(oldest.At)
	text := fleet.Concat(fleet.Text("oldest input "), oldest.Name, fleet.Text(" "), fleet.Age(old))
	c := pass(text, fleet.Text(" <= 30s"))
	switch {
	case old > ageBlock && len(receivers(p)) > 0:
		c = verdict(actions.SeverityBlock, text, fleet.Text(" > 120s"))
	case old > ageOVR:
		c = verdict(actions.SeverityOVR, text, fleet.Text(" > 60s"))
	case old > ageWarn:
		c = verdict(actions.SeverityWarn, text, fleet.Text(" > 30s"))
	}
	c.Inputs = inputs
	return c
}

// sampled is when the target's own side was last seen: its pool's engines, else the gateway's counters of it.
func sampled(s *fleet.Snapshot, t *fleet.Target) time.Time {
	if pool := s.Pool(t.Spec.Pool); pool != nil {
		return pool.Load.At
	}
	return t.Load.At
}
