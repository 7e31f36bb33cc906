package views

import (
	"cmp"
	"strings"

	"pitwall/actions"
	"pitwall/fleet"
)

// FailoverState is what the failover screen remembers. With Of set it shows that failover with its changes; a Flow lies over both.
type FailoverState struct {
	Pane     string // "origins" or "failovers"
	Origins  Table
	Runbooks Table
	Runs     Table
	Of       string
	Parts    Table
	Flow     *FailoverFlow
}

func (u FailoverState) pane() string { return cmp.Or(u.Pane, "origins") }

// FailoverFlow is a failover that is being planned: pure data that the tui moves and the screen draws. Its first step shows who could
// take what; the later stages of a failover begin with the checks.
type FailoverFlow struct {
	Stage    actions.FailoverStage
	Origin   actions.Origin
	Within   actions.Bounds
	Runbook  string         // by whose rules, "" for none
	WarmOnly []fleet.PoolID // of a runbook: the standby pools that it starts
	Of       string         // later stage: of which failover
	Found    *actions.Evacuation
	Split    actions.Split
	Warm     bool // standby pools are started too
	Parts    []actions.PlannedPart
	Err      fleet.Safe // why nothing was found or planned
	Aside    fleet.Safe // what is left out, such as a standby pool that cannot be started
	Form     ShiftState // step, checks of all parts, ladder, fields, scroll
}

// originID is the raw ID of an origin's row.
func originID(o actions.Origin) string { return string(o.Kind) + "\x00" + o.ID }

// OriginOf is what a row of the origins stands for.
func OriginOf(id string) (actions.Origin, bool) {
	kind, name, ok := strings.Cut(id, "\x00")
	return actions.Origin{Kind: actions.OriginKind(kind), ID: name}, ok
}

// Warmups are the standby pools that could be started with it.
func (f *FailoverFlow) Warmups() []actions.Warmup {
	if f.Runbook == "" {
		return f.Found.Warmups
	}
	return actions.WarmupsOf(&fleet.Runbook{Warm: f.WarmOnly}, f.Found.Warmups)
}
