package actions

import (
	"slices"
	"time"

	"pitwall/fleet"
)

// FailoverRun is one failover as the journal tells it: the changes that belong to it, by stage, each in the order of their numbers.
type FailoverRun struct {
	ID      string
	Origin  Origin
	Split   Split
	Runbook string
	Started time.Time
	Leaves  []Change
	Warms   []Change
	Settles []Change
	Returns []Change
}

// Failovers folds changes into failovers, the newest first.
func Failovers(b Book) []FailoverRun {
	var runs []FailoverRun
	for i := range b.Changes {
		c := &b.Changes[i]
		part := c.Plan.Intent.Failover
		if part == nil {
			continue
		}
		at := slices.IndexFunc(runs, func(r FailoverRun) bool { return r.ID == part.ID })
		if at < 0 {
			at = len(runs)
			runs = append(runs, FailoverRun{ID: part.ID, Origin: part.Origin, Split: part.Split, Runbook: part.Runbook, Started: c.Started})
		}
		r := &runs[at]
		if c.Started.Before(r.Started) {
			r.Started = c.Started
		}
		switch part.Stage {
		case StageWarm:
			r.Warms = append(r.Warms, *c)
		case StageSettle:
			r.Settles = append(r.Settles, *c)
		case StageReturn:
			r.Returns = append(r.Returns, *c)
		default:
			r.Leaves = append(r.Leaves, *c)
		}
	}
	for i := range runs {
		for _, list := range [][]Change{runs[i].Leaves, runs[i].Warms, runs[i].Settles, runs[i].Returns} {
			slices.SortStableFunc(list, func(a, b Change) int { return a.Seq - b.Seq })
		}
	}
	slices.SortStableFunc(runs, func(a, b FailoverRun) int { return b.Started.Compare(a.Started) })
	return runs
}

// Open are the changes of a failover that are not closed.
func (r *FailoverRun) Open() []*Change {
	var out []*Change
	for _, list := range [][]Change{r.Leaves, r.Warms, r.Settles, r.Returns} {
		for i := range list {
			if !list[i].State.Closed() {
				out = append(out, &list[i])
			}
		}
	}
	return out
}

// Over tells whether the load is back, or was never moved: nothing is left to do.
func (r *FailoverRun) Over() bool {
	if len(r.Open()) > 0 {
		return false
	}
	for i := range r.Leaves {
		c := &r.Leaves[i]
		if c.State == StateCommitted && c.Undone == "" && !r.returned(c.Plan.Route.ID) {
			return false
		}
	}
	return true
}

func (r *FailoverRun) returned(route fleet.RouteID) bool {
	return slices.ContainsFunc(r.Returns, func(c Change) bool { return c.Plan.Route.ID == route && c.State == StateCommitted })
}

// Drain is what is still in the origin after load was led away from it. Nothing is cut: pitwall only waits and tells.
type Drain struct {
	InFlight fleet.Maybe[fleet.Count]
	Since    time.Time // last write that led load away; zero while load is still being led away
	Stuck    bool      // longer than DrainFor
	Shared   bool      // something else still sends to the origin: what is in flight there is not only what was
}

// Next is what a failover can do next.
type Next struct {
	Stage FailoverStage
	Ready bool
	Why   fleet.Safe // what it is, or what it waits for
}

// Standing is how a failover stands on a fleet as read now.
type Standing struct {
	Moved Progress // routes whose end weights every replica holds, of those that are led away
	// Unstarted are routes that were to be led away with the others and of which no change was begun.
	Unstarted []fleet.RouteID
	Drain     Drain
	Warm      []Warmup
	Next      []Next
	Over      bool
}

// Progress is how many of all are done.
type Progress struct{ Done, Of int }

