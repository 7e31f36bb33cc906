package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Works lists what is asked of a change of an object of a cluster, in the order of their numbers.
func Works() []actions.Interlock {
	return []actions.Interlock{
		{ID: "IL-19", Title: fleet.Text("no roll in flight"), RollbackSkips: true, Check: rollInFlight,
			Asks: fleet.Text("the object is not progressing, paused or stuck, and its spec is older than 10 min")},
		{ID: "IL-20", Title: fleet.Text("nobody else changes it"), Check: heldObject,
			Asks: fleet.Text("no live lock and no open change of somebody else on the object")},
		{ID: "IL-31", Title: fleet.Text("GPUs for the surge"), Check: surgeGPUs,
			Asks: fleet.Text("GPUs of its product that nothing asks for cover what the roll needs beside what runs")},
		{ID: "IL-32", Title: fleet.Text("autoscaler"), Check: scalerConflict,
			Asks: fleet.Text("no autoscaler undoes it, and none stands at its maximum")},
		{ID: "IL-37", Title: fleet.Text("plan is current"), Check: currentWork,
			Asks: fleet.Text("plan under 10 min old")},
		{ID: "IL-38", Title: fleet.Text("who owns it"), Check: owned,
			Asks: fleet.Text("no controller above it and no repository writes its fields back")},
		{ID: "IL-39", Title: fleet.Text("permission"), Check: mayChange,
			Asks: fleet.Text("writing is allowed and the API server grants every verb of the plan")},
		{ID: "IL-45", Title: fleet.Text("drill separation"), Check: drillSeparation,
			Asks: fleet.Text("plan and fleet are of the same mode")},
	}
}

// settledFor is how long a spec must be unchanged before the next roll of it (IL-19).
const settledFor = 10 * time.Minute

func rollInFlight(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	w := &p.Work.Was
	if p.Intent.Kind == actions.KindContinue || !replaces(&p) {
		return pass(fleet.Text("it replaces no replica"))
	}
	switch w.Phase {
	case fleet.RolloutDone:
	case fleet.RolloutUnknown, "":
		return missing(actions.SeverityOVR, fleet.Text("whether a roll is in flight is not known"))
	default:
		return verdict(actions.SeverityOVR, fleet.Text("it is "), fleet.Label(string(w.Phase)), fleet.Text(": "), w.Why)
	}
	if !w.Now.At.IsZero() && now.Sub(w.Now.At) < settledFor {
		return verdict(actions.SeverityOVR, fleet.Text("its version changed "), fleet.Age(now.Sub(w.Now.At)), fleet.Text(" ago < "),
			fleet.Age(settledFor))
	}
	return pass(fleet.Text("no roll in flight"))
}

// replaces tells whether a plan replaces replicas.
func replaces(p *actions.Plan) bool { return p.Work.Rolls() && p.Intent.Kind != actions.KindScale }

func heldObject(p actions.Plan, _ *fleet.Snapshot, b actions.Book, now time.Time) actions.Check {
	at := p
	at.Route.ID = p.Lock()
	c := held(at, b, now, func(c *actions.Change) bool { return c.Plan.Lock() == p.Lock() })
	s := b.SharedIn(p.Work.Was.Object.Cluster)
	switch {
	case s == nil, c.Severity >= actions.SeverityOVR:
		return c
	case !s.Err.IsEmpty():
		return missing(actions.SeverityOVR, fleet.Text("nobody holds it on this machine; whether on another cannot be asked: "), s.Err)
	case c.Severity > actions.SeverityPass:
		return c
	}
	return pass(fleet.Text("nobody holds it, on this machine or on another that shares its locks in the cluster"), age(now, s.At))
}

