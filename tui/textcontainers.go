package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// containersMsg answers the question which containers a pod has.
type containersMsg struct {
	req  uint64
	list []fleet.Container
	err  error
}

// askContainers asks which containers a pod has: whose log is shown is said, and the others can be stepped through.
func (m *Model) askContainers(ctx context.Context, t *text) tea.Cmd {
	details, o, req := m.details, t.state.Object, t.req
	t.begin = func() tea.Cmd { return m.beginLog(ctx, t) }
	t.state.Busy = fleet.Text("asking which containers the pod has")
	return command("containers", func() tea.Msg {
		list, err := details.Containers(ctx, o)
		return containersMsg{req: req, list: list, err: err}
	})
}

// textContainers takes over which containers there are and reads the log of the one that was shown before, else of the
// one whose log tells most.
func (m *Model) textContainers(msg containersMsg) tea.Cmd {
	t := m.text
	if t == nil || t.req != msg.req {
		m.late++
		return nil
	}
	s := &t.state
	if msg.err != nil {
		s.Busy, s.Ended, s.Err = fleet.Safe{}, true, fleet.Sentence(msg.err)
		return nil
	}
	s.Of = msg.list
	if c, _ := s.Container(); c == nil {
		s.Object.Container = ""
		for _, x := range msg.list {
			if x.Chosen {
				s.Object.Container = x.Name
			}
		}
	}
	return t.begin()
}

func whyOneContainer(m *Model) fleet.Safe {
	switch {
	case !whyNoLogText(m).IsEmpty():
		return fleet.Text("only a log is of one container: l shows it")
	case len(m.text.state.Of) == 0:
		return fleet.Text("which containers the pod has is not known")
	case len(m.text.state.Of) == 1:
		return fleet.Text("the pod has one container")
	default:
		return works()
	}
}

// whyNoPrevious tells why there is no log from before a restart.
func whyNoPrevious(m *Model) fleet.Safe {
	if why := whyNoLogText(m); !why.IsEmpty() {
		return why
	}
	s := &m.text.state
	if c, _ := s.Container(); c != nil && !c.Before && !s.Previous {
		return fleet.Concat(fleet.Label(c.Name), fleet.Text(" has not ended before: there is no older log"))
	}
	return works()
}

func (m *Model) nextContainer(string) tea.Cmd     { return m.turnContainer(+1) }
func (m *Model) previousContainer(string) tea.Cmd { return m.turnContainer(-1) }

// turnContainer goes to the log of another container as it is now.
func (m *Model) turnContainer(by int) tea.Cmd {
	want := m.text.state
	n := len(want.Of)
	_, at := want.Container()
	want.Object.Container = want.Of[(at+by+n)%n].Name
	want.Previous = false
	return m.askText(views.DetailState{Kind: want.Kind, Object: want.Object, Of: want.Of})
}
