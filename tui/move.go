package tui

import (
	"slices"
	"sort"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// motion is one way to move the cursor or the columns.
type motion int

const (
	moveDown motion = iota
	moveUp
	moveFirst
	moveLast
	moveHalfDown
	moveHalfUp
	movePageDown
	movePageUp
	moveLeft
	moveRight
	moveNext     // around the end
	movePrevious // around the start
)

// move applies a motion to the pane with the focus, or scrolls a page without tables.
func (by motion) move(m *Model, _ string) tea.Cmd {
	t := m.table(m.pane())
	if t == nil {
		m.scroll(by)
		return nil
	}
	if by == moveLeft || by == moveRight {
		if by == moveRight {
			t.Column = min(t.Column+1, maxColumn)
		} else {
			t.Column = max(0, t.Column-1)
		}
		return nil
	}
	m.reorder()
	rows := m.rows[m.pane()]
	if len(rows) == 0 {
		return nil
	}
	i := by.from(slices.Index(rows, t.Selected), len(rows), m.page())
	t.Selected = rows[i]
	t.Top = topRow(rows, t.Top, i, m.page())
	return nil
}

// topRow is the first visible row for a cursor at index i: the window moves only when the cursor leaves it. page may
// be less than what is really visible; the screen itself keeps the cursor in sight.
func topRow(rows []string, top string, i, page int) string {
	first := max(0, slices.Index(rows, top))
	first = max(min(first, i), i-page+1)
	if first == 0 {
		return ""
	}
	return rows[first]
}

// maxColumn bounds how far columns scroll; no table has more.
const maxColumn = 16

// from gives the new index for a cursor at index i of n rows.
func (by motion) from(i, n, page int) int {
	switch by {
	case moveDown:
		i++
	case moveUp:
		i--
	case moveFirst:
		i = 0
	case moveLast:
		i = n - 1
	case moveHalfDown:
		i += max(1, page/2)
	case moveHalfUp:
		i -= max(1, page/2)
	case movePageDown:
		i += page
	case movePageUp:
		i -= page
	case moveNext:
		i = (i + 1) % n
	case movePrevious:
		i = (i + n - 1) % n
	default: // columns do not move the cursor
	}
	return max(0, min(n-1, i))
}

// page is about how many rows a pane shows.
func (m *Model) page() int {
	if m.place().screen == views.ScreenOverview {
		return max(1, m.size.H/4)
	}
	if isClusterList(m.place()) && m.size.H >= sheetFrom {
		return max(1, m.size.H-sheetFrom+9)
	}
	return max(1, m.size.H-10)
}

// sheetFrom is the height from which a list of a cluster tells its selected row below.
const sheetFrom = 33

// maxScroll bounds the scrolling of pages, in lines; the longest page is that of a change.
const maxScroll = 1000

// scroll moves a page without tables.
func (m *Model) scroll(by motion) {
	s := &m.states.events.Scroll
	m.settle(s, by.from(*s, maxScroll, m.page()))
}

// settle scrolls to want, but not further than something new comes into sight: only the drawing knows where its text
// ends, and a position beyond would swallow as many keys on the way back.
func (m *Model) settle(at *int, want int) {
	if want <= *at || m.size.W <= 0 {
		*at = max(0, want)
		return
	}
	now := m.now()
	*at = want
	end := m.draw(now)
	*at = sort.Search(want, func(n int) bool {
		*at = n
		return m.draw(now) == end
	})
}

func (m *Model) nextPane(string) tea.Cmd     { return m.turn(+1) }
func (m *Model) previousPane(string) tea.Cmd { return m.turn(-1) }

func (m *Model) turn(by int) tea.Cmd {
	all := panes(m.place())
	if len(all) < 2 {
		return m.turnScreen(by)
	}
	i := slices.Index(all, m.pane())
	m.setPane(all[(i+by+len(all))%len(all)])
	m.sorts = false
	m.clamp(false)
	return nil
}

// reorder reads the order of the screen's rows again.
func (m *Model) reorder() {
	m.rows = orderScreen(m.place().screen, m.scene(m.now()), &m.states)
}

// clamp reads the order again and keeps every cursor on a row: by ID, or where the row has gone on its neighbour.
// With tell it says so for the pane with the focus.
func (m *Model) clamp(tell bool) {
	old := m.rows
	m.reorder()
	for _, pane := range panes(m.place()) {
		t, rows := m.table(pane), m.rows[pane]
		if t == nil || slices.Contains(rows, t.Selected) {
			continue
		}
		gone := t.Selected
		t.Selected = neighbour(old[pane], rows, gone)
		if tell && gone != "" && pane == m.pane() {
			m.say(vanished(gone, t.Selected))
		}
	}
}

// neighbour is the row that takes the cursor when its row is gone: the next of the old order that is still there,
// else the one before, else the first.
func neighbour(old, rows []string, gone string) string {
	if len(rows) == 0 {
		return ""
	}
	i := slices.Index(old, gone)
	if i < 0 {
		return rows[0]
	}
	left := make(map[string]bool, len(rows))
	for _, id := range rows {
		left[id] = true
	}
	for _, id := range old[i:] {
		if left[id] {
			return id
		}
	}
	for _, id := range slices.Backward(old[:i]) {
		if left[id] {
			return id
		}
	}
	return rows[0]
}

func vanished(gone, now string) fleet.Safe {
	if now == "" {
		return fleet.Concat(fleet.Label(gone), fleet.Text(" is gone, and no row is left"))
	}
	return fleet.Concat(fleet.Label(gone), fleet.Text(" is gone; the cursor stands on "), fleet.Label(now))
}
