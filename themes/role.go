package themes

import "pitwall/fleet"

// Role is what a piece of text means; a theme gives each role its look. Meaning is never carried by the
// look alone: a word or a mark stands beside it.
type Role uint8

// The roles. Text is the terminal's own foreground.
const (
	Text     Role = iota
	Dim           // secondary: column titles, hints, units
	Title         // names of sections
	Rule          // lines and boxes
	OK            // a good state
	Warn          // over a limit, not yet an outage
	Crit          // an outage
	Stale         // too old to trust
	Selected      // the row under the cursor
	Accent        // what can be acted on
	Key           // a key in the bottom line
	BandProd      // environment band of production
	BandSafe      // environment band of staging and development
	BandPlay      // environment band of demo and drill
	Bad           // a number over its limit
	roleCount
)

// roleNames are the words of the theme files, by role.
var roleNames = [roleCount]string{
	"text", "dim", "title", "rule", "ok", "warn", "crit", "stale", "selected", "accent", "key",
	"band-prod", "band-safe", "band-play", "bad",
}

// OfState gives the role of a state word.
func OfState(s fleet.State) Role {
	switch s {
	case fleet.StateOK:
		return OK
	case fleet.StateWarn, fleet.StateDrift:
		return Warn
	case fleet.StateCrit, fleet.StateDown:
		return Crit
	case fleet.StateStale:
		return Stale
	default:
		return Dim
	}
}

// OfLevel gives the role of an alert or event.
func OfLevel(l fleet.Level) Role {
	switch l {
	case fleet.LevelCrit:
		return Crit
	case fleet.LevelWarn:
		return Warn
	case fleet.LevelStale:
		return Stale
	default:
		return Text
	}
}
