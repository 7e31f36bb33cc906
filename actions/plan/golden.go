package plan

import (
	"slices"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/fleet/golden"
)

// prove says which golden prompts each new replica is asked, and what that takes; or that nothing is asked.
func (f Facts) prove(p *actions.Plan, s *fleet.Snapshot) {
	w := p.Work
	rolled := len(w.Was.UpdatedPods) > 0 && len(w.Was.OldPods) > 0 // a new version is there already
	switch p.Intent.Kind {
	case actions.KindUpgrade:
	case actions.KindPromote, actions.KindAdvance, actions.KindTraffic:
		if !rolled {
			return
		}
	default:
		return
	}
	list := golden.For(f.Golden, w.Pool, servedBy(s, w), s.Routes)
	for _, pool := range w.Serving() {
		for _, more := range golden.For(f.Golden, pool, nil, s.Routes) {
			if !slices.ContainsFunc(list, func(p fleet.GoldenPrompt) bool { return p.Name == more.Name }) {
				list = append(list, more)
			}
		}
	}
	answers := 0
	for i := range list {
		w.Golden = append(w.Golden, actions.GoldenRef{Name: list[i].Name, Digest: list[i].Digest()})
		answers += max(list[i].Repeat, 1)
	}
	if len(list) == 0 {
		p.Notes = append(p.Notes, fleet.Textf("no golden prompt is configured for %s: wrong answers under green metrics are not caught",
			subject(w)))
		return
	}
	if w.Pool == "" {
		p.Notes = append(p.Notes, fleet.Text("golden: no pool is known that this keeps: where its new replicas are not read, each stage "+
			"waits for a person"))
	}
	replicas, when := w.Was.Desired, fleet.Text("before the next stage")
	if p.Intent.Kind != actions.KindUpgrade {
		replicas, when = w.Was.UpdatedReady, fleet.Text("before anything is written")
	}
	p.Notes = append(p.Notes, fleet.Textf("golden: %s to each new replica %s, %s: up to %s, which cost "+
		"tokens; a wrong one takes the change back", fleet.Many(len(list), "prompt"), when, fleet.Many(replicas, "replica"),
		fleet.Many(answers*replicas, "answer")))
}

// servedBy are the names under which users ask for the model.
func servedBy(s *fleet.Snapshot, w *actions.WorkPlan) []fleet.ModelName {
	var names []fleet.ModelName
	for _, id := range w.Serving() {
		if p := s.Pool(id); p != nil && p.Spec.Model != "" && !slices.Contains(names, p.Spec.Model) {
			names = append(names, p.Spec.Model)
		}
	}
	for _, v := range []*fleet.Version{&w.Was.Now, &w.To} {
		for _, n := range v.Served {
			names = append(names, fleet.ModelName(n.String()))
		}
	}
	return names
}

func subject(w *actions.WorkPlan) fleet.Safe {
	if w.Pool != "" {
		return fleet.Concat(fleet.Text("pool "), fleet.Label(string(w.Pool)))
	}
	return fleet.Quote(actions.ObjectName(w.Was.Object))
}
