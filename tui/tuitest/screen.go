package tuitest

import (
	"io"
	"strings"
	"sync"

	"github.com/charmbracelet/x/vt"
)

// Screen is an emulated terminal to be used as output. It is safe for concurrent use.
type Screen struct {
	mu      sync.Mutex
	term    *vt.Emulator
	count   Counter
	changed chan struct{}
}

// NewScreen returns a terminal of w columns and h lines, which must be closed. A line feed also returns the carriage,
// since a program whose input is no terminal writes bare line feeds and trusts the line discipline.
func NewScreen(w, h int) *Screen {
	s := &Screen{term: vt.NewEmulator(w, h), changed: make(chan struct{}, 1)}
	_, _ = s.term.WriteString("\x1b[20h")
	go func() {
		_, _ = io.Copy(io.Discard, s.term) // answers to queries: nobody reads them, and unread they would block Write
	}()
	return s
}

// Close ends the terminal. The emulator's own Close races with its Read, so only the pipe between them is closed.
func (s *Screen) Close() {
	if c, ok := s.term.InputPipe().(io.Closer); ok {
		_ = c.Close()
	}
}

// Write shows bytes.
func (s *Screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.count.Write(p)
	n, err := s.term.Write(p)
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return n, err
}

// Text is what the screen shows, without styles.
func (s *Screen) Text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.term.String()
}

// Bytes is how much was written so far.
func (s *Screen) Bytes() int64 { return s.count.Bytes() }

// Raw is everything that was written, for tests of sequences.
func (s *Screen) Raw() string { return s.count.Text() }

// WaitFor blocks until the screen shows every text, or until done is closed; it tells which.
func (s *Screen) WaitFor(done <-chan struct{}, texts ...string) bool {
	for {
		shown, all := s.Text(), true
		for _, t := range texts {
			all = all && strings.Contains(shown, t)
		}
		if all {
			return true
		}
		select {
		case <-done:
			return false
		case <-s.changed:
		}
	}
}
