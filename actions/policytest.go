package actions

import "pitwall/fleet"

// PolicyTest is what would happen to a route under its policy: pure data, of which nothing was sent.
type PolicyTest struct {
	Route fleet.RouteID
	Cases []PolicyCase
}

// PolicyCase is one thing that may happen, or be done, and whether the route would stand it.
type PolicyCase struct {
	What    fleet.Safe // "the API fails"
	Verdict CaseVerdict
	Why     fleet.Safe
	// Takers are the members that would take over, as the gateway spreads it.
	Takers []Taker
	// Room is the part of the moved load that there is room for, however it is spread; unknown where nothing moves.
	Room     fleet.Maybe[fleet.Ratio]
	Requests fleet.Maybe[fleet.Rate] // that would move now
	Remarks  []fleet.Safe            // what stands beside it
	Weights  fleet.Weights           // of the case that sets the split
	Checks   []Check                 // that object to it
}

// CaseVerdict is whether a case would go well.
type CaseVerdict string

// The verdicts of cases.
const (
	CaseHolds   CaseVerdict = "holds"
	CaseFails   CaseVerdict = "does not hold"
	CaseUnknown CaseVerdict = "not known"
)

// Taker is one member that would take over, with what it would get of the moved load and what of that fits.
type Taker struct {
	Target fleet.TargetID
	Route  fleet.RouteID // that it is a member of
	Gets   fleet.Ratio
	Fit    fleet.Ratio // of the moved load, as a failover would find it
	Known  bool        // false where nobody knows what it can carry
	Why    fleet.Safe  // what bounds it
}
