package drills

import (
	"time"

	"pitwall/fleet"
)

// Kind is what somebody did in a drill.
type Kind string

// The kinds of entries.
const (
	KindMark    Kind = "mark"    // something was noticed
	KindNoise   Kind = "noise"   // an alarm that is none of the drill's was taken for one
	KindTheory  Kind = "theory"  // a theory was committed to
	KindHint    Kind = "hint"    // help was asked for
	KindChange  Kind = "change"  // a change was started
	KindRefused Kind = "refused" // a change was refused by what no override opens
	KindTell    Kind = "tell"    // a status for others
	KindHand    Kind = "hand"    // the note of the hand-over
)

// Entry is one thing that was done, with its time from the begin of the drill.
type Entry struct {
	At     time.Duration
	Kind   Kind
	ID     string       // theory, or change
	Text   fleet.Safe   // what was said, or what the change is
	Change *Changed     `json:",omitempty"` // of a change
	Screen []fleet.Safe `json:",omitempty"` // what was on screen, line by line
}

// Changed is how a change of the drill stands at its end.
type Changed struct {
	Overrides []string
	Verified  bool // read back from every replica
	Stale     bool // planned or confirmed on data that were stale
	State     string
	Why       fleet.Safe
	Checks    []Verdict `json:",omitempty"` // those that did not pass; of a report of an earlier release none
	Passed    int       `json:",omitempty"` // how many checks passed
}

// Verdict is what one interlock said of a change when it was confirmed.
type Verdict struct {
	ID       string     // "IL-04"
	Severity string     // as the console writes it
	Text     fleet.Safe // the interlock's formula with its numbers
}

// Alarm is an alert of the console's own detection, by when it was first on the console.
type Alarm struct {
	At     time.Duration // from the begin of the drill
	Object fleet.Safe
	Text   fleet.Safe
}

// Left is how the fleet was left.
type Left struct {
	WeightsBack bool // those of before, or those that the reference plan ends with
	Silences    int  // that hide something still
	Overrides   int  // of changes that are still open
	CachesWarm  bool
}

// Log is all that was done, in order.
type Log struct {
	Entries []Entry
	Alarms  []Alarm `json:",omitempty"` // in the order in which they came up
	Left    Left
	Ended   time.Duration
	Flags   []string // red flags that were seen: residency breach, all members out by own hand, a secret shown, a live target
}

// first is the first entry of a kind that is at or after a time, nil for none.
func (l *Log) first(from time.Duration, kinds ...Kind) *Entry {
	for i := range l.Entries {
		for _, k := range kinds {
			if l.Entries[i].Kind == k && l.Entries[i].At >= from {
				return &l.Entries[i]
			}
		}
	}
	return nil
}

// count is how many entries there are of a kind.
func (l *Log) count(kind Kind) (n int) {
	for i := range l.Entries {
		if l.Entries[i].Kind == kind {
			n++
		}
	}
	return n
}
