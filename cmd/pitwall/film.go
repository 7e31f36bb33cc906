package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"pitwall/drills/recording"
	"pitwall/fleet"
	"pitwall/internal/buildinfo"
)

// film records what a console shows, and looks at what was recorded.
type film struct {
	s        *session
	recorder *recording.Recorder // of the last hours; nil where none are kept
	own      *recording.Writer   // a file that was asked for, or a drill's; nil for none
	shelf    *recording.Shelf
	notes    chan recording.Note
}

// waitingNotes is how many notes wait for the recorder at most; a console never waits for a disk.
const waitingNotes = 256

// embeddedReplay is for how long the seconds of an embedded fleet are kept.
const embeddedReplay = 4 * time.Hour

// openFilm begins to record where the session keeps the last hours, or a file was named.
func (s *session) openFilm(path string, drill *recording.Drill) error {
	if s.sim != nil {
		s.inventory.Retention.Replay = embeddedReplay
	}
	if s.inventory.Retention.Replay == 0 && path == "" {
		return nil
	}
	h := recording.Header{Program: "pitwall " + buildinfo.Version(), Context: s.inventory.Context, Env: s.inventory.Env, Drill: drill}
	f := &film{s: s, notes: make(chan recording.Note, waitingNotes)}
	if path != "" {
		h := h
		h.Begin = s.clock.Now()
		var err error
		if f.own, err = recording.Create(path, h); err != nil {
			return usage(err)
		}
		s.closers = append(s.closers, f.own.Close)
	}
	s.film = f
	if keep := s.inventory.Retention.Replay; keep > 0 {
		dir, err := s.filmDir()
		if err != nil {
			s.warnings = append(s.warnings, fleet.Concat(fleet.Text("the last hours are not recorded: "), fleet.Sentence(err)))
			return nil
		}
		f.recorder = &recording.Recorder{Dir: dir, Header: h, Keep: keep}
		f.shelf = recording.NewShelf(dir)
		s.closers = append(s.closers, f.recorder.Close, f.shelf.Close)
	}
	return nil
}

// filmDir is the folder of the context's last hours. An embedded fleet has one of its own in each run, since each begins at a time and in
// a state of its own.
func (s *session) filmDir() (string, error) {
	dir := filepath.Join(s.stateDir, "films", s.contextDir())
	if s.sim == nil {
		return dir, nil
	}
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		dir, err = os.MkdirTemp(dir, "run-")
	}
	if err != nil {
		return "", &fleet.Error{Kind: fleet.KindInternal, Op: "record", Err: err}
	}
	s.closers = append(s.closers, func() error { return os.RemoveAll(dir) })
	return dir, nil
}

// run records until ctx ends.
func (f *film) run(ctx context.Context) {
	for gen := uint64(0); ; {
		snap, err := f.s.hub.Next(ctx, gen)
		if err != nil {
			return
		}
		gen = snap.Gen
		f.take(snap)
	}
}

func (f *film) take(snap *fleet.Snapshot) {
	for waits := true; waits; {
		select {
		case n := <-f.notes:
			f.keep(n)
		default:
			waits = false
		}
	}
	if f.recorder != nil {
		f.tell(f.recorder.Take(snap), fleet.Text("the last hours are not recorded; tried again in a minute: "))
	}
	if f.own != nil {
		if err := f.own.Keep(snap); err != nil {
			f.own = nil
			f.tell(err, fleet.Text("the recording ends here, and what it has stays good: "))
		}
	}
}

func (f *film) keep(n recording.Note) {
	if f.recorder != nil {
		f.recorder.Note(n)
	}
	if f.own != nil {
		_ = f.own.Note(n) // the next snapshot tells
	}
}

// tell makes an event of a failure. The console goes on, whatever becomes of its recording.
func (f *film) tell(err error, what fleet.Safe) {
	if err == nil {
		return
	}
	f.s.hub.Note(fleet.Event{At: f.s.clock.Now(), Level: fleet.LevelWarn, Object: fleet.Text("pitwall"),
		Text: fleet.Concat(what, fleet.Sentence(err))})
}

// note records what somebody did.
func (f *film) note(kind recording.NoteKind, text fleet.Safe) { f.noteData(kind, text, "") }

// noteData is note with what a program needs of it. It never waits: where the disk is slower than the hand, notes are lost.
func (f *film) noteData(kind recording.NoteKind, text fleet.Safe, data string) {
	if f == nil {
		return
	}
	select {
	case f.notes <- recording.Note{At: f.s.clock.Now(), Kind: kind, Text: text, Data: data}:
	default:
	}
}

// fresh is how near to now a look must be to make the recorder write what it has.
const fresh = 30 * time.Second

// Look is the fleet at a time of the past.
func (f *film) Look(_ context.Context, at time.Time) (snap *fleet.Snapshot, from, to time.Time, err error) {
	if f.recorder != nil && f.s.clock.Now().Sub(at) < fresh {
		if err := f.recorder.Flush(); err != nil {
			return nil, from, to, err
		}
	}
	return f.shelf.At(at)
}

// Happened is what happened next, or last.
func (f *film) Happened(_ context.Context, at time.Time, after bool) (time.Time, fleet.Safe, error) {
	return f.shelf.Happened(at, after)
}

// bindRecord adds the flag of what opens a console.
func bindRecord(cmd *cobra.Command, f *flags) {
	cmd.Flags().StringVar(&f.record, "record", "", "keep a recording of this console in a new FILE; pitwall drill replay FILE shows it")
}

// filmOf is what a recording of this session needs to be taken over; nil outside of drills.
func (s *session) filmOf() *recording.Drill {
	if s.exercise == nil {
		return nil
	}
	return &recording.Drill{Scenario: s.exercise.s.ID, Seed: s.exercise.seed}
}
