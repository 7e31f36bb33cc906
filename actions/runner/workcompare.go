package runner

import (
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// versionLoad is what the replicas of one version do together.
type versionLoad struct {
	replicas int
	requests fleet.Rate
	errors   fleet.Maybe[fleet.Ratio]   // of all requests
	ttft     fleet.Maybe[fleet.Seconds] // the median replica's 95th percentile
	itl      fleet.Maybe[fleet.Seconds]
	output   fleet.Maybe[fleet.Tokens] // mean of one request
}

// compareVersions compares new with old while both serve. decided is false where the stage may go on.
func (k *carrier) compareVersions(n int) (wait time.Duration, decided bool) {
	if k.c.Plan.Intent.Work.ByReadiness {
		return 0, false
	}
	now := k.now()
	snap := k.r.o.Latest()
	if snap == nil {
		return k.unclearVersions(n, fleet.Text("nothing was read yet")), true
	}
	fresh := loadOf(snap, &k.work.plan.Was.Object, k.work.now.UpdatedPods)
	old := loadOf(snap, &k.work.plan.Was.Object, k.work.now.OldPods)
	limits := versionLimits(&old, &fresh)
	k.c.Limits = limits
	k.r.publish(k)
	if broken := brokenLimits(limits); !broken.IsEmpty() {
		if k.work.worse.IsZero() {
			k.work.worse = now
		}
		if now.Sub(k.work.worse) < defaultLasted {
			k.say(fleet.Textf("stage %s: %s, not yet for %s", fleet.Int(n), broken, fleet.Age(defaultLasted)), time.Time{})
			return k.r.o.Poll, true
		}
		k.rollBackWork(fleet.Concat(fleet.Text("the new version is worse: "), broken))
		return 0, true
	}
	k.work.worse = time.Time{}
	requests := float64(fresh.requests) * now.Sub(k.work.reached).Seconds()
	held := now.Sub(k.work.reached) >= k.c.Plan.Steps[n-1].Hold || k.inForce.hurry
	switch {
	case !held:
		return 0, false
	case fresh.replicas == 0:
		return k.unclearVersions(n, fleet.Text("no replica of the new version is read, so nothing shows that it answers well")), true
	case requests < actions.DefaultMinRequests:
		return k.unclearVersions(n, fleet.Textf("the new version took about %s, fewer than %s", fleet.Many(int(requests), "request"),
			fleet.Int(actions.DefaultMinRequests))), true
	case !fresh.errors.OK || !old.errors.OK || !fresh.ttft.OK || !old.ttft.OK:
		return k.unclearVersions(n, fleet.Text("errors or first-token times of one version are not read")), true
	}
	k.work.unclear = time.Time{}
	return 0, false
}

// unclearVersions waits: what is not known never promotes itself. A person who wants the next stage now goes on without.
func (k *carrier) unclearVersions(n int, why fleet.Safe) time.Duration {
	now := k.now()
	if k.work.unclear.IsZero() {
		k.work.unclear = now
	}
	if k.inForce.hurry { // a person saw it and wants to go on
		return k.proven(n)
	}
	return k.hold(fleet.Textf("stage %s, unclear: %s; it waits, and goes on when a person wants the next stage", fleet.Int(n), why))
}

// loadOf sums what the replicas that are these pods do.
func loadOf(s *fleet.Snapshot, o *fleet.ObjectRef, pods []string) versionLoad {
	var v versionLoad
	var failed float64
	var known bool
	var ttft, itl []fleet.Seconds
	var output, weight float64
	for _, r := range replicasOf(s, o, pods) {
		v.replicas++
		rate := float64(r.Load.Requests.Or(0))
		v.requests += fleet.Rate(rate)
		if r.Load.Errors.OK && r.Load.Requests.OK {
			known = true
			failed += rate * float64(r.Load.Errors.V)
		}
		if r.Load.TTFT95.OK {
			ttft = append(ttft, r.Load.TTFT95.V)
		}
		if r.Load.ITL95.OK {
			itl = append(itl, r.Load.ITL95.V)
		}
		if r.Load.OutputMean.OK && rate > 0 {
			output += rate * float64(r.Load.OutputMean.V)
			weight += rate
		}
	}
	if known && v.requests > 0 {
		v.errors = fleet.Some(fleet.Ratio(failed / float64(v.requests)))
	}
	v.ttft, v.itl = median(ttft), median(itl)
	if weight > 0 {
		v.output = fleet.Some(fleet.Tokens(output / weight))
	}
	return v
}

// replicasOf finds the replicas that are these pods, where their pool is read.
func replicasOf(s *fleet.Snapshot, o *fleet.ObjectRef, pods []string) []*fleet.Replica {
	var out []*fleet.Replica
	seen := podsOfModels{}
	for i := range s.Pools {
		p := &s.Pools[i]
		for _, spec := range p.Spec.Replicas {
			pod := s.ReplicaPod(p, &spec)
			if pod.Cluster != o.Cluster || pod.Namespace != o.Namespace || !slices.Contains(pods, pod.Name) {
				continue
			}
			at := slices.IndexFunc(p.Replicas, func(r fleet.Replica) bool { return r.ID == spec.ID })
			if at >= 0 && !p.Replicas[at].Load.At.IsZero() && p.Replicas[at].State != fleet.StateStale && !seen.again(&pod, p) {
				out = append(out, &p.Replicas[at])
			}
		}
	}
	return out
}

// podsOfModels remembers which pod was met for which model. Several pools may have one pod: as pools of several models each sees its
// own part of it, as pools of one model all see the same, which counts once.
type podsOfModels map[podOfModel]bool

type podOfModel struct {
	pod   fleet.ObjectRef
	model fleet.ModelName
}

// again tells whether a pod was met before for the model of a pool, and remembers it. What has no name is nothing that was met.
func (m podsOfModels) again(pod *fleet.ObjectRef, p *fleet.Pool) bool {
	if pod.Name == "" {
		return false
	}
	key := podOfModel{*pod, p.Spec.Model}
	was := m[key]
	m[key] = true
	return was
}

func median(v []fleet.Seconds) fleet.Maybe[fleet.Seconds] {
	if len(v) == 0 {
		return fleet.None[fleet.Seconds]()
	}
	slices.Sort(v)
	return fleet.Some(v[len(v)/2])
}

// versionLimits compares the figures that both versions have.
func versionLimits(old, fresh *versionLoad) []actions.LimitNow {
	var out []actions.LimitNow
	add := func(name, before, now, limit fleet.Safe, ok bool) {
		l := actions.LimitNow{Name: name, Before: before, Now: now, Limit: limit, Verdict: verdictPass}
		if !ok {
			l.Verdict = verdictFail
		}
		out = append(out, l)
	}
	if old.errors.OK && fresh.errors.OK {
		was, is := float64(old.errors.V), float64(fresh.errors.V)
		limit := max(was+actions.ErrorRise, was*actions.ErrorFactor)
		add(fleet.Text("err%"), percent(old.errors), percent(fresh.errors), percent(fleet.Some(fleet.Ratio(limit))), is <= limit)
	}
	seconds := func(name fleet.Safe, was, is fleet.Maybe[fleet.Seconds], factor float64) {
		if !was.OK || !is.OK {
			return
		}
		limit := fleet.Seconds(float64(was.V) * factor)
		add(name, was.V.Text(), is.V.Text(), limit.Text(), is.V <= limit)
	}
	seconds(fleet.Text("ttft95"), old.ttft, fresh.ttft, actions.VersionTTFT)
	seconds(fleet.Text("itl95"), old.itl, fresh.itl, actions.VersionITL)
	if old.output.OK && fresh.output.OK && old.output.V > 0 {
		ratio := float64(fresh.output.V)/float64(old.output.V) - 1
		add(fleet.Text("output"), fleet.Int(int(old.output.V)), fleet.Int(int(fresh.output.V)), fleet.Text("15 % up or down"),
			ratio <= actions.VersionOutput && ratio >= -actions.VersionOutput)
	}
	return out
}

func brokenLimits(limits []actions.LimitNow) fleet.Safe {
	for _, l := range limits {
		if l.Verdict == verdictFail {
			return fleet.Textf("%s is %s, the old version's %s, limit %s", l.Name, l.Now, l.Before, l.Limit)
		}
	}
	return fleet.Safe{}
}
