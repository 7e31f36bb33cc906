package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// helpWidth is as wide as the help becomes: lines that are read, not scanned.
const helpWidth = 110

// helpBox draws the effective keys by group; a key that does nothing now is faint and says why.
func helpBox(h *HelpState, sc Scene, sz Size) *part.Block {
	b := part.NewBlock(sc.Theme, min(sz.W-4, helpWidth), sz.H-2)
	p := newPage(sc, b.Inside())
	keys := 6
	for i := range h.Rows {
		keys = max(keys, min(p.Width()/3, part.Width(h.Rows[i].Keys)))
	}
	begins := make([]int, len(h.Rows)) // first line of each row, its heading included
	for i := range h.Rows {
		r := &h.Rows[i]
		if i > 0 && r.Group != h.Rows[i-1].Group {
			p.End()
		}
		begins[i] = p.Len()
		if i == 0 || r.Group != h.Rows[i-1].Group {
			p.Put(themes.Title, groupTitle(r.Group)).End()
		}
		helpLine(p, r, keys)
	}
	rows := min(p.Len(), sz.H-4)
	from := 0
	if len(begins) > 0 {
		from = begins[max(0, min(h.Scroll, len(begins)-1))]
	}
	from = max(0, min(from, p.Len()-rows))
	foot := fleet.Safe{}
	if rows < p.Len() {
		foot = fleet.Concat(position(from, from+rows, p.Len()), fleet.Text(" lines  j/k scrolls"))
	}
	title := h.Title
	if title.IsEmpty() {
		title = fleet.Text("KEYS")
	}
	return b.Box(p.Block, lineNumbers(from, rows), title, fleet.Text("? or esc closes"), foot)
}

// lineNumbers lists n line numbers from first on.
func lineNumbers(first, n int) []int {
	lines := make([]int, max(0, n))
	for i := range lines {
		lines[i] = first + i
	}
	return lines
}

// groupTitle is the name of a scope as a heading.
func groupTitle(group fleet.Safe) fleet.Safe {
	switch group {
	case fleet.Text("always"):
		return fleet.Text("everywhere")
	case fleet.Text("screens"):
		return fleet.Text("on this screen")
	default:
		return group
	}
}

// helpLine is one key with what it does, and the reason where it does nothing.
func helpLine(p *page, r *HelpRow, keys int) {
	role, text := themes.Key, themes.Text
	if !r.Disabled.IsEmpty() {
		role, text = themes.Dim, themes.Dim
	}
	indent := 2 + keys + 2
	p.Gap(2).Put(role, part.Short(r.Keys, p.Width()/2)).Gap(1).To(indent)
	for i, l := range part.Wrap(r.Text, p.Width()-indent, 3) {
		if i > 0 {
			p.End().To(indent)
		}
		p.Put(text, l)
	}
	if r.Disabled.IsEmpty() {
		p.End()
		return
	}
	why := fleet.Concat(fleet.Text("off: "), r.Disabled)
	if part.Width(why)+2 <= p.Room() {
		p.Gap(2).Put(themes.Stale, why).End()
		return
	}
	p.End()
	p.say(themes.Stale, why, indent, 3)
}
