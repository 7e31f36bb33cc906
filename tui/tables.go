package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// windows are the choices of t.
func windows() []time.Duration {
	return []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour}
}

func (m *Model) nextWindow(string) tea.Cmd {
	all := windows()
	m.window = all[(slices.Index(all, m.window)+1)%len(all)]
	m.say(fleet.Concat(fleet.Text("window "), windowName(m.window)))
	return nil
}

func windowName(d time.Duration) fleet.Safe {
	if d >= time.Hour {
		return fleet.Concat(fleet.Int(int(d.Hours())), fleet.Text("h"))
	}
	return fleet.Concat(fleet.Int(int(d.Minutes())), fleet.Text("m"))
}

func (m *Model) cmdWindow(args []string) (tea.Cmd, fleet.Safe) {
	if len(args) == 1 {
		if d, err := time.ParseDuration(args[0]); err == nil && slices.Contains(windows(), d) {
			m.window = d
			return nil, fleet.Safe{}
		}
	}
	return nil, fleet.Text("windows: 5m 15m 1h 6h")
}

func (m *Model) cmdFilter(args []string) (tea.Cmd, fleet.Safe) {
	t := m.table(m.pane())
	if t == nil {
		return nil, fleet.Text("this page has no table to filter")
	}
	text := ""
	for i, a := range args {
		if i > 0 {
			text += " "
		}
		text += a
	}
	f, err := parseFilter(text)
	if err != nil {
		return nil, fleet.Concat(fleet.Text("bad pattern: "), fleet.Label(err.Error()))
	}
	t.Filter = f
	m.clamp(false)
	return nil, fleet.Safe{}
}

// sortKeys are the columns that the table with the focus can be sorted by.
func (m *Model) sortKeys() []views.SortKey {
	if m.table(m.pane()) == nil {
		return nil
	}
	return views.SortKeys(m.place().screen, m.pane())
}

// startSort waits for the letter of a column.
func (m *Model) startSort(string) tea.Cmd {
	var words []fleet.Safe
	for _, k := range m.sortKeys() {
		words = append(words, fleet.Concat(fleet.Label(string(k.Letter)), fleet.Text("="), k.Word))
	}
	m.say(fleet.Join(words, fleet.Text(" ")))
	m.sorts = true
	return nil
}

// sortBy takes the key after o: the letter of a column.
func (m *Model) sortBy(key string) {
	m.sorts = false
	for _, k := range m.sortKeys() {
		if string(k.Letter) == key {
			m.sortTable(k.Key)
			return
		}
	}
	if key != "esc" {
		m.say(fleet.Concat(keyName(key), fleet.Text(" is no column here; the order stays")))
	}
}

// sortTable sorts by a column; the same column again turns the order round.
func (m *Model) sortTable(key string) {
	t := m.table(m.pane())
	if t.Sort == key {
		t.Reverse = !t.Reverse
	} else {
		t.Sort, t.Reverse = key, false
	}
	m.reorder()
}

func (m *Model) cmdSort(args []string) (tea.Cmd, fleet.Safe) {
	if len(args) == 1 {
		for _, k := range m.sortKeys() {
			if k.Key == args[0] {
				m.sortTable(k.Key)
				return nil, fleet.Safe{}
			}
		}
	}
	return nil, fleet.Text("name a column of this table; tab completes")
}
