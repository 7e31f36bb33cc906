package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Works lists what is asked of a change of an object of a cluster, in the order of their numbers.
func Works() []actions.Interlock {
	return []actions.Interlock{
		{ID: "IL-09", Title: fleet.Text("error budget left"), RollbackSkips: true, Check: errorBudget,
			Asks: fleet.Text("an optional change finds something left of the 30-day budgets of the routes that it serves")},
		{ID: "IL-18", Title: fleet.Text("model identity"), RollbackSkips: true, Check: identity,
			Asks: fleet.Text("a served name keeps its weights, revision, quantisation and chat template")},
		{ID: "IL-19", Title: fleet.Text("no roll in flight"), RollbackSkips: true, Check: rollInFlight,
			Asks: fleet.Text("the object is not progressing, paused or stuck, and its spec is older than 10 min")},
		{ID: "IL-20", Title: fleet.Text("nobody else changes it"), Check: heldObject,
			Asks: fleet.Text("no live lock and no open change of somebody else on the object")},
		{ID: "IL-29", Title: fleet.Text("disruption budgets"), Check: budgets,
			Asks: fleet.Text("every pod that leaves has at most one budget, which allows it, and no group is left in part")},
		{ID: "IL-30", Title: fleet.Text("time to drain"), Check: drainTime,
			Asks: fleet.Text("99 % of requests end within the grace period less hook and engine timeout")},
		{ID: "IL-31", Title: fleet.Text("GPUs for the surge"), Check: surgeGPUs,
			Asks: fleet.Text("there is room for what the roll needs beside what runs: each pod on one node, whole groups")},
		{ID: "IL-32", Title: fleet.Text("autoscaler"), Check: scalerConflict,
			Asks: fleet.Text("no autoscaler undoes it or stands at its maximum, and nothing cold takes traffic")},
		{ID: "IL-33", Title: fleet.Text("cold start"), RollbackSkips: true, Check: coldStart,
			Asks: fleet.Text("the learned 90th percentile of the time to ready fits deadline and probes")},
		{ID: "IL-34", Title: fleet.Text("hardware of the receivers"), Check: hardware,
			Asks: fleet.Text("no node that may take replicas has a fatal Xid, failed row remap or throttling")},
		{ID: "IL-37", Title: fleet.Text("plan is current"), Check: currentWork,
			Asks: fleet.Text("plan under 10 min old")},
		{ID: "IL-38", Title: fleet.Text("who owns it"), Check: owned,
			Asks: fleet.Text("no controller above it and no repository writes its fields back")},
		{ID: "IL-39", Title: fleet.Text("permission"), Check: mayChange,
			Asks: fleet.Text("writing is allowed and the API server grants every verb of the plan")},
		freezes,
		{ID: "IL-41", Title: fleet.Text("integrity of weights"), RollbackSkips: true, Check: integrity,
			Asks: fleet.Text("replicas publish one manifest, new weights are signed by a known signer, the image is pinned")},
		{ID: "IL-42", Title: fleet.Text("known vulnerabilities"), RollbackSkips: true, Check: vulnerability,
			Asks: fleet.Text("nothing of CVSS 7 or more is open in the new version, by data of at most 45 days")},
		{ID: "IL-43", Title: fleet.Text("driver fits the engine"), Check: driverFit,
			Asks: fleet.Text("every node that may take replicas has a driver for the image's CUDA, and a fixed one")},
		separation,
	}
}

// settledFor is how long a spec must be unchanged before the next roll of it (IL-19).
const settledFor = 10 * time.Minute

func rollInFlight(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	if p.Intent.Kind == actions.KindContinue || !replaces(&p) {
		return pass(fleet.Text("it replaces no replica"))
	}
	return unlessOld(settled(&p.Work.Was, now), &p, stateLife, actions.SeverityOVR, now)
}

func settled(w *fleet.Rollout, now time.Time) actions.Check {
	switch w.Phase {
	case fleet.RolloutDone:
	case fleet.RolloutUnknown, "":
		return missing(actions.SeverityOVR, fleet.Text("whether a roll is in flight is not known"))
	default:
		return verdict(actions.SeverityOVR, fleet.Text("it is "), fleet.Label(string(w.Phase)), fleet.Text(": "), w.Why)
	}
	if w.Now.At.IsZero() {
		return missing(actions.SeverityOVR, fleet.Text("when its version changed is not known"))
	}
	if now.Sub(w.Now.At) < settledFor {
		return verdict(actions.SeverityOVR, fleet.Text("its version changed "), fleet.Age(now.Sub(w.Now.At)), fleet.Text(" ago < "),
			fleet.Age(settledFor))
	}
	return pass(fleet.Text("no roll in flight, its version is "), fleet.Age(now.Sub(w.Now.At)), fleet.Text(" old"), age(now, w.At))
}

// replaces tells whether a plan replaces replicas.
func replaces(p *actions.Plan) bool {
	return p.Work.Rolls() && p.Intent.Kind != actions.KindScale && !p.Work.Draft.Weights
}

// starts tells whether a plan starts replicas somewhere.
func starts(p *actions.Plan) bool {
	return replaces(p) || p.Intent.Kind == actions.KindDrain || adds(p)
}

// adds tells whether a plan asks for more replicas than there are: the draft says how many go, since what is scaled may be
// counted otherwise than what is shown, as the replicas of Ray Serve are, which live in workers.
func adds(p *actions.Plan) bool {
	return p.Intent.Kind == actions.KindScale && p.Work.Draft.Down == 0
}

// keepsImage tells whether the new replicas run the same image as those that run now. Without a name for either nobody
// knows, unless nothing else than a restart is wanted.
func keepsImage(p *actions.Plan) bool {
	now, to := &p.Work.Was.Now, &p.Work.To
	if p.Intent.Kind == actions.KindRestart || adds(p) {
		return true
	}
	return !to.Image.IsEmpty() && to.Image == now.Image && to.Release == now.Release
}

// reweighs tells whether the new replicas load other weights.
func reweighs(p *actions.Plan) bool {
	now, to := &p.Work.Was.Now, &p.Work.To
	return to.IsZero() || now.Weights != to.Weights || now.Revision != to.Revision || now.Manifest != to.Manifest
}

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

func mayChange(p actions.Plan, s *fleet.Snapshot, b actions.Book, now time.Time) actions.Check {
	if c := access(b, now); c.Severity != actions.SeverityPass {
		return c
	}
	if denied := p.Work.Denied; len(denied) > 0 {
		return verdict(actions.SeverityHard, fleet.Join(denied, fleet.Text("; ")))
	}
	if hosted(&p, s) {
		return missing(actions.SeverityWarn, fleet.Text("writing is allowed; whether its API grants it shows when it is written"))
	}
	return pass(fleet.Text("writing is allowed, and the API server was asked"))
}

// hosted tells whether a cloud keeps the machines of the object: nobody but the cloud knows them.
func hosted(p *actions.Plan, s *fleet.Snapshot) bool {
	if s == nil {
		return false
	}
	c := s.Cluster(p.Work.Was.Object.Cluster)
	return c != nil && c.Hosted
}
