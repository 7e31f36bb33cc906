package main

import (
	"context"
	"fmt"
	"testing"
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
	frameTime   = 3 * time.Millisecond
	frameAllocs = 500
	frames      = 200
)

// measureFrames draws the screens of a large fleet.
func measureFrames(ctx context.Context, _ *workshop) ([]row, error) {
	sz := views.Size{W: 200, H: 60}
	snap := viewtest.Large(64, 8)
	sc := views.Scene{Snap: snap, Book: viewtest.Book(), Now: viewtest.Now(), Window: 15 * time.Minute,
		Theme: themes.New(themes.Options{Profile: themes.ANSI16})}
	route, pool := snap.Routes[0].Spec.ID, snap.Pools[4].Spec.ID
	console, err := keyedConsole(ctx, snap, sz)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, f := range []struct {
		name string
		draw func()
	}{
		{"Overview", func() { views.Overview(sc, views.OverviewState{}, sz) }},
		{"Routes, one route", func() { views.Routes(sc, views.RoutesState{Route: route}, sz) }},
		{"Pools", func() { views.Pools(sc, views.PoolsState{}, sz) }},
		{"Pools, one pool", func() { views.Pools(sc, views.PoolsState{Pool: pool}, sz) }},
		{"Events", func() { views.Events(sc, views.EventsState{}, sz) }},
		{"Sources", func() { views.Sources(sc, views.SourcesState{}, sz) }},
		{"a key and the console's View", console},
	} {
		rows = append(rows, frameRow(f.name, f.draw))
	}
	return rows, nil
}

func frameRow(name string, draw func()) row {
	times := make([]time.Duration, frames)
	draw() // the first one fills what is kept between frames
	for i := range times {
		began := time.Now()
		draw()
		times[i] = time.Since(began)
	}
	allocs := testing.AllocsPerRun(20, draw)
	return row{figure: "200x60, 64 pools x 8 GPUs: " + name, asked: "< 3 ms, < 500 allocs",
		measured: fmt.Sprintf("%.2f ms, %.0f allocs", float64(median(times))/1e6, allocs),
		how:      fmt.Sprintf("median of %d frames, 16 colours", frames),
		ok:       median(times) < frameTime && allocs < frameAllocs}
}

// keyedConsole is the console's own model on its first screen. Each call moves the selection and draws.
func keyedConsole(ctx context.Context, snap *fleet.Snapshot, sz views.Size) (func(), error) {
	feed := tuitest.NewFeed(1)
	feed.Put(snap)
	m, err := tui.New(ctx, tui.Options{Feed: feed, Control: &tuitest.Control{Snap: snap, Now: viewtest.Now(), Idle: true},
		Theme: themes.New(themes.Options{Profile: themes.ANSI16}), Clock: fleet.NewVirtualClock(viewtest.Now()),
		Size: sz, NoGrace: true})
	if err != nil {
		return nil, err
	}
	for _, msg := range answers(m.Init(), 300*time.Millisecond) {
		m.Update(msg)
	}
	keys, n := []rune{'j', 'k'}, 0
	return func() {
		k := keys[n%2]
		n++
		m.Update(tea.KeyPressMsg{Code: k, Text: string(k)})
		m.View()
	}, nil
}

// answers runs commands as the runtime does and gives what they answer within a time; others go on waiting.
func answers(cmd tea.Cmd, within time.Duration) []tea.Msg {
	if cmd == nil {
		return nil
	}
	got := make(chan tea.Msg, 16)
	var run func(tea.Cmd)
	run = func(c tea.Cmd) {
		switch msg := c().(type) {
		case nil:
		case tea.BatchMsg:
			for _, one := range msg {
				if one != nil {
					go run(one)
				}
			}
		default:
			got <- msg
		}
	}
	go run(cmd)
	var out []tea.Msg
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		select {
		case msg := <-got:
			out = append(out, msg)
		case <-timer.C:
			return out
		}
	}
}
