package desk

import (
	"context"

	"pitwall/actions"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

// planKey looks a key or a team up at its gateway, and plans on what that tells. Nothing is written.
func (d *Desk) planKey(ctx context.Context, in actions.Intent) (actions.Plan, error) {
	snap := d.o.Latest()
	want, err := plan.FindKey(*in.Key, snap)
	if err != nil {
		return actions.Plan{}, err
	}
	in.Key = &want
	r, err := d.keys(want.Gateway)
	if err != nil {
		return actions.Plan{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, draftWithin)
	defer cancel()
	h, err := r.Holder(ctx, want.Of)
	if err != nil {
		return actions.Plan{}, err
	}
	return plan.Key(in, h, snap, d.o.Clock.Now())
}

func (d *Desk) keys(id fleet.GatewayID) (fleet.KeyReader, error) {
	if d.o.Keys == nil {
		return nil, refuse(fleet.KindUnsupported, "plan", "no keys of gateways are read here")
	}
	return d.o.Keys(id)
}
