package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// How old what was read of an object may grow before it is asked again: the one that is open or under the cursor, the
// others in sight, and one that did not answer.
const (
	rolloutClose = 5 * time.Second
	rolloutSight = 30 * time.Second
	rolloutRetry = 20 * time.Second
	// rolloutWithin bounds one question.
	rolloutWithin = 15 * time.Second
	// mostRollouts bounds what is remembered.
	mostRollouts = 1000
)

// reading is the question under way; one at a time, so that a screen full of objects does not press an API server.
type reading struct {
	req    uint64
	object fleet.ObjectRef
	stop   context.CancelFunc
}

// rolloutMsg answers how an object stands.
type rolloutMsg struct {
	req     uint64
	object  fleet.ObjectRef
	rollout fleet.Rollout
	lacks   map[fleet.Deed]fleet.Safe
	err     error
}

// readRollouts asks for the object whose answer is due, while a screen shows such answers. It is called after every
// message and costs nothing elsewhere.
func (m *Model) readRollouts() tea.Cmd {
	if m.place().screen != views.ScreenUpgrades || m.rollouts == nil || m.snap == nil || m.paused || m.ctx.Err() != nil {
		return nil
	}
	first := m.closeObject()
	if m.reading != nil {
		if first == m.reading.object || first.Name == "" || !m.states.upgrades.Seen[first].At.IsZero() {
			return nil
		}
		m.giveUpReading() // the person went on to one that was never read
	}
	if first.Name != "" && m.rolloutDue(first, rolloutClose) {
		return m.readRollout(first)
	}
	for _, o := range m.objectsInSight() {
		if m.rolloutDue(o, rolloutSight) {
			return m.readRollout(o)
		}
	}
	return nil
}

// closeObject is the object that the person looks at: that of the dialog, of the page, or under the cursor.
func (m *Model) closeObject() fleet.ObjectRef {
	if m.shift != nil && m.shift.state.Work != nil {
		return m.shift.state.Work.Object
	}
	if p := m.place(); p.object.Name != "" {
		return p.object
	}
	o, _, _ := views.UpgradeRef(m.rowScene(), m.states.upgrades, m.selected())
	return o
}

// rowScene is what rows are found in.
func (m *Model) rowScene() views.Scene { return views.Scene{Snap: m.snap, Book: m.book, Now: m.now()} }

// objectsInSight are the objects of about the rows that are seen.
func (m *Model) objectsInSight() []fleet.ObjectRef {
	if m.place().object.Name != "" {
		return nil
	}
	rows := m.rows[paneUpgrades]
	from := max(0, slices.Index(rows, m.states.upgrades.List.Top))
	if at := slices.Index(rows, m.states.upgrades.List.Selected); m.states.upgrades.List.Top == "" && at >= 0 {
		from = at / m.page() * m.page()
	}
	refs := views.UpgradeRefs(m.rowScene(), m.states.upgrades)
	var list []fleet.ObjectRef
	for _, id := range rows[from:min(len(rows), from+m.page())] {
		if o := refs[id]; o.Name != "" {
			list = append(list, o)
		}
	}
	return list
}

func (m *Model) rolloutDue(o fleet.ObjectRef, after time.Duration) bool {
	seen, known := m.states.upgrades.Seen[o]
	if !known {
		return true
	}
	if !seen.Err.IsEmpty() {
		after = max(after, rolloutRetry)
	}
	return m.clock.Now().Sub(seen.Tried) >= after
}

func (m *Model) readRollout(o fleet.ObjectRef) tea.Cmd {
	ctx, stop := context.WithTimeout(m.ctx, rolloutWithin)
	m.reading = &reading{req: m.readings + 1, object: o, stop: stop}
	m.readings++
	seen := m.states.upgrades.Seen[o]
	seen.Busy, seen.Tried = true, m.clock.Now()
	m.remembers(o, seen)
	m.rev++
	rollouts, req := m.rollouts, m.reading.req
	return command("rollout", func() tea.Msg {
		defer stop()
		r, err := rollouts.Rollout(ctx, o)
		if err != nil {
			return rolloutMsg{req: req, object: o, err: err}
		}
		return rolloutMsg{req: req, object: o, rollout: r, lacks: rollouts.Lacks(ctx, &r)}
	})
}

func (m *Model) remembers(o fleet.ObjectRef, seen views.RolloutSeen) {
	all := m.states.upgrades.Seen
	if _, known := all[o]; !known && len(all) >= mostRollouts {
		clear(all)
	}
	all[o] = seen
}

// giveUpReading ends the question under way; its answer comes too late.
func (m *Model) giveUpReading() {
	if m.reading == nil {
		return
	}
	m.reading.stop()
	seen := m.states.upgrades.Seen[m.reading.object]
	seen.Busy, seen.Tried = false, time.Time{}
	m.states.upgrades.Seen[m.reading.object] = seen
	m.reading = nil
}

// rolloutRead takes over how an object stands. An answer that failed keeps the last good one, which grows old.
func (m *Model) rolloutRead(msg rolloutMsg) {
	if m.reading == nil || msg.req != m.reading.req {
		m.late++
		return
	}
	m.reading = nil
	seen := m.states.upgrades.Seen[msg.object]
	seen.Busy, seen.Err = false, fleet.Safe{}
	if msg.err != nil {
		seen.Err = fleet.Sentence(msg.err)
	} else {
		seen.Rollout, seen.Lacks, seen.At = msg.rollout, msg.lacks, m.clock.Now()
	}
	m.remembers(msg.object, seen)
	m.prefill(msg.object)
	m.clamp(false)
}