// Stand tells how a failover stands. It is pure.
func (r *FailoverRun) Stand(s *fleet.Snapshot, now time.Time) Standing {
	out := Standing{Over: r.Over(), Unstarted: r.unstarted()}
	out.Moved.Of = len(r.Leaves) + len(out.Unstarted)
	for i := range r.Leaves {
		if s := r.Leaves[i].State; s == StateSoaking || s == StateCommitted {
			out.Moved.Done++
		}
	}
	if s == nil {
		return out
	}
	out.Drain = r.drain(s, now)
	out.Warm = r.warming(s)
	out.Next = r.next(s, out, now)
	return out
}

// unstarted are routes that were confirmed and have no change: it was refused at its start, or whoever started them ended before.
func (r *FailoverRun) unstarted() []fleet.RouteID {
	if len(r.Leaves) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.Leaves[0].Plan.Intent.Failover.Together), func(id fleet.RouteID) bool {
		return slices.ContainsFunc(r.Leaves, func(c Change) bool { return c.Plan.Route.ID == id })
	})
}

func (r *FailoverRun) drain(s *fleet.Snapshot, now time.Time) Drain {
	d := Drain{InFlight: r.Origin.InFlight(s)}
	for i := range r.Leaves {
		c := &r.Leaves[i]
		if c.State != StateSoaking && c.State != StateCommitted {
			if !c.State.Closed() {
				d.Since = time.Time{}
				break
			}
			continue
		}
		for k := range c.Steps {
			if at := c.Steps[k].Verified; at.After(d.Since) {
				d.Since = at
			}
		}
	}
	for i := range s.Routes {
		d.Shared = d.Shared || r.Origin.Gets(s, &s.Routes[i])
	}
	d.Stuck = !d.Since.IsZero() && !d.Shared && d.InFlight.V > 0 && now.Sub(d.Since) > DrainFor
	return d
}

// warming is how the pools stand that the failover started.
func (r *FailoverRun) warming(s *fleet.Snapshot) []Warmup {
	var out []Warmup
	for i := range r.Warms {
		c := &r.Warms[i]
		if c.State == StateAborted || c.State == StateRolledBack || c.Plan.Work == nil {
			continue
		}
		w := Warmup{Pool: c.Plan.Work.Pool, Object: c.Plan.Intent.Work.Object, Replicas: c.Plan.Intent.Work.Want.Replicas.Or(0)}
		if p := s.Pool(w.Pool); p != nil {
			w.Ready = p.Ready
		}
		out = append(out, w)
	}
	return out
}

func (r *FailoverRun) next(s *fleet.Snapshot, at Standing, now time.Time) []Next {
	if at.Over || len(r.Returns) > 0 && len(r.Open()) > 0 {
		return nil
	}
	var out []Next
	moving := slices.ContainsFunc(r.Leaves, func(c Change) bool { return !c.State.Closed() })
	since, why := r.WellSince(s)
	if open := len(r.Open()) > 0; !open && since.OK && now.Sub(since.V) >= CleanFor {
		// What is well again gets its load back: to settle somewhere else first is no step on the way, and F means the first that is ready.
		return []Next{{Stage: StageReturn, Ready: true, Why: fleet.Concat(r.Origin.Text(), fleet.Text(" is well since "),
			fleet.Age(now.Sub(since.V)))}}
	}
	if len(r.Settles) == 0 && r.rents(s) {
		if w := slices.IndexFunc(at.Warm, Warmup.Warm); w >= 0 {
			n := Next{Stage: StageSettle, Ready: !moving, Why: fleet.Concat(fleet.Label(string(at.Warm[w].Pool)), fleet.Text(" is warm: "),
				fleet.Many(at.Warm[w].Ready, "replica"), fleet.Text(" ready"))}
			if moving {
				n.Why = fleet.Concat(n.Why, fleet.Text("; load is still being led away, or watched"))
			}
			out = append(out, n)
		} else if len(at.Warm) > 0 {
			out = append(out, Next{Stage: StageSettle, Why: fleet.Concat(fleet.Label(string(at.Warm[0].Pool)), fleet.Text(" warms up: "),
				fleet.Int(at.Warm[0].Ready), fleet.Text(" of "), fleet.Many(at.Warm[0].Replicas, "replica"), fleet.Text(" ready"))})
		}
	}
	switch {
	case len(r.Open()) > 0:
		out = append(out, Next{Stage: StageReturn, Why: fleet.Text("its changes are still watched")})
	case !since.OK:
		out = append(out, Next{Stage: StageReturn, Why: why})
	default:
		out = append(out, Next{Stage: StageReturn, Why: fleet.Concat(r.Origin.Text(), fleet.Text(" is well since "), fleet.Age(now.Sub(since.V)),
			fleet.Text(", "), fleet.Age(CleanFor), fleet.Text(" are asked"))})
	}
	return out
}

