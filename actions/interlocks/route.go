package interlocks

import (
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// heldRoute is IL-20. This process's own lock and change on the plan's route do not hold it against itself.
func heldRoute(p actions.Plan, _ *fleet.Snapshot, b actions.Book, now time.Time) actions.Check {
	return held(p, b, now, func(c *actions.Change) bool { return c.Plan.Route.ID == p.Route.ID })
}

// held asks whether somebody else holds the lock of a plan's object, or has a change open on it.
func held(p actions.Plan, b actions.Book, now time.Time, same func(*actions.Change) bool) actions.Check {
	if b.At.IsZero() {
		return missing(actions.SeverityBlock, fleet.Text("the journal and the locks could not be read"))
	}
	if l := b.LockOn(p.Route.ID); l != nil {
		if c := locked(l, now); c.Severity != actions.SeverityPass {
			return c
		}
	}
	for i := range b.Changes {
		c := &b.Changes[i]
		if !same(c) || c.State.Closed() || c.Guard.Mine && c.Plan.Digest == p.Digest {
			continue
		}
		return verdict(actions.SeverityBlock, fleet.Text("change "), fleet.Label(string(c.ID)), fleet.Text(" is "),
			fleet.Label(string(c.State)), fleet.Text(" on this "), fleet.Label(p.ObjectKind()), fleet.Text(": finish, undo or abandon it first"))
	}
	if !b.LockWarn.IsEmpty() {
		return verdict(actions.SeverityWarn, b.LockWarn)
	}
	if !b.LockScope.IsEmpty() {
		return pass(fleet.Text("nobody holds it; lock: "), b.LockScope)
	}
	return pass(fleet.Text("nobody holds it"), age(now, b.At))
}

// locked judges a lock on the route. A lock that ran out may be taken over; so may a change go on whose own lock is
// held here while a lock service cannot be asked.
func locked(l *actions.Lock, now time.Time) actions.Check {
	switch {
	case !l.Err.IsEmpty() && l.Mine:
		return missing(actions.SeverityOVR, fleet.Text("held here, but elsewhere cannot be asked: "), l.Err)
	case !l.Err.IsEmpty():
		return missing(actions.SeverityBlock, fleet.Text("the lock cannot be read: "), l.Err)
	case l.Mine:
		return pass(fleet.Text("held here"))
	}
	who := fleet.Concat(l.Holder.Text(), fleet.Text(" on "), fleet.Label(l.Holder.Host), fleet.Text(" (pid "),
		fleet.Int(l.PID),
		fleet.Text(") holds the route for change "), fleet.Label(string(l.Change)))
	if !l.Expires.IsZero() && now.After(l.Expires) {
		return verdict(actions.SeverityOVR, who, fleet.Text("; it ran out "), fleet.Age(now.Sub(l.Expires)),
			fleet.Text(" ago"))
	}
	return verdict(actions.SeverityBlock, who, fleet.Text(" until "), fleet.ClockTime(l.Expires))
}

// The cool-down of IL-21: the longer of a fixed time and three windows of the guard.
const (
	coolDownTime    = 5 * time.Minute
	coolDownWindows = 3
	reversalMax     = 3
)

// coolDown is IL-21: the last change of the route, whoever made it in this journal, and how often its weights turned
// back.
func coolDown(p actions.Plan, s *fleet.Snapshot, b actions.Book, now time.Time) actions.Check {
	r := route(p, s)
	if r == nil || b.At.IsZero() {
		return missing(actions.SeverityWarn, fleet.Text("past changes of the route are unknown"))
	}
	if r.Reversals >= reversalMax {
		return verdict(actions.SeverityBlock, fleet.Many(r.Reversals, "reversal"),
			fleet.Text(" in 30 min >= 3: find the cause first"))
	}
	var last *actions.Change
	for i := range b.Changes {
		c := &b.Changes[i]
		if c.Plan.Route.ID == p.Route.ID && c.State.Closed() && c.Step > 0 && (last == nil || c.Ended.After(last.Ended)) {
			last = c
		}
	}
	if last == nil {
		return pass(fleet.Text("no earlier change, "), fleet.Many(r.Reversals, "reversal"), fleet.Text(" in 30 min"))
	}
	since := fleet.Concat(fleet.Text("last change "), fleet.Age(now.Sub(last.Ended)), fleet.Text(" ago by "),
		last.Approval.By.Text())
	rest := max(coolDownTime, coolDownWindows*p.Guard.For)
	if now.Sub(last.Ended) < rest {
		return verdict(actions.SeverityOVR, since, fleet.Text(" < "), fleet.Age(rest))
	}
	return pass(since, fleet.Text(" >= "), fleet.Age(rest))
}

// replicasAgree is IL-36. A resync is how the disagreement is mended, so it only warns there.
func replicasAgree(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	r := route(p, s)
	if r == nil || len(r.Replicas) == 0 {
		return missing(actions.SeverityOVR, fleet.Text("no gateway replica was read"))
	}
	severity := actions.SeverityBlock
	if p.Intent.Kind == actions.KindResync {
		severity = actions.SeverityWarn
	}
	var oldest time.Time
	seen := map[string]bool{}
	unread := unlisted(r, s.Gateway(p.Gateway))
	var differs fleet.Safe
	for _, v := range r.Replicas {
		if v.Stale || v.Hash == "" {
			unread++
			continue
		}
		seen[v.Hash] = true
		if v.Differs {
			differs = fleet.Concat(fleet.Label(string(v.ID)), fleet.Text(" holds "), v.Weights.Text(p.Order))
		}
		if oldest.IsZero() || v.At.Before(oldest) {
			oldest = v.At
		}
	}
	switch {
	case len(seen) > 1:
		c := verdict(severity, fleet.Many(len(seen), "different state"), fleet.Text(" over "), fleet.Many(len(r.Replicas), "replica"),
			fleet.Text(": "), differs, age(now, oldest))
		c.Fix = fleet.Text("R resyncs the replica that differs")
		return c
	case unread > 0 || len(seen) == 0:
		return missing(min(severity, actions.SeverityOVR), fleet.Int(unread), fleet.Text(" of "), fleet.Int(len(r.Replicas)),
			fleet.Text(" replicas do not answer"))
	default:
		return pass(fleet.Int(len(r.Replicas)), fleet.Text("/"), fleet.Many(len(r.Replicas), "replica"),
			fleet.Verb(len(r.Replicas), " holds its weights", " hold the same weights"), age(now, oldest))
	}
}

// unlisted counts the declared replicas of a gateway that the route knows nothing of.
func unlisted(r *fleet.Route, g *fleet.Gateway) int {
	if g == nil {
		return 0
	}
	n := 0
	for _, spec := range g.Spec.Replicas {
		if !slices.ContainsFunc(r.Replicas, func(v fleet.RouteReplica) bool { return v.ID == spec.ID }) {
			n++
		}
	}
	return n
}

// currentPlan is IL-37.
func currentPlan(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	r := route(p, s)
	if r == nil {
		return missing(actions.SeverityHard, fleet.Text("the route is not in the fleet as read now: plan again"))
	}
	old := now.Sub(p.Created)
	switch {
	case p.Created.IsZero() || old < 0:
		return missing(actions.SeverityHard, fleet.Text("when it was planned is unknown: plan again"))
	case old > actions.PlanLife:
		return verdict(actions.SeverityHard, fleet.Text("planned "), fleet.Age(old), fleet.Text(" ago > 10m: plan again"))
	}
	found := false
	for _, v := range r.Replicas {
		if v.Stale || v.Hash == "" || p.Intent.Kind == actions.KindResync && v.ID == p.Intent.Replica {
			continue
		}
		if v.Hash == p.BeforeHash {
			found = true
		}
	}
	if !found {
		return verdict(actions.SeverityHard, fleet.Text("planned on "), p.Before.Text(p.Order),
			fleet.Text(", no replica holds that now: plan again"))
	}
	if r.Hash != "" && r.Hash != p.BeforeHash {
		return verdict(actions.SeverityHard, fleet.Text("planned on "), p.Before.Text(p.Order),
			fleet.Text(", the gateway holds "),
			r.Weights.Text(p.Order), fleet.Text(": plan again"))
	}
	return pass(fleet.Text("planned "), fleet.Age(old), fleet.Text(" ago <= 10m, weights unchanged"))
}

// permission is IL-39.
func permission(p actions.Plan, s *fleet.Snapshot, b actions.Book, now time.Time) actions.Check {
	if c := access(b, now); c.Severity != actions.SeverityPass {
		return c
	}
	var g *fleet.Gateway
	if s != nil {
		g = s.Gateway(p.Gateway)
	}
	switch {
	case g == nil || !g.Writable.OK:
		return missing(actions.SeverityWarn,
			fleet.Text("whether the gateway can be written is unknown: it is tried and reported"))
	case !g.Writable.V:
		return verdict(actions.SeverityHard, g.WritableWhy)
	default:
		return pass(fleet.Text("writing is allowed, "), g.WritableWhy)
	}
}

// access tells whether this process may write at all.
func access(b actions.Book, now time.Time) actions.Check {
	if until := b.Access.ArmedUntil; !until.IsZero() && now.After(until) {
		return verdict(actions.SeverityHard, fleet.Text("writing was allowed until "), fleet.ClockTime(until))
	}
	if !b.Access.Write {
		why := b.Access.Why
		if why.IsEmpty() {
			why = fleet.Text("this console is read-only")
		}
		return verdict(actions.SeverityHard, why)
	}
	return pass(fleet.Text("writing is allowed"))
}

// drillSeparation is IL-45.
func drillSeparation(p actions.Plan, s *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	if s == nil || s.Mode == "" || p.Mode == "" {
		return missing(actions.SeverityHard, fleet.Text("the mode of plan or fleet is unknown"))
	}
	if s.Mode != p.Mode || s.Context != p.Context {
		return verdict(actions.SeverityHard, fleet.Text("planned for "), fleet.Label(p.Context), fleet.Text(" ("),
			fleet.Label(string(p.Mode)), fleet.Text("), this is "), fleet.Label(s.Context), fleet.Text(" ("),
			fleet.Label(string(s.Mode)), fleet.Text(")"))
	}
	return pass(fleet.Text("plan and fleet are both "), fleet.Label(string(p.Mode)))
}
