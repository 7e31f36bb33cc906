package argorollouts

import (
	"context"
	"errors"
	"strconv"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

const nothingPlanned = "nothing was planned"

func refuse(kind fleet.Kind, op, why, next string) error {
	return &fleet.Error{Kind: kind, Op: op, Err: errors.New(why), Next: next}
}

// Draft implements fleet.Orchestrator.
func (a *Orchestrator) Draft(ctx context.Context, c fleet.Objects, r fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	s, err := read(ctx, c, r.Object, w.Do == fleet.DoUpgrade || w.Do == fleet.DoAbandonRoll)
	if err != nil {
		return fleet.Draft{}, err
	}
	if r.UID != "" && string(s.o.UID) != r.UID {
		return fleet.Draft{}, s.no(fleet.KindConflict, w.Do, "another object has its name by now")
	}
	switch w.Do {
	case fleet.DoUpgrade:
		return s.upgrade(&r, w)
	case fleet.DoScale:
		return s.scale(&r, w)
	case fleet.DoPause:
		return s.pause()
	case fleet.DoResume:
		return s.resume()
	case fleet.DoRestart:
		return s.restart(&r, w)
	case fleet.DoAdvance:
		return s.advance()
	case fleet.DoPromote:
		return s.promote()
	case fleet.DoAbandonRoll:
		return s.abandon(&r)
	case fleet.DoTraffic:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "its weight cannot be set freely: it moves along its steps ("+s.plan().String()+
			"); advance takes it one step further, promote to its end, abort all traffic back")
	case fleet.DoHoldScaler, fleet.DoFreeScaler:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a Rollout does not scale itself; hold or release the autoscaler above it")
	default: // deeds of nodes
	}
	return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a Rollout can be upgraded, scaled, paused, resumed, restarted, advanced, "+
		"promoted and aborted")
}

func (s *scene) no(kind fleet.Kind, do fleet.Deed, why string) error {
	return refuse(kind, string(do)+" Rollout "+fleet.Quote(s.ref.Namespace+"/"+s.ref.Name).String(), why, nothingPlanned)
}

// onObject is a write on the Rollout. Guards are fields that must still be as they were read.
func (s *scene) onObject(text fleet.Safe, fields ...fleet.Field) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: s.ref, API: kind, UID: string(s.o.UID), Verb: fleet.WriteSet, Fields: fields, Text: text}
}

// onStatus is a write on what the controller keeps: it takes it over at once. It needs a right of its own.
func (s *scene) onStatus(text fleet.Safe, fields ...fleet.Field) fleet.ObjectWrite {
	w := s.onObject(text, fields...)
	w.Part, w.Passing = "status", true
	return w
}

func (s *scene) to(path string, after any) fleet.Field { return jsonptr.Set(s.doc, path, after) }
func (s *scene) same(path string) fleet.Field          { return jsonptr.Same(s.doc, path) }

func (s *scene) scale(r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	n := w.Replicas.V
	switch {
	case !w.Replicas.OK || n < 0:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "how many replicas are wanted is not said")
	case n == s.o.desired():
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "it has "+strconv.Itoa(n)+" replicas already")
	}
	text := fleet.Textf("replicas: %s -> %s", fleet.Int(s.o.desired()), fleet.Int(n))
	write := s.onObject(text, s.to("/spec/replicas", n))
	if s.o.Spec.Replicas != nil {
		write.Part = "scale"
	}
	stage := fleet.Stage{Text: text, Writes: []fleet.ObjectWrite{write}, Until: fleet.Until{Done: r.Phase == fleet.RolloutDone}}
	return fleet.Draft{Stages: []fleet.Stage{stage}, Extra: max(n-s.o.desired(), 0) * r.GPUsEach, Down: max(s.o.desired()-n, 0)}, nil
}

func (s *scene) pause() (fleet.Draft, error) {
	if s.o.Spec.Paused {
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoPause, "it is paused by hand already")
	}
	return s.one(fleet.Text("pause by hand"), s.onObject(fleet.Text("paused: false -> true"), s.to("/spec/paused", true))), nil
}

// resume lifts what a hand has set: a pause, or an abort, which is tried again from the first step. A step's own pause is
// not lifted here, so that one press never does both.
func (s *scene) resume() (fleet.Draft, error) {
	var list []fleet.ObjectWrite
	var notes []fleet.Safe
	if s.o.Status.Abort {
		list = append(list, s.onStatus(fleet.Text("try again what was aborted"), s.same("/status/currentPodHash"), s.to("/status/abort", nil)))
		notes = append(notes, fleet.Text("it begins again at step 1 and weight 0"))
	}
	if s.o.Spec.Paused {
		list = append(list, s.onObject(fleet.Text("paused: true -> false"), s.to("/spec/paused", false)))
	}
	if len(list) == 0 && len(s.o.Status.Pauses) > 0 {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, fleet.DoResume, "nobody paused it by hand, it waits at "+s.stepText().String()+
			"; advance takes it one step further, promote to its end")
	}
	if len(list) == 0 {
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoResume, "it is neither paused by hand nor aborted")
	}
	d := s.one(fleet.Text("go on"), list...)
	d.Notes = notes
	if s.o.Status.Abort {
		d.NoUndo = fleet.Text("what was tried again has begun: abort it instead")
	}
	return d, nil
}

func (s *scene) restart(r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	at := w.Stamp.UTC().Format(time.RFC3339)
	text := fleet.Textf("restartAt: %s", fleet.Quote(at))
	d := s.one(fleet.Text("restart its pods"), s.onObject(text, s.to("/spec/restartAt", at)))
	d.Stages[0].Until.Done = r.Phase == fleet.RolloutDone
	d.Down = max(r.Surge.Missing, 1)
	d.Notes = []fleet.Safe{fleet.Text("pods are replaced where they are, without steps and without a new version")}
	d.NoUndo = fleet.Text("a restart is not taken back: the version is the same")
	return d, nil
}

// one is a draft of one stage that waits for nothing but its fields.
func (s *scene) one(text fleet.Safe, writes ...fleet.ObjectWrite) fleet.Draft {
	return fleet.Draft{Stages: []fleet.Stage{{Text: text, Writes: writes}}}
}
