package actions

import (
	"time"

	"pitwall/fleet"
)

// FailoverStage is which part of a failover a change is.
type FailoverStage string

// The stages in their order.
const (
	StageLeave  FailoverStage = "leave"  // load goes where it can be taken now
	StageWarm   FailoverStage = "warm"   // standby capacity is started
	StageSettle FailoverStage = "settle" // load goes from what is rented for the while to the capacity that is warm now
	StageReturn FailoverStage = "return" // load goes back to where it came from
)

// FailoverPart says which failover a change belongs to. Changes with the same ID make one failover.
type FailoverPart struct {
	ID      string
	Origin  Origin
	Stage   FailoverStage
	Split   Split
	Runbook string `json:",omitempty"` // by whose rules it was started; raw
	// Together are the routes whose changes start together: one without a change never started.
	Together []fleet.RouteID `json:",omitempty"`
}

// Bounds are what a failover keeps to. Empty lists bound nothing.
type Bounds struct {
	Routes []fleet.RouteID `json:",omitempty"` // the only ones that are moved
	To     []string        `json:",omitempty"` // the only receivers: targets, pools or providers
}

// Evacuation is where the load of an origin can go, over all routes that send to it: pure data.
type Evacuation struct {
	Within   Bounds
	Origin   Origin
	Found    []Failover                    // one for each route that can be moved, the one with the most requests first
	Stays    []Stay                        // the others
	Requests fleet.Maybe[fleet.Rate]       // what is to move, over Found; unknown where one is
	InFlight fleet.Maybe[fleet.Count]      // requests that are in the origin now; they are drained, not cut
	Ways     []Way                         // in the order of Splits; each fits as a whole
	Warmups  []Warmup                      // standby capacity that a second stage could use
	Burn     fleet.Maybe[fleet.USDPerHour] // of the fleet now
}

// Stay is a route whose load cannot be moved, and why.
type Stay struct {
	Route fleet.RouteID
	Why   fleet.Safe
}

// Way is one way to spread the load of an origin: a proposal for each route of Evacuation.Found, in that order.
type Way struct {
	Split Split
	Moves []Proposal
	Asks  []string `json:",omitempty"` // overrides that some of its receivers ask whatever they take
	// Left is the part of the moved requests that fits nowhere: it stays where it is.
	Left fleet.Maybe[fleet.Ratio]
	Burn fleet.Maybe[fleet.USDPerHour] // what it adds to the fleet's burn, est.
}

// Way is the way of a split, nil where nothing can be moved.
func (e *Evacuation) Way(split Split) *Way {
	for i := range e.Ways {
		if e.Ways[i].Split == split {
			return &e.Ways[i]
		}
	}
	return nil
}

// PlannedPart is the plan of one part of a failover with its checks.
type PlannedPart struct {
	Plan   Plan
	Checks []Check
}

// FailoverWish is how a failover is wanted. Zero fields of the ramp and a zero soak take those of its stage.
type FailoverWish struct {
	Split    Split
	Runbook  string // by whose rules, "" for none; raw
	Ramp     Ramp
	Soak     time.Duration
	Reason   string // raw
	Incident string // raw
}

// Onto puts the wish into the intent of one part.
func (w FailoverWish) Onto(in Intent) Intent {
	if w.Ramp.Points > 0 || w.Ramp.Every > 0 || w.Ramp.MinRequests > 0 {
		ramp := in.Ramp
		if w.Ramp.Points > 0 {
			ramp.Points, ramp.Way = w.Ramp.Points, nil // steps of the length that is wanted
		}
		if w.Ramp.Every > 0 {
			ramp.Every = w.Ramp.Every
		}
		if w.Ramp.MinRequests > 0 {
			ramp.MinRequests = w.Ramp.MinRequests
		}
		in.Ramp = ramp
	}
	if w.Soak > 0 {
		in.Soak = w.Soak
	}
	in.Reason, in.Incident = w.Reason, w.Incident
	return in
}

// StartedPart is what became of the start of one part.
type StartedPart struct {
	Route  fleet.RouteID
	Object string         // what is changed, a route or the object of a standby pool; raw
	Change fleet.ChangeID // "" where it did not start
	Err    error
}

// Warmup is a pool that does not serve yet and could take load once its replicas are ready.
type Warmup struct {
	Pool     fleet.PoolID
	Object   fleet.ObjectRef // what is scaled; zero where pitwall cannot start it
	Replicas int             // wanted
	Ready    int
	Takes    fleet.Maybe[time.Duration] // from start to ready, 90th percentile of earlier starts
	Routes   []fleet.RouteID            // of which it is a member
	Why      fleet.Safe                 // why it cannot be started from here, "" where it can
}

// Warm tells whether all replicas that were wanted are ready.
func (w Warmup) Warm() bool { return w.Ready > 0 && w.Ready >= w.Replicas }

// Returning is the ramp of the way back to a primary: 1, 5, 25, 50, 75 and 100 % of the way, 5 minutes each
// (change-safety: return to primary).
func Returning() Ramp {
	return Ramp{Points: 25, Every: 5 * time.Minute, MinRequests: DefaultMinRequests, Way: []int{1, 5, 25, 50, 75, 100}}
}

// CleanFor is how long a primary must be well before a return to it is offered.
const CleanFor = 10 * time.Minute

// DrainFor is how long requests in flight may take to end after the last write before they are called stuck. Nothing cuts them.
const DrainFor = 2 * time.Minute