// rents tells whether a rented member carries a greater share of a route than before the failover: what a second stage would take.
func (r *FailoverRun) rents(s *fleet.Snapshot) bool {
	for i := range r.Leaves {
		c := &r.Leaves[i]
		route := s.RouteOf(c.Plan.Route)
		if route == nil || c.State == StateAborted || c.State == StateRolledBack {
			continue
		}
		end := c.Plan.After // while it is under way
		if c.State.Closed() {
			end = route.Held()
		}
		for id := range end {
			if t := route.Target(id); t != nil && t.Spec.Provider != "" && end.Share(id).Or(0) > c.Plan.Before.Share(id).Or(0) {
				return true
			}
		}
	}
	return false
}

// WellSince is since when everything that the failover left is well; unknown, with the reason, while something is not. A pool is
// well while its replicas are ready and nothing is wrong with it, a provider while what is measured of it is well; where live probes are
// sent, none of them may have failed since.
func (r *FailoverRun) WellSince(s *fleet.Snapshot) (fleet.Maybe[time.Time], fleet.Safe) {
	none := fleet.None[time.Time]()
	var since time.Time
	n := 0
	for i := range r.Leaves {
		route := s.RouteOf(r.Leaves[i].Plan.Route)
		if route == nil {
			continue
		}
		for k := range route.Targets {
			t := &route.Targets[k]
			if r.Leaves[i].Plan.Before[t.Spec.ID] <= r.Leaves[i].Plan.After[t.Spec.ID] {
				continue
			}
			at, why := wellSince(s, t)
			if !at.OK {
				return none, why
			}
			n++
			if at.V.After(since) {
				since = at.V
			}
		}
	}
	if n == 0 {
		return none, fleet.Text("nothing that was left is a member of its route any more")
	}
	if since.IsZero() {
		return none, fleet.Concat(r.Origin.Text(), fleet.Text(" is well, since when is not known"))
	}
	return fleet.Some(since), fleet.Safe{}
}

func wellSince(s *fleet.Snapshot, t *fleet.Target) (fleet.Maybe[time.Time], fleet.Safe) {
	state, since, why := t.State, time.Time{}, t.Why
	if p := s.Pool(t.Spec.Pool); p != nil {
		state, since, why = p.State, p.Since, p.Why
		if p.Ready == 0 {
			return fleet.None[time.Time](), fleet.Concat(fleet.Label(string(p.Spec.ID)), fleet.Text(" has no replica that is ready"))
		}
	} else if p := s.Provider(t.Spec.Provider); p != nil {
		state, since, why = p.Measured, p.Since, p.Why
	}
	if t.Probe != nil && t.Probe.Paused.IsEmpty() { // where live probes are sent, they say since when it answers
		if !t.ProbesCleanSince.OK {
			return fleet.None[time.Time](), fleet.Concat(fleet.Text("the last live probe of "), fleet.Label(string(t.Spec.ID)),
				fleet.Text(" failed or is old"))
		}
		if t.ProbesCleanSince.V.After(since) {
			since = t.ProbesCleanSince.V
		}
	}
	if state != fleet.StateOK && state != fleet.StateIdle && state != fleet.StateStandby {
		return fleet.None[time.Time](), fleet.Join([]fleet.Safe{fleet.Concat(fleet.Label(string(t.Spec.ID)), fleet.Text(" is "),
			fleet.Label(string(state))), why}, fleet.Text(": "))
	}
	return fleet.Some(since), fleet.Safe{}
}
