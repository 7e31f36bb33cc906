package actions

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"pitwall/fleet"
)

// Rehearsal is one run of a runbook on the simulator, and what it showed.
type Rehearsal struct {
	Runbook  string // raw
	Hash     string // of the runbook and the routes that it can move, as they were
	At       time.Time
	OK       bool
	Why      fleet.Safe // why it failed, "" where it did not
	Stale    bool       // the runbook or its routes are others since; found when it is read
	Passed   time.Duration
	Seen     fleet.Maybe[time.Duration] // from the break until the console saw it
	ReadBack fleet.Maybe[time.Duration] // from the confirmation until every gateway replica held every end
	Calls    []RehearsedCalls
	Moves    []RehearsedMove
	Stays    []fleet.Safe // what stayed where it was, and why
	Findings []fleet.Safe // overrides that were asked, refusals, stages that did not become ready
	StandIns []fleet.Safe // what stood in for what
}

// RehearsedCalls are the requests of clients in one part of a rehearsal.
type RehearsedCalls struct {
	During           fleet.Safe
	Answered, Failed int64
}

// RehearsedMove is one change of a rehearsal as it ended.
type RehearsedMove struct {
	Stage  FailoverStage
	Object string // raw: the route, or the pool that was started
	State  State
	Before fleet.Weights `json:",omitempty"`
	After  fleet.Weights `json:",omitempty"`
	Why    fleet.Safe
}

// Rehearsal is the last one of a runbook, or nil.
func (b Book) Rehearsal(runbook string) *Rehearsal {
	at := slices.IndexFunc(b.Rehearsals, func(r Rehearsal) bool { return r.Runbook == runbook })
	if at < 0 {
		return nil
	}
	return &b.Rehearsals[at]
}

// Told says in a few words what a rehearsal showed, and how long ago that was. A nil one was never made.
func (r *Rehearsal) Told(now time.Time) fleet.Safe {
	if r == nil {
		return fleet.Text("never")
	}
	age := fleet.Concat(fleet.Age(now.Sub(r.At)), fleet.Text(" ago "))
	switch {
	case !r.OK && r.Stale:
		return fleet.Concat(age, fleet.Text("FAILED, changed since: "), r.Why)
	case !r.OK:
		return fleet.Concat(age, fleet.Text("FAILED: "), r.Why)
	case r.Stale:
		return fleet.Concat(age, fleet.Text("ok, changed since"))
	}
	return fleet.Concat(age, fleet.Text("ok"))
}

// RunbookHash tells a runbook and the routes that it can move from others: with another hash a rehearsal says nothing of it any
// more. It goes by what the configuration declares, not by what is read.
func RunbookHash(r *fleet.Runbook, inv *fleet.Inventory) string {
	type route struct {
		ID       fleet.RouteID
		Gateway  fleet.GatewayID
		Requires []string
		Targets  []fleet.TargetSpec
	}
	of := struct {
		Runbook *fleet.Runbook
		Pools   []fleet.PoolID
		Routes  []route
	}{Runbook: r}
	o := RunbookOrigin(r)
	s := &fleet.Snapshot{}
	for _, p := range inv.Pools {
		s.Pools = append(s.Pools, fleet.Pool{Spec: p})
		if o.Kind == OriginSite && string(p.Site) == o.ID {
			of.Pools = append(of.Pools, p.ID)
		}
	}
	for _, x := range inv.Routes {
		moved := o.Kind == OriginRoute && string(x.ID) == o.ID || slices.ContainsFunc(x.Targets, func(t fleet.TargetSpec) bool {
			return o.Holds(s, &fleet.Target{Spec: t})
		})
		if moved && (len(r.Routes) == 0 || slices.Contains(r.Routes, x.ID)) {
			of.Routes = append(of.Routes, route{ID: x.ID, Gateway: x.Gateway, Requires: x.Requires, Targets: x.Targets})
		}
	}
	b, err := json.Marshal(of)
	if err != nil {
		return "" // these are plain data
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
