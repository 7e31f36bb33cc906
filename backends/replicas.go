package backends

import (
	"time"

	"pitwall/fleet"
)

// replica builds one replica. answered is when gateways last counted an answer of its pool.
func (w *world) replica(
	spec fleet.PoolSpec, r fleet.ReplicaSpec, answered, now time.Time,
) (fleet.Replica, []*engineSeries) {
	out := fleet.Replica{ID: r.ID, Node: r.Node, State: fleet.StateUnknown, Why: fleet.Text("not read yet")}
	s := w.index.replica(spec.ID, r.ID)
	if s == nil {
		return unread(out, r), nil
	}
	out.Source, out.At, out.Version, out.Health = s.spec.ID, s.status.LastGood, s.status.Version, s.last.Health
	var engines []*engineSeries
	for _, e := range w.engines[s.spec.ID] {
		if ofModel(spec.Model, e.last.Model) {
			engines = append(engines, e)
			if e.last.Asleep.OK {
				out.Asleep = fleet.Some(out.Asleep.V || e.last.Asleep.V)
			}
		}
	}
	out.Engines = len(engines)
	out.Load = engineLoad(engines)
	out.Load.At = s.status.LastGood
	if watch := w.progress[s.spec.ID]; watch != nil {
		out.Progress = watch.value()
	}
	frozen := w.enginePageFrozen(s, spec, answered)
	lost := w.enginePageLost(s, spec, answered, now)
	past := s.stale(now) || frozen.state != "" || lost.state != ""
	if past {
		out.Progress = fleet.Progress{LastToken: out.Progress.LastToken} // what moved then proves nothing now
	}
	out.State, out.Why = replicaState(&out, s, w.index.lostWay(s), lost, frozen, now)
	out.Trends = w.loadTrends("replica/"+string(r.ID), w.replicaSpan(), out.Load, now)
	if past {
		return out, nil // what it did last is shown on its row, and not summed into the present
	}
	return out, engines
}

// settleReplicas records the states of the replicas that are read.
func (w *world) settleReplicas(list []fleet.Replica, now time.Time) {
	for i := range list {
		if r := &list[i]; r.Source != "" {
			w.settle("replica/"+string(r.ID), r.State, fleet.Label(string(r.ID)), r.Why, now)
		}
	}
}

// unread is a replica that nothing reads: what discovery knows of it is all that there is.
func unread(out fleet.Replica, r fleet.ReplicaSpec) fleet.Replica {
	out.Why = fleet.Text("no source is configured")
	if !r.Why.IsEmpty() {
		out.Why = r.Why
	}
	if r.State != "" && r.State != fleet.StateOK { // a pod that is well is not therefore a replica that serves
		out.State = r.State
	}
	return out
}

// replicaState judges one replica: up means that tokens move.
func replicaState(r *fleet.Replica, s, way *sourceState, lost, frozen judgement, now time.Time) (fleet.State, fleet.Safe) {
	return firstOf(lost, replicaReach(s, way, now), frozen, replicaProgress(r, s.last.NotReady), replicaLoad(r))
}

// wayGone judges what is read through a system that does not answer: its own state is not known, so that it is not down.
func wayGone(s, lost *sourceState, now time.Time) judgement {
	why := fleet.Textf("%s, through which it is read, does not answer", fleet.Label(string(lost.spec.ID)))
	if s.status.LastGood.IsZero() {
		return judgement{fleet.StateUnknown, why}
	}
	return judgement{fleet.StateStale, fleet.Textf("last read %s ago: %s", fleet.Age(now.Sub(s.status.LastGood)), why)}
}

// replicaReach says when a replica is not read. lost is the way to it, where that is gone.
func replicaReach(s, lost *sourceState, now time.Time) judgement {
	st := &s.status
	switch {
	case lost != nil && (st.Failing >= failuresToSay || s.stale(now)):
		return wayGone(s, lost, now)
	case st.Failing >= failuresToSay && gone(st):
		return judgement{fleet.StateDown, st.Cause}
	case st.LastGood.IsZero() && st.Failing == 0:
		return judgement{fleet.StateUnknown, fleet.Text("not read yet")}
	case st.LastGood.IsZero() && st.Cause.IsEmpty():
		return judgement{fleet.StateUnknown, st.Err}
	case st.LastGood.IsZero():
		return judgement{fleet.StateUnknown, st.Cause}
	case s.stale(now):
		return judgement{fleet.StateStale, fleet.Concat(fleet.Text("last read "), fleet.Age(now.Sub(st.LastGood)), fleet.Text(" ago"))}
	default:
		return judgement{}
	}
}

// gone tells whether the last failure was that nothing answered.
func gone(st *fleet.SourceStatus) bool {
	return st.ErrKind == fleet.KindUnreachable || st.ErrKind == fleet.KindTimeout
}

// replicaProgress says when a replica that answers does not work.
func replicaProgress(r *fleet.Replica, notReady fleet.Safe) judgement {
	still := r.Progress.Moving.OK && !r.Progress.Moving.V
	switch {
	case still && r.Progress.Stalled >= stallDown:
		return judgement{fleet.StateDown, r.Progress.Why}
	case still:
		return judgement{fleet.StateCrit, r.Progress.Why}
	case !notReady.IsEmpty():
		return judgement{fleet.StateWarn, fleet.Concat(fleet.Text("answers, not ready: "), notReady)}
	case r.Health.OK && !r.Health.V:
		return judgement{fleet.StateDown, fleet.Text("its health endpoint says it is dead")}
	default:
		return judgement{}
	}
}

// replicaLoad says what a working replica lacks, and when it has nothing to do.
func replicaLoad(r *fleet.Replica) judgement {
	switch {
	case r.Engines == 0:
		return judgement{fleet.StateWarn, fleet.Text("reports no engine of this pool's model")}
	case r.Asleep.OK && r.Asleep.V:
		return judgement{fleet.StateStandby, fleet.Text("asleep")}
	case r.Load.KV.OK && r.Load.KV.V >= kvFull:
		return judgement{fleet.StateWarn, fleet.Concat(fleet.Text("KV cache "), r.Load.KV.V.Whole(), fleet.Text("%"))}
	case blind(r.Load):
		return judgement{fleet.StateWarn, fleet.Text("its page has neither queue nor token counters")}
	case idle(r.Load):
		return judgement{state: fleet.StateIdle}
	default:
		return judgement{}
	}
}

// isReady tells whether a replica can take traffic now, as far as is known.
func isReady(r fleet.Replica) bool {
	switch r.State {
	case fleet.StateOK, fleet.StateIdle, fleet.StateWarn:
		return r.Engines > 0 && r.Health.Or(true)
	default:
		return false
	}
}
