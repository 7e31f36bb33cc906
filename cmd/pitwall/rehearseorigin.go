package main

import (
	"context"

	"pitwall/actions"
	"pitwall/fleet"
)

// breakOrigin takes away what the runbook leaves and waits until the console sees it.
func (r *rehearsing) breakOrigin(ctx context.Context) error {
	r.answered, r.failed = r.s.sim.Calls()
	if err := r.pass(ctx, rehearsalWarmUp); err != nil {
		return err
	}
	snap := r.s.hub.Latest()
	if bad := actions.RunbookProblems(r.book, snap); len(bad) > 0 {
		r.fail(fleet.Concat(fleet.Text("it does not fit the fleet of the configuration: "), fleet.Join(bad, fleet.Text("; "))))
		return nil
	}
	r.count(fleet.Text("before the break"))
	o := actions.RunbookOrigin(r.book)
	pools, providers := o.Pools(snap), brokenProviders(o, snap)
	r.s.sim.Break(pools, providers)
	broke := r.clock.Now()
	r.tell(fleet.Concat(o.Text(), fleet.Text(" is broken")))
	seen, err := r.until(ctx, rehearsalSeen, func(s *fleet.Snapshot) bool { return sees(s, pools, providers) })
	if err != nil {
		return err
	}
	if !seen {
		r.fail(fleet.Textf("the console did not see within %s that it is broken", fleet.Age(rehearsalSeen)))
		return nil
	}
	r.out.Seen = fleet.Some(r.clock.Now().Sub(broke))
	r.tell(fleet.Concat(fleet.Text("the console sees it after "), fleet.Age(r.out.Seen.V)))
	return nil
}

// brokenProviders are the accounts of an origin.
func brokenProviders(o actions.Origin, s *fleet.Snapshot) []fleet.ProviderID {
	if o.Kind == actions.OriginProvider {
		return []fleet.ProviderID{fleet.ProviderID(o.ID)}
	}
	var out []fleet.ProviderID
	if route := s.Route(fleet.RouteID(o.ID)); o.Kind == actions.OriginRoute && route != nil {
		for _, id := range o.Targets {
			if t := route.Target(id); t != nil && t.Spec.Provider != "" {
				out = append(out, t.Spec.Provider)
			}
		}
	}
	return out
}

// sees tells whether everything that broke is known to be broken.
func sees(s *fleet.Snapshot, pools []fleet.PoolID, providers []fleet.ProviderID) bool {
	broken := func(state fleet.State) bool { return state == fleet.StateDown || state == fleet.StateCrit }
	for _, id := range pools {
		if p := s.Pool(id); p == nil || !broken(p.State) {
			return false
		}
	}
	for _, id := range providers {
		if p := s.Provider(id); p == nil || !broken(p.State) {
			return false
		}
	}
	return true
}
