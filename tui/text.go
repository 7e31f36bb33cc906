package tui

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// keepLines bounds the text of an object. Each line is bounded as well, so that the log of a week costs no more than
// some megabytes.
const keepLines = 5000

// text is the full text about one object that lies over the screen: logs, describe or raw.
type text struct {
	state  views.DetailState
	req    uint64 // answers to other requests are late
	stop   context.CancelFunc
	begin  func() tea.Cmd // reads the log, once the containers are known
	stream *stream        // of a log
	more   tea.Cmd        // waits for its next lines
}

// openText asks for the full text about an object and shows it as it comes.
func (m *Model) openText(kind views.DetailKind, o fleet.ObjectRef) tea.Cmd {
	return m.askText(views.DetailState{Kind: kind, Object: o})
}

// askText asks anew for what a state shows; what was asked before is given up. The containers of a pod are asked for
// before its log, unless the state has them.
func (m *Model) askText(want views.DetailState) tea.Cmd {
	wrap := true
	if m.text != nil {
		wrap = m.text.state.Wrap
	}
	m.closeText()
	ctx, stop := context.WithCancel(m.ctx)
	t := &text{req: m.request(), stop: stop, state: views.DetailState{
		Kind: want.Kind, Object: want.Object, Previous: want.Previous, Of: want.Of, Wrap: wrap, At: -1,
	}}
	m.text = t
	if want.Kind == views.DetailLogs {
		t.state.Follow = true // also of a log that has ended: its end says why
		if len(t.state.Of) == 0 {
			return m.askContainers(ctx, t)
		}
		return m.beginLog(ctx, t)
	}
	t.state.Busy = fleet.Concat(fleet.Text("asking "), fleet.Label(string(want.Object.Cluster)))
	details, req, o := m.details, t.req, want.Object
	return command("describe", func() tea.Msg {
		var msg textMsg
		if want.Kind == views.DetailRaw {
			msg.lines, msg.err = details.Raw(ctx, o)
		} else {
			msg.lines, msg.err = details.Describe(ctx, o)
		}
		msg.req = req
		return msg
	})
}

// beginLog reads the log that the state names.
func (m *Model) beginLog(ctx context.Context, t *text) tea.Cmd {
	t.state.Busy = fleet.Text("waiting for the first line of the log")
	t.stream = newStream()
	t.more = m.waitLines(ctx, t, true)
	return tea.Batch(m.readLog(ctx, t), m.waitLines(ctx, t, false))
}

// readLog reads the log until it or ctx ends. Only the stream hears of it, so that nothing that was asked before can
// mix with it.
func (m *Model) readLog(ctx context.Context, t *text) tea.Cmd {
	details, o, s := m.details, t.state.Object, t.stream
	opt := fleet.LogOptions{Follow: !t.state.Previous, Previous: t.state.Previous}
	return command("log", func() tea.Msg {
		var err error = errLogBroke // unless Logs returns
		defer func() { s.end(err) }()
		err = details.Logs(ctx, o, opt, s.put)
		return nil
	})
}

// textAnswer takes over the answer for describe and raw.
func (m *Model) textAnswer(msg textMsg) {
	t := m.text
	if t == nil || t.req != msg.req {
		m.late++
		return
	}
	t.state.Busy, t.state.Ended = fleet.Safe{}, true
	if msg.err != nil {
		t.state.Err = fleet.Sentence(msg.err)
	}
	t.state.Lines = msg.lines
	if over := len(msg.lines) - keepLines; over > 0 {
		t.state.Lines = msg.lines[:keepLines:keepLines]
		t.state.Err = fleet.Textf("%s %s not shown", fleet.Many(over, "more line"), fleet.Verb(over, "is", "are"))
	}
}

// textLines takes over lines of a log and waits for more.
func (m *Model) textLines(msg linesMsg) tea.Cmd {
	t := m.text
	if t == nil || t.req != msg.req {
		m.late++
		return nil
	}
	b := msg.batch
	t.add(b.lines, b.dropped)
	if !b.ended {
		return t.more
	}
	t.state.Busy, t.state.Ended = fleet.Safe{}, true
	if b.err != nil {
		t.state.Err = fleet.Sentence(b.err)
	}
	return nil
}

// add appends lines and forgets the oldest beyond what is kept; what the person reads stays where it is.
func (t *text) add(lines []fleet.Safe, dropped int) {
	s := &t.state
	s.Dropped += dropped
	s.Lines = append(s.Lines, lines...)
	if len(s.Lines) > 0 {
		s.Busy = fleet.Safe{}
	}
	over := len(s.Lines) - keepLines
	if over <= 0 {
		return
	}
	s.Lines = slices.Clone(s.Lines[over:])
	s.Dropped += over
	s.Top = max(0, s.Top-over)
	s.At = max(-1, s.At-over)
}

// closeText takes the text away and ends what still reads for it.
func (m *Model) closeText() {
	if m.text != nil {
		m.text.stop()
		m.text = nil
	}
}

// find searches from the first visible line on; without a pattern the marks go.
func (t *text) find(f views.Filter, size views.Size) {
	s := &t.state
	s.Find = f
	if f.Match == nil {
		s.At = -1
		return
	}
	from, _ := views.DetailWindow(*s, size)
	if s.At >= 0 {
		from = s.At
	}
	t.jump(from, +1, size)
}

// jump goes to the first match from a line on, around the end; it tells whether there is one.
func (t *text) jump(from, step int, size views.Size) bool {
	s := &t.state
	n := len(s.Lines)
	for k := range n {
		i := ((from+k*step)%n + n) % n
		if !s.Find.Match(s.Lines[i].String()) {
			continue
		}
		s.At = i
		top, end := views.DetailWindow(*s, size)
		s.Top, s.Follow = top, false
		if i < top || i >= max(top+1, end-1) {
			s.Top = max(0, i-size.H/3)
		}
		return true
	}
	s.At = -1
	return false
}

// fileWord makes a part of a file name of outside text: it must not lead into another folder.
func fileWord(raw string) string {
	word := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-':
			return r
		default:
			return '_'
		}
	}, raw)
	return word[:min(len(word), 60)]
}
