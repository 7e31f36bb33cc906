package tui

import (
	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// readFaults asks for the faults of the demo.
func (m *Model) readFaults() tea.Cmd {
	if m.faults == nil {
		return nil
	}
	faults := m.faults
	return command("faults", func() tea.Msg { return faultsMsg{faults.Faults()} })
}

func (m *Model) faultList(msg faultsMsg) { m.faulty = msg.faults }

// faultAnswer is about starting or ending a fault of the demo.
type faultAnswer struct{ list []FaultInfo }

func (m *Model) askFaults(string) tea.Cmd {
	choices := []fleet.Safe{fleet.Text("leave it as it is")}
	for _, f := range m.faulty {
		verb := fleet.Text("start ")
		if f.On {
			verb = fleet.Text("end ")
		}
		choices = append(choices, fleet.Concat(verb, fleet.Label(f.ID), fleet.Text("  "), f.Title))
	}
	return m.open(&question{answer: faultAnswer{m.faulty}, state: views.AskState{
		Title: fleet.Text("FAULTS of the demo"),
		Lines: []fleet.Safe{
			fleet.Text("A fault changes a cause in the simulated fleet; every number follows."),
			fleet.Text("No real system is touched."),
		},
		Choices: choices,
	}})
}

func (a faultAnswer) choose(m *Model, chosen int, _ string) tea.Cmd {
	if chosen == 0 {
		return nil
	}
	return m.toggleFault(a.list[chosen-1])
}

func (m *Model) toggleFault(f FaultInfo) tea.Cmd {
	faults := m.faults
	text := fleet.Concat(fleet.Text("fault "), fleet.Label(f.ID), fleet.Text(" starts: "), f.Title)
	if f.On {
		text = fleet.Concat(fleet.Text("fault "), fleet.Label(f.ID), fleet.Text(" ends"))
	}
	return m.actThen("fault", text, effectFaults, func() error { return faults.ToggleFault(f.ID) })
}
