package tui

import (
	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// whyNoSilences is why there is no list of silences.
func whyNoSilences(m *Model) fleet.Safe {
	if m.snap == nil {
		return fleet.Text("nothing is known about the fleet yet")
	}
	for i := range m.snap.Sources {
		if m.snap.Sources[i].Silences {
			return works()
		}
	}
	return fleet.Text("no Alertmanager was read: nothing holds silences")
}

func (m *Model) showSilences(string) tea.Cmd {
	m.visit(place{screen: views.ScreenSilences})
	return nil
}

// selectedSilence is the silence under the cursor, or nil.
func (m *Model) selectedSilence() *fleet.SilenceOf {
	if m.pane() != paneSilences || m.snap == nil {
		return nil
	}
	for i := range m.snap.Silences {
		if s := &m.snap.Silences[i]; views.SilenceID(*s) == m.selected() {
			return s
		}
	}
	return nil
}

// whyNoEnd is why the selected silence cannot be ended.
func whyNoEnd(m *Model) fleet.Safe {
	if m.selectedSilence() == nil {
		return fleet.Text("no silence is selected")
	}
	return whyNoPlans(m)
}

// endSilence plans the end of the selected silence. One that a change of this console's journal set is undone, so that
// the journal knows; anybody else's is ended by itself.
func (m *Model) endSilence() tea.Cmd {
	s := m.selectedSilence()
	if c := m.changeThatSet(s); c != nil {
		return m.undoChange(c)
	}
	return m.planErrand(actions.Intent{Kind: actions.KindExpire, Incident: m.book.Access.Incident, Actor: m.book.Access.Actor,
		Reason: "end silence " + s.ID, Silence: &actions.SilenceIntent{Source: s.Source, ID: s.ID}})
}

// changeThatSet is the change that set a silence and did not take it back, or nil.
func (m *Model) changeThatSet(s *fleet.SilenceOf) *actions.Change {
	for i := range m.book.Changes {
		c := &m.book.Changes[i]
		if c.Plan.Intent.Kind != actions.KindSilence || c.Plan.Silence == nil || c.Plan.Silence.Source != s.Source || c.Undone != "" {
			continue
		}
		for _, step := range c.Steps {
			if !step.Back && step.Silence == s.ID {
				return c
			}
		}
	}
	return nil
}
