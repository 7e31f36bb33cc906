package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"pitwall/actions/desk"
	"pitwall/drills"
	"pitwall/drills/recording"
	"pitwall/fleet"
	"pitwall/tui"
)

// exercise is a drill that a person works in the console. Its clock stands once it is over, and while something real is the matter.
type exercise struct {
	p      *playing
	s      *drills.Scenario
	speed  float64
	seed   uint64
	taken  *takenUp   // what was done before, where a drill is taken up again; nil where it begins
	desk   *desk.Desk // of the console, once it is there
	freeze string     // file whose presence means that something real is the matter; "" for none

	mu      sync.Mutex
	begin   time.Time // zero during the baseline
	log     drills.Log
	news    []fleet.Safe
	given   int // injects that came
	said    []fleet.Safe
	over    bool
	frozen  bool
	again   bool // what was done before is done again
	noted   map[fleet.ChangeID]bool
	saw     map[fleet.ChangeID]string
	planted error
	result  *drills.Played // once the console is left
	failed  error
}

// drive lets the drill's time pass until ctx ends: first the baseline, as fast as it can.
func (x *exercise) drive(ctx context.Context) {
	hub := x.p.s.hub
	hub.Gather(unseen)
	if x.p.clock.Advance(ctx, x.s.Baseline) != nil {
		return
	}
	hub.Gather(min(unseen, time.Duration(x.speed*float64(seen))))
	begin := x.p.clock.Now()
	h := &hands{s: x.p.s}
	h.remember()
	err := drills.Plant(x.s, x.p.ground, begin)
	x.mu.Lock()
	x.p.hands, x.begin, x.planted, x.over = h, begin, err, err != nil
	x.mu.Unlock()
	x.p.s.film.note(recording.NoteBegin, fleet.Label(x.s.Title))
	if x.taken != nil && !x.over && x.doAgain(ctx) != nil {
		return
	}
	task := fleet.SystemClock{}.Task()
	defer task.Done()
	last := time.Now()
	for task.Sleep(ctx, driveTick) == nil {
		now := time.Now()
		step := time.Duration(float64(now.Sub(last)) * x.speed)
		last = now
		if !x.may() {
			continue
		}
		if x.p.clock.Advance(ctx, step) != nil {
			return
		}
		x.deliver()
	}
}

