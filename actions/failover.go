package actions

import (
	"slices"
	"time"

	"pitwall/fleet"
)

// Split is a way to spread over others what a failing member of a route carried.
type Split string

// The ways.
const (
	SplitBalanced Split = "balanced" // each in proportion to what it could take
	SplitCheapest Split = "cheapest" // the cheapest first, up to what it could take
	SplitFastest  Split = "fastest"  // the one with the shortest time to first token first, likewise
)

// Splits lists them, the default first.
func Splits() []Split { return []Split{SplitBalanced, SplitCheapest, SplitFastest} }

// EmergencyRamp is the ramp of a failover: as large as a share may grow in one step without an override, each minute, judged on
// as few requests as say anything.
func EmergencyRamp() Ramp { return Ramp{Points: 25, Every: time.Minute, MinRequests: 50} }

// EmergencySoak is how long the end of a failover is watched before what comes next may begin.
const EmergencySoak = 5 * time.Minute

// Failover is what is known of moving the load of some members of one route to its others: pure data.
type Failover struct {
	Route      fleet.RouteID
	Away       []fleet.TargetID
	Moved      fleet.Ratio             // the share of the route that moves
	Requests   fleet.Maybe[fleet.Rate] // what that is now
	Candidates []Candidate             // greatest fit first; those that may not take any last
	Proposals  []Proposal              // in the order of Splits
}

// Candidate is one member that could take a part of the load.
type Candidate struct {
	Target fleet.TargetID
	Rented bool
	State  fleet.State
	Fit    fleet.Ratio // of the moved load that it could take now, with no other override than Asks
	Asks   []Ask       `json:",omitempty"` // overrides that any amount asks
	Why    fleet.Safe  // what bounds it: the interlock with its numbers; "" where it could take all
	ID     string      // of that interlock
	// Unproven tells that nobody knows what it can carry: Fit is what is known not to be too much, and an override is asked.
	Unproven bool
	Price    fleet.Maybe[fleet.USDPerMTok]
	Burn     fleet.Maybe[fleet.USDPerHour] // what taking Fit adds to the fleet's burn, est.
	TTFT95   fleet.Maybe[fleet.Seconds]
	Limit    fleet.Maybe[fleet.Tokens] // context
	Labels   []string                  // residency
}

// FreeFit is what it could take without any override; of one that is unproven, what is known not to be too much.
func (c *Candidate) FreeFit() fleet.Ratio {
	if len(c.Asks) > 0 && !c.Unproven {
		return 0
	}
	return c.Fit
}

// Asking says which overrides it asks whatever it takes, "" for none.
func (c *Candidate) Asking() fleet.Safe {
	if len(c.Asks) == 0 {
		return fleet.Safe{}
	}
	parts := make([]fleet.Safe, len(c.Asks))
	for i := range c.Asks {
		parts[i] = c.Asks[i].Why
	}
	return fleet.Concat(fleet.Text("asks an override: "), fleet.Join(parts, fleet.Text("; ")))
}

// Limits says what it asks and what bounds it.
func (c *Candidate) Limits() fleet.Safe {
	asking := c.Asking()
	if asking.IsEmpty() || c.ID == c.Asks[0].ID {
		return fleet.Join(some(asking, unless(!asking.IsEmpty(), c.Why)), fleet.Text("; "))
	}
	return fleet.Join(some(asking, c.Why), fleet.Text("; at most so much by "))
}

func unless(not bool, t fleet.Safe) fleet.Safe {
	if not {
		return fleet.Safe{}
	}
	return t
}

func some(list ...fleet.Safe) []fleet.Safe {
	return slices.DeleteFunc(list, fleet.Safe.IsEmpty)
}

// Ask is an override that a candidate asks whatever it takes.
type Ask struct {
	ID  string
	Why fleet.Safe
}

// Proposal is one split as weights of all members.
type Proposal struct {
	Split   Split
	Weights fleet.Weights
	// Left is the part of the moved load that nobody can take without an override: it stays where it is.
	Left fleet.Ratio
}
