package actions

import (
	"slices"
	"time"

	"pitwall/fleet"
)

// Severity is how strongly an interlock objects. Greater is worse.
type Severity int

// The severities. HARD is a block that nothing lifts.
const (
	SeverityPass  Severity = iota // no objection
	SeverityWarn                  // said, and goes on
	SeverityOVR                   // needs a typed override with a reason
	SeverityBlock                 // refused
	SeverityHard                  // refused, and no approval lifts it
)

// String gives the severity word of the design: "PASS", "WARN", "OVR", "BLOCK", "HARD". What is none of
// them, as in a damaged journal, counts as the worst.
func (s Severity) String() string {
	words := [...]string{"PASS", "WARN", "OVR", "BLOCK", "HARD"}
	if s < 0 || int(s) >= len(words) {
		return words[SeverityHard]
	}
	return words[s]
}

// Verdict is the word on screen: PASS, WARN or FAIL.
func (s Severity) Verdict() string {
	switch s {
	case SeverityPass:
		return "PASS"
	case SeverityWarn:
		return "WARN"
	default:
		return "FAIL"
	}
}

// Check is one interlock's verdict on one plan.
type Check struct {
	ID       string // "IL-04"
	Title    fleet.Safe
	Severity Severity
	Formula  fleet.Safe // with numbers: "0.91 = (5,200 + 3,900) / 10,000 tok/s > 0.85"
	Inputs   []Input
	Missing  bool       // the verdict comes from absent data
	History  bool       // the absent data is history: such overrides are grouped into one
	Fix      fleet.Safe // what would make it pass, "" when there is nothing to do
	Target   fleet.TargetID
	// Lowered says from what, and why, the site's policy lowered the severity; nil where it did not. The formula says it too.
	Lowered *Lowered `json:",omitempty"`
}

// Lowered is what a site's policy did to a verdict.
type Lowered struct {
	From   Severity
	Reason fleet.Safe
}

// Input is one number behind a verdict.
type Input struct {
	Name  fleet.Safe
	Value fleet.Safe
	At    time.Time // when it was measured; zero for configuration
}

// Worst returns the greatest severity of all checks.
func Worst(checks []Check) Severity {
	worst := SeverityPass
	for _, c := range checks {
		worst = max(worst, c.Severity)
	}
	return worst
}

// Overrides lists the interlocks that need an override, each once. Those that fail because history is
// missing are grouped: they appear as the single entry HistoryOverride.
func Overrides(checks []Check) []string {
	var ids []string
	for _, c := range checks {
		id := c.ID
		if c.Severity != SeverityOVR {
			continue
		}
		if c.Missing && c.History {
			id = HistoryOverride
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// HistoryOverride names the grouped override of all checks that lack history.
const HistoryOverride = "IL-HISTORY"

// CheckFunc is an interlock: a pure function of what it is given.
type CheckFunc func(Plan, *fleet.Snapshot, Book, time.Time) Check

// Interlock is a check with its identity, for the registry, help and docs.
type Interlock struct {
	ID    string
	Title fleet.Safe
	Asks  fleet.Safe // the condition in one line
	// RollbackSkips is true where restoring the last committed state is never asked (part C, rule a).
	RollbackSkips bool
	Check         CheckFunc
}
