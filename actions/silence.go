package actions

import (
	"time"

	"pitwall/fleet"
)

// SilenceIntent is the silence that is wanted, or whose end is.
type SilenceIntent struct {
	Source   fleet.SourceID  // the alerting system; "" where the fleet has only one
	Matchers []fleet.Matcher // silence
	For      time.Duration   // silence: how long from now; zero means DefaultSilence
	Comment  string          // silence: why, for everybody who looks at the alert; raw
	ID       string          // expire: under which the system has it
}

// The bounds of a silence.
const (
	// DefaultSilence is how long a silence lasts where nobody says: an hour, after which a forgotten one shows again.
	DefaultSilence = time.Hour
	// LongestSilence is the longest one: past the shifts of a day, somebody who knows why should decide anew.
	LongestSilence = 24 * time.Hour
)

// SilencePlan is what the one step of a silence, or of its end, does.
type SilencePlan struct {
	Source  fleet.SourceID
	Silence fleet.Silence // as it would be stored, without its ID; of an expire: as it was read
	Hides   int           // alerts that it hides now; of an expire: that show again
	Worst   fleet.Level   // of these, "" for none
	Alerts  []HiddenAlert // the worst of these, at most MostHidden
}

// MostHidden is how many alerts a plan lists.
const MostHidden = 50

// HiddenAlert is one alert that a silence hides.
type HiddenAlert struct {
	Level  fleet.Level
	Object fleet.Safe
	Text   fleet.Safe
	Route  fleet.RouteID
	Tier   int  // of the route, 0 for none
	Hidden bool // silenced already
}
