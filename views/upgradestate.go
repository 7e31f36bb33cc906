package views

import (
	"time"

	"pitwall/fleet"
)

// UpgradesState is what the upgrades screen remembers. With Of set it shows that object: how its roll stands, the change
// that is open on it, and its old and new replicas.
type UpgradesState struct {
	List Table
	Of   fleet.ObjectRef
	Pods Table
	// Seen is what was read of objects, by name. It is read in turn while the screen is shown, so that each has its age.
	Seen map[fleet.ObjectRef]RolloutSeen
	// Deaf is why no object can be asked how it stands, "" where objects can.
	Deaf  fleet.Safe
	Shift *ShiftState // open dialog
	// Lists keeps the order of tables between frames; nil works it out each time.
	Lists *Lists
}

// RolloutSeen is how an object stood when it was last asked.
type RolloutSeen struct {
	Rollout fleet.Rollout
	Lacks   map[fleet.Deed]fleet.Safe // what may not be done to it, with the missing right
	At      time.Time                 // of the last answer; zero before the first
	Err     fleet.Safe                // why the last question got no answer
	Tried   time.Time                 // when it was last asked
	Busy    bool                      // it is being asked now
}

// known tells whether an answer ever came.
func (r RolloutSeen) known() bool { return !r.At.IsZero() }

// oldRollout is the age from which what was read of an object is called old.
const oldRollout = 2 * time.Minute

func (r RolloutSeen) old(now time.Time) bool { return r.known() && now.Sub(r.At) >= oldRollout }

// standing says when an object was read: "read 4s ago", "not read yet, asking kube-fra1", and what failed last.
func (r RolloutSeen) standing(o fleet.ObjectRef, deaf fleet.Safe, now time.Time) fleet.Safe {
	cluster := fleet.Label(string(o.Cluster))
	var text fleet.Safe
	switch {
	case r.known():
		text = fleet.Concat(fleet.Text("read "), fleet.Age(now.Sub(r.At)), fleet.Text(" ago"))
		if r.old(now) {
			text = fleet.Concat(text, fleet.Text(", which is OLD"))
		}
	case !deaf.IsEmpty():
		return fleet.Concat(fleet.Text("not read: "), deaf)
	case r.Busy:
		return fleet.Concat(fleet.Text("not read yet, asking "), cluster)
	default:
		text = fleet.Text("not read yet")
	}
	if !r.Err.IsEmpty() {
		text = fleet.Concat(text, fleet.Text("; asked "), fleet.Age(now.Sub(r.Tried)), fleet.Text(" ago: "), r.Err)
	}
	return text
}
