package argorollouts

import (
	"slices"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// upgrade changes the template, or that of the workload it comes from. The Rollout's own steps carry it from there.
func (s *scene) upgrade(r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	switch {
	case len(w.Parts) > 0:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "it rolls by steps of its own: "+s.plan().String()+
			"; leave --canary out, and advance it step by step. Its weight cannot be set freely, and other steps begin at step 1 again")
	case w.Surge.OK:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "what it takes beside the wanted replicas is said by its strategy "+
			"(maxSurge); leave --surge out")
	}
	fields, said, err := s.changed(w)
	if err != nil {
		return fleet.Draft{}, err
	}
	if len(fields) == 0 {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "its template is as wanted already")
	}
	text := fleet.Join(said, fleet.Text("; "))
	d := fleet.Draft{Extra: r.Surge.Extra * r.GPUsEach, Down: r.Surge.Missing}
	d.Stages = []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{s.onTemplate(text, fields)}}}
	s.wait(&d.Stages[0], w.Version)
	d.Notes = s.notes(w.Version)
	return d, nil
}

func (s *scene) changed(w fleet.Want) ([]fleet.Field, []fleet.Safe, error) {
	if w.Version == "" {
		next, said, err := s.template.Edit(w, true)
		if err != nil {
			return nil, nil, err
		}
		return jsonptr.Diff("/spec/template", s.template.Doc(), next.Doc()), said, nil
	}
	if s.byName(w.Version) == nil {
		return nil, nil, s.no(fleet.KindInvalid, w.Do, "it keeps no ReplicaSet "+fleet.Quote(w.Version).String()+"; pitwall rollout lists "+
			"those that it keeps")
	}
	fields, err := s.restored(w.Version)
	return fields, []fleet.Safe{fleet.Textf("template of ReplicaSet %s", fleet.Quote(w.Version))}, err
}

// wait says where the change ends: at the end of the roll, or where the controller stands at the first step that only a person
// leaves. Its pods are there before, while the steps up to it, such as an analysis, go on. The steps after it are changes of
// their own, since each is planned on what it finds.
func (s *scene) wait(stage *fleet.Stage, version string) {
	stop := s.stop()
	if blue := s.o.Spec.Strategy.BlueGreen; s.skips(version) || blue.goesOn() || blue == nil && stop < 0 {
		stage.Until.Done = true
		return
	}
	n, share := s.atStop(stop)
	stage.Until = fleet.Until{Updated: n, Ready: n, Paused: max(stop, 0) + 1}
	stage.Canary = share > 0
}

// atStop is how many pods of the new version there are at the least when the roll stands there, and their share of the traffic.
func (s *scene) atStop(stop int) (pods, share int) {
	n := s.o.desired()
	if b := s.o.Spec.Strategy.BlueGreen; b != nil {
		if b.Preview != nil {
			n = int(*b.Preview)
		}
		return max(n, 0), 0
	}
	c, scale := s.o.Spec.Strategy.Canary, canaryScale{}
	for _, st := range s.o.steps()[:max(stop, 0)] {
		if w, ok := st.weight(); ok {
			share = w
		}
		if by, ok := st.scale(); ok && c.routed() {
			scale = by
		}
	}
	weight := share
	switch {
	case scale.Matches:
	case scale.Replicas != nil:
		return max(*scale.Replicas, 0), share
	case scale.Weight != nil:
		weight = *scale.Weight
	}
	pods = n * weight / c.most() // rounded down: without traffic routing it may be fewer than the weight says
	if weight > 0 && (n > 1 || c.routed() || child.Share(c.MaxSurge, n, true) > 0) {
		pods = max(pods, 1)
	}
	return max(pods, 0), share
}

// stop is the first step that only a person leaves, -1 for none.
func (s *scene) stop() int { return slices.IndexFunc(s.o.steps(), step.waits) }

// skips tells that the controller goes to the end at once: back to the stable version, or within its rollback window.
func (s *scene) skips(version string) bool {
	set, stable := s.byName(version), s.set(s.o.Status.StableHash)
	if set == nil || stable == nil {
		return false
	}
	if set == stable {
		return true
	}
	w := s.o.Spec.Window
	if w == nil || w.Revisions <= 0 || !set.CreationTimestamp.Before(&stable.CreationTimestamp) {
		return false
	}
	between := 0
	for _, other := range s.sets {
		if set.CreationTimestamp.Before(&other.CreationTimestamp) && other.CreationTimestamp.Before(&stable.CreationTimestamp) {
			between++
		}
	}
	return between < int(w.Revisions)
}

func (s *scene) notes(version string) []fleet.Safe {
	var list []fleet.Safe
	switch stop := s.stop(); {
	case s.skips(version):
		list = append(list, fleet.Text("it is within the rollback window, or the stable version: the controller skips all steps"))
	case s.o.Spec.Strategy.BlueGreen != nil:
		list = append(list, fleet.Text("blue-green: a whole second set is started, then gets all traffic at once"))
	case stop >= 0:
		list = append(list, fleet.Textf("its steps: %s; this change ends once the controller stands at step %s, where advance, "+
			"promote or abort go on", s.plan(), fleet.Int(stop+1)))
	default:
		list = append(list, fleet.Textf("its steps: %s", s.plan()))
	}
	if !s.o.promoted() {
		list = append(list, fleet.Text("a roll is under way: a new template begins at step 1 again"))
	}
	if s.keeper.Kind != kind.Kind {
		list = append(list, fleet.Textf("its template comes from %s %s: that is what is written", fleet.Quote(s.keeper.Kind),
			fleet.Quote(s.keeper.Name)))
	}
	if s.o.Spec.Paused {
		list = append(list, fleet.Text("it is paused by hand: nothing rolls before it is resumed"))
	}
	return list
}

// plan words the steps.
func (s *scene) plan() fleet.Safe {
	if s.o.Spec.Strategy.BlueGreen != nil {
		return fleet.Text("blue-green")
	}
	if len(s.o.steps()) == 0 {
		return fleet.Text("none, a plain rolling update")
	}
	var list []fleet.Safe
	for _, st := range s.o.steps() {
		list = append(list, st.text())
	}
	return fleet.Quote(fleet.Join(list, fleet.Text(", ")).String())
}
