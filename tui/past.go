package tui

import (
	"context"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// Past is what was recorded of the fleet. Every call may block and is made outside of the event loop, one at a time.
type Past interface {
	// Look is the fleet at a time: the newest snapshot that is not later, or the first one. from and to are what can be looked at.
	Look(ctx context.Context, at time.Time) (snap *fleet.Snapshot, from, to time.Time, err error)
	// Happened is the next thing that happened after a time, or the last one before it: an event, an alert, what somebody did. Its time is
	// zero where there is none.
	Happened(ctx context.Context, at time.Time, after bool) (when time.Time, what fleet.Safe, err error)
}

// lookBack is a look at the past. While it is open nothing is planned and nothing steered.
type lookBack struct {
	want     time.Time // asked for last
	shown    time.Time // of the snapshot on the screen; zero before the first
	from, to time.Time
	speed    float64 // seconds of the recording in a second; 0 stands
	asking   bool
}

// Steps of the keys.
const (
	pastStep  = 10 * time.Second
	pastLeap  = 5 * time.Minute
	mostSpeed = 600
)

// pastMsg brings a moment of the past.
type pastMsg struct {
	at       time.Time // that was asked for; zero where something that happened was
	snap     *fleet.Snapshot
	from, to time.Time
	what     fleet.Safe // that happened then, "" where a moment was asked for
	none     bool       // nothing happened further on
	err      error
}

// moveInTime moves in the past by a key.
func moveInTime(by time.Duration) func(*Model, string) tea.Cmd {
	return func(m *Model, _ string) tea.Cmd { return m.moveInTime(by) }
}

func (m *Model) moveInTime(by time.Duration) tea.Cmd {
	p := m.past
	switch {
	case p == nil && by > 0:
		m.say(fleet.Text("this is now: < goes back"))
		return nil
	case p == nil:
		return m.goTo(m.snap.At.Add(by))
	}
	p.speed = 0
	if by > 0 && !p.want.Add(by).Before(p.to) {
		if m.still {
			return m.goTo(p.to)
		}
		m.goLive()
		return nil
	}
	return m.goTo(p.want.Add(by))
}

// goTo shows a moment. Where one is still being read, the newest wish waits for it: a held key moves on and asks no queue of moments.
func (m *Model) goTo(at time.Time) tea.Cmd {
	if m.past == nil {
		m.past = &lookBack{}
	}
	p := m.past
	if !p.from.IsZero() && at.Before(p.from) {
		at = p.from
		m.say(fleet.Text("this is the begin of the recording"))
	}
	p.want = at
	m.paused = true
	return m.lookAt()
}

func (m *Model) lookAt() tea.Cmd {
	p := m.past
	if p.asking {
		return nil
	}
	p.asking = true
	ctx, source, at := m.ctx, m.film, p.want
	return command("look back", func() tea.Msg {
		snap, from, to, err := source.Look(ctx, at)
		return pastMsg{at: at, snap: snap, from: from, to: to, err: err}
	})
}

// pastShown takes over a moment.
func (m *Model) pastShown(msg pastMsg) tea.Cmd {
	p := m.past
	if p == nil || m.ctx.Err() != nil {
		return nil // it is live again
	}
	p.asking = false
	if msg.err != nil {
		return m.pastFailed(msg.err)
	}
	if msg.none {
		m.say(fleet.Text("nothing more is recorded in that direction"))
		return nil
	}
	p.from, p.to, p.shown = msg.from, msg.to, msg.snap.At
	if !msg.what.IsEmpty() {
		m.say(fleet.Concat(fleet.ClockTime(msg.snap.At), fleet.Text(" "), msg.what))
		p.want = msg.snap.At
	}
	again := !msg.at.IsZero() && !p.want.Equal(msg.at)
	if p.want.Before(p.from) {
		p.want = p.from
	}
	m.snap = msg.snap
	m.clamp(true)
	m.silenceRefresh()
	if again {
		return m.lookAt()
	}
	return m.worldChanged()
}

// pastFailed keeps the moment that is shown; without one the console is live again.
func (m *Model) pastFailed(err error) tea.Cmd {
	m.past.speed = 0
	if m.past.shown.IsZero() && !m.still {
		m.goLive()
	}
	m.fail(fleet.Sentence(err))
	return nil
}

// goLive leaves the past.
func (m *Model) goLive() {
	m.past, m.paused = nil, false
	if m.latest != nil {
		m.snap = m.latest
		m.clamp(true)
	}
}

// pauseFilm is the pause key in the past: back to now, or in a recording, which has none, stand or play.
func (m *Model) pauseFilm() tea.Cmd {
	switch p := m.past; {
	case !m.still:
		m.goLive()
	case p.speed > 0:
		p.speed = 0
	default:
		p.speed = 1
	}
	return nil
}

// playOn moves on by a second of the keyboard's time.
func (m *Model) playOn() tea.Cmd {
	p := m.past
	if p == nil || p.speed == 0 || p.asking {
		return nil
	}
	next := p.want.Add(time.Duration(p.speed * float64(time.Second)))
	if next.Before(p.to) {
		return m.goTo(next)
	}
	p.speed = 0
	m.say(fleet.Text("this is the end of the recording"))
	return m.goTo(p.to)
}

// toHappened goes to what happened next, or last.
func toHappened(after bool) func(*Model, string) tea.Cmd {
	return func(m *Model, _ string) tea.Cmd { return m.toHappened(after) }
}

func (m *Model) toHappened(after bool) tea.Cmd {
	if m.past == nil {
		if after {
			m.say(fleet.Text("this is now: ( goes back to what happened last"))
			return nil
		}
		m.past, m.paused = &lookBack{want: m.snap.At}, true
	}
	p := m.past
	if p.asking {
		return nil
	}
	p.asking, p.speed = true, 0
	ctx, source, at := m.ctx, m.film, p.want
	return command("what happened", func() tea.Msg {
		when, what, err := source.Happened(ctx, at, after)
		if err != nil || when.IsZero() {
			return pastMsg{none: err == nil, err: err}
		}
		snap, from, to, err := source.Look(ctx, when)
		return pastMsg{snap: snap, from: from, to: to, what: what, err: err}
	})
}

func (m *Model) cmdAt(args []string) (tea.Cmd, fleet.Safe) {
	if why := whyNoPast(m); !why.IsEmpty() {
		return nil, why
	}
	if len(args) != 1 {
		return nil, fleet.Text("at takes one time: 09:41, 09:41:30, -15m, or now")
	}
	if args[0] == "now" {
		if m.past != nil && !m.still {
			m.goLive()
		}
		return nil, fleet.Safe{}
	}
	at, ok := m.moment(args[0])
	if !ok {
		return nil, fleet.Text("at takes a time: 09:41, 09:41:30, -15m, or now")
	}
	if m.past != nil {
		m.past.speed = 0
	}
	return m.goTo(at), fleet.Safe{}
}

// moment reads a time of day, which is the last one that was, or a distance from what is shown.
func (m *Model) moment(s string) (time.Time, bool) {
	from := m.now()
	if m.past != nil {
		from = m.past.want
	}
	if d, err := time.ParseDuration(s); err == nil && (s[0] == '-' || s[0] == '+') {
		return from.Add(d), true
	}
	newest := m.clock.Now().UTC()
	if m.still {
		newest = m.past.to.UTC()
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			at := time.Date(newest.Year(), newest.Month(), newest.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
			if at.After(newest) {
				at = at.AddDate(0, 0, -1)
			}
			return at, true
		}
	}
	return time.Time{}, false
}

func (m *Model) cmdSpeed(args []string) (tea.Cmd, fleet.Safe) {
	if why := whyNoPast(m); !why.IsEmpty() {
		return nil, why
	}
	if m.past == nil {
		return nil, fleet.Text("this is now: < goes back, then speed plays it")
	}
	speed, err := strconv.ParseFloat(strings.TrimPrefix(strings.Join(args, ""), "x"), 64)
	if err != nil || !(speed >= 0 && speed <= mostSpeed) {
		return nil, fleet.Textf("speed takes a number from 0, which stands, to %s", fleet.Int(mostSpeed))
	}
	m.past.speed = speed
	return nil, fleet.Safe{}
}

func whyNoPast(m *Model) fleet.Safe {
	switch {
	case m.film == nil:
		return fleet.Text("nothing is recorded here")
	case m.snap == nil:
		return fleet.Text("nothing is known about the fleet yet")
	default:
		return works()
	}
}

// whyPast says why nothing is planned or steered in the past, "" where this is now.
func whyPast(m *Model) fleet.Safe {
	switch {
	case m.past == nil:
		return works()
	case m.still:
		return fleet.Text("this is a recording: nothing of it can be changed")
	default:
		return fleet.Text("this is the past, where nothing can be changed: p goes back to now")
	}
}

// shownBook is the book of what is drawn. In the past it has the changes that had begun, as they stand now, and none of the locks and
// rights of now.
func (m *Model) shownBook() actions.Book {
	if m.past == nil || m.past.shown.IsZero() {
		return m.book
	}
	var b actions.Book
	for i := range m.book.Changes {
		if c := &m.book.Changes[i]; !c.Started.After(m.past.shown) {
			b.Changes = append(b.Changes, *c)
		}
	}
	return b
}

// span is the look at the past as screens show it, nil for now.
func (m *Model) span() *views.PastSpan {
	if m.past == nil || m.past.shown.IsZero() {
		return nil
	}
	p := m.past
	return &views.PastSpan{From: p.from, To: p.to, Speed: p.speed, Film: m.still, Now: m.clock.Now()}
}

func pastKeys() []Binding {
	s := ScopeScreens
	return []Binding{
		{ID: "earlier", Keys: []string{"<"}, Scope: s, Risk: RiskLook, Why: whyNoPast, do: moveInTime(-pastStep),
			Help: fleet.Text("10 s back in what was recorded; nothing can be changed there")},
		{ID: "later", Keys: []string{">"}, Scope: s, Risk: RiskLook, Why: whyNoPast, do: moveInTime(pastStep),
			Help: fleet.Text("10 s on in what was recorded, at its end to now")},
		{ID: "much-earlier", Keys: []string{"{"}, Scope: s, Risk: RiskLook, Why: whyNoPast, do: moveInTime(-pastLeap),
			Help: fleet.Text("5 min back in what was recorded")},
		{ID: "much-later", Keys: []string{"}"}, Scope: s, Risk: RiskLook, Why: whyNoPast, do: moveInTime(pastLeap),
			Help: fleet.Text("5 min on in what was recorded")},
		{ID: "happened-before", Keys: []string{"("}, Scope: s, Risk: RiskLook, Why: whyNoPast, do: toHappened(false),
			Help: fleet.Text("back to what happened last: an event, an alert, what somebody did")},
		{ID: "happened-next", Keys: []string{")"}, Scope: s, Risk: RiskLook, Why: whyNoPast, do: toHappened(true),
			Help: fleet.Text("on to what happened next")},
	}
}

func pastVerbs() []verb {
	return []verb{
		{names: []string{"at"}, args: fleet.Text("09:41 | 09:41:30 | -15m | now"), help: fleet.Text("look at a time of the last hours"),
			words: fixedWords("-15m", "-1h", "now"), run: (*Model).cmdAt},
		{names: []string{"speed"}, args: fleet.Text("NUMBER"), help: fleet.Text("play what was recorded: seconds of it in a second; 0 stands"),
			words: fixedWords("1", "10", "60", "0"), run: (*Model).cmdSpeed},
	}
}

// offInThePast gives commands that plan or steer their reason in the past.
func offInThePast(list []verb) []verb {
	for i := range list {
		run := list[i].run
		list[i].run = func(m *Model, args []string) (tea.Cmd, fleet.Safe) {
			if why := whyPast(m); !why.IsEmpty() {
				return nil, why
			}
			return run(m, args)
		}
	}
	return list
}
