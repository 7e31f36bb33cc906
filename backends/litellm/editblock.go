package litellm

import (
	"context"
	"fmt"

	"pitwall/fleet"
)

// Blocking takes a member out of its route without touching its weight; requests in flight finish. LiteLLM has the calls
// since 1.9x (present in 1.96.0, absent in 1.81.15), for database models only.

// blockStanding is where one replica stands with the flag of a member.
func (g *gateway) blockStanding(ctx context.Context, s edited, r fleet.RouteSpec, e fleet.RouteEdit) edited {
	all, err := s.rep.api.models(ctx, nil)
	if err != nil {
		s.err = err
		return s
	}
	s.held = newHolding(s.rep.spec.ID, r, all, g.clock.Now(), nil)
	d, ok := s.held.members[e.Target]
	if !ok {
		s.at = fleet.StandsGone
		return s
	}
	s.stand(e, inOrOut(d.blocked.Or(false)))
	return s
}

// allowedBlock refuses what cannot be blocked, and to leave a route without a member that takes requests: LiteLLM would
// answer 403 to each, or pick among members of weight 0.
func allowedBlock(r fleet.RouteSpec, e fleet.RouteEdit, p prepared) error {
	op := editOp(r, e)
	if can := p.can.block; can.OK && !can.V {
		return unsupported(op, "this version of LiteLLM has no block call; set the target's weight to 0 instead")
	}
	for _, s := range p.stands {
		d, ok := s.held.members[e.Target]
		switch {
		case s.err != nil || !ok:
		case !d.fromDB:
			return unsupported(op, fmt.Sprintf("%s comes from the config file, and LiteLLM's API only changes models that are kept in "+
				"its database; set the target's weight to 0 in the file instead", e.Target))
		case e.Out && !d.blocked.Or(false) && lastOpen(s.held, e.Target):
			return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Next: "no other target of the route is open and has a weight, so that " +
				"every request would be refused; nothing was written; open another one first"}
		}
	}
	return nil
}

func lastOpen(h holding, target fleet.TargetID) bool {
	for id, d := range h.members {
		if id != target && !d.blocked.Or(false) && d.weight != fleet.Some(0.0) {
			return false
		}
	}
	return true
}

// editBlock makes the call and reads the member again.
func (w *dbWriter) editBlock(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit, p prepared) error {
	var id fleet.DeploymentID
	for _, t := range r.Targets {
		if t.ID == e.Target {
			id = deploymentOf(t)
		}
	}
	rep, _, err := w.firstTaker(ctx, p, func(ctx context.Context, a *api) (bool, error) { return false, a.setBlocked(ctx, id, e.Out) })
	if err != nil {
		return failedEdit(r, e, err)
	}
	return mustStand(r, e, w.standing(ctx, rep, r, e))
}
