// Package history keeps 5-minute aggregates for 14 days in the state directory: the look-back that interlocks need
// where no Prometheus is configured. It is bounded, and is no time-series database.
package history

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pitwall/fleet"
)

// Step is over what one point is taken.
const Step = 5 * time.Minute

const (
	defaultDays = 14
	dayFormat   = "2006-01-02"
	suffix      = ".jsonl"
	// maxFile bounds one day's file: a full disk must not come from here.
	maxFile = 64 << 20
	// maxLine is longer than any point is.
	maxLine = 64 << 10
)

// Point is what one object did in the five minutes that end at At. Sums are of that time.
type Point struct {
	At       time.Time `json:"at"`
	Key      string    `json:"key"` // "pool/ID", "provider/ID", "target/ROUTE/ID"
	Requests float64   `json:"req,omitempty"`
	Errors   float64   `json:"err,omitempty"`
	In       float64   `json:"in,omitempty"`    // prompt tokens
	Out      float64   `json:"out,omitempty"`   // output tokens
	TTFT95   float64   `json:"ttft,omitempty"`  // seconds; 0 means unknown
	Share    float64   `json:"share,omitempty"` // of its route's requests
	Within   bool      `json:"ok,omitempty"`    // it kept within its limits all the time
	From     string    `json:"from,omitempty"`  // the store that told of it; "" for what pitwall measured
}

// Store appends points to one file a day and forgets old days.
type Store struct {
	dir  string
	days int
}

// Open prepares the folder; days 0 means 14.
func Open(dir string, days int) (*Store, error) {
	if days <= 0 {
		days = defaultDays
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInternal, Op: "open history", Err: err,
			Next: "watching goes on without look-back"}
	}
	return &Store{dir: dir, days: days}, nil
}

// Append writes points of one moment, and removes files older than the retention.
func (s *Store) Append(points []Point) error {
	if len(points) == 0 {
		return nil
	}
	name := filepath.Join(s.dir, points[0].At.UTC().Format(dayFormat)+suffix)
	if info, err := os.Stat(name); err == nil && info.Size() > maxFile {
		return &fleet.Error{Kind: fleet.KindInternal, Op: "append history", Err: errors.New("today's file is over 64 MiB")}
	}
	var text []byte
	for i := range points {
		var err error
		if text, err = appendLine(text, &points[i]); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if torn(f) {
		text = append([]byte{'\n'}, text...) // a line that a crash cut short must not swallow the next one
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return s.prune(points[0].At)
}

// torn tells whether a file ends in the middle of a line.
func torn(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false
	}
	last := []byte{0}
	_, err = f.ReadAt(last, info.Size()-1)
	return err == nil && last[0] != '\n'
}

func (s *Store) prune(now time.Time) error {
	oldest := now.UTC().AddDate(0, 0, -s.days).Format(dayFormat)
	files, err := s.files()
	if err != nil {
		return err
	}
	for _, name := range files {
		if strings.TrimSuffix(filepath.Base(name), suffix) < oldest {
			err = errors.Join(err, os.Remove(name))
		}
	}
	return err
}

func (s *Store) files() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		day, isDay := strings.CutSuffix(e.Name(), suffix)
		if _, err := time.Parse(dayFormat, day); isDay && err == nil {
			out = append(out, filepath.Join(s.dir, e.Name()))
		}
	}
	slices.Sort(out)
	return out, nil
}

// Each calls f for every stored point since a time, oldest day first. Lines that cannot be read, such
// as the torn last one after a crash, are skipped and counted.
func (s *Store) Each(since time.Time, f func(Point)) (skipped int, err error) {
	files, err := s.files()
	if err != nil {
		return 0, err
	}
	for _, name := range files {
		if strings.TrimSuffix(filepath.Base(name), suffix) < since.UTC().Format(dayFormat) {
			continue
		}
		n, err := eachLine(name, since, f)
		skipped += n
		if err != nil {
			return skipped, err
		}
	}
	return skipped, nil
}

func eachLine(name string, since time.Time, f func(Point)) (skipped int, err error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	lines := bufio.NewReaderSize(file, maxLine)
	for {
		line, more, err := lines.ReadLine()
		if errors.Is(err, io.EOF) {
			return skipped, nil
		}
		if err != nil {
			return skipped, err
		}
		whole := !more
		for more && err == nil { // what a power cut left can be one line of any length
			_, more, err = lines.ReadLine()
		}
		var p Point
		if !whole || readLine(line, &p) != nil || p.Key == "" {
			skipped++
			continue
		}
		if !p.At.Before(since) {
			f(p)
		}
	}
}
