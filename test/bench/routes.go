package main

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/tui"
	"pitwall/tui/tuitest"
	"pitwall/views"
	"pitwall/views/viewtest"
)

const (
	routesMost    = 5 * time.Millisecond
	routesSeconds = 60
	manyGateways  = 10
	manyRoutes    = 200 // of each of them
	changesEach   = 4   // of a second, at most
)

// measureRoutes takes the processor time of the console on its screen of routes: each second four snapshots, each of which is drawn, and
// one more frame, as the console draws at most.
func measureRoutes(ctx context.Context, _ *workshop) ([]row, error) {
	var rows []row
	for _, sz := range []views.Size{{W: 120, H: 40}, {W: 200, H: 60}} {
		r := row{figure: fmt.Sprintf("Routes screen, %d routes x %d gateways, %dx%d", manyRoutes, manyGateways, sz.W, sz.H),
			asked: "< 5 ms of CPU a second",
			how: fmt.Sprintf("utime+stime of the console's model over %d seconds of %d snapshots and %d frames each, 16 colours; "+
				"%d routes of 4 members on each gateway of 3 replicas", routesSeconds, changesEach, changesEach+1, manyRoutes)}
		each, err := routesSecond(ctx, sz, viewtest.ManyRoutes(manyGateways, manyRoutes))
		r.measured, r.ok = ms(each), err == nil && each < routesMost
		if rows = append(rows, r); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// routesSecond is the processor time of one second of the screen of routes.
func routesSecond(ctx context.Context, sz views.Size, snap *fleet.Snapshot) (time.Duration, error) {
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	feed, clock := tuitest.NewFeed(1), fleet.NewVirtualClock(viewtest.Now())
	m, err := tui.New(ctx, tui.Options{Feed: feed, Control: &tuitest.Control{Snap: snap, Now: viewtest.Now(), Idle: true},
		Theme: themes.New(themes.Options{Profile: themes.ANSI16}), Clock: clock, Hands: fleet.NewVirtualClock(viewtest.Now()),
		Size: sz, NoGrace: true})
	if err != nil {
		return 0, err
	}
	c := &driven{m: m, got: make(chan tea.Msg, 64), ctx: ctx, stop: stop}
	feed.Put(snap)
	c.run(m.Init())
	if err := c.shows("POOLS"); err != nil {
		return 0, err
	}
	c.press("2")
	if err := c.shows("ROUTES", "route-0000"); err != nil {
		return 0, err
	}
	change := func() error {
		next := *snap
		next.Gen, next.At = snap.Gen+1, clock.Now()
		snap = &next
		feed.Put(snap)
		for taken := false; !taken; {
			select {
			case msg := <-c.got:
				taken = fmt.Sprintf("%T", msg) == "tui.snapshotMsg" // others come between
				c.send(msg)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		m.View()
		return nil
	}
	runtime.GC() // what the making of the fleet left behind does not count
	began, err := spent()
	for n := 0; n < routesSeconds*changesEach && err == nil; n++ {
		if err = change(); err == nil && n%changesEach == 0 {
			err = clock.Advance(ctx, time.Second)
			m.View() // since the time of the header is another one
		}
	}
	if err != nil {
		return 0, err
	}
	ended, err := spent()
	return (ended - began) / routesSeconds, err
}

// spent is the processor time of this process.
func spent() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}
