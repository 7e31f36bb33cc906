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
		h := actions.HiddenAlert{Level: a.Level, Object: a.Object, Text: a.Text, Route: a.Route, Hidden: !a.Silenced.IsEmpty()}
		if r := s.Route(a.Route); r != nil {
			h.Tier = r.Spec.Tier
		}
		out = append(out, h)
	}
	slices.SortStableFunc(out, func(a, b actions.HiddenAlert) int {
		return slices.Index(levels, a.Level) - slices.Index(levels, b.Level)
	})
	return out
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
