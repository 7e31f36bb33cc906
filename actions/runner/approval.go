package runner

import (
	"errors"
	"slices"

	"pitwall/actions"
	"pitwall/fleet"
)

// leastReason is the least length of the reason of an override, in bytes.
const leastReason = 10

// approved checks the confirmation against the verdicts as they are now.
func approved(p actions.Plan, a actions.Approval, checks []actions.Check) error {
	if why := refusal(checks, a.Overrides); !why.IsEmpty() {
		return &fleet.Error{Kind: fleet.KindBlocked, Op: "start the change", Err: errors.New(why.String()),
			Next: "nothing was written"}
	}
	needed := actions.Overrides(checks)
	prod := p.Env != fleet.EnvStage && p.Env != fleet.EnvDev
	part := p.Intent.Failover // one name confirms all of its parts
	typed := a.Typed != "" && (a.Typed == p.Object() || slices.Contains(poolNames(p), a.Typed) || part != nil && a.Typed == part.Origin.ID)
	if (prod || len(needed) > 0) && !typed {
		return refuse(fleet.KindBlocked, "the name that was typed is not that of the "+p.ObjectKind(), "nothing was written")
	}
	if len(needed) > 0 && len(a.Reason) < leastReason {
		return refuse(fleet.KindBlocked, "an override needs a reason of ten characters or more", "nothing was written")
	}
	return nil
}

// poolNames are the pools of the route: a shift is confirmed with the name of the route or of a pool.
func poolNames(p actions.Plan) []string {
	var names []string
	for _, t := range p.Route.Targets {
		if t.Pool != "" {
			names = append(names, string(t.Pool))
		}
	}
	return names
}
