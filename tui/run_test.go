package tui

import (
	"context"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/tui/tuitest"
	"pitwall/views"
	"pitwall/views/viewtest"
)

// show is a console that runs on an emulated screen.
type show struct {
	screen  *tuitest.Screen
	feed    *tuitest.Feed
	control *tuitest.Control
	keys    *io.PipeWriter
	done    chan struct{}
	err     error
}

func start(t *testing.T, w, h int, change ...func(*Options)) *show {
	t.Helper()
	in, keys := io.Pipe()
	s := &show{screen: tuitest.NewScreen(w, h), feed: tuitest.NewFeed(4), keys: keys, done: make(chan struct{})}
	s.control = &tuitest.Control{Snap: world(), Now: viewtest.Now()}
	s.control.SetBook(writable())
	o := Options{
		Feed: s.feed, Control: s.control, Theme: themes.New(themes.Options{ASCII: true}), In: in, Out: s.screen,
		Environ: []string{"TERM=xterm-256color"}, ColorProfile: colorprofile.ASCII, Size: views.Size{W: w, H: h},
		Clock: &hand{viewtest.Now()}, NoGrace: true,
	}
	for _, f := range change {
		f(&o)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(s.done)
		s.err = Run(ctx, o)
	}()
	t.Cleanup(func() {
		cancel()
		_ = keys.Close()
		<-s.done
		s.screen.Close()
	})
	return s
}

func (s *show) wants(t *testing.T, texts ...string) {
	t.Helper()
	if !s.screen.WaitFor(s.done, texts...) {
		t.Fatalf("the console ended (%v) without %q:\n%s", s.err, texts, s.screen.Text())
	}
}

func (s *show) press(t *testing.T, keys string) {
	t.Helper()
	if _, err := io.WriteString(s.keys, keys); err != nil {
		t.Fatal(err)
	}
}

func TestConsoleOnAnEmulatedScreen(t *testing.T) {
	s := start(t, 80, 24)
	s.feed.Put(world())
	s.wants(t, "prod-eu-1", "[PROD]", "b200-a")
	if lines := strings.Split(s.screen.Text(), "\n"); len(lines) != 24 {
		t.Errorf("%d lines on a screen of 24", len(lines))
	}
	s.press(t, "2")
	s.wants(t, "ROUTES")
	s.press(t, "q")
	s.wants(t, "ALERTS")
	s.press(t, "q")
	<-s.done
	if s.err != nil {
		t.Error(s.err)
	}
}

func TestContextEndsTheConsole(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, keys := io.Pipe()
	defer keys.Close()
	screen := tuitest.NewScreen(80, 24)
	defer screen.Close()
	control := &tuitest.Control{Snap: world(), Now: viewtest.Now()}
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, Options{
			Feed: tuitest.NewFeed(1), Control: control, Theme: themes.New(themes.Options{ASCII: true}), In: in, Out: screen,
			Environ: []string{"TERM=xterm"}, ColorProfile: colorprofile.ASCII, Size: views.Size{W: 80, H: 24},
		})
	}()
	screen.WaitFor(nil, "connecting")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if !strings.Contains(screen.Raw(), "\x1b[?1049l") {
		t.Error("the terminal was not given back")
	}
}

// colour is an SGR parameter that sets a colour.
var colour = regexp.MustCompile(`\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m`)

func TestWithoutColourNoColourIsWritten(t *testing.T) {
	coloured := func(o *Options) { o.Theme = themes.New(themes.Options{Profile: themes.ANSI16}) }
	s := start(t, 80, 24, coloured)
	s.feed.Put(world())
	s.wants(t, "b200-a")
	if got := colour.FindString(s.screen.Raw()); got != "" {
		t.Errorf("wrote %q under the profile of NO_COLOR", got)
	}
	c := start(t, 80, 24, coloured, func(o *Options) { o.ColorProfile = colorprofile.ANSI })
	c.feed.Put(world())
	c.wants(t, "b200-a")
	if !colour.MatchString(c.screen.Raw()) {
		t.Error("the pattern of this test finds no colour where there is one")
	}
}

