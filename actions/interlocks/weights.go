package interlocks

import (
	"math"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// zeroSum is IL-03, asked of every step.
func zeroSum(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	if len(p.After) == 0 {
		return missing(actions.SeverityHard, fleet.Text("the plan has no weights"))
	}
	for _, w := range weightsOnTheWay(p) {
		for id, v := range w {
			if v < 0 {
				return verdict(actions.SeverityHard, target(id), fleet.Text(" would get weight "), fleet.Int(v))
			}
		}
		if w.Sum() <= 0 {
			return verdict(actions.SeverityHard, fleet.Text("sum would be "), fleet.Int(w.Sum()), fleet.Text(" at "),
				w.Text(p.Order))
		}
	}
	return pass(fleet.Text("sum "), fleet.Int(p.Before.Sum()), fleet.Text(" -> "), fleet.Int(p.After.Sum()),
		fleet.Text(" over "), fleet.Many(len(p.Steps), "step"), fleet.Text(", none negative, none 0"))
}

// Step sizes of IL-22 in parts of one.
const (
	newStep     = 0.10
	provenStep  = 0.25
	shareMargin = 1e-6
)

// stepSize is IL-22.
func stepSize(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	r := route(p, s)
	if r == nil {
		return missing(actions.SeverityOVR, fleet.Text("the route is not in the fleet as read now"))
	}
	if id := unread(p, r); id != "" {
		return on(noHistory(fleet.Text("it was not read: what it carried, and what the others get in a step, is unknown")), id)
	}
	var out actions.Check
	last := r.Takes(p.Before)
	for _, st := range p.Steps {
		after := r.Takes(st.After)
		for _, id := range p.Order {
			was, will := last.Share(id), after.Share(id)
			grows := float64(will.V - was.V)
			if grows > newStep+shareMargin {
				out = worse(out, on(bigStep(r.Target(id), grows, will.V, now), id))
			}
		}
		last = after
	}
	if out.Formula.IsEmpty() {
		return pass(fleet.Text("greatest step "), points(greatestStep(p, r)), fleet.Text(" points <= 10"))
	}
	return out
}

func bigStep(t *fleet.Target, grows float64, to fleet.Ratio, now time.Time) actions.Check {
	switch {
	case grows > provenStep+shareMargin:
		return verdict(actions.SeverityOVR, points(grows), fleet.Text(" points in one step > 25"))
	case t == nil || !t.Carried.OK:
		return noHistory(points(grows),
			fleet.Text(" points in one step > 10, and what it carried in 24 h is unknown"))
	case t.Carried.V < to:
		return verdict(actions.SeverityOVR, points(grows), fleet.Text(" points in one step > 10 to "), to.Whole(),
			fleet.Text("%, carried at most "), t.Carried.V.Whole(), fleet.Text("% in 24 h"), age(now, t.CarriedAt))
	default:
		return pass(points(grows), fleet.Text(" points in one step <= 25, carried "), t.Carried.V.Whole(),
			fleet.Text("% in 24 h"), age(now, t.CarriedAt))
	}
}

// greatestStep is by how much a share grows at most in one step.
func greatestStep(p actions.Plan, r *fleet.Route) float64 {
	greatest := 0.0
	last := r.Takes(p.Before)
	for _, st := range p.Steps {
		after := r.Takes(st.After)
		for _, id := range p.Order {
			was, will := last.Share(id), after.Share(id)
			greatest = math.Max(greatest, float64(will.V-was.V))
		}
		last = after
	}
	return greatest
}

func points(share float64) fleet.Safe { return fleet.Float(share*100, 0) }
