package recording

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// filmed is a folder of three recorders, one after the other with a pause between.
func filmed(t *testing.T) (string, []*fleet.Snapshot) {
	dir := filepath.Join(t.TempDir(), "shelf")
	m := newMoving(1)
	m.snap.Events = nil
	var all []*fleet.Snapshot
	for range 3 {
		r := &Recorder{Dir: dir, Keep: 24 * 365 * 100 * time.Hour}
		for range 30 {
			s := m.next()
			if err := r.Take(s); err != nil {
				t.Fatal(err)
			}
			if s.At.Second() == 7 {
				r.Note(Note{At: s.At, Kind: NoteMark, Text: fleet.Text("it was seen")})
			}
			all = append(all, s)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		later := *m.snap
		later.At = later.At.Add(5 * time.Minute)
		m.snap = &later
	}
	return dir, all
}

func TestAShelfIsLookedAtAsOne(t *testing.T) {
	dir, all := filmed(t)
	s := NewShelf(dir)
	defer func() { _ = s.Close() }()
	for _, i := range []int{0, 5, 29, 30, 31, 59, 60, 89, 45, 3} {
		got, from, to, err := s.At(all[i].At)
		if err != nil || !got.At.Equal(all[i].At) || !from.Equal(all[0].At) || !to.Equal(all[89].At) {
			t.Fatalf("moment %d: %v of %v to %v, %v", i, got.At, from, to, err)
		}
	}
	between, _, _, err := s.At(all[29].At.Add(time.Minute))
	if err != nil || !between.At.Equal(all[29].At) {
		t.Errorf("in the pause: %v %v", between.At, err)
	}
	early, _, _, err := s.At(all[0].At.Add(-time.Hour))
	if err != nil || !early.At.Equal(all[0].At) {
		t.Errorf("before all: %v %v", early.At, err)
	}
}

func TestWhatHappenedBeforeAndAfter(t *testing.T) {
	dir, all := filmed(t)
	s := NewShelf(dir)
	defer func() { _ = s.Close() }()
	var said []string
	for at := all[0].At; ; {
		when, what, err := s.Happened(at, true)
		if err != nil {
			t.Fatal(err)
		}
		if when.IsZero() {
			break
		}
		if !when.After(at) {
			t.Fatalf("%v is not after %v", when, at)
		}
		said, at = append(said, what.String()), when
	}
	// Seconds 20, 40, 60 and 80 had events; each recorder's seventh second of a minute a mark.
	if got := strings.Join(said, ", "); strings.Count(got, "pool-3 step") != 4 || strings.Count(got, "mark: it was seen") < 2 {
		t.Errorf("happened: %s", got)
	}
	when, what, err := s.Happened(all[89].At.Add(time.Second), false)
	if err != nil || when.IsZero() || when.After(all[89].At) {
		t.Errorf("last: %v %q %v", when, what, err)
	}
	if when, _, _ := s.Happened(all[0].At, false); !when.IsZero() {
		t.Errorf("before the begin: %v", when)
	}
}

func TestAnEmptyShelf(t *testing.T) {
	s := NewShelf(filepath.Join(t.TempDir(), "none"))
	if _, _, _, err := s.At(time.Now()); err == nil || !strings.Contains(err.Error(), "nothing is recorded yet") {
		t.Error(err)
	}
}

func TestOldRecordingsGo(t *testing.T) {
	dir, _ := filmed(t)
	paths := listed(dir)
	old := time.Now().Add(-5 * time.Hour)
	if err := os.Chtimes(paths[0], old, old); err != nil {
		t.Fatal(err)
	}
	r := &Recorder{Dir: dir, Keep: 4 * time.Hour}
	m := newMoving(1)
	m.snap.At = time.Now()
	if err := r.Take(m.next()); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if got := listed(dir); len(got) != 3 || got[0] == paths[0] {
		t.Errorf("left: %v", got)
	}
	prune(dir, old, 1)
	if got := listed(dir); len(got) > 0 {
		t.Errorf("more than the bound stays: %v", got)
	}
}

// A recorder that cannot write says so, and goes on a minute later.
func TestARecorderGoesOn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shelf")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := &Recorder{Dir: dir, Keep: time.Hour}
	m := newMoving(1)
	said := 0
	for range 90 {
		if err := r.Take(m.next()); err != nil {
			said++
		}
		if said == 1 {
			_ = os.Remove(dir)
		}
	}
	if err := r.Close(); err != nil || said != 1 || len(listed(dir)) != 1 {
		t.Errorf("said %d times, %d files, %v", said, len(listed(dir)), err)
	}
}
