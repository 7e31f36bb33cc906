package flagger

import (
	"context"
	"errors"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

func (s *scene) no(kind fleet.Kind, do fleet.Deed, why string) error {
	return &fleet.Error{Kind: kind, Op: string(do) + " Canary " + fleet.Quote(s.ref.Namespace+"/"+s.ref.Name).String(), Err: errors.New(why),
		Next: "nothing was planned"}
}

// Draft implements fleet.Orchestrator.
func (a *Orchestrator) Draft(ctx context.Context, c fleet.Objects, r fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	s, err := read(ctx, c, r.Object, a.clock.Now())
	if err != nil {
		return fleet.Draft{}, err
	}
	if r.UID != "" && string(s.o.UID) != r.UID {
		return fleet.Draft{}, s.no(fleet.KindConflict, w.Do, "another object has its name by now")
	}
	primary := fleet.Quote(s.target.Ref.Name + "-primary").String()
	switch w.Do {
	case fleet.DoUpgrade:
		return s.upgrade(&r, w)
	case fleet.DoPause:
		return s.suspend(true)
	case fleet.DoResume:
		return s.suspend(false)
	case fleet.DoPromote:
		return s.promote()
	case fleet.DoTraffic:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Flagger writes the weights by its own analysis, and sets others back: "+
			s.o.plan().String()+"; promote skips what is left of it, pause suspends it")
	case fleet.DoAdvance:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Flagger moves by its own analysis: "+s.o.plan().String()+s.gates(gateRollout,
			gateIncrease, gatePromotion)+
			"; promote skips what is left of it, pause suspends it")
	case fleet.DoAbandonRoll:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Flagger gives traffic back by itself after "+
			""+fleet.Int(s.o.analysis().Threshold).String()+
			" failed checks, or by a gate of type rollback"+s.gates(gateRollback)+"; undo the change of Deployment "+
			""+fleet.Quote(s.target.Ref.Name).String()+
			", so that the canary runs the old version again")
	case fleet.DoScale, fleet.DoHoldScaler, fleet.DoFreeScaler:
		if s.o.Spec.Scaler != nil {
			return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "set the bounds of "+fleet.Quote(s.o.Spec.Scaler.Kind+" "+
				""+s.o.Spec.Scaler.Name).String()+
				", which Flagger copies to that of the primary")
		}
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a Canary has no number of replicas; those that serve are of Deployment "+primary)
	case fleet.DoRestart:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a change of the target begins a whole analysis; restart Deployment "+
			""+primary+", whose pods serve")
	default: // deeds of nodes
	}
	return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a Canary can be upgraded, paused, resumed and promoted")
}

// gates names those that the Canary has.
func (s *scene) gates(types ...string) string {
	text := ""
	for _, typ := range types {
		if s.o.gate(typ) != "" {
			text += ", " + s.o.gateText(typ).String()
		}
	}
	if text == "" {
		return " (no such gate is configured)"
	}
	return text
}

// upgrade changes the target. Flagger starts it at its own size beside the primary, analyses it and copies it there.
func (s *scene) upgrade(r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	switch {
	case len(w.Parts) > 0:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Flagger moves by its own analysis: "+s.o.plan().String()+"; leave --canary out")
	case w.Surge.OK:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Flagger starts a whole second set beside the primary; leave --surge out")
	case s.o.Spec.Suspended:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "it is suspended: Flagger would not look at the change; resume it first")
	}
	fields, said, err := s.changed(w)
	if err != nil {
		return fleet.Draft{}, err
	}
	if len(fields) == 0 {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "Deployment "+fleet.Quote(s.target.Ref.Name).String()+" is as wanted already")
	}
	text := fleet.Join(said, fleet.Text("; "))
	write := fleet.ObjectWrite{Object: s.target.Ref, API: child.DeploymentKind, UID: string(s.target.Spec.UID), Verb: fleet.WriteSet,
		Fields: fields, Text: text}
	return fleet.Draft{Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{write}, Until: fleet.Until{Done: true}}},
		Extra: r.Desired * r.GPUsEach, Notes: s.notes()}, nil
}

