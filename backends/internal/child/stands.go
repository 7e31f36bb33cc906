package child

import (
	"context"
	"time"

	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

// Stands says how the roll of the Deployment stands: in the order in which kubectl asks, and where it is not done by what
// keeps its pods. Why is empty only where it is done.
func (d *Deployment) Stands(ctx context.Context, c fleet.Objects, now time.Time) (stuck.Verdict, error) {
	called := fleet.Textf("Deployment %s", fleet.Quote(d.Ref.Name))
	if d.Spec.Spec.Paused && d.Seen() {
		return stuck.Verdict{Phase: fleet.RolloutPaused, Why: fleet.Textf("%s is paused", called)}, nil
	}
	moving := d.moving(called)
	if moving.IsEmpty() {
		return stuck.Verdict{Phase: fleet.RolloutDone}, nil
	}
	f := stuck.Facts{Now: now, Generation: d.Spec.Generation, Observed: d.Spec.Status.ObservedGeneration, Unit: "pods",
		Desired: d.Desired(), Available: int(d.Spec.Status.AvailableReplicas), MaxUnavailable: d.Surge().Missing,
		MinReady: time.Duration(d.Spec.Spec.MinReadySeconds) * time.Second, New: d.New, Old: d.Old}
	if s := d.newest(); s != nil {
		f.Refused = stuck.FromReplicaSet(s)
	} else if c := d.progressing("ReplicaSetCreateError"); c != nil {
		f.Refused = &stuck.Refusal{By: "Deployment " + d.Ref.Name, Reason: c.Reason, Message: c.Message, Since: c.LastTransitionTime.Time}
	}
	if err := Surround(ctx, c, d.Ref.Namespace, &f); err != nil {
		return stuck.Verdict{}, err
	}
	return Explain(f, moving, d.late()), nil
}

// Explain says what keeps a roll that is not done. late is that its deadline is over: loading weights takes longer than
// the ten minutes that controllers give by themselves, so that is no failure while pods get on.
func Explain(f stuck.Facts, moving fleet.Safe, late bool) stuck.Verdict {
	v, ok := stuck.Why(f)
	if !ok {
		v = stuck.Verdict{Phase: fleet.RolloutMoving, Why: moving}
	}
	if late && v.Phase == fleet.RolloutMoving {
		v.Phase = fleet.RolloutLate
		v.Why = fleet.Textf("past its progress deadline and still going on: %s", v.Why)
	}
	return v
}

// moving is what kubectl would say; "" where the roll is done.
func (d *Deployment) moving(called fleet.Safe) fleet.Safe {
	s, want := &d.Spec.Status, int32(d.Desired())
	switch {
	case !d.Seen():
		return fleet.Textf("the controller of %s has not seen its newest change", called)
	case s.UpdatedReplicas < want:
		return fleet.Textf("%s of %s replicas of %s are updated", fleet.Int(int(s.UpdatedReplicas)), fleet.Int(int(want)), called)
	case s.Replicas > s.UpdatedReplicas:
		return fleet.Textf("%s of %s %s leaving", fleet.Many(int(s.Replicas-s.UpdatedReplicas), "old replica"), called,
			fleet.Verb(int(s.Replicas-s.UpdatedReplicas), "is", "are"))
	case s.AvailableReplicas < s.UpdatedReplicas:
		return fleet.Textf("%s of %s updated replicas of %s are available", fleet.Int(int(s.AvailableReplicas)),
			fleet.Int(int(s.UpdatedReplicas)), called)
	}
	return fleet.Safe{}
}

func (d *Deployment) late() bool { return d.progressing("ProgressDeadlineExceeded") != nil }
