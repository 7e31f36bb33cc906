package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"pitwall/actions"
	"pitwall/drills/recording"
	"pitwall/fleet"
	"pitwall/tui"
	"pitwall/views/plain"
)

func drillReplayCommand(f *flags, c console) *cobra.Command {
	var at time.Duration
	cmd := &cobra.Command{Use: "replay FILE", Short: "Look at a recording in the console",
		Long: "Looks at a recording, of a drill or of a live watch, in the console: < and > move by ten seconds, { and } by five minutes,\n" +
			"( and ) from event to event, :at goes to a time, p plays and stands, :speed sets how fast. Nothing of it can be changed, and\n" +
			"no endpoint is asked for anything. Without a terminal it says what the recording is and what happened in it.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return replay(cmd.Context(), f, c, args[0], at) }}
	cmd.Flags().DurationVar(&at, "at", 0, "begin so long after its begin")
	return cmd
}

func replay(ctx context.Context, f *flags, c console, path string, at time.Duration) error {
	film, err := recording.Open(path)
	if err != nil {
		return usage(err)
	}
	shelf := recording.OfFilm(film)
	defer func() { _ = shelf.Close() }() // it was only read
	first, err := film.At(film.First().Add(at))
	if err != nil {
		return &fleet.Error{Kind: fleet.KindInvalid, Op: "look at " + fleet.Quote(path).String(), Err: err}
	}
	if plainOutput(f, c) {
		return sayFilm(c.out, film)
	}
	if !film.Cut.IsEmpty() {
		fmt.Fprintf(c.errs, "pitwall: %s\n", film.Cut)
	}
	s := &session{inventory: fleet.Inventory{Context: film.Header.Context, Mode: first.Mode}, clock: fleet.SystemClock{}}
	theme, profile := s.look(f, c)
	ctx, end := untilSignal(ctx)
	defer end()
	return tui.Run(ctx, tui.Options{Feed: &firstOnly{snap: first}, Control: shut{}, Theme: theme, ColorProfile: profile,
		Context: film.Header.Context, Mode: first.Mode, Past: shelfPast{shelf}, Still: true,
		Leaving: []fleet.Safe{fleet.Text("a recording is only looked at")}})
}

// sayFilm says what a recording is, and what happened in it.
func sayFilm(w io.Writer, film *recording.Film) error {
	notes, err := film.Notes(time.Time{}, film.Last().Add(time.Hour))
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, plain.Recording(film.Header.Context, film.First(), film.Last(), film.Cut, said(notes)))
	return err
}

func said(notes []recording.Note) (lines []plain.Moment) {
	for _, n := range notes {
		lines = append(lines, plain.Moment{At: n.At, Kind: fleet.Label(string(n.Kind)), Text: n.Text})
	}
	return lines
}

// shelfPast is a recording as the console looks at it.
type shelfPast struct{ shelf *recording.Shelf }

func (p shelfPast) Look(_ context.Context, at time.Time) (*fleet.Snapshot, time.Time, time.Time, error) {
	return p.shelf.At(at)
}

func (p shelfPast) Happened(_ context.Context, at time.Time, after bool) (time.Time, fleet.Safe, error) {
	return p.shelf.Happened(at, after)
}

// firstOnly gives one snapshot: what is shown after it is asked for.
type firstOnly struct {
	snap *fleet.Snapshot
	gave bool
}

func (f *firstOnly) Next(ctx context.Context) (*fleet.Snapshot, error) {
	if !f.gave {
		f.gave = true
		return f.snap, nil
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// errShut is what any wish to change a recording is answered.
var errShut = errors.New("this is a recording: nothing of it can be changed")

// shut is the control of a recording: it holds no changes and takes none.
type shut struct{ tui.Control }

func (shut) Plan(actions.Intent) (actions.Plan, error) { return actions.Plan{}, errShut }
func (shut) Book() actions.Book                        { return actions.Book{} }
func (shut) Arm(time.Duration, string) error           { return errShut }
func (shut) Lock()                                     {}
func (shut) Incident(string) error                     { return errShut }
func (shut) Refresh()                                  {}

func (shut) BookChanged(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}