func TestOnlyWhatChangedIsWritten(t *testing.T) {
	s := start(t, 80, 24)
	s.feed.Put(world())
	s.wants(t, "prod-eu-1", "b200-a")
	before := s.screen.Bytes()
	for gen := range uint64(4) {
		same := world()
		same.Gen += gen + 1
		if gen == 3 {
			same.Context = "prod-eu-2"
		}
		s.feed.Put(same)
	}
	s.wants(t, "prod-eu-2")
	if got := s.screen.Bytes() - before; got <= 0 || got > 200 {
		t.Errorf("%d bytes for three equal snapshots and one changed letter", got)
	}
}

func TestBadKeysAreRefusedAtTheStart(t *testing.T) {
	err := Run(t.Context(), Options{Keys: map[string][]string{"refresh": {"ctrl+b"}}})
	if fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("error %v", err)
	}
}

// BenchmarkKeyToFrame is what one key press costs from the message to the frame.
func BenchmarkKeyToFrame(b *testing.B) {
	for _, c := range []struct {
		name string
		size views.Size
		snap *fleet.Snapshot
	}{
		{"80x24", views.Size{W: 80, H: 24}, world()},
		{"200x60-64x8", views.Size{W: 200, H: 60}, viewtest.Large(64, 8)},
	} {
		b.Run(c.name, func(b *testing.B) {
			control := &tuitest.Control{Snap: c.snap, Now: viewtest.Now(), Idle: true}
			m, err := New(b.Context(), Options{
				Feed: tuitest.NewFeed(1), Control: control, Theme: themes.New(themes.Options{Profile: themes.ANSI16}),
				Clock: &hand{viewtest.Now()}, Size: c.size, NoGrace: true,
			})
			if err != nil {
				b.Fatal(err)
			}
			hands := &hand{viewtest.Now()}
			m.hands = hands
			m.Update(snapshotMsg{snap: c.snap})
			keys := []string{"j", "k"}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				hands.advance(100 * time.Millisecond)
				m.Update(press(keys[i%2]))
				m.View()
			}
		})
	}
}

// BenchmarkBytes reports how much is written for one update a second, once the screen is filled.
func BenchmarkBytes(b *testing.B) {
	for _, sz := range []views.Size{{W: 80, H: 24}, {W: 200, H: 60}} {
		b.Run(sizeName(sz), func(b *testing.B) {
			in, keys := io.Pipe()
			defer keys.Close()
			screen, feed := tuitest.NewScreen(sz.W, sz.H), tuitest.NewFeed(1)
			defer screen.Close()
			control := &tuitest.Control{Snap: world(), Now: viewtest.Now()}
			clock := &hand{viewtest.Now()}
			ctx, cancel := context.WithCancel(b.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				_ = Run(ctx, Options{
					Feed: feed, Control: control, Theme: themes.New(themes.Options{Profile: themes.ANSI16}), In: in, Out: screen,
					Environ: []string{"TERM=xterm-256color"}, ColorProfile: colorprofile.ANSI, Size: sz, Clock: clock, FPS: 120,
				})
			}()
			gen, before := uint64(0), int64(0)
			for b.Loop() {
				gen++
				s := world()
				s.Gen += gen
				s.Context = "gen-" + fleet.Int(gen).String()
				for i := range s.Pools {
					s.Pools[i].Load.Requests = fleet.Some(fleet.Rate(100 + 7*float64(gen%90) + float64(i)))
					s.Pools[i].Load.TTFT95 = fleet.Some(fleet.Seconds(0.3 + 0.01*float64(gen%60)))
				}
				feed.Put(s)
				screen.WaitFor(done, s.Context)
				if gen == 1 {
					before = screen.Bytes()
				}
			}
			b.ReportMetric(float64(screen.Bytes()-before)/float64(max(1, gen-1)), "bytes/update")
			cancel()
			<-done
		})
	}
}

func sizeName(sz views.Size) string {
	return fleet.Textf("%sx%s", fleet.Int(sz.W), fleet.Int(sz.H)).String()
}
