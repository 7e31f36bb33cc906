package kserve

import (
	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// percentAt is where Knative mode keeps the share of the newest revision. Its absence gives it everything.
const percentAt = "/spec/predictor/canaryTrafficPercent"

// byRevision changes the model, and in the same request the share of the revision that comes of it: apart, the newest
// revision would get everything in between.
func (s *service) byRevision(r *fleet.Rollout, w fleet.Want, text fleet.Safe, fields []fleet.Field) (fleet.Draft, error) {
	open := s.o.Spec.Predictor.Percent
	at := s.o.Status.Components["predictor"]
	switch {
	case w.Surge.OK:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "in Knative mode a roll always starts a whole second set; leave --surge out")
	case open != nil && *open < 100 && r.Phase != fleet.RolloutDone:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a canary holds at "+itoa(*open)+" %: promote it or abort first")
	case len(w.Parts) > 0 && at.RolledOut == "":
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "no revision of it has had all traffic yet, so there is nothing to split "+
			"with; upgrade once without --canary")
	}
	d := fleet.Draft{Extra: r.Desired * r.GPUsEach}
	if len(w.Parts) == 0 {
		if open != nil {
			fields = append(fields, s.to(percentAt, nil))
		}
		d.Notes = append(d.Notes, fleet.Text("the new revision gets all traffic as soon as it is ready; the one before serves until then"))
		d.Stages = []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{s.write(text, fields...)}, Until: fleet.Until{Done: true}}}
		return d, nil
	}
	var before any
	if open != nil {
		before = *open
	}
	for i, part := range w.Parts {
		p := percent(part)
		stage := fleet.Stage{Text: fleet.Textf("%s %% to the new revision", fleet.Int(p)), Canary: true,
			Until: fleet.Until{Updated: 1, Ready: 1, Split: true}}
		move := fleet.Field{Path: percentAt, Before: jsonptr.Encode(before), After: jsonptr.Encode(p)}
		change := fleet.Concat(fleet.Textf("%s %% of the traffic", fleet.Int(p)))
		if i == 0 {
			stage.Writes = []fleet.ObjectWrite{s.write(fleet.Textf("%s, with %s", text, change), append(fields[:len(fields):len(fields)], move)...)}
		} else {
			stage.Writes = []fleet.ObjectWrite{s.write(change, move)}
		}
		stage.Back = []fleet.ObjectWrite{s.backFrom(p, text, fields)}
		d.Stages = append(d.Stages, stage)
		before = p
	}
	last := s.write(fleet.Text("all traffic"), fleet.Field{Path: percentAt, Before: jsonptr.Encode(before)})
	d.Stages = append(d.Stages, fleet.Stage{Text: fleet.Text("all traffic to the new revision"), Writes: []fleet.ObjectWrite{last},
		Until: fleet.Until{Done: true}})
	d.Notes = append(d.Notes, fleet.Text("taken back half-way, canaryTrafficPercent stays at 0 with the old model: promote removes it"))
	return d, nil
}

// backFrom gives all traffic to the version before and restores the model in one request. The share stays at 0: without
// it the route would give everything to the newest revision that is ready, which is the bad one until the old model has
// loaded again.
func (s *service) backFrom(share int, text fleet.Safe, fields []fleet.Field) fleet.ObjectWrite {
	back, _ := s.write(text, fields...).Inverse()
	back.Fields = append([]fleet.Field{{Path: percentAt, Before: jsonptr.Encode(share), After: jsonptr.Encode(0)}}, back.Fields...)
	back.Text = fleet.Concat(fleet.Text("no traffic to the new revision; "), back.Text)
	return back
}

func (s *service) promoteRevision() (fleet.Draft, error) {
	p := s.o.Spec.Predictor.Percent
	if p == nil {
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoPromote, "the newest revision gets all traffic already")
	}
	if at := s.o.Status.Components["predictor"]; at.Created != at.Ready {
		return fleet.Draft{}, s.no(fleet.KindConflict, fleet.DoPromote, "its newest revision is not ready; the one before would stop being "+
			"kept for it")
	}
	text := fleet.Textf("traffic of the newest revision: %s %% -> all", fleet.Int(*p))
	return fleet.Draft{Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{s.write(text, s.to(percentAt, nil))},
		Until: fleet.Until{Done: true}}}}, nil
}

func (s *service) shareRevision(do fleet.Deed, n int) (fleet.Draft, error) {
	p, at := s.o.Spec.Predictor.Percent, s.o.Status.Components["predictor"]
	switch {
	case p == nil || at.RolledOut == "" || at.RolledOut == at.Created:
		return fleet.Draft{}, s.no(fleet.KindInvalid, do, "no canary is open: one revision has all traffic")
	case at.Created != at.Ready:
		return fleet.Draft{}, s.no(fleet.KindConflict, do, "its newest revision is not ready yet")
	case *p == n:
		return fleet.Draft{}, s.no(fleet.KindInvalid, do, "it gets "+itoa(n)+" % already")
	}
	text := fleet.Textf("traffic of the newest revision: %s -> %s %%", fleet.Int(*p), fleet.Int(n))
	return fleet.Draft{Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{s.write(text, s.to(percentAt, n))}, Canary: true}}}, nil
}

// abandonRevision takes the traffic back at once. Which model was served before is in no field any more.
func (s *service) abandonRevision() (fleet.Draft, error) {
	p, at := s.o.Spec.Predictor.Percent, s.o.Status.Components["predictor"]
	switch {
	case at.RolledOut == "" || at.RolledOut == at.Created:
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoAbandonRoll, "no roll is under way: one revision has all traffic; upgrade to "+
			"the model of before instead")
	case p != nil && *p == 0:
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoAbandonRoll, "its newest revision gets no traffic already")
	}
	text := fleet.Textf("no traffic to the newest revision, all to %s", fleet.Quote(at.RolledOut))
	return fleet.Draft{Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{s.write(text, s.to(percentAt, 0))}}},
		Notes: []fleet.Safe{fleet.Text("the spec still names the new model, and its replicas stay: undo the change that brought it, or " +
			"upgrade to the model of before, then promote")}}, nil
}
