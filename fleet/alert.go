package fleet

import (
	"slices"
	"time"
)

// Level is how urgent an alert or event is.
type Level string

// The levels.
const (
	LevelInfo  Level = "INFO"
	LevelStale Level = "STALE"
	LevelWarn  Level = "WARN"
	LevelCrit  Level = "CRIT"
)

// Text draws the level.
func (l Level) Text() Safe { return Label(string(l)) }

// Alert is something wrong now.
type Alert struct {
	Level   Level
	Object  Safe    // what: "llama-70b", "gw-3"
	Subject Subject // where it points, so that enter opens it
	Route   RouteID
	Text    Safe // number against limit: "err 6.2% > 2.0%"
	Detail  Safe // cause or second number
	Runbook Safe // name of the runbook, or ""
	Since   time.Time

	Origin   SourceID          // the alerting system that it comes from; "" for pitwall's own
	Labels   map[string]string // of an outside alert, raw: what a silence matches
	Silenced Safe              // "" or until when and by whom it is silenced
	Notes    map[string]string `json:",omitempty"` // annotations of an outside alert, raw
	Also     []SourceID        `json:",omitempty"` // other alerting systems that hold the same alert
	Pending  bool              `json:",omitempty"` // its condition holds and its waiting time is not over
	Key      *KeyOf            `json:",omitempty"` // the key or the team that it is about
	Old      bool              `json:",omitempty"` // its system is no longer read: this is what it said last
}

// From tells whether an alerting system holds the alert.
func (a *Alert) From(id SourceID) bool {
	return id != "" && (a.Origin == id || slices.Contains(a.Also, id))
}

// SilenceOf is a silence with the system that holds it and how many alerts it hides now.
type SilenceOf struct {
	Silence
	Source SourceID
	Hides  int
}

// Event is something that happened.
type Event struct {
	At     time.Time
	Level  Level
	Object Safe
	Text   Safe
	Change ChangeID // "" when no change is involved
}
