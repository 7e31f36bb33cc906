package part

import (
	"pitwall/fleet"
	"pitwall/themes"
)

// Rule writes a section rule over the rest of the open line and finishes it:
// "-- POOLS 6  worst first -------------- 1-6 of 6 --". Note and right may be empty.
func (b *Block) Rule(title, note, right fleet.Safe) *Block {
	g := b.theme.Glyphs
	b.Glyph(themes.Rule, g.HLine, 2).Gap(1).Put(themes.Title, title)
	if room := b.Room() - 2 - Width(right) - 8; !note.IsEmpty() && room > 2 {
		b.Gap(2).Cell(themes.Dim, note, min(room, Width(note)), Left) // what stands at the right is not to be cut
	}
	b.Gap(1)
	if right.IsEmpty() {
		return b.Glyph(themes.Rule, g.HLine, b.Room()).End()
	}
	n := min(Width(right), max(0, b.Room()-5))
	b.Glyph(themes.Rule, g.HLine, b.Room()-n-4).Gap(1)
	b.Cell(themes.Dim, right, n, Left).Gap(1)
	return b.Glyph(themes.Rule, g.HLine, 2).End()
}
