package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/colorprofile"
	"golang.org/x/term"

	"pitwall/actions/desk"
	"pitwall/drills/recording"
	"pitwall/economics"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/tui"
)

// openConsole opens the console on the configuration.
func openConsole(ctx context.Context, f *flags, c console) error {
	s, err := openConfigured(f, c)
	if err != nil {
		return err
	}
	return s.console(ctx, f, c)
}

// openDesk opens the operator's side of the session.
func (s *session) openDesk(f *flags) (*desk.Desk, error) {
	shared, err := s.set.SharedReaders(s.inventory.Sources, s.deps)
	if err != nil {
		s.warnings = append(s.warnings, fleet.Sentence(err))
	}
	return desk.New(desk.Options{
		State: s.stateDir, Clock: s.clock, Log: s.deps.Log, Latest: s.hub.Latest, Refresh: s.hub.Refresh, Note: s.hub.Note,
		Context: s.inventory.Context, Env: s.inventory.Env, ReadOnly: f.readOnly, Write: f.write, Syslog: s.sim == nil,
		Policy:     s.inventory.Rules.Policy,
		Advisories: s.advisories, Golden: s.inventory.Golden, Asker: s.asker(),
		Writers: func() (map[fleet.GatewayID]fleet.RouteWriter, error) {
			return s.set.Writers(s.inventory.Gateways, s.deps)
		},
		Silencers: func() (map[fleet.SourceID]fleet.Silencer, error) {
			return s.set.Silencers(s.hub.Inventory().Sources, s.deps)
		},
		Keys:   s.set.KeyReaders(s.inventory.Gateways, s.deps),
		Roller: s.set.Rollers(func() []fleet.SourceSpec { return s.hub.Inventory().Sources }, s.deps),
		ObjectWriters: func() (map[fleet.ClusterID]fleet.ObjectWriter, error) {
			return s.set.ObjectWriters(s.hub.Inventory().Sources, s.deps)
		},
		Rehearsed: s.rehearsals,
		Shared:    shared,
		SharedWriters: func() (map[fleet.ClusterID]fleet.SharedWriter, error) {
			return s.set.SharedWriters(s.inventory.Sources, s.deps)
		},
	})
}

// console shows the session's fleet until the person leaves or the link drops. Whatever ends it, an open change is
// guarded to its end or left to be resumed, as its journal says.
func (s *session) console(ctx context.Context, f *flags, c console) error {
	defer s.close()
	d, err := s.openDesk(f)
	if err != nil {
		return err
	}
	if s.exercise != nil {
		s.exercise.desk = d
	}
	if err := s.openFilm(f.record, s.filmOf()); err != nil {
		return err
	}
	watching, stop := context.WithCancel(context.Background()) // the fleet is watched for as long as a change is guarded
	defer stop()
	wait := s.start(watching)
	defer wait()
	defer stop()
	go d.Watch(watching) // ends with watching
	for _, w := range s.warnings {
		s.hub.Note(fleet.Event{At: s.clock.Now(), Level: fleet.LevelWarn, Object: fleet.Text("pitwall"), Text: w})
	}
	go s.warnOfRunbooks(watching) // ends with watching
	if s.film != nil {
		filming := make(chan struct{})
		go func() { defer close(filming); s.film.run(watching) }()
		defer func() { stop(); <-filming }()
	}
	how := &ending{}
	screen, hide := context.WithCancel(ctx)
	defer hide()
	defer watchSignals(func(p parting) { how.set(p); hide() })()
	if plainOutput(f, c) {
		err = s.plain(screen, d, f, c)
	} else {
		err = s.screen(screen, d, f, c)
	}
	if s.exercise != nil {
		s.exercise.leave(d)
	}
	if e := s.leave(d, how.get(), c); e != nil {
		return e
	}
	if err == nil && how.get() == stopHere {
		return exit{code: exitInterrupted}
	}
	return err
}

// ending remembers the first reason to stop.
type ending struct {
	mu  sync.Mutex
	how parting
}

func (e *ending) set(p parting) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.how == left {
		e.how = p
	}
}

func (e *ending) get() parting {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.how
}

// stopTime is how long a write in flight may take to end after SIGTERM.
const stopTime = 30 * time.Second

// leave ends the process's part in open changes.
func (s *session) leave(d *desk.Desk, how parting, c console) error {
	if how == left && s.sim != nil {
		how = asked // the demo's fleet ends here, so there is nothing to guard
	}
	switch how {
	case asked, stopHere:
		ctx, cancel := context.WithTimeout(context.Background(), stopTime)
		defer cancel()
		if e := d.Stop(ctx); e != nil {
			return exit{exitOpen, e}
		}
	case hungUp:
		if e := detachTerminal(); e != nil {
			s.deps.Log.Error("detach from the terminal", "err", e)
		}
		d.Detach()
		_ = d.Wait(context.Background())
	default:
		if open := carried(d); open > 0 {
			fmt.Fprintf(c.errs, "pitwall: %d open change is guarded until its soak ends; this terminal may be closed\n", open)
		}
		d.Detach()
		_ = d.Wait(context.Background())
	}
	return nil
}

