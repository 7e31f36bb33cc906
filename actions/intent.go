package actions

import (
	"time"

	"pitwall/fleet"
)

// Kind is the kind of a change.
type Kind string

// The kinds of changes.
const (
	KindShift  Kind = "shift"  // move weights between the targets of one route
	KindResync Kind = "resync" // make one gateway replica take over the stored state again
	// KindSilence hides alerts of an alerting system for a while; KindExpire ends such a silence now.
	KindSilence Kind = "silence"
	KindExpire  Kind = "expire"
)

// Intent is what an operator wants.
type Intent struct {
	Kind     Kind
	Route    fleet.RouteID
	Weights  fleet.Weights          // shift: wanted weights; targets not named keep theirs
	Replica  fleet.GatewayReplicaID // resync: the lagging replica
	Ramp     Ramp
	Guard    fleet.Guard // limits that roll back; unset fields come from the route
	Soak     time.Duration
	Undoes   fleet.ChangeID // set when this restores the state before another change
	Reason   string         // raw; drawn through fleet.Label
	Incident string         // raw
	Actor    Actor
	Silence  *SilenceIntent `json:",omitempty"` // silence and expire
	Work     *WorkIntent    `json:",omitempty"` // changes of objects of a cluster
	Edit     *EditIntent    `json:",omitempty"` // edit
	Key      *KeyIntent     `json:",omitempty"` // key
	Failover *FailoverPart  `json:",omitempty"` // the failover that it is a part of
}

// Emergency tells whether the change leads load away from what fails: it is judged by errors where nothing tells the rest.
func (in *Intent) Emergency() bool { return in.Failover != nil && in.Failover.Stage == StageLeave }

// Ramp says how a shift is cut into steps. Zero fields take the default: 10 points every
// 2 minutes with at least 200 requests a step.
type Ramp struct {
	Points      int           // greatest change of any target's share in one step, in percentage points
	Every       time.Duration // least time between two steps
	MinRequests int           // fewer requests than this in a step is inconclusive
	// Way are the parts of the way at which a step ends, in percent, ascending and ending with 100, each cut further where it is
	// longer than Points; empty means steps of equal length.
	Way []int `json:",omitempty"`
}

// The default ramp and soak.
const (
	DefaultPoints      = 10
	DefaultEvery       = 2 * time.Minute
	DefaultMinRequests = 200
	DefaultSoak        = 10 * time.Minute
	// InconclusiveAfter is how long a step may stay under MinRequests before it is held.
	InconclusiveAfter = 10 * time.Minute
	// PlanLife is how old a plan may be at its first write (IL-37).
	PlanLife = 10 * time.Minute
)

// WithDefaults fills zero fields.
func (r Ramp) WithDefaults() Ramp {
	if r.Points <= 0 {
		r.Points = DefaultPoints
	}
	if r.Every <= 0 {
		r.Every = DefaultEvery
	}
	if r.MinRequests <= 0 {
		r.MinRequests = DefaultMinRequests
	}
	return r
}

// Actor is who does something: numeric uid plus name.
type Actor struct {
	UID      int
	Name     string // raw; drawn through fleet.Label
	Verified bool   // the name was found in the password file
	Host     string
}

// Text draws the actor: "mara", "uid 1001 (unverified)".
func (a Actor) Text() fleet.Safe {
	switch {
	case a.Name == "":
		return fleet.Concat(fleet.Text("uid "), fleet.Int(a.UID), fleet.Text(" (unverified)"))
	case !a.Verified:
		return fleet.Concat(fleet.Label(a.Name), fleet.Text(" (unverified)"))
	default:
		return fleet.Label(a.Name)
	}
}
