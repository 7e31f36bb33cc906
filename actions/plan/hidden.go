package plan

import (
	"slices"

	"pitwall/actions"
	"pitwall/fleet"
)

// levels orders levels, the worst first.
var levels = []fleet.Level{fleet.LevelCrit, fleet.LevelWarn, fleet.LevelStale, fleet.LevelInfo}

// Hidden lists the alerts of an alerting system that matchers match now, the worst first.
func Hidden(s *fleet.Snapshot, source fleet.SourceID, match fleet.Match) []actions.HiddenAlert {
	var out []actions.HiddenAlert
	for i := range s.Alerts {
		a := &s.Alerts[i]
		if !a.From(source) || !match(a.Labels) {
			continue
		}
		h := actions.HiddenAlert{Level: a.Level, Object: a.Object, Text: a.Text, Hidden: !a.Silenced.IsEmpty()}
		h.Route, h.Tier = RouteOf(s, a)
		out = append(out, h)
	}
	slices.SortStableFunc(out, func(a, b actions.HiddenAlert) int {
		return slices.Index(levels, a.Level) - slices.Index(levels, b.Level)
	})
	return out
}

// RouteOf is the route that an alert is about, with its tier: the one that it names, else the most important of those
// that its pool or provider serves. The tier is 0 where none is known.
func RouteOf(s *fleet.Snapshot, a *fleet.Alert) (fleet.RouteID, int) {
	if r := s.Route(a.Route); r != nil {
		return a.Route, r.Spec.Tier
	}
	best, tier := a.Route, 0
	for i := range s.Routes {
		r := &s.Routes[i]
		for j := range r.Targets {
			t := &r.Targets[j].Spec
			serves := t.Pool != "" && t.Pool == a.Subject.Pool || t.Provider != "" && t.Provider == a.Subject.Provider
			if serves && (tier == 0 || r.Spec.Tier > 0 && r.Spec.Tier < tier) {
				best, tier = r.Spec.ID, r.Spec.Tier
			}
		}
	}
	return best, tier
}

// count fills in what a plan hides.
func count(p *actions.SilencePlan, s *fleet.Snapshot, match fleet.Match) {
	all := Hidden(s, p.Source, match)
	p.Hides = len(all)
	if len(all) > 0 {
		p.Worst = all[0].Level
	}
	p.Alerts = all[:min(len(all), actions.MostHidden)]
}
