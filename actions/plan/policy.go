package plan

import (
	"pitwall/actions"
	"pitwall/fleet"
)

// notePolicy says where a plan leaves the share of own GPUs that a policy intends: it is a remark, since a failover must leave
// it for a while.
func notePolicy(p *actions.Plan, r *fleet.Route, s *fleet.Snapshot) {
	holder, other := policyHolder(r, s)
	if holder == nil {
		return
	}
	own := r.OwnShare(p.After)
	if own.OK && other != nil {
		own = ofBoth(own.V, r, other)
	}
	if policy := holder.Spec.Policy; own.OK && !policy.Holds(own.V, policy.Tolerance) {
		p.Notes = append(p.Notes, fleet.Textf("policy %s%s intends %s%% on own GPUs; this plan gives %s%%", fleet.Label(string(policy.Pattern)),
			ofRoute(holder, r), policy.Local.Text(), own.V.Whole()))
	}
}

func ofRoute(holder, r *fleet.Route) fleet.Safe {
	if holder == r {
		return fleet.Safe{}
	}
	return fleet.Textf(" of %s", fleet.Label(string(holder.Spec.ID)))
}

// policyHolder is the route whose policy a shift of r touches, which may be r itself, and the other route of a pair.
func policyHolder(r *fleet.Route, s *fleet.Snapshot) (holder, other *fleet.Route) {
	if p := r.Spec.Policy; p != nil {
		if p.Hard == "" {
			return r, nil
		}
		if hard := s.Route(p.Hard); hard != nil {
			return r, hard
		}
		return nil, nil
	}
	for i := range s.Routes {
		if p := s.Routes[i].Spec.Policy; p != nil && p.Hard == r.Spec.ID {
			return &s.Routes[i], &s.Routes[i]
		}
	}
	return nil, nil
}

// ofBoth is the share of own GPUs over the requests of two routes, with what they get now.
func ofBoth(own fleet.Ratio, r, other *fleet.Route) fleet.Maybe[fleet.Ratio] {
	theirs := other.OwnShare(other.Held())
	a, b := r.Load.Requests, other.Load.Requests
	if !theirs.OK || !a.OK || !b.OK || a.V+b.V <= 0 {
		return fleet.None[fleet.Ratio]()
	}
	return fleet.Some((own*fleet.Ratio(a.V) + theirs.V*fleet.Ratio(b.V)) / fleet.Ratio(a.V+b.V))
}
