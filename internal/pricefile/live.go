package pricefile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"pitwall/fleet"
)

// every is how often the files are looked at, still how long one must have been left alone before it is read: a copy that is
// under way may end between two rows, and be good and too short.
const (
	every = 30 * time.Second
	still = 5 * time.Second
)

// Live is the price list in force while files come and go.
type Live struct {
	now   atomic.Pointer[Loaded]
	stamp string // of the files that were read last; of Watch alone
	since time.Time
}

// NewLive begins with what was loaded at a moment.
func NewLive(l *Loaded, at time.Time) *Live {
	out := &Live{stamp: stamp(l.Config), since: at}
	out.now.Store(l)
	return out
}

// Now is what is in force.
func (l *Live) Now() *Loaded { return l.now.Load() }

// Price is as economics.Catalogue.Price, of the list in force.
func (l *Live) Price(kind string, model fleet.ModelName) (fleet.Price, bool) {
	return l.Now().Price(kind, model)
}

// AsOf is when the built-in list was read.
func (l *Live) AsOf() time.Time { return l.Now().AsOf() }

// SiteFile is as Loaded.SiteFile.
func (l *Live) SiteFile() fleet.Safe { return l.Now().SiteFile() }

// Watch takes changed files over until ctx ends. said hears what there is to say of each that changed.
func (l *Live) Watch(ctx context.Context, clock fleet.Clock, said func(fleet.Safe)) {
	task := clock.Task()
	defer task.Done()
	for l.Now().Config.Path != "" || l.Now().Config.Second != "" || l.Now().Config.Rates != "" {
		if task.Sleep(ctx, every) != nil {
			return
		}
		for _, line := range l.Refresh(clock.Now()) {
			said(line)
		}
	}
}

// Refresh reads the files again if they changed and have been still since. What cannot be used leaves what is in force, and
// says so once.
func (l *Live) Refresh(now time.Time) []fleet.Safe {
	old := l.Now()
	seen := stamp(old.Config)
	if seen == l.stamp || now.Sub(newest(old.Config)).Abs() < still {
		if seen == l.stamp && old.Kept.IsZero() {
			l.since = now
		}
		return nil
	}
	l.stamp = seen
	next, err := Load(old.Config, now)
	if err == nil {
		l.now.Store(next)
		if next.Kept.IsZero() {
			l.since = now
		}
		return append(next.Lists(now), next.Warnings...)
	}
	kept := *old // nothing was kept on disk: what is in memory holds as well
	kept.Kept, kept.Why = l.since, fleet.Sentence(err)
	l.now.Store(&kept)
	return []fleet.Safe{stays(l.since, now, kept.Why)}
}

// stamp tells whether files changed: names, sizes and times of what would be read.
func stamp(c Config) string {
	var b strings.Builder
	each(c, func(path string, info os.FileInfo, err error) {
		if err != nil {
			fmt.Fprintf(&b, "%s missing\n", path)
			return
		}
		fmt.Fprintf(&b, "%s %d %d\n", path, info.Size(), info.ModTime().UnixNano())
	})
	return b.String()
}

func newest(c Config) time.Time {
	var last time.Time
	each(c, func(_ string, info os.FileInfo, err error) {
		if err == nil && info.ModTime().After(last) {
			last = info.ModTime()
		}
	})
	return last
}

func each(c Config, do func(path string, info os.FileInfo, err error)) {
	for _, path := range []string{c.Path, c.Second, c.Rates} {
		if path == "" {
			continue
		}
		info, err := os.Stat(path)
		do(path, info, err)
		if err != nil || !info.IsDir() {
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			do(path, nil, err)
		}
		for _, e := range entries {
			if named(e.Name()) {
				full := filepath.Join(path, e.Name())
				info, err := os.Stat(full)
				do(full, info, err)
			}
		}
	}
}
