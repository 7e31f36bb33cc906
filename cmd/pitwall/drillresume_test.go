package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/drills"
	"pitwall/drills/recording"
	"pitwall/fleet"
	"pitwall/views/viewtest"
)

// filmOfDrill records a minute of baseline and four of a drill in which something was noticed, shifted and held.
func filmOfDrill(t *testing.T, h recording.Header) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "drill.film")
	w, err := recording.Create(path, h)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2026, 12, 1, 9, 1, 0, 0, time.UTC)
	note := func(at time.Duration, kind recording.NoteKind, data string) {
		if err := w.Note(recording.Note{At: begin.Add(at), Kind: kind, Text: fleet.Label(string(kind)), Data: data}); err != nil {
			t.Fatal(err)
		}
	}
	for at := -time.Minute; at <= 4*time.Minute; at += 10 * time.Second {
		s := *viewtest.Fleet()
		s.At = begin.Add(at)
		if err := w.Keep(&s); err != nil {
			t.Fatal(err)
		}
		switch at {
		case 0:
			note(at, recording.NoteBegin, "")
		case time.Minute:
			note(at, recording.NoteMark, asData(drills.Entry{At: at, Kind: drills.KindMark, Text: fleet.Text("slow")}))
		case 2 * time.Minute:
			note(at, recording.NoteChange, "shift chat openai=2 b200-a=98 --yes")
		case 3 * time.Minute:
			note(at, recording.NoteMark, asData(drills.Entry{At: at, Kind: drills.KindTheory, ID: "provider"}))
		default:
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestADrillIsTakenUpFromItsFilm(t *testing.T) {
	path := filmOfDrill(t, recording.Header{Drill: &recording.Drill{Scenario: "brownout", Seed: 42}})
	x := &drillFlags{}
	name, err := x.takeUp(path, 0, false)
	if err != nil || name != "brownout" || x.seed != 42 || x.taken.upTo != 4*time.Minute || len(x.taken.entries) != 2 || len(x.taken.acts) != 1 {
		t.Fatalf("%q %d %+v %v", name, x.seed, x.taken, err)
	}
	if a := x.taken.acts[0]; a.At != 2*time.Minute || a.Run != "shift chat openai=2 b200-a=98 --yes" {
		t.Errorf("%+v", a)
	}
	if e := x.taken.entries[1]; e.At != 3*time.Minute || e.ID != "provider" || e.Kind != drills.KindTheory {
		t.Errorf("%+v", e)
	}
	if _, err := x.takeUp(path, 90*time.Second, true); err != nil || x.taken.upTo != 90*time.Second || len(x.taken.acts) != 0 || len(x.taken.entries) != 1 {
		t.Errorf("an earlier moment: %+v %v", x.taken, err)
	}
	if _, err := x.takeUp(filmOfDrill(t, recording.Header{}), 0, false); err == nil || !strings.Contains(err.Error(), "no recording of a drill") {
		t.Errorf("a watch: %v", err)
	}
}
