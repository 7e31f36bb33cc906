package part

import (
	"github.com/charmbracelet/x/ansi"

	"pitwall/fleet"
	"pitwall/themes"
)

// frameCells is what a box takes from the width of its block: a side and a space on either hand.
const frameCells = 4

// Inside is how many cells lie within a box that is as wide as this block.
func (b *Block) Inside() int { return max(0, b.width-frameCells) }

// Box writes the picked lines of inner, which must be Inside cells wide, within a frame over the whole width; a
// negative number is an empty line. The title and, at its right, where one is stand in the upper side; foot stands at
// the right of the lower one.
func (b *Block) Box(inner *Block, pick []int, title, right, foot fleet.Safe) *Block {
	g := b.theme.Glyphs
	b.Glyph(themes.Rule, g.TopLeft, 1).Glyph(themes.Rule, g.HLine, 1).Gap(1)
	b.Cell(themes.Title, title, min(Width(title), b.Room()-4), Left).Gap(1)
	b.side(right, g.TopRight)
	for _, i := range pick {
		b.Glyph(themes.Rule, g.VLine, 1).Gap(1)
		b.look("")
		if i >= 0 {
			b.buf = append(b.buf, inner.Line(i)...)
			b.col += inner.width
		}
		b.Gap(b.Room()-1).Glyph(themes.Rule, g.VLine, 1).End()
	}
	b.Glyph(themes.Rule, g.BottomLeft, 1)
	return b.side(foot, g.BottomRight)
}

// side finishes an upper or lower side with a remark near its right end.
func (b *Block) side(note fleet.Safe, corner themes.Glyph) *Block {
	g := b.theme.Glyphs
	if n := min(Width(note), b.Room()-6); n > 0 {
		b.Glyph(themes.Rule, g.HLine, b.Room()-n-4).Gap(1).Cell(themes.Dim, note, n, Left).Gap(1)
	}
	return b.Glyph(themes.Rule, g.HLine, b.Room()-1).Glyph(themes.Rule, corner, 1).End()
}

// Lay covers a line, drawn by a block of width cells, with a line of n cells from column x on. A wide character that
// the edge would cut becomes a space.
func Lay(under string, width int, over []byte, n, x int) string {
	left, right := ansi.Truncate(under, x, ""), ansi.Cut(under, x+n, width)
	if ansi.StringWidth(right) > width-x-n { // Cut keeps the character that the edge goes through
		right = ansi.Cut(under, x+n+1, width)
	}
	out := make([]byte, 0, len(under)+len(over)+16)
	out = append(append(out, left...), themes.Reset...)
	for range x - ansi.StringWidth(left) {
		out = append(out, ' ')
	}
	out = append(append(out, over...), themes.Reset...)
	for range width - x - n - ansi.StringWidth(right) {
		out = append(out, ' ')
	}
	return string(append(out, right...))
}