func (s *scene) changed(w fleet.Want) ([]fleet.Field, []fleet.Safe, error) {
	const at = "/spec/template"
	before, _ := jsonptr.Find(s.target.Doc, at)
	if w.Version == "" {
		next, said, err := s.target.Template.Edit(w, true)
		return jsonptr.Diff(at, before, next.Doc()), said, err
	}
	after, ok := jsonptr.Find(s.target.Docs[w.Version], at)
	if !ok {
		return nil, nil, s.no(fleet.KindInvalid, w.Do, "Deployment "+fleet.Quote(s.target.Ref.Name).String()+" keeps no ReplicaSet "+
			""+fleet.Quote(w.Version).String())
	}
	after = jsonptr.With(after, jsonptr.Path("metadata", "labels", owner.TemplateHash), nil)
	return jsonptr.Diff(at, before, after), []fleet.Safe{fleet.Textf("template of ReplicaSet %s", fleet.Quote(w.Version))}, nil
}

func (s *scene) notes() []fleet.Safe {
	list := []fleet.Safe{fleet.Textf("Flagger analyses it: %s", s.o.plan())}
	if s.o.analyses() {
		list = append(list, fleet.Text("an analysis is under way: it begins anew"))
	}
	for _, typ := range []string{gateRollout, gateIncrease, gatePromotion} {
		if s.o.gate(typ) != "" {
			list = append(list, fleet.Textf("it waits for %s, which somebody else opens", s.o.gateText(typ)))
		}
	}
	limit := s.patience()
	if s.primary != nil {
		if load := stuck.TypicalLoad(s.primary.New); load >= limit {
			return append(list, fleet.Textf("loading took %s last time and Flagger takes back what is not ready after %s: raise "+
				"progressDeadlineSeconds of Canary and Deployment first",
				fleet.Age(load), fleet.Age(limit)))
		}
	}
	return append(list, fleet.Textf("Flagger takes it back by itself when it is not ready after %s", fleet.Age(limit)))
}

// set is a write on the Canary.
func (s *scene) set(text fleet.Safe, fields ...fleet.Field) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: s.ref, API: kind, UID: string(s.o.UID), Verb: fleet.WriteSet, Fields: fields, Text: text}
}

func (s *scene) suspend(want bool) (fleet.Draft, error) {
	if s.o.Spec.Suspended == want {
		do, state := fleet.DoPause, "suspended already"
		if !want {
			do, state = fleet.DoResume, "not suspended"
		}
		return fleet.Draft{}, s.no(fleet.KindInvalid, do, "it is "+state)
	}
	word, other := fleet.Text("false"), fleet.Text("true")
	if !want {
		word, other = other, word
	}
	text := fleet.Textf("suspend: %s -> %s", word, other)
	d := fleet.Draft{Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{s.set(text, jsonptr.Set(s.doc, "/spec/suspend", want))}}}}
	if want {
		d.Notes = []fleet.Safe{fleet.Textf("the canary keeps %s %% of the traffic meanwhile, and nothing takes it back",
			fleet.Int(s.o.Status.Weight))}
	}
	return d, nil
}

// promote skips the rest of the analysis, then sets the switch back, so that the next change is analysed again.
func (s *scene) promote() (fleet.Draft, error) {
	switch {
	case !s.o.analyses():
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoPromote, "no analysis is under way")
	case s.o.Spec.Suspended:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, fleet.DoPromote, "it is suspended; resume it first")
	case s.o.Spec.Skip:
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoPromote, "skipAnalysis is set already")
	}
	first := jsonptr.Set(s.doc, "/spec/skipAnalysis", true)
	text, back := fleet.Text("skipAnalysis: false -> true"), fleet.Text("skipAnalysis: true -> false")
	d := fleet.Draft{Stages: []fleet.Stage{
		{Text: text, Writes: []fleet.ObjectWrite{s.set(text, first)}, Until: fleet.Until{Done: true}},
		{Text: back, Writes: []fleet.ObjectWrite{s.set(back, fleet.Field{Path: first.Path, Before: first.After, After: first.Before})}},
	}, NoUndo: fleet.Text("what was promoted stays; upgrade to the version of before")}
	d.Notes = []fleet.Safe{fleet.Text("the primary gets the new version as soon as the canary's pods are ready, without metrics; all " +
		"traffic goes to the primary while it rolls")}
	if s.o.Status.Phase == waiting {
		d.Notes = append(d.Notes, fleet.Textf("%s is not skipped: it has to open first", s.o.gateText(gateRollout)))
	}
	return d, nil
}
