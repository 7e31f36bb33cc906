package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/charmbracelet/colorprofile"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/tui"
	"pitwall/tui/tuitest"
	"pitwall/views"
	"pitwall/views/viewtest"
)

const (
	liveTime  = 15 * time.Second // how long the demo's bytes are counted
	busyTime  = 10 * time.Second // the same of the large fleet
	quietTime = 5 * time.Second  // the same while paused, or while nothing changes
)

// measureBytes counts what the demo writes, what a large fleet whose every figure changes makes the console write, and
// what it writes while nothing changes. All run at the same time: how busy the machine is does not change bytes.
func measureBytes(ctx context.Context, w *workshop) ([]row, error) {
	var counts []func() (row, error)
	for _, sz := range []struct{ w, h, most int }{{80, 24, 2000}, {200, 60, 8000}} {
		dir, err := w.folder()
		if err != nil {
			return nil, err
		}
		counts = append(counts,
			func() (row, error) { return demoBytes(ctx, w.bin, dir, sz.w, sz.h, sz.most) },
			func() (row, error) { return busyBytes(ctx, sz.w, sz.h, sz.most) })
	}
	counts = append(counts, func() (row, error) { return stillBytes(ctx) })
	rows, failed := make([]row, len(counts)), make([]error, len(counts))
	var all sync.WaitGroup
	for i, count := range counts {
		all.Go(func() { rows[i], failed[i] = count() })
	}
	all.Wait()
	return rows, errors.Join(failed...)
}

// demoBytes runs the demo on a terminal: live, then with the display paused, where the clock moves and ages grow.
func demoBytes(ctx context.Context, bin, dir string, w, h, most int) (row, error) {
	r := row{figure: fmt.Sprintf("bytes written, demo at %dx%d", w, h), asked: fmt.Sprintf("< %d B/s", most)}
	t, err := open(ctx, bin, dir, w, h, nil, "demo")
	if err != nil {
		return r, err
	}
	defer t.close()
	if _, err := t.show(ctx, "chat", "b200-a", "OK"); err != nil {
		return r, err
	}
	if err := sleep(ctx, 3*time.Second); err != nil {
		return r, err
	}
	live, pieces, err := t.written(ctx, liveTime)
	if err != nil {
		return r, err
	}
	if _, err := t.press("p"); err != nil {
		return r, err
	}
	if _, err := t.show(ctx, "PAUSED"); err != nil {
		return r, err
	}
	if err := sleep(ctx, time.Second); err != nil {
		return r, err
	}
	paused, _, err := t.written(ctx, quietTime)
	perSecond := float64(live) / liveTime.Seconds()
	r.measured, r.ok = fmt.Sprintf("%.0f B/s", perSecond), perSecond < float64(most)
	r.how = fmt.Sprintf("pitwall demo in a pty, overview, %s, %.1f writes/s; with the display paused %.0f B/s (clock, ages, charts)",
		liveTime, float64(pieces)/liveTime.Seconds(), float64(paused)/quietTime.Seconds())
	return r, err
}

// onScreen is the console's program in this process, on an emulated screen and a fleet clock that only the measurement
// moves.
type onScreen struct {
	screen *tuitest.Screen
	feed   *tuitest.Feed
	clock  *fleet.VirtualClock
	end    func() error
}

func newOnScreen(ctx context.Context, w, h int, first *fleet.Snapshot) (*onScreen, error) {
	ctx, cancel := context.WithCancel(ctx)
	in, keys := io.Pipe()
	s := &onScreen{screen: tuitest.NewScreen(w, h), feed: tuitest.NewFeed(1), clock: fleet.NewVirtualClock(viewtest.Now())}
	done := make(chan error, 1)
	s.end = func() error {
		cancel()
		defer s.screen.Close()
		defer keys.Close()
		return <-done
	}
	go func() {
		done <- tui.Run(ctx, tui.Options{Feed: s.feed, Control: &tuitest.Control{Snap: first, Now: viewtest.Now()},
			Theme: themes.New(themes.Options{Profile: themes.ANSI16}), In: in, Out: s.screen,
			Environ: []string{"TERM=xterm-256color"}, ColorProfile: colorprofile.ANSI,
			Size: views.Size{W: w, H: h}, Clock: s.clock})
	}()
	s.feed.Put(first)
	shown, stop := context.WithTimeout(ctx, patience)
	defer stop()
	if !s.screen.WaitFor(shown.Done(), first.Context, "POOLS") {
		return nil, errors.Join(errors.New("the console never showed the fleet"), s.end())
	}
	return s, sleep(ctx, 1500*time.Millisecond)
}

// stillBytes counts while fleet and clock stand still. A running clock changes the header each second, so this is what
// "nothing changes" means here.
func stillBytes(ctx context.Context) (row, error) {
	r := row{figure: "bytes written while nothing changes", asked: "0 B/s",
		how: "the console's program at 200x60 on a feed and a fleet clock that stand still"}
	s, err := newOnScreen(ctx, 200, 60, viewtest.Fleet())
	if err != nil {
		return r, err
	}
	before := s.screen.Bytes()
	if err := sleep(ctx, quietTime); err != nil {
		return r, errors.Join(err, s.end())
	}
	n := s.screen.Bytes() - before
	r.measured, r.ok = fmt.Sprintf("%d bytes in %s", n, quietTime), n == 0
	return r, s.end()
}

// busyBytes counts what is written when every figure of 64 pools differs from second to second.
func busyBytes(ctx context.Context, w, h, most int) (row, error) {
	r := row{figure: fmt.Sprintf("bytes written, all figures of 64 pools change at 1 Hz, %dx%d", w, h),
		asked: fmt.Sprintf("< %d B/s", most), how: fmt.Sprintf("the console's program, overview, %s", busyTime)}
	s, err := newOnScreen(ctx, w, h, busyFleet(0))
	if err != nil {
		return r, err
	}
	before := s.screen.Bytes()
	for i := range int(busyTime / time.Second) {
		err := s.clock.Advance(ctx, time.Second)
		s.feed.Put(busyFleet(i + 1))
		if err = errors.Join(err, sleep(ctx, time.Second)); err != nil {
			return r, errors.Join(err, s.end())
		}
	}
	perSecond := float64(s.screen.Bytes()-before) / busyTime.Seconds()
	r.measured, r.ok = fmt.Sprintf("%.0f B/s", perSecond), perSecond < float64(most)
	return r, s.end()
}

// busyFleet is the large fleet in its n-th second: every figure has moved by up to a fifth.
func busyFleet(n int) *fleet.Snapshot {
	s := viewtest.Large(64, 8)
	s.Gen += uint64(n)
	s.At = s.At.Add(time.Duration(n) * time.Second)
	stir(&s.Totals.Load, n)
	for i := range s.Pools {
		stir(&s.Pools[i].Load, n+i)
		s.Pools[i].GPUUtil = moved(s.Pools[i].GPUUtil, n+i)
	}
	for i := range s.Routes {
		stir(&s.Routes[i].Load, n+i)
	}
	return s
}

func stir(l *fleet.Load, n int) {
	l.Requests, l.Errors, l.OutRate = moved(l.Requests, n), moved(l.Errors, n+1), moved(l.OutRate, n+2)
	l.TTFT95, l.ITL95 = moved(l.TTFT95, n+3), moved(l.ITL95, n+4)
	l.Waiting, l.KV = moved(l.Waiting, n+5), moved(l.KV, n+6)
}

func moved[T ~float64](v fleet.Maybe[T], n int) fleet.Maybe[T] {
	if v.OK {
		v.V *= T(0.8 + 0.05*float64(n*5%9))
	}
	return v
}
