package tui

import (
	"maps"
	"slices"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// alertLines tell all that an alerting system said of an alert.
func alertLines(a *fleet.Alert) []fleet.Safe {
	const most = 60
	from := fleet.Label(string(a.Origin))
	for _, id := range a.Also {
		from = fleet.Concat(from, fleet.Text(", "), fleet.Label(string(id)))
	}
	lines := []fleet.Safe{row(fleet.Text("from"), from), row(fleet.Text("since"), fleet.Stamp(a.Since)),
		row(fleet.Text("silenced"), a.Silenced)}
	for _, part := range []struct {
		name fleet.Safe
		of   map[string]string
	}{{fleet.Text("label"), a.Labels}, {fleet.Text("note"), a.Notes}} {
		for _, name := range slices.Sorted(maps.Keys(part.of)) {
			if len(lines) == most {
				return append(lines, fleet.Text("further labels and notes are left out"))
			}
			lines = append(lines, row(part.name, fleet.Concat(fleet.Label(name), fleet.Text(" = "), fleet.Label(part.of[name]))))
		}
	}
	return slices.DeleteFunc(lines, fleet.Safe.IsEmpty)
}

// closeAnswer is the only answer to what is only told.
type closeAnswer struct{}

func (closeAnswer) choose(*Model, int, string) tea.Cmd { return nil }

// tellAlert shows labels and notes of an outside alert.
func (m *Model) tellAlert(a *fleet.Alert) tea.Cmd {
	return m.open(&question{answer: closeAnswer{}, state: views.AskState{
		Title: fleet.Join([]fleet.Safe{a.Level.Text(), a.Object, a.Text}, fleet.Text("  ")),
		Lines: alertLines(a), Choices: []fleet.Safe{fleet.Text("close")}}})
}