func carried(d *desk.Desk) int {
	n := 0
	b := d.Book()
	for _, ch := range b.Open() {
		if ch.Guard.Mine {
			n++
		}
	}
	return n
}

// plainOutput tells whether lines are wanted instead of a screen.
func plainOutput(f *flags, c console) bool {
	out, isFile := c.out.(*os.File)
	in, isIn := c.in.(*os.File)
	name := c.environ("TERM")
	return f.accessible || c.environ("PITWALL_ACCESSIBLE") != "" || name == "" || name == "dumb" ||
		!isFile || !isIn || !term.IsTerminal(int(out.Fd())) || !term.IsTerminal(int(in.Fd()))
}

func (s *session) screen(ctx context.Context, d *desk.Desk, f *flags, c console) error {
	theme, profile := s.look(f, c)
	o := tui.Options{
		Feed: &feed{hub: s.hub}, Control: d, Theme: theme, ColorProfile: profile, Context: s.inventory.Context,
		Mode: s.inventory.Mode, Clock: s.clock, Log: s.deps.Log, Save: s.save,
	}
	prices, err := s.catalogue()
	if err != nil {
		return err
	}
	o.Prices = func() *economics.Catalogue {
		if s.prices != nil {
			return s.prices.Now().Catalogue // the files may have changed since
		}
		return prices
	}
	if f.calm {
		o.FPS = 10
	}
	if s.film != nil {
		o.Acted = func(what fleet.Safe) { s.film.note(recording.NoteKey, what) }
		if s.film.shelf != nil {
			o.Past = s.film
		}
	}
	if details := s.set.Inspector(s.inventory.Sources, s.deps); details != nil {
		o.Details = details
	}
	if slices.ContainsFunc(s.inventory.Sources, func(x fleet.SourceSpec) bool { return x.Subject.Cluster != "" }) {
		o.Rollouts = d
	}
	if s.file != nil {
		o.Keys = s.file.Keys
	}
	switch {
	case s.exercise != nil:
		o.Drill = s.exercise
		o.Leaving = []fleet.Safe{fleet.Text("the exercise ends with this console, and its changes with it")}
	case s.sim != nil:
		o.Faults = demoFaults{s}
		o.Leaving = []fleet.Safe{fleet.Text("the demo's fleet ends with this process, and its changes with it")}
	}
	return tui.Run(ctx, o)
}

// look chooses theme, glyphs and colours from flags, configuration and environment.
func (s *session) look(f *flags, c console) (*themes.Theme, colorprofile.Profile) {
	profile, colours := colorprofile.ANSI, themes.ANSI16
	term := c.environ("TERM")
	switch {
	case f.color == "never", f.color == "auto" && c.environ("NO_COLOR") != "":
		profile, colours = colorprofile.ASCII, themes.Mono
	case strings.Contains(c.environ("COLORTERM"), "truecolor"):
		profile, colours = colorprofile.TrueColor, themes.TrueColor
	case strings.Contains(term, "256color"):
		profile, colours = colorprofile.ANSI256, themes.ANSI256
	}
	name := f.theme
	if name == "" && s.file != nil {
		name = s.file.Theme
	}
	ascii := f.ascii || !s.utf8(c)
	return themes.New(themes.Options{Name: name, Profile: colours, ASCII: ascii}), profile
}

// utf8 tells whether glyphs beyond ASCII may be drawn: by the configuration, else by the locale.
func (s *session) utf8(c console) bool {
	if s.file != nil && s.file.Glyphs != "" && s.file.Glyphs != "auto" {
		return s.file.Glyphs == "utf8"
	}
	return utf8Locale(c.environ)
}

// utf8Locale follows LC_ALL, LC_CTYPE, LANG in this order. CJK locales get ASCII glyphs, since block and line
// glyphs have ambiguous width there.
func utf8Locale(environ func(string) string) bool {
	locale := first(environ("LC_ALL"), environ("LC_CTYPE"), environ("LANG"))
	upper := strings.ToUpper(locale)
	for _, cjk := range []string{"JA", "ZH", "KO"} {
		if strings.HasPrefix(upper, cjk) {
			return false
		}
	}
	return strings.Contains(upper, "UTF-8") || strings.Contains(upper, "UTF8")
}

// save writes a frame or a report into the state directory.
func (s *session) save(name string, data []byte) (string, error) {
	dir := filepath.Join(s.stateDir, "saved")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, name)
	path := filepath.Join(dir, time.Now().UTC().Format("20060102T150405Z-")+clean)
	return path, os.WriteFile(path, data, 0o600)
}

// asker opens what asks the replica that a source reads. Nothing is sent before a change that a person confirmed, or a
// command that says so.
func (s *session) asker() func(fleet.SourceID) (fleet.Asker, error) {
	return s.set.Askers(func() []fleet.SourceSpec { return s.hub.Inventory().Sources }, s.deps)
}
