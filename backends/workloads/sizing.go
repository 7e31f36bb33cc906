package workloads

import (
	"context"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/owner"
	"pitwall/fleet"
)

const replicasAt = "/spec/replicas"

// resize drafts another number of replicas, through the part "scale".
func (s *scene) resize(ctx context.Context, w fleet.Want) (fleet.Draft, error) {
	n, now := w.Replicas.V, s.out.Desired
	switch sc := &s.out.Scaler; {
	case !w.Replicas.OK || n < 0:
		return fleet.Draft{}, s.refuse(fleet.KindInvalid, "no number of replicas is given")
	case n == now:
		return fleet.Draft{}, s.refuse(fleet.KindInvalid, "it asks for "+fleet.Int(n).String()+" already")
	case sc.Exists() && sc.Held.String() == pausedWhereItWas: // KEDA sets nothing then
	case sc.Exists() && !sc.Held.IsEmpty():
		return fleet.Draft{}, s.refuse(fleet.KindUnsupported, fleet.Textf("%s %s is held (%s) and sets any other number back at once; hold "+
			"it at %s instead",
			fleet.Quote(sc.Object.Kind), fleet.Quote(sc.Object.Name), sc.Held, fleet.Int(n)).String())
	case sc.Exists():
		return fleet.Draft{}, s.refuse(fleet.KindUnsupported, fleet.Textf("%s %s (%s to %s, wants %s) sets it back at once; hold "+
			"it at %s instead",
			fleet.Quote(sc.Object.Kind), fleet.Quote(sc.Object.Name), fleet.Int(sc.Min), fleet.Int(sc.Max), fleet.Int(sc.Wants),
			fleet.Int(n)).String())
	}
	text := fleet.Textf("%s: %s -> %s", s.out.Unit, fleet.Int(now), fleet.Int(n))
	write := s.write([]fleet.Field{{Path: replicasAt, Before: jsonptr.Encode(now), After: jsonptr.Encode(n)}}, text)
	write.Part = "scale"
	stage := fleet.Stage{Text: text, Writes: []fleet.ObjectWrite{write}}
	if s.quiet.IsEmpty() {
		stage.Until = fleet.Until{Done: true}
	}
	d := fleet.Draft{Stages: []fleet.Stage{stage}, Extra: max(n-now, 0) * s.out.GPUsEach, Down: max(now-n, 0),
		Notes: owner.Notes(s.out.Holder, s.out.GitOps)}
	if !s.out.Scaler.Exists() && !s.out.Scaler.Why.IsEmpty() {
		d.Notes = append(d.Notes, fleet.Textf("whether an autoscaler sets it back is %s", s.out.Scaler.Why))
	}
	if n == 0 {
		d.Notes = append(d.Notes, fleet.Text("with 0 replicas nothing serves, and a HorizontalPodAutoscaler of it switches itself off until "+
			"somebody sets another number"))
	}
	if short := s.shortOf(ctx, max(n-now, 0)); !short.IsEmpty() {
		d.Notes = append(d.Notes, fleet.Textf("%s: the rest stays Pending", short))
	}
	return d, nil
}

// pausedWhereItWas is how scalers word a ScaledObject that is paused without a number.
const pausedWhereItWas = "paused where it was"

// pause drafts that nothing more is replaced.
func (s *scene) pause() (fleet.Draft, error) {
	e := s.sheet()
	switch {
	case s.how.byHand:
		return fleet.Draft{}, s.refuse(fleet.KindUnsupported, "its strategy is OnDelete: nothing moves until a pod is deleted")
	case s.how.pausedAt != "":
		e.set(s.how.pausedAt, true)
		return s.single(e, fleet.Text("pause: no pod is replaced any more"), "it is paused already")
	}
	if s.out.Phase == fleet.RolloutUnseen {
		return fleet.Draft{}, s.refuse(fleet.KindConflict, "its last change is not seen yet: "+s.out.Why.String())
	}
	// What is new stays new: a partition above it would bring it back when it restarts.
	at := s.out.Desired
	if s.out.Phase != fleet.RolloutDone {
		at = max(s.out.Desired-s.out.Updated, 0)
	}
	if at <= s.how.partition {
		return fleet.Draft{}, s.refuse(fleet.KindInvalid, fleet.Textf("its partition of %s holds it already",
			fleet.Int(s.how.partition)).String())
	}
	e.set(s.how.partitionAt, at)
	return s.single(e, fleet.Textf("pause: partition %s -> %s", fleet.Int(s.how.partition), fleet.Int(at)), "it is held already")
}

// resume drafts that it goes on to the end.
func (s *scene) resume() (fleet.Draft, error) {
	e := s.sheet()
	text, how := fleet.Text("resume"), s.how
	switch {
	case s.how.byHand:
		return fleet.Draft{}, s.refuse(fleet.KindUnsupported, "its strategy is OnDelete: pods change when they are deleted; set "+
			"updateStrategy RollingUpdate, or drain and delete them")
	case s.how.pausedAt != "":
		if paused, _ := jsonptr.Find(s.doc, s.how.pausedAt); paused == true {
			e.set(s.how.pausedAt, nil)
		}
		if s.held != nil {
			s.release(e)
			text, how = fleet.Text("resume to the end, by its own strategy"), s.free
		}
	default:
		if s.how.partition > 0 {
			e.set(s.how.partitionAt, 0)
		}
		text = fleet.Textf("resume: partition %s -> 0", fleet.Int(s.how.partition))
	}
	d, err := s.single(e, text, "it is not paused")
	if err != nil {
		return d, err
	}
	d.Stages[0].Until = fleet.Until{Done: true}
	d.Extra, d.Down = how.extra*s.out.GPUsEach, how.missing
	if mark := jsonptr.Text(s.doc, "/metadata/annotations"+jsonptr.Path(canaryMark)); mark != "" {
		d.Notes = append(d.Notes, fleet.Textf("a change of pitwall paused it at %s: it is better to go on with that change, which "+
			"compares old and new", fleet.Quote(mark)))
	}
	return d, nil
}

// single is a draft of the one write that is on the sheet.
func (s *scene) single(e *sheet, text fleet.Safe, otherwise string) (fleet.Draft, error) {
	if !e.changes() {
		return fleet.Draft{}, s.refuse(fleet.KindInvalid, otherwise)
	}
	return fleet.Draft{Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{e.write(text)}}},
		Notes: owner.Notes(s.out.Holder, s.out.GitOps)}, nil
}
