package kube

import (
	"time"

	"pitwall/fleet"
)

// Times after which a state that is normal at first becomes trouble.
const (
	goneWithin    = 30 * time.Second // after the grace period of a deletion
	createdWithin = 3 * time.Minute  // from placement to a started container: volumes and images
)

// overdue returns the row of a pod in a state that has lasted too long, or the row itself.
func overdue(r *fleet.Pod, now time.Time) *fleet.Pod {
	age := now.Sub(r.Since)
	switch {
	case r.Phase.String() == phaseTerminating && r.State == fleet.StateIdle && age > goneWithin:
		late := *r
		late.State = fleet.StateCrit
		late.Why = fleet.Concat(r.Why, fleet.Text("; its grace period is over: the node or a finalizer holds it"))
		return &late
	case r.State == fleet.StateWarn && r.Why.String() == waitCreating && age > createdWithin:
		late := *r
		late.State = fleet.StateCrit
		late.Why = fleet.Text("ContainerCreating for long: a volume or an image does not come; see its events")
		return &late
	}
	return r
}
