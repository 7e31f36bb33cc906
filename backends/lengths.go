package backends

import (
	"time"

	"pitwall/fleet"
)

// lengths is the distribution of request sizes of a route, from the engines that serve it. Their histograms hold
// everything since each engine started, which is the longest look-back that needs no storage.
func (w *world) lengths(spec fleet.RouteSpec, now time.Time) fleet.Lengths {
	pools := map[fleet.PoolID]bool{}
	for _, t := range spec.Targets {
		if t.Pool != "" {
			pools[t.Pool] = true
		}
	}
	var prompt, limit, produced []fleet.Histogram
	out := fleet.Lengths{}
	for _, s := range w.states {
		if !pools[s.spec.Subject.Pool] || s.spec.Subject.Replica == "" {
			continue
		}
		for _, e := range ofPool(w.models[s.spec.Subject.Pool], s.last.Engines) {
			prompt = append(prompt, e.PromptLen)
			limit = append(limit, e.MaxTokens)
			produced = append(produced, e.OutputLen)
			if started := e.StartedAt; started.OK && now.Sub(started.V) > out.Window {
				out.Window = now.Sub(started.V)
			}
		}
		if s.status.LastGood.After(out.At) {
			out.At = s.status.LastGood
		}
	}
	out.Prompt = mergeHistograms(prompt)
	out.Output = mergeHistograms(limit)
	if out.Output.Count() == 0 {
		out.Output = mergeHistograms(produced)
	}
	return out
}
