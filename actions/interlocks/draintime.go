package interlocks

import (
	"math"
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// loadLife is how old the durations of requests may be.
const loadLife = 2 * time.Minute

// drainTime is IL-30: whether requests end before the replica that has them is killed.
func drainTime(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	if p.Intent.Kind == actions.KindDrain {
		return drainOfNode(&p, s, now)
	}
	if !replaces(&p) && p.Work.Draft.Down == 0 {
		return pass(fleet.Text("it stops no replica"))
	}
	return eachPool(&p, s, func(pool *fleet.Pool) actions.Check { return endsInTime(&p.Work.Was.Shutdown, pool, now) })
}

// eachPool asks one thing of each pool that the object serves, and takes the worst answer.
func eachPool(p *actions.Plan, s *fleet.Snapshot, ask func(*fleet.Pool) actions.Check) actions.Check {
	var pools []*fleet.Pool
	for _, id := range p.Work.Serving() {
		pools = append(pools, s.Pool(id))
	}
	return worstPool(pools, ask)
}

// worstPool asks one thing of each pool, of nil where there is none, and takes the worst answer.
func worstPool(pools []*fleet.Pool, ask func(*fleet.Pool) actions.Check) actions.Check {
	if len(pools) == 0 {
		return ask(nil)
	}
	if len(pools) == 1 {
		return ask(pools[0])
	}
	var out actions.Check
	for i, pool := range pools {
		c := ask(pool)
		if pool != nil {
			c.Formula = fleet.Concat(fleet.Text("pool "), fleet.Label(string(pool.Spec.ID)), fleet.Text(": "), c.Formula)
		}
		if i == 0 {
			out = c
		} else {
			out = worse(out, c)
		}
	}
	return out
}

func drainOfNode(p *actions.Plan, s *fleet.Snapshot, now time.Time) actions.Check {
	var out actions.Check
	for i := range p.Work.Draft.Leaves {
		l := &p.Work.Draft.Leaves[i]
		pools := poolsOfPod(s, l)
		if len(pools) == 0 && l.GPUs == 0 {
			continue // it serves no model that pitwall sees
		}
		c := worstPool(pools, func(pool *fleet.Pool) actions.Check { return endsInTime(&l.Shutdown, pool, now) })
		c.Formula = fleet.Concat(fleet.Label(l.Pod.Name), fleet.Text(": "), c.Formula)
		out = worse(out, c)
	}
	switch {
	case out.Formula.IsEmpty() && len(p.Work.Draft.Leaves) == 0 && evicts(p):
		return missing(actions.SeverityOVR, fleet.Text("which pods leave, and how long they have, is not known"))
	case out.Formula.IsEmpty():
		return pass(fleet.Text("no pod of a pool leaves"))
	}
	return out
}

// endsInTime compares the 99th percentile of durations with what is left of the grace period.
func endsInTime(d *fleet.Shutdown, pool *fleet.Pool, now time.Time) actions.Check {
	if !d.Grace.OK || !d.PreStop.OK || !d.Engine.OK {
		known := fleet.Concat(fleet.Text("grace "), orUnknown(d.Grace), fleet.Text(", hook "), orUnknown(d.PreStop),
			fleet.Text(", engine timeout "), orUnknown(d.Engine))
		if d.Grace.OK && d.PreStop.V+d.Engine.V >= d.Grace.V {
			return verdict(actions.SeverityBlock, known, fleet.Text(": nothing is left of the grace period"))
		}
		return missing(actions.SeverityOVR, fleet.Text("how long a replica has to end its requests is not known: "), known)
	}
	left := d.Grace.V - d.PreStop.V - d.Engine.V
	terms := fleet.Concat(seconds(max(0, left)), fleet.Text(" = "), seconds(d.Grace.V), fleet.Text(" grace - "), seconds(d.PreStop.V),
		fleet.Text(" hook - "), seconds(d.Engine.V), fleet.Text(" engine timeout"))
	switch {
	case left <= 0:
		c := verdict(actions.SeverityBlock, terms, fleet.Text(": it is killed before it can end anything"))
		c.Fix = fleet.Text("raise terminationGracePeriodSeconds above hook and engine timeout")
		return c
	case pool == nil:
		return missing(actions.SeverityOVR, fleet.Text("how long its requests take is not known: no pool is read of it; it has "), terms)
	case !pool.Load.E2E99.OK:
		return missing(actions.SeverityOVR, fleet.Text("how long its requests take is not known; it has "), terms)
	case now.Sub(pool.Load.At) > loadLife:
		return missing(actions.SeverityOVR, fleet.Text("how long its requests take was read too long ago"), age(now, pool.Load.At),
			fleet.Text("; it has "), terms)
	}
	p99 := time.Duration(float64(pool.Load.E2E99.V) * float64(time.Second))
	most := fleet.Concat(fleet.Text("99 % of requests end within "), seconds(p99))
	if p99 > left {
		c := verdict(actions.SeverityOVR, most, fleet.Text(" > "), terms, fleet.Text(": the longest are cut off"), age(now, pool.Load.At))
		c.Fix = fleet.Text("raise terminationGracePeriodSeconds, or take its traffic away first")
		return c
	}
	return pass(most, fleet.Text(" <= "), terms, age(now, pool.Load.At))
}

func orUnknown(d fleet.Maybe[time.Duration]) fleet.Safe {
	if !d.OK {
		return fleet.Text("-")
	}
	return seconds(d.V)
}

// seconds draws a duration without losing any of them, so that a formula can be checked: "615s".
func seconds(d time.Duration) fleet.Safe {
	return fleet.Concat(grouped(math.Ceil(d.Seconds())), fleet.Text("s"))
}

// poolsOfPod are the pools that a pod serves; none where none is known.
func poolsOfPod(s *fleet.Snapshot, l *fleet.Leaving) []*fleet.Pool {
	var out []*fleet.Pool
	for i := range s.Pools {
		spec := &s.Pools[i].Spec
		w := spec.Workload
		if w.Name != "" && w.Cluster == l.Of.Cluster && w.Kind == l.Of.Kind && w.Namespace == l.Of.Namespace && w.Name == l.Of.Name {
			out = append(out, &s.Pools[i])
			continue
		}
		if slices.ContainsFunc(spec.Replicas, func(r fleet.ReplicaSpec) bool {
			pod := s.ReplicaPod(&s.Pools[i], &r)
			return pod.Cluster == l.Pod.Cluster && pod.Namespace == l.Pod.Namespace && pod.Name == l.Pod.Name && pod.Name != ""
		}) {
			out = append(out, &s.Pools[i])
		}
	}
	return out
}
