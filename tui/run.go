package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"pitwall/fleet"
)

// Run shows the console until the person leaves, or until parent ends, which restores the terminal as well. Signals are
// the caller's business; a change in flight is not touched and goes on in its runner. An error of kind invalid means
// that Options cannot be used, kind internal that the console broke.
func Run(parent context.Context, o Options) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel() // ends the waiting commands: the runtime never does
	m, err := New(ctx, o)
	if err != nil {
		return err
	}
	p := tea.NewProgram(m, o.program()...)
	stop := context.AfterFunc(ctx, p.Quit)
	defer stop()
	if _, err := p.Run(); err != nil && parent.Err() == nil { // a terminal that hangs up fails while the context ends
		return &fleet.Error{
			Kind: fleet.KindInternal, Op: "show the console", Err: err,
			Next: "changes in flight are not touched by this; start again to see them",
		}
	}
	return nil
}

// program translates the options for the runtime.
func (o Options) program() []tea.ProgramOption {
	fps := o.FPS
	if fps <= 0 {
		fps = DefaultFPS
	}
	opts := []tea.ProgramOption{tea.WithFPS(fps), tea.WithoutSignalHandler()}
	if o.ColorProfile != colorprofile.Unknown {
		opts = append(opts, tea.WithColorProfile(o.ColorProfile))
	}
	if o.In != nil {
		opts = append(opts, tea.WithInput(o.In))
	}
	if o.Out != nil {
		opts = append(opts, tea.WithOutput(o.Out))
	}
	if o.Environ != nil {
		opts = append(opts, tea.WithEnvironment(o.Environ))
	}
	if o.Size.W > 0 && o.Size.H > 0 {
		opts = append(opts, tea.WithWindowSize(o.Size.W, o.Size.H))
	}
	return opts
}