func surgeGPUs(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	w := p.Work
	switch {
	case w.Draft.Extra == 0 && w.Draft.Down > 0:
		return verdict(actions.SeverityWarn, fleet.Text("needs no GPU beside those that it holds; "), fleet.Int(w.Draft.Down), fleet.Text(" of "),
			fleet.Int(w.Was.Desired), fleet.Text(" replicas are away meanwhile"))
	case w.Draft.Extra == 0:
		return pass(fleet.Text("needs no GPU beside those that it holds"))
	case !w.Free.OK:
		return missing(actions.SeverityOVR, fleet.Text("needs "), fleet.Int(w.Draft.Extra), fleet.Text(" GPUs more, how many are free is not known"))
	}
	terms := fleet.Concat(fleet.Text("needs "), fleet.Int(w.Draft.Extra), fleet.Text(" GPUs more, "), fleet.Int(w.Free.V), fleet.Text(" free"))
	if !w.Was.Product.IsEmpty() {
		terms = fleet.Concat(terms, fleet.Text(" of "), w.Was.Product)
	}
	switch {
	case w.Draft.Extra <= w.Free.V:
		return pass(terms)
	case w.Draft.Down > 0:
		return verdict(actions.SeverityOVR, terms, fleet.Text(": the rest waits until "), fleet.Int(w.Draft.Down), fleet.Text(" old replicas leave"))
	}
	c := verdict(actions.SeverityBlock, terms, fleet.Text(", no replica may be away: it will never finish"))
	c.Fix = fleet.Text("roll with surge 0, which takes replicas away first, or free GPUs")
	return c
}

func scalerConflict(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	s := p.Work.Was.Scaler
	switch {
	case !s.Exists():
		return pass(fleet.Text("nothing scales it by itself"))
	case !s.Held.IsEmpty():
		return pass(fleet.Label(s.Object.Name), fleet.Text(" is held: "), s.Held)
	case p.Intent.Kind == actions.KindScale:
		return verdict(actions.SeverityOVR, fleet.Label(s.Object.Kind), fleet.Text(" "), fleet.Label(s.Object.Name), fleet.Text(" ("),
			fleet.Int(s.Min), fleet.Text(" to "), fleet.Int(s.Max), fleet.Text(") sets it back at once: hold it first"))
	case s.Max > 0 && p.Work.Was.Desired >= s.Max:
		return verdict(actions.SeverityOVR, fleet.Text("at its maximum of "), fleet.Int(s.Max), fleet.Text(": it cannot take more load meanwhile"))
	}
	return pass(fleet.Label(s.Object.Name), fleet.Text(" scales it between "), fleet.Int(s.Min), fleet.Text(" and "), fleet.Int(s.Max))
}

func currentWork(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	old := now.Sub(p.Created)
	switch {
	case p.Created.IsZero(), old < 0:
		return missing(actions.SeverityHard, fleet.Text("when it was planned is unknown: plan again"))
	case old > actions.PlanLife:
		return verdict(actions.SeverityHard, fleet.Text("planned "), fleet.Age(old), fleet.Text(" ago > 10m: plan again"))
	}
	return pass(fleet.Text("planned "), fleet.Age(old), fleet.Text(" ago <= 10m; each field is compared before it is written"))
}

func owned(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	w := &p.Work.Was
	switch {
	case !w.Frozen.IsEmpty():
		return verdict(actions.SeverityBlock, fleet.Text("a write has no effect: "), w.Frozen)
	case w.Holder.Name != "":
		return verdict(actions.SeverityOVR, fleet.Label(w.Holder.Kind), fleet.Text(" "), fleet.Label(w.Holder.Name),
			fleet.Text(" keeps it and undoes this within seconds: change that instead"))
	case !w.GitOps.IsEmpty():
		return verdict(actions.SeverityOVR, w.GitOps, fleet.Text(" applies it: this is undone at its next sync unless the repository says the same"))
	}
	return pass(fleet.Text("no controller and no repository above it is known"))
}

func mayChange(p actions.Plan, _ *fleet.Snapshot, b actions.Book, now time.Time) actions.Check {
	if c := access(b, now); c.Severity != actions.SeverityPass {
		return c
	}
	if denied := p.Work.Denied; len(denied) > 0 {
		return verdict(actions.SeverityHard, fleet.Join(denied, fleet.Text("; ")))
	}
	return pass(fleet.Text("writing is allowed, and the API server was asked"))
}
