package recording

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"pitwall/fleet"
)

// Extension is what names of recordings end with.
const Extension = ".film"

// Spans and bounds of a shelf.
const (
	fileSpan  = time.Hour
	retryWait = time.Minute
	// ShelfBytes is how large the recordings of one context may become; the oldest go first.
	ShelfBytes = 1 << 30
)

// Recorder keeps the last hours of a fleet in files of an hour each, in one folder. Several programs may record into the same folder.
// It is for use by several goroutines.
type Recorder struct {
	Dir    string
	Header Header        // of each file; Begin is set by the recorder
	Keep   time.Duration // how long files are kept

	mu    sync.Mutex
	w     *Writer
	path  string
	until time.Time // when the next file begins
	retry time.Time // after a failure
}

// Take records a snapshot. An error is told once for each try; it is tried again a minute later, into another file.
func (r *Recorder) Take(s *fleet.Snapshot) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.At.Before(r.retry) {
		return nil
	}
	err := r.file(s.At)
	if err == nil {
		err = r.w.Keep(s)
	}
	if err != nil {
		r.retry = s.At.Add(retryWait)
		err = errors.Join(err, r.drop())
	}
	return err
}

// Note records what somebody did. Where nothing is recorded now it is lost, which the failed recording told.
func (r *Recorder) Note(n Note) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.w != nil {
		_ = r.w.Note(n) // the next snapshot tells
	}
}

// file makes sure that there is one for a time.
func (r *Recorder) file(at time.Time) error {
	if r.w != nil && at.Before(r.until) {
		return nil
	}
	if err := r.drop(); err != nil {
		return err
	}
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return cannot("record into", r.Dir, err)
	}
	prune(r.Dir, time.Now().Add(-r.Keep), ShelfBytes) // by when files were written, whatever clock the fleet has
	h := r.Header
	h.Begin = at
	r.path = filepath.Join(r.Dir, fmt.Sprintf("%s-%d%s", at.UTC().Format("20060102T150405.000Z"), os.Getpid(), Extension))
	var err error
	r.w, err = Create(r.path, h)
	r.until = at.Add(fileSpan)
	return err
}

// drop ends the file that is written.
func (r *Recorder) drop() error {
	if r.w == nil {
		return nil
	}
	w := r.w
	r.w = nil
	if err := w.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// Flush writes what is collected, so that it can be looked at.
func (r *Recorder) Flush() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.w == nil {
		return nil
	}
	return r.w.Flush()
}

// Close ends the recording.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.drop()
}

// prune removes recordings that ended before a time, and the oldest of what is more than most bytes. What cannot be removed stays.
func prune(dir string, before time.Time, most int64) {
	type file struct {
		path string
		end  time.Time
		size int64
	}
	var files []file
	var sum int64
	for _, path := range listed(dir) {
		if info, err := os.Stat(path); err == nil {
			files = append(files, file{path, info.ModTime(), info.Size()})
			sum += info.Size()
		}
	}
	slices.SortFunc(files, func(a, b file) int { return a.end.Compare(b.end) })
	for _, f := range files {
		if f.end.Before(before) || sum > most {
			if os.Remove(f.path) == nil {
				sum -= f.size
			}
		}
	}
}

// listed are the recordings of a folder, by name.
func listed(dir string) (paths []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasSuffix(e.Name(), Extension) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths
}
