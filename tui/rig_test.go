package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/tui/tuitest"
	"pitwall/views"
	"pitwall/views/viewtest"
)

// hand is a clock that stands still until a test moves it; nobody sleeps on it.
type hand struct{ now time.Time }

func (h *hand) Now() time.Time          { return h.now }
func (h *hand) Task() fleet.Task        { return handTask{} }
func (h *hand) advance(d time.Duration) { h.now = h.now.Add(d) }

type handTask struct{}

func (handTask) Sleep(context.Context, time.Duration) error { return tuitest.ErrIdle }
func (handTask) Idle(wait func())                           { wait() }
func (handTask) Done()                                      {}

// rig drives a Model by messages and carries out its commands at once, as long as hold is not set.
type rig struct {
	*testing.T
	m       *Model
	control *tuitest.Control
	clock   *hand
	hands   *hand
	hold    bool
	held    []tea.Cmd
	quit    bool
	other   []string // messages that are meant for the runtime
	saved   map[string]string
}

// world is the wireframes' fleet with gateway replicas that agree, unless a test makes them differ.
func world() *fleet.Snapshot {
	s := viewtest.Fleet()
	r := s.Route("chat-default")
	r.Weights = fleet.Weights{"b200-a": 60, "h100-b": 30, "openai": 10}
	r.Hash = fleet.HashWeights(r.Weights)
	for i := range r.Replicas {
		r.Replicas[i].Differs, r.Replicas[i].Weights, r.Replicas[i].Hash = false, r.Weights, r.Hash
	}
	return s
}

// inEnv puts a snapshot into an environment.
func inEnv(s *fleet.Snapshot, env fleet.Env) *fleet.Snapshot {
	s.Env = env
	return s
}

// writable is a book without changes that may write.
func writable() actions.Book {
	b := viewtest.Book()
	b.Changes, b.Locks, b.Access.Incident = nil, nil, ""
	return b
}

func newRig(t *testing.T, snap *fleet.Snapshot, book actions.Book, change ...func(*Options)) *rig {
	t.Helper()
	r := &rig{T: t, control: &tuitest.Control{Snap: snap, Now: viewtest.Now(), Idle: true},
		clock: &hand{viewtest.Now()}, hands: &hand{viewtest.Now()}, saved: map[string]string{}}
	r.control.SetBook(book)
	feed := tuitest.NewFeed(1)
	feed.Idle = true
	o := Options{
		Feed: feed, Control: r.control, Theme: themes.New(themes.Options{ASCII: true}), Clock: r.clock, Hands: r.hands,
		Size: views.Size{W: 80, H: 24}, NoGrace: true,
		Save: func(name string, data []byte) (string, error) {
			r.saved[name] = string(data)
			return "/state/" + name, nil
		},
	}
	for _, f := range change {
		f(&o)
	}
	m, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	r.m = m
	r.run(m.Init())
	if snap != nil {
		r.send(snapshotMsg{snap: snap})
	}
	return r
}

// send gives a message to the model and carries out what it asks for.
func (r *rig) send(msg tea.Msg) {
	r.Helper()
	_, cmd := r.m.Update(msg)
	if r.hold {
		r.held = append(r.held, cmd)
		return
	}
	r.run(cmd)
}

// release carries out the commands that were held back, in order.
func (r *rig) release() {
	r.hold = false
	held := r.held
	r.held = nil
	for _, cmd := range held {
		r.run(cmd)
	}
}

func (r *rig) run(cmd tea.Cmd) {
	r.Helper()
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			r.run(c)
		}
	case tea.QuitMsg:
		r.quit = true
	case snapshotMsg:
		if !errors.Is(msg.err, tuitest.ErrIdle) {
			r.send(msg)
		}
	case bookMsg:
		if !errors.Is(msg.err, tuitest.ErrIdle) {
			r.send(msg)
		}
	case secondMsg, graceMsg, planMsg, checksMsg, startedMsg, intentMsg, errandMsg, evacuatedMsg, partsMsg, partsStartedMsg, doneMsg, textMsg, containersMsg, linesMsg,
		faultsMsg, panicMsg, rolloutMsg, twinMsg, pastMsg:
		r.send(msg)
	default:
		r.other = append(r.other, fmt.Sprint(msg))
	}
}

// keys presses keys one after the other; each word is one key.
func (r *rig) keys(names ...string) {
	r.Helper()
	for _, name := range names {
		r.hands.advance(time.Second)
		r.send(press(name))
	}
}

// typed presses the keys of a text at a person's speed.
func (r *rig) typed(text string) {
	r.Helper()
	for _, c := range text {
		r.hands.advance(100 * time.Millisecond)
		name := string(c)
		if c == ' ' {
			name = "space"
		}
		r.send(press(name))
	}
}

// press makes the message of a key as terminals send it.
func press(name string) tea.KeyPressMsg {
	special := map[string]tea.KeyPressMsg{
		"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab},
		"shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift}, "backspace": {Code: tea.KeyBackspace},
		"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
		"space": {Code: tea.KeySpace, Text: " "}, "pgdown": {Code: tea.KeyPgDown}, "pgup": {Code: tea.KeyPgUp},
		"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "delete": {Code: tea.KeyDelete},
	}
	if k, ok := special[name]; ok {
		return k
	}
	if rest, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(rest[0]), Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// frame is what is on the screen, without styles.
func (r *rig) frame() string { return plain(r.m.View().Content) }

func plain(s string) string {
	var b strings.Builder
	in := false
	for _, c := range s {
		switch {
		case c == 0x1b:
			in = true
		case in:
			in = c != 'm'
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

func (r *rig) wants(texts ...string) {
	r.Helper()
	frame := r.frame()
	for _, t := range texts {
		if !strings.Contains(frame, t) {
			r.Errorf("the screen does not show %q:\n%s", t, frame)
		}
	}
}

// step tells the step of the open dialog, 0 when none is open.
func (r *rig) step() views.ShiftStep {
	if r.m.shift == nil {
		return 0
	}
	return r.m.shift.state.Step
}

func (r *rig) wantStep(want views.ShiftStep) {
	r.Helper()
	if got := r.step(); got != want {
		r.Fatalf("step %d, want %d; notice %q\n%s", got, want, r.m.notice.text, r.frame())
	}
}

// wantCalls compares what was sent to the control.
func (r *rig) wantCalls(want ...string) {
	r.Helper()
	if got := r.control.Calls(); strings.Join(got, ", ") != strings.Join(want, ", ") {
		r.Errorf("calls %q, want %q", got, want)
	}
}

func (r *rig) wantNotice(part string) {
	r.Helper()
	if got := r.m.notice.text.String(); !strings.Contains(got, part) {
		r.Errorf("notice %q does not say %q", got, part)
	}
}

// toRoute opens the page of a route.
func (r *rig) toRoute(id fleet.RouteID) {
	r.Helper()
	r.m.visit(place{screen: views.ScreenRoutes, route: id})
}
