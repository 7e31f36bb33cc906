package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// The room of the list of completions.
const (
	completionRows  = 8
	completionWidth = 48
)

// layCommand puts the command or filter line in place of the bottom line, what is wrong with it above it, and its
// completions above that.
func layCommand(lines []string, c *CommandState, sc Scene, sz Size) {
	bottom := part.NewBlock(sc.Theme, sz.W, 1)
	bottom.Gap(1).Put(themes.Key, fleet.Label(c.Prompt))
	hint := commandHint(c)
	room := bottom.Room() - 1
	if n := part.Width(hint); n+20 < room {
		room -= n + 2
	} else {
		hint = fleet.Safe{}
	}
	typing(bottom, TextField{Text: c.Text, Cursor: c.Cursor}, room)
	bottom.Right(themes.Dim, hint).End()
	y := len(lines) - 1
	lay(lines, sz, bottom, 0, y)
	if !c.Err.IsEmpty() {
		y--
		wrong := part.NewBlock(sc.Theme, sz.W, 1)
		wrong.Gap(1).Put(themes.Bad, c.Err).End()
		lay(lines, sz, wrong, 0, y)
	}
	if len(c.Completions) > 0 {
		box := completionBox(c, sc, sz)
		lay(lines, sz, box, 1, y-box.Len())
	}
}

func commandHint(c *CommandState) fleet.Safe {
	switch {
	case len(c.Completions) > 0:
		return fleet.Text("tab completes  enter runs  esc closes")
	case c.Prompt == "/":
		return fleet.Text("enter keeps  esc clears")
	default:
		return fleet.Text("enter runs  esc closes")
	}
}

// completionBox lists the completions around the chosen one.
func completionBox(c *CommandState, sc Scene, sz Size) *part.Block {
	width := 12
	for _, text := range c.Completions {
		width = max(width, min(completionWidth, part.Width(fleet.Label(text))))
	}
	b := part.NewBlock(sc.Theme, min(sz.W-2, width+8), completionRows+2)
	inner := part.NewBlock(sc.Theme, b.Inside(), completionRows)
	rows := min(completionRows, len(c.Completions), sz.H/3)
	chosen := max(0, min(c.Chosen, len(c.Completions)-1))
	from := max(0, min(chosen-rows/2, len(c.Completions)-rows))
	pick := make([]int, rows)
	for i := range rows {
		pick[i] = i
		text := fleet.Label(c.Completions[from+i])
		if from+i == chosen {
			inner.Glyph(themes.Accent, inner.Theme().Glyphs.Cursor, 1).Gap(1).Put(themes.Selected, text).End()
		} else {
			inner.Gap(2).Put(themes.Text, text).End()
		}
	}
	foot := fleet.Safe{}
	if rows < len(c.Completions) {
		foot = position(from, from+rows, len(c.Completions))
	}
	b.Box(inner, pick, fleet.Text("complete"), fleet.Safe{}, foot)
	return b
}
