package golden

import (
	"slices"

	"pitwall/fleet"
)

// For gives the prompts that are for a pool, which has a model and may be named by routes. Of what is no pool those count
// that name its model.
func For(all []fleet.GoldenPrompt, pool fleet.PoolID, models []fleet.ModelName, routes []fleet.Route) []fleet.GoldenPrompt {
	var out []fleet.GoldenPrompt
	for i := range all {
		p := &all[i]
		switch {
		case pool != "" && len(p.Pools)+len(p.Models)+len(p.Routes) == 0,
			pool != "" && slices.Contains(p.Pools, pool),
			slices.ContainsFunc(models, func(m fleet.ModelName) bool { return slices.Contains(p.Models, m) }),
			pool != "" && slices.ContainsFunc(routes, func(r fleet.Route) bool { return slices.Contains(p.Routes, r.Spec.ID) && leadsTo(&r, pool) }):
			out = append(out, *p)
		}
	}
	return out
}

func leadsTo(r *fleet.Route, pool fleet.PoolID) bool {
	return slices.ContainsFunc(r.Spec.Targets, func(t fleet.TargetSpec) bool { return t.Pool == pool })
}
