package recording

import (
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"pitwall/fleet"
)

// Shelf is a folder of recordings that is looked at as one, or a single one. It is for use by several goroutines.
type Shelf struct {
	mu    sync.Mutex
	dir   string // "" for a single film
	films map[string]*Film
}

// errEmpty is what a folder without recordings says.
var errEmpty = errors.New("nothing is recorded yet: what is shown now can be looked at in some seconds")

// NewShelf looks at a folder, which need not be there yet.
func NewShelf(dir string) *Shelf { return &Shelf{dir: dir, films: map[string]*Film{}} }

// OfFilm looks at one recording, which the shelf closes.
func OfFilm(f *Film) *Shelf { return &Shelf{films: map[string]*Film{"": f}} }

// Close ends the look.
func (s *Shelf) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for _, f := range s.films {
		err = errors.Join(err, f.Close())
	}
	s.films = nil
	return err
}

// refresh opens new files and looks on in those that grow. A file that cannot be opened, such as one that begins just now, is left out.
func (s *Shelf) refresh() {
	if s.dir == "" {
		return
	}
	paths := listed(s.dir)
	for path, f := range s.films {
		if !slices.Contains(paths, path) {
			_ = f.Close() // it is gone, and was read only
			delete(s.films, path)
		}
	}
	for _, path := range paths {
		f := s.films[path]
		if f == nil {
			if opened, err := Open(path); err == nil {
				s.films[path] = opened
			}
			continue
		}
		if info, err := os.Stat(path); err == nil && info.Size() > f.next {
			_ = f.Refresh() // what was there before is still good
		}
	}
}

// At is the newest snapshot that is not later than a time, the first one where all are later, and what can be looked at.
func (s *Shelf) At(at time.Time) (snap *fleet.Snapshot, from, to time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh()
	f := s.film(at)
	if f == nil {
		return nil, from, to, errEmpty
	}
	for _, o := range s.films {
		if from.IsZero() || o.First().Before(from) {
			from = o.First()
		}
		if o.Last().After(to) {
			to = o.Last()
		}
	}
	snap, err = f.At(at)
	return snap, from, to, err
}

// film is the recording of a time: of those that have it the one that began last, else that which ended last before, else the first.
func (s *Shelf) film(at time.Time) (best *Film) {
	for _, f := range s.films {
		if best == nil || better(f, best, at) {
			best = f
		}
	}
	return best
}

func better(f, g *Film, at time.Time) bool {
	fHas, gHas := has(f, at), has(g, at)
	if fHas != gHas {
		return fHas
	}
	fPast, gPast := f.Last().Before(at), g.Last().Before(at)
	switch {
	case fHas:
		return f.First().After(g.First())
	case fPast != gPast:
		return fPast
	case fPast:
		return f.Last().After(g.Last())
	default:
		return f.First().Before(g.First())
	}
}

func has(f *Film, at time.Time) bool { return !f.First().After(at) && !f.Last().Before(at) }

// looks are how far ahead events are looked for: a snapshot holds a bounded number of the newest.
var looks = []time.Duration{2 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour}

// Happened is what happened next after a time, or last before it: an event of the fleet, or a note that is no key. The time is
// zero where nothing did.
func (s *Shelf) Happened(at time.Time, after bool) (when time.Time, what fleet.Safe, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh()
	if s.film(at) == nil {
		return when, what, errEmpty
	}
	h := happening{at: at, after: after}
	for _, f := range s.films {
		notes, err := f.Notes(time.Time{}, f.Last().Add(time.Hour))
		if err != nil {
			return when, what, err
		}
		for _, n := range notes {
			if n.Kind == NoteKey {
				continue // there are too many of them to go from one to the next
			}
			h.take(n.At, fleet.Concat(fleet.Label(string(n.Kind)), fleet.Text(": "), n.Text))
		}
		if err := h.events(f); err != nil {
			return when, what, err
		}
	}
	return h.when, h.what, nil
}

// happening looks for what lies nearest to a time on one side of it.
type happening struct {
	at    time.Time
	after bool
	when  time.Time
	what  fleet.Safe
}

func (h *happening) take(t time.Time, what fleet.Safe) {
	near := h.when.IsZero()
	switch {
	case h.after:
		near = t.After(h.at) && (near || t.Before(h.when))
	default:
		near = t.Before(h.at) && (near || t.After(h.when))
	}
	if near {
		h.when, h.what = t, what
	}
}

// events looks through those that a film shows around the time.
func (h *happening) events(f *Film) error {
	if h.after {
		from := h.at
		if f.First().After(from) {
			from = f.First()
		}
		for _, ahead := range looks {
			if from.After(f.Last()) || !h.when.IsZero() && h.when.Before(from) {
				return nil
			}
			if err := h.shown(f, from.Add(ahead)); err != nil {
				return err
			}
			if !h.when.IsZero() {
				return nil
			}
		}
		return nil
	}
	if f.First().After(h.at) {
		return nil
	}
	return h.shown(f, h.at)
}

func (h *happening) shown(f *Film, at time.Time) error {
	s, err := f.At(at)
	if err != nil {
		return err
	}
	for i := range s.Events {
		e := &s.Events[i]
		// What the film did not see can be looked at nowhere.
		if !e.At.Before(f.First()) && !e.At.After(f.Last()) {
			h.take(e.At, fleet.Concat(e.Object, fleet.Text(" "), e.Text))
		}
	}
	return nil
}
