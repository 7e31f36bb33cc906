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

// Object is the raw name of what a plan acts on: its route, or its alerting system.
func (p *Plan) Object() string {
	if p.Silence != nil {
		return string(p.Silence.Source)
	}
	return string(p.Intent.Route)
}

// ObjectKind is what a plan acts on, as a word: "route" or "alerting system".
func (p *Plan) ObjectKind() string {
	if p.Silence != nil {
		return "alerting system"
	}
	return "route"
}

// Lock is the name under which a plan's object is locked: that of the route, or one of the alerting system's.
func (p *Plan) Lock() fleet.RouteID {
	if p.Silence != nil {
		return "alerts of " + fleet.RouteID(p.Silence.Source)
	}
	return p.Intent.Route
}

// Errand tells whether the plan moves no weights: one write on an alerting system.
func (p *Plan) Errand() bool { return p.Silence != nil }

// ErrandText says what an errand does in one line: `alertname="Down" until 10:45:00, hides 3 (worst CRIT)`; of an
// expire, which silence ends. It is "" for changes of routes.
func (p *Plan) ErrandText() fleet.Safe {
	switch {
	case p.Silence == nil:
		return fleet.Safe{}
	case p.Intent.Kind == KindExpire && p.Intent.Silence != nil:
		return fleet.Textf("end of silence %s, %s show again", fleet.Label(p.Intent.Silence.ID), fleet.Int(p.Silence.Hides))
	}
	text := fleet.Textf("%s until %s, hides %s", fleet.MatchersText(p.Silence.Silence.Matchers),
		fleet.ClockTime(p.Silence.Silence.Until), fleet.Int(p.Silence.Hides))
	if p.Silence.Worst == "" {
		return text
	}
	return fleet.Concat(text, fleet.Text(" (worst "), p.Silence.Worst.Text(), fleet.Text(")"))
}
