package tui

import (
	"context"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
)

const (
	// pendingLines is how many lines may wait for the event loop. A log that is faster loses the oldest of them, and
	// the loss is counted.
	pendingLines = 2000
	// linesPause is how long lines are gathered before they become a message: four a second, since each one draws.
	linesPause = 250 * time.Millisecond
)

var errLogBroke = &fleet.Error{Kind: fleet.KindInternal, Op: "read the log", Next: "what is shown stays; r reads it again"}

// stream carries the lines of one log from whoever reads it to the event loop, and never makes the reader wait.
type stream struct {
	wake chan struct{} // something changed

	mu      sync.Mutex
	lines   []fleet.Safe
	dropped int
	ended   bool
	err     error
}

// batch is what has come since the last one.
type batch struct {
	lines   []fleet.Safe
	dropped int // lines that were lost before these
	ended   bool
	err     error
}

func newStream() *stream { return &stream{wake: make(chan struct{}, 1)} }

func (s *stream) put(line fleet.Safe) {
	s.mu.Lock()
	if len(s.lines) >= 2*pendingLines {
		s.dropped += pendingLines
		s.lines = append(s.lines[:0], s.lines[pendingLines:]...)
	}
	s.lines = append(s.lines, line)
	s.mu.Unlock()
	s.signal()
}

// end says that nothing more comes.
func (s *stream) end(err error) {
	s.mu.Lock()
	s.ended, s.err = true, err
	s.mu.Unlock()
	s.signal()
}

func (s *stream) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// take waits for lines or the end.
func (s *stream) take(ctx context.Context) batch {
	for {
		s.mu.Lock()
		if len(s.lines) > 0 || s.ended {
			b := batch{lines: s.lines, dropped: s.dropped, ended: s.ended, err: s.err}
			s.lines, s.dropped = nil, 0
			s.mu.Unlock()
			return b
		}
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return batch{ended: true}
		case <-s.wake:
		}
	}
}

// waitLines waits for the next lines of a log. Exactly one such command is under way for each open log. The first
// lines are shown at once, followers are gathered.
func (m *Model) waitLines(ctx context.Context, t *text, gather bool) tea.Cmd {
	hands, req, s := m.hands, t.req, t.stream
	return command("log lines", func() tea.Msg {
		if gather {
			_ = sleep(ctx, hands, linesPause) // ends early with ctx, which take hears too
		}
		return linesMsg{req: req, batch: s.take(ctx)}
	})
}
