package interlocks

import (
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// scalerConflict is IL-32: what sets the number of replicas by itself, and whether it keeps anything warm.
func scalerConflict(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	return unlessOld(scaled(p, s), &p, stateLife, actions.SeverityWarn, now)
}

func scaled(p actions.Plan, s *fleet.Snapshot) actions.Check {
	sc := p.Work.Was.Scaler
	switch {
	case !sc.Exists() && !sc.Unread.IsEmpty():
		return missing(actions.SeverityWarn, fleet.Text("whether something scales it by itself is not known: "), sc.Unread)
	case !sc.Exists():
		return pass(fleet.Text("nothing scales it by itself"))
	case !sc.Held.IsEmpty() && p.Intent.Kind != actions.KindFreeScaler:
		return pass(fleet.Label(sc.Object.Name), fleet.Text(" is held: "), sc.Held)
	case p.Intent.Kind == actions.KindScale && sc.Object == p.Work.Was.Object:
		return pass(fleet.Text("its own bounds, "), fleet.Int(sc.Min), fleet.Text(" to "), fleet.Int(sc.Max),
			fleet.Text(", are what is set: nothing sets them back"))
	case p.Intent.Kind == actions.KindScale:
		return verdict(actions.SeverityOVR, fleet.Label(sc.Object.Kind), fleet.Text(" "), fleet.Label(sc.Object.Name), fleet.Text(" ("),
			fleet.Int(sc.Min), fleet.Text(" to "), fleet.Int(sc.Max), fleet.Text(") sets it back at once: hold it first"))
	case sc.Max > 0 && p.Work.Was.Desired >= sc.Max && replaces(&p):
		return worse(verdict(actions.SeverityOVR, fleet.Text("at its maximum of "), fleet.Int(sc.Max),
			fleet.Text(": it cannot take more load meanwhile")), cold(&p, s))
	case !sc.NoOut.IsEmpty() && replaces(&p):
		return worse(verdict(actions.SeverityOVR, fleet.Label(sc.Object.Name), fleet.Text(" adds no replicas ("), sc.NoOut,
			fleet.Text("): it cannot take more load meanwhile")), cold(&p, s))
	}
	return worse(pass(fleet.Label(sc.Object.Name), fleet.Text(" scales it between "), fleet.Int(sc.Min), fleet.Text(" and "),
		fleet.Int(sc.Max)),
		cold(&p, s))
}

// cold objects to rolling what may have no replica: nothing proves the new version until a request needs it.
func cold(p *actions.Plan, s *fleet.Snapshot) actions.Check {
	w := &p.Work.Was
	if w.Scaler.Min > 0 || !replaces(p) {
		return pass(fleet.Text("it keeps replicas"))
	}
	if w.Gaps.Ready {
		return missing(actions.SeverityOVR, fleet.Text("its minimum is 0, and whether it has a replica is not told"))
	}
	if w.Ready > 0 {
		return verdict(actions.SeverityOVR,
			fleet.Text("its minimum is 0: it may have no replica by the time the new version should prove itself"))
	}
	weight, known := weightOn(s, p.Work.Serving())
	switch {
	case !known:
		return missing(actions.SeverityOVR, fleet.Text("its minimum is 0 and no replica is ready; whether traffic is sent to it is not known"))
	case weight > 0:
		c := verdict(actions.SeverityBlock, fleet.Text("its minimum is 0, no replica is ready, and routes give it a weight of "),
			fleet.Int(weight), fleet.Text(": users would meet the new version cold"))
		c.Fix = fleet.Text("scale it up and see it ready, or take its weight away first")
		return c
	}
	return verdict(actions.SeverityOVR, fleet.Text("its minimum is 0 and no replica is ready: nothing proves the new version"))
}

// weightOn sums the weights that routes give pools; it is not known where one of them was not read.
func weightOn(s *fleet.Snapshot, pools []fleet.PoolID) (weight int, known bool) {
	if len(pools) == 0 {
		return 0, false
	}
	known = true
	for i := range s.Routes {
		for _, t := range s.Routes[i].Targets {
			if !slices.Contains(pools, t.Spec.Pool) {
				continue
			}
			weight += t.Set.Or(0)
			known = known && t.Set.OK
		}
	}
	return weight, known || weight > 0
}
