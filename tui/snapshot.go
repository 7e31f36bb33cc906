package tui

import (
	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// feedName names the waiting command of the feed in the log.
const feedName = "feed"

// waitFeed waits for the next snapshot. Exactly one such command is under way at any time.
func (m *Model) waitFeed() tea.Cmd {
	ctx, feed := m.ctx, m.feed
	return command(feedName, func() tea.Msg {
		snap, err := feed.Next(ctx)
		return snapshotMsg{snap: snap, err: err}
	})
}

// snapshot takes over a new state of the fleet and waits for the next.
func (m *Model) snapshot(msg snapshotMsg) tea.Cmd {
	if m.ctx.Err() != nil {
		return nil
	}
	if msg.err != nil || msg.snap == nil {
		// The next second asks again, so that a feed that fails at once cannot spin.
		m.broken = fleet.Text("no data: the feed has ended")
		if msg.err != nil {
			m.broken = fleet.Sentence(msg.err)
		}
		return nil
	}
	again := m.waitFeed()
	m.broken = fleet.Safe{}
	if m.latest != nil && msg.snap.Gen < m.latest.Gen {
		m.late++
		return again
	}
	m.latest = msg.snap
	if m.still && m.past == nil {
		m.snap = msg.snap
		return tea.Batch(again, m.goTo(msg.snap.At))
	}
	if m.paused {
		m.rev--
		return again
	}
	m.snap = msg.snap
	m.clamp(true)
	m.silenceRefresh()
	return tea.Batch(again, m.worldChanged())
}

func (m *Model) togglePause(string) tea.Cmd {
	if m.past != nil {
		return m.pauseFilm()
	}
	m.paused = !m.paused
	if !m.paused && m.latest != nil {
		m.snap = m.latest
		m.clamp(true)
	}
	return nil
}

func (m *Model) refresh(string) tea.Cmd {
	if m.place().screen == views.ScreenEconomics {
		m.decide(m.states.economics.Of)
	}
	control := m.control
	return m.act("refresh", fleet.Text("every source is read now"), func() error {
		control.Refresh()
		return nil
	})
}