// may tells whether time passes.
func (x *exercise) may() bool {
	real := false
	if x.freeze != "" {
		_, err := os.Stat(x.freeze)
		real = err == nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.frozen = real
	return !x.over && !real
}

// deliver brings the news that are due, and ends the drill at its time.
func (x *exercise) deliver() {
	at := x.elapsed()
	alerts := x.p.s.hub.Latest().Alerts
	x.mu.Lock()
	x.log.Alarms = noteAlarms(x.log.Alarms, alerts, at)
	var came []fleet.Event
	for ; x.given < len(x.s.Injects) && x.s.Injects[x.given].At <= at; x.given++ {
		in := x.s.Injects[x.given]
		x.news = append(x.news, fleet.Concat(fleet.Label(string(in.Channel)), fleet.Text(": "), fleet.Label(in.Text)))
		came = append(came, fleet.Event{At: x.p.clock.Now(), Level: fleet.LevelWarn, Object: fleet.Label(string(in.Channel)),
			Text: fleet.Label(in.Text)})
	}
	if at >= x.s.Length() {
		x.over = true
	}
	x.mu.Unlock()
	x.noteChanges()
	for _, e := range came {
		x.p.s.hub.Note(e)
		x.p.s.film.note(recording.NoteInject, fleet.Concat(e.Object, fleet.Text(": "), e.Text))
	}
}

// elapsed is the time since the begin of the drill; 0 during the baseline.
func (x *exercise) elapsed() time.Duration {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.since(x.p.clock.Now())
}

func (x *exercise) since(now time.Time) time.Duration {
	if x.begin.IsZero() {
		return 0
	}
	return now.Sub(x.begin)
}

// Stand is how the drill stands.
func (x *exercise) Stand() tui.DrillStand {
	at := x.elapsed()
	x.mu.Lock()
	defer x.mu.Unlock()
	out := tui.DrillStand{Title: fleet.Label(x.s.Title), Brief: x.brief(), News: slices.Clone(x.news), Said: slices.Clone(x.said),
		Hints: len(x.s.Teaching.Hints) - len(x.said), Over: x.over}
	out.Line = fleet.Textf("EXERCISE %s of %s", fleet.Age(at.Truncate(time.Second)), fleet.Age(x.s.Length()))
	switch {
	case x.planted != nil:
		out.Line = fleet.Concat(fleet.Text("EXERCISE broken: "), fleet.Sentence(x.planted))
	case x.again:
		out.Line = fleet.Textf("EXERCISE taken up: what was done comes again up to %s", fleet.Age(x.taken.upTo))
	case x.frozen:
		out.Line = fleet.Text("SOMETHING REAL IS THE MATTER: the exercise stands still")
	case x.over:
		out.Line = fleet.Text("EXERCISE over, :quit shows the score")
	}
	for _, t := range x.s.Theories {
		held := slices.ContainsFunc(x.log.Entries, func(e drills.Entry) bool { return e.Kind == drills.KindTheory && e.ID == t.ID })
		out.Theories = append(out.Theories, tui.DrillClaim{ID: t.ID, Text: fleet.Label(t.Text), Held: held})
	}
	return out
}

func (x *exercise) brief() []fleet.Safe {
	return []fleet.Safe{
		fleet.Textf("level %s, %s; routes, pools and providers are those of the embedded fleet", fleet.Int(x.s.Level), fleet.Age(x.s.Length())),
		fleet.Text(":mark what you notice, :tell others, :handover at the end; all else is as on a real fleet"),
	}
}

var errOver = errors.New("the exercise is over")

// Do does one thing of the drill.
func (x *exercise) Do(deed tui.DrillDeed, text, screen string) (fleet.Safe, error) {
	at := x.elapsed()
	x.mu.Lock()
	defer x.mu.Unlock()
	e := drills.Entry{At: at, Text: fleet.Label(text), Screen: drawn(screen)}
	switch deed {
	case tui.DrillSaw:
		x.saw[fleet.ChangeID(text)] = screen
		return fleet.Safe{}, nil
	case tui.DrillEnd:
		x.over = true
		return fleet.Text("the exercise is over: :quit shows the score"), nil
	default:
	}
	if x.over {
		return fleet.Safe{}, errOver
	}
	if x.again {
		return fleet.Safe{}, errAgain
	}
	said := fleet.Concat(fleet.Label(string(deed)), fleet.Text(": "), fleet.Label(text))
	switch deed {
	case tui.DrillMark:
		e.Kind = drills.KindMark
	case tui.DrillTell:
		e.Kind = drills.KindTell
	case tui.DrillHand:
		e.Kind = drills.KindHand
	case tui.DrillTheory:
		if slices.ContainsFunc(x.log.Entries, func(o drills.Entry) bool { return o.Kind == drills.KindTheory && o.ID == text }) {
			return fleet.Text("held already"), nil
		}
		e.Kind, e.ID, e.Text = drills.KindTheory, text, fleet.Label(x.s.Theory(text).Text)
		said = fleet.Concat(fleet.Text("you hold: "), e.Text)
	case tui.DrillHint:
		if len(x.said) == len(x.s.Teaching.Hints) {
			return fleet.Text("there are no more hints"), nil
		}
		e.Kind, e.Text = drills.KindHint, fleet.Label(x.s.Teaching.Hints[len(x.said)])
		x.said = append(x.said, e.Text)
		said = fleet.Concat(fleet.Text("HINT "), e.Text)
	default:
		return fleet.Safe{}, nil
	}
	x.log.Entries = append(x.log.Entries, e)
	x.p.s.film.noteData(recording.NoteMark, said, asData(e))
	return said, nil
}

// mostDrawn bounds the lines of a screen that are kept.
const mostDrawn = 80

// drawn is a screen as text, without colours.
func drawn(screen string) []fleet.Safe { return fleet.Block(ansi.Strip(screen), mostDrawn) }

// played is what came of the drill, with the changes that were made in it. x.mu is held.
func (x *exercise) played(d *desk.Desk) (*drills.Played, error) {
	out := &drills.Played{Begin: x.begin, Log: x.log}
	if x.begin.IsZero() {
		return nil, errors.New("it ended before it began")
	}
	b := d.Book()
	for i := range b.Changes {
		ch := &b.Changes[i]
		if ch.Started.Before(x.begin) {
			continue
		}
		out.Log.Entries = append(out.Log.Entries, drills.Entry{At: ch.Started.Sub(x.begin), Kind: drills.KindChange, ID: string(ch.ID),
			Text:   fleet.Concat(fleet.Label(string(ch.Plan.Intent.Kind)), fleet.Text(" "), fleet.Label(ch.Plan.Object())),
			Change: x.p.hands.Changed(ch.ID),
			Screen: drawn(x.saw[ch.ID])})
	}
	slices.SortStableFunc(out.Log.Entries, func(a, b drills.Entry) int { return int(a.At - b.At) })
	now := x.p.clock.Now()
	out.Log.Ended, out.Log.Left = now.Sub(x.begin), x.p.hands.Left()
	var err error
	out.Course, err = x.p.ground.Course(x.begin, now)
	return out, err
}
