package history

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func all(t *testing.T, s *Store, since time.Time) (points []Point, skipped int) {
	t.Helper()
	skipped, err := s.Each(since, func(p Point) { points = append(points, p) })
	if err != nil {
		t.Fatal(err)
	}
	return points, skipped
}

func TestPointsComeBackAndOldDaysLeave(t *testing.T) {
	s, err := Open(t.TempDir(), 14)
	if err != nil {
		t.Fatal(err)
	}
	for day := range 20 {
		if err := s.Append([]Point{{At: noon.AddDate(0, 0, day), Key: "pool/a", Out: float64(day)}}); err != nil {
			t.Fatal(err)
		}
	}
	points, _ := all(t, s, time.Time{})
	if len(points) != 15 || points[0].Out != 5 || points[14].Out != 19 {
		t.Errorf("got %d points from %v, want the last 14 days and today", len(points), points[0])
	}
	recent, _ := all(t, s, noon.AddDate(0, 0, 18))
	if len(recent) != 2 {
		t.Errorf("since two days: got %d", len(recent))
	}
}

func TestATornLineLosesOnlyItself(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Append([]Point{{At: noon, Key: "a"}, {At: noon, Key: "b"}}); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "2026-11-24.jsonl")
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"at":"2026-11-24T12:05:00Z","key":"c","re`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	points, skipped := all(t, s, time.Time{})
	if len(points) != 2 || skipped != 1 {
		t.Errorf("got %d points, %d skipped", len(points), skipped)
	}
	if err := s.Append([]Point{{At: noon, Key: "d"}}); err != nil {
		t.Fatal(err)
	}
	if points, _ := all(t, s, time.Time{}); len(points) != 3 || points[2].Key != "d" {
		t.Errorf("the next point is lost with the torn line: %v", points)
	}
}

func TestFillWritesDaysOnce(t *testing.T) {
	s, err := Open(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	past := []Point{{At: noon.AddDate(0, 0, -1), Key: "a", In: 1}, {At: noon, Key: "a", In: 2}}
	for range 2 {
		if err := s.Fill(slices.Values(past)); err != nil {
			t.Fatal(err)
		}
	}
	if points, _ := all(t, s, time.Time{}); len(points) != 2 {
		t.Errorf("got %d points", len(points))
	}
}

func TestAnEndlessLineLosesOnlyItself(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	zeros := append(make([]byte, 3*maxLine), '\n') // what some file systems leave after a power cut
	if err := os.WriteFile(filepath.Join(dir, "2026-11-23.jsonl"), zeros, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Append([]Point{{At: noon, Key: "a"}}); err != nil {
		t.Fatal(err)
	}
	if points, skipped := all(t, s, time.Time{}); len(points) != 1 || skipped != 1 {
		t.Errorf("got %d points, %d skipped", len(points), skipped)
	}
}
