package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/backends"
	"pitwall/backends/sim"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/tui"
	"pitwall/views"
)

const (
	operatorKeys = 8
	answerWithin = 20 * time.Second
)

// measureOperator drives the console on the embedded fleet, in production, from the alert of a lost pool to a confirmation that only
// wants enter, and counts the keys. The reason is that of the incident, which is taken before.
func measureOperator(ctx context.Context, w *workshop) (rows []row, err error) {
	d, err := newDutyDesk(ctx, w, duty{sim: sim.Options{Env: fleet.EnvProd, Demand: .2, Mode: fleet.ModeLive}, write: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.desk.Incident("INC-4821 b200-a is dark"); err != nil {
		return nil, err
	}
	if err := d.sim.Lose(leaving, true); err != nil {
		return nil, err
	}
	c, err := d.console(ctx)
	if err != nil {
		return nil, err
	}
	defer c.stop()
	if err := c.shows("ALERTS", "Engine "+leaving); err != nil {
		return nil, err
	}
	c.press("a")
	keys := 1
	for ; !c.pointsAt(leaving); keys++ {
		if keys > operatorKeys {
			return nil, fmt.Errorf("no alert of %s is reached with %d keys; it shows:\n%s", leaving, keys, c.frame())
		}
		c.press("j")
	}
	for _, s := range []struct {
		key  string
		then []string
	}{
		{"F", []string{"FAILOVER pool " + leaving, "step 1 of 5", "balanced"}},
		{"enter", []string{"step 2 of 5", "IL-"}},
		{"enter", []string{"step 3 of 5", "type " + leaving}},
		{"enter", []string{"step 3 of 5"}}, // from the reason to the name
	} {
		c.press(s.key)
		keys++
		if err := c.shows(s.then...); err != nil {
			return nil, fmt.Errorf("after %d keys: %w", keys, err)
		}
	}
	for _, r := range leaving {
		c.press(string(r))
	}
	if err := c.shows("ARMED"); err != nil {
		return nil, err
	}
	return []row{{figure: "failover of a pool, alert to armed", asked: "at most 8 keys and a typed name",
		measured: fmt.Sprintf("%d keys and the name", keys), ok: keys <= operatorKeys,
		how: "keys given to the console on the embedded fleet in production, 120x40, whose pool " + leaving +
			" is lost: a, j to an alert of it, F, enter three times, the name; " +
			"writing is allowed and the incident taken, whose name is the reason"}}, nil
}

// driven is the console without a terminal: keys go in, its commands are carried out, frames are looked at.
type driven struct {
	m    *tui.Model
	got  chan tea.Msg
	ctx  context.Context //nolint:containedctx // it ends with the console
	stop context.CancelFunc
}

// hubFeed gives each snapshot once.
type hubFeed struct {
	hub *backends.Hub
	gen uint64
}

// Next implements tui.Feed.
func (f *hubFeed) Next(ctx context.Context) (*fleet.Snapshot, error) {
	s, err := f.hub.Next(ctx, f.gen)
	if err != nil {
		return nil, err
	}
	f.gen = s.Gen
	return s, nil
}

func (d *dutyDesk) console(ctx context.Context) (*driven, error) {
	ctx, stop := context.WithCancel(ctx)
	m, err := tui.New(ctx, tui.Options{Feed: &hubFeed{hub: d.hub}, Control: d.desk, Theme: themes.New(themes.Options{ASCII: true}),
		Clock: d.clock, Size: views.Size{W: 120, H: 40}, NoGrace: true})
	if err != nil {
		stop()
		return nil, err
	}
	c := &driven{m: m, got: make(chan tea.Msg, 64), ctx: ctx, stop: stop}
	c.run(m.Init())
	return c, nil
}

// run carries out a command as the runtime does.
func (c *driven) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		switch msg := cmd().(type) {
		case nil:
		case tea.BatchMsg:
			for _, one := range msg {
				c.run(one)
			}
		default:
			select {
			case c.got <- msg:
			case <-c.ctx.Done():
			}
		}
	}()
}

func (c *driven) send(msg tea.Msg) {
	_, cmd := c.m.Update(msg)
	c.run(cmd)
}

func (c *driven) press(key string) {
	if key == "enter" {
		c.send(tea.KeyPressMsg{Code: tea.KeyEnter})
		return
	}
	c.send(tea.KeyPressMsg{Code: []rune(key)[0], Text: key})
}

// looks are the sequences by which a frame is styled.
var looks = regexp.MustCompile(`\x1b\[[0-9;]*m`)

func (c *driven) frame() string { return looks.ReplaceAllString(c.m.View().Content, "") }

// pointsAt tells whether the first row with a cursor is about an object.
func (c *driven) pointsAt(object string) bool {
	for line := range strings.Lines(c.frame()) {
		if strings.HasPrefix(line, ">") {
			return strings.Contains(line, " "+object)
		}
	}
	return false
}

// shows lets the console go on until its frame has all texts.
func (c *driven) shows(texts ...string) error {
	timer := time.NewTimer(answerWithin)
	defer timer.Stop()
	for {
		frame := c.frame()
		missing := ""
		for _, t := range texts {
			if !strings.Contains(frame, t) {
				missing = t
			}
		}
		if missing == "" {
			return nil
		}
		select {
		case msg := <-c.got:
			c.send(msg)
		case <-timer.C:
			return fmt.Errorf("it does not show %q within %s; it shows:\n%s", missing, answerWithin, frame)
		case <-c.ctx.Done():
			return c.ctx.Err()
		}
	}
}
