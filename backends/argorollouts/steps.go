package argorollouts

import (
	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// inStep refuses to move a roll that is not where it can be moved from.
func (s *scene) inStep(do fleet.Deed) error {
	o := &s.o
	switch {
	case o.promoted() || o.Status.StableHash == "":
		return s.no(fleet.KindInvalid, do, "no roll is under way: all of it runs one version")
	case o.Status.Abort:
		return s.no(fleet.KindUnsupported, do, "it is aborted; resume tries again from step 1, abort restores the stable version's template")
	case o.unpausing():
		return s.no(fleet.KindConflict, do, "its pause was lifted and its controller has not gone on yet: a second press would skip a step")
	}
	if v, unread := s.unread(); unread {
		return s.no(fleet.KindConflict, do, v.Why.String())
	}
	return nil
}

// advance goes one step further. The server compares the step that was shown and the very pause that is lifted, so that
// of two presses the second is refused.
func (s *scene) advance() (fleet.Draft, error) {
	if err := s.inStep(fleet.DoAdvance); err != nil {
		return fleet.Draft{}, err
	}
	o := &s.o
	next := min(o.at()+1, len(o.steps()))
	same := []fleet.Field{s.same("/status/currentPodHash"), s.same("/status/currentStepHash")}
	var list []fleet.ObjectWrite
	var notes []fleet.Safe
	switch {
	case o.inconclusive() && len(o.Status.Pauses) > 0 && o.Status.Paused && len(o.steps()) > 0:
		list = append(list, s.onStatus(fleet.Textf("pass over the inconclusive analysis of %s", s.stepText()), append(same,
			s.to("/status/pauseConditions", nil), s.to("/status/controllerPause", false), s.to("/status/currentStepIndex", next))...))
		notes = append(notes, fleet.Text("the analysis proved nothing: a person says that the new version is good"))
	case len(o.Status.Pauses) > 0:
		list = append(list, s.onStatus(fleet.Textf("lift the pause: %s", s.stepText()), append(same,
			s.same("/status/currentStepIndex"), s.to("/status/pauseConditions", nil))...))
	case len(o.steps()) > 0 && o.at() < len(o.steps()):
		list = append(list, s.onStatus(fleet.Textf("leave %s before it is over", s.stepText()), append(same,
			s.same("/status/pauseConditions"), s.to("/status/currentStepIndex", next))...))
		notes = append(notes, fleet.Text("what the step waits for, such as pods or an analysis, is not waited for"))
	case !o.Spec.Paused:
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoAdvance, "nothing waits: "+s.stepText().String())
	}
	if o.Spec.Paused {
		list = append(list, s.onObject(fleet.Text("paused: true -> false"), s.to("/spec/paused", false)))
	}
	d := s.one(fleet.Textf("one step further: %s", s.stepText()), list...)
	d.Notes = notes
	d.NoUndo = fleet.Text("a step is not taken back: abort takes all traffic back")
	return d, nil
}

// promote goes to the end at once.
func (s *scene) promote() (fleet.Draft, error) {
	if err := s.inStep(fleet.DoPromote); err != nil {
		return fleet.Draft{}, err
	}
	var list []fleet.ObjectWrite
	if !s.o.Status.Full {
		list = append(list, s.onStatus(fleet.Textf("promote fully, from %s", s.stepText()), s.same("/status/currentPodHash"),
			s.same("/status/stableRS"),
			s.to("/status/promoteFull", true)))
	}
	if s.o.Spec.Paused {
		list = append(list, s.onObject(fleet.Text("paused: true -> false"), s.to("/spec/paused", false)))
	}
	if len(list) == 0 {
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoPromote, "it is being promoted already")
	}
	d := s.one(fleet.Text("promote to the end"), list...)
	d.Stages[0].Until.Done = true
	d.Notes = []fleet.Safe{fleet.Text("all steps, pauses and analyses that are left are skipped")}
	d.NoUndo = fleet.Text("it is not taken back; abort while it goes on, and upgrade to the revision before afterwards")
	return d, nil
}

// abandon gives all traffic back to the stable version at once, then restores its template: without that the Rollout would
// stay degraded for ever.
func (s *scene) abandon(r *fleet.Rollout) (fleet.Draft, error) {
	o := &s.o
	if o.promoted() || o.Status.StableHash == "" {
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoAbandonRoll,
			"no roll is under way, so no traffic can go back; upgrade to an older revision instead")
	}
	var d fleet.Draft
	if !o.Status.Abort {
		d = s.one(fleet.Text("all traffic back to the stable version"), s.onStatus(fleet.Textf("abort at %s", s.stepText()),
			s.same("/status/currentPodHash"), s.same("/status/stableRS"), s.to("/status/abort", true)))
	}
	if c := o.Spec.Strategy.Canary; c != nil && c.Dynamic {
		d.Notes = append(d.Notes, fleet.Text("dynamicStableScale is set: traffic goes back only as fast as the stable version starts "+
			"replicas again"))
	}
	stable := s.set(o.Status.StableHash)
	if stable == nil {
		if len(d.Stages) == 0 {
			return d, s.no(fleet.KindInvalid, fleet.DoAbandonRoll, "it is aborted, and the ReplicaSet of its stable version is not there any more")
		}
		d.Notes = append(d.Notes, fleet.Text("the stable version's ReplicaSet is not there: its template has to be restored by hand, until "+
			"then it stays degraded"))
		return d, nil
	}
	fields, err := s.restored(stable.Name)
	if err != nil {
		return fleet.Draft{}, err
	}
	d.Stages = append(d.Stages, fleet.Stage{Text: fleet.Text("restore the stable version's template, which skips the steps"),
		Writes: []fleet.ObjectWrite{s.onTemplate(fleet.Textf("template of ReplicaSet %s", fleet.Quote(stable.Name)), fields)},
		Until:  fleet.Until{Done: true}})
	d.Notes = append(d.Notes, fleet.Text("undo of this begins the roll anew at step 1"))
	d.Down = r.Surge.Missing
	return d, nil
}

// onTemplate is a write on whatever holds the template.
func (s *scene) onTemplate(text fleet.Safe, fields []fleet.Field) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: s.keeper, API: s.api, UID: s.uid, Verb: fleet.WriteSet, Fields: fields, Text: text}
}

// restored is the fields that give the template what a ReplicaSet has, but for what its controller put into that.
func (s *scene) restored(name string) ([]fleet.Field, error) {
	before, _ := jsonptr.Find(s.holder, "/spec/template")
	after, ok := jsonptr.Find(s.docs[name], "/spec/template")
	if !ok {
		return nil, s.no(fleet.KindInvalid, fleet.DoUpgrade, "ReplicaSet "+fleet.Quote(name).String()+" holds no template")
	}
	return jsonptr.Diff("/spec/template", before, asGiven(s.docs[name], after)), nil
}
