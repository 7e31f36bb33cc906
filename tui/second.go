package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
)

const secondName = "second"

// waitSecond waits for the next whole second of the header's clock.
func (m *Model) waitSecond() tea.Cmd {
	ctx, hands := m.ctx, m.hands
	wait := time.Second - time.Duration(m.clock.Now().Nanosecond())
	return command(secondName, func() tea.Msg {
		if sleep(ctx, hands, wait) != nil {
			return nil
		}
		return secondMsg{}
	})
}

func (m *Model) second(secondMsg) tea.Cmd {
	m.notice.age(m.hands.Now())
	m.followDrill()
	cmds := []tea.Cmd{m.waitSecond(), m.checksAge(), m.flowAge(), m.playOn()}
	if !m.broken.IsEmpty() {
		m.broken = fleet.Safe{}
		cmds = append(cmds, m.waitFeed())
	}
	if m.bookDue {
		m.bookDue = false
		cmds = append(cmds, m.readBook())
	}
	return tea.Batch(cmds...)
}

// sleep waits on a clock.
func sleep(ctx context.Context, clock fleet.Clock, d time.Duration) error {
	task := clock.Task()
	defer task.Done()
	return task.Sleep(ctx, d)
}
