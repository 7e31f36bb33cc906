package tui

import (
	"io"
	"log/slog"

	"github.com/charmbracelet/colorprofile"

	"pitwall/economics"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
)

// DefaultFPS is how often a second changes are written at most. It is also what a key waits for: 30 means 20 ms in the
// median (measured with bubbletea v2.1.1), 10 would mean 54 ms.
const DefaultFPS = 30

// Options are everything that the console needs. Feed, Control and Theme must be set.
type Options struct {
	Feed    Feed
	Control Control
	Faults  Faults  // nil outside of the demo
	Drill   Drill   // nil outside of drills
	Details Details // nil where no cluster can be asked
	// Rollouts reads and plans objects of clusters; nil where none is.
	Rollouts Rollouts
	Theme    *themes.Theme
	// Past is what was recorded, nil where nothing is. Still says that there is no now: what Feed gives is the begin of a recording.
	Past  Past
	Still bool
	// Acted is told what the person did: the name of a key's action, or a command line; never what is typed into a field. It must not
	// wait. nil tells nobody.
	Acted func(what fleet.Safe)
	// Prices are those of APIs now, for the economics screen; nil where none are at hand.
	Prices func() *economics.Catalogue

	Context string     // raw name of the context, until the first snapshot tells it
	Mode    fleet.Mode // demo and drill replace the environment in the header
	// Leaving says, in lines of at most 70 cells, what becomes of an open change when the console ends; nil means that
	// its guard goes on.
	Leaving []fleet.Safe

	In      io.Reader // nil means standard input
	Out     io.Writer // nil means standard output
	Environ []string  // nil means the environment of the process
	// ColorProfile is what colours are reduced to. The zero value asks the terminal, which inside tmux starts a
	// process; whoever honours NO_COLOR passes colorprofile.ASCII, since the runtime ignores values such as "yes".
	ColorProfile colorprofile.Profile
	FPS          int        // 0 means DefaultFPS
	Size         views.Size // only where the output is no terminal, as in tests

	// Save writes a file for the person under a name that it may change, and returns where. nil switches w off.
	Save func(name string, data []byte) (path string, err error)
	// Keys replaces built-in keys, by the ID of the binding.
	Keys map[string][]string

	Clock fleet.Clock // time of the fleet: header, ages, validity of checks; nil means the machine's
	// Hands is the time at the keyboard: pastes, the pause after a dialog opens and the once-a-second frame follow it
	// whatever the fleet's time does. nil means the machine's.
	Hands fleet.Clock
	// NoGrace makes dialogs take keys at once. It is for tests that drive a whole program.
	NoGrace bool
	Log     *slog.Logger // nil logs nothing
}
