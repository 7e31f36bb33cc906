package part

import (
	"unicode/utf8"

	"pitwall/fleet"
	"pitwall/themes"
)

// Block is a stack of lines, each exactly as wide as the block. Text that does not fit its line is cut
// with "~" and never wraps. A block is written from left to right and from top to bottom.
type Block struct {
	theme *themes.Theme
	width int
	buf   []byte
	ends  []int // end of each finished line in buf
	col   int   // cells written in the open line
	base  themes.Role
	open  string // the sequence in force
}

// spaces is what padding is copied from.
const spaces = "                                                                                "

// NewBlock returns an empty block; lines is how many are expected. Without a theme it draws plain ASCII.
func NewBlock(t *themes.Theme, width, lines int) *Block {
	if t == nil || t.Glyphs == nil {
		t = themes.New(themes.Options{ASCII: true})
	}
	return &Block{
		theme: t, width: max(0, width),
		buf: make([]byte, 0, lines*(width+width/2+16)), ends: make([]int, 0, lines),
	}
}

// Theme returns the theme that the block draws with.
func (b *Block) Theme() *themes.Theme { return b.theme }

// Width returns the width of every line in cells.
func (b *Block) Width() int { return b.width }

// Len returns how many lines are finished.
func (b *Block) Len() int { return len(b.ends) }

// Column returns how many cells of the open line are written.
func (b *Block) Column() int { return b.col }

// Room returns how many cells of the open line are left.
func (b *Block) Room() int { return b.width - b.col }

// Line returns a finished line with its styles.
func (b *Block) Line(i int) []byte {
	start := 0
	if i > 0 {
		start = b.ends[i-1]
	}
	return b.buf[start:b.ends[i]]
}

// Base sets the role that plain text of the open line takes, such as that of a selected row.
// It ends with the line.
func (b *Block) Base(r themes.Role) *Block {
	b.base = r
	return b
}

// Put writes outside or computed text.
func (b *Block) Put(r themes.Role, t fleet.Safe) *Block { return b.write(r, t.String(), b.Room()) }

// Say writes a constant of the program.
func (b *Block) Say(r themes.Role, s constant) *Block { return b.write(r, string(s), b.Room()) }

// Cell writes text into exactly n cells.
func (b *Block) Cell(r themes.Role, t fleet.Safe, n int, a Align) *Block {
	n = min(n, b.Room())
	if n <= 0 {
		return b
	}
	s := t.String()
	start := b.col
	if a == Right {
		b.Gap(n - textWidth(s))
	}
	b.write(r, s, n-(b.col-start))
	return b.Gap(n - (b.col - start))
}

// joined writes the parts of a cell side by side into n cells.
func (b *Block) joined(c *Cell, n int, a Align) {
	if c.Lead.IsEmpty() && c.Tail.IsEmpty() {
		b.Cell(c.Role, c.Text, n, a)
		return
	}
	all := Width(c.Lead) + Width(c.Text) + Width(c.Tail)
	if all > min(n, b.Room()) {
		b.Cell(c.Role, fleet.Concat(c.Lead, c.Text, c.Tail), n, a)
		return
	}
	if a == Right {
		b.Gap(n - all)
	}
	b.Put(c.Role, c.Lead).Put(c.Role, c.Text).Put(c.Role, c.Tail)
	if a == Left {
		b.Gap(n - all)
	}
}

// Glyph writes a drawing character n times.
func (b *Block) Glyph(r themes.Role, g themes.Glyph, n int) *Block {
	n = min(n, b.Room())
	if n <= 0 {
		return b
	}
	b.begin(r)
	for range n {
		b.buf = append(b.buf, g...)
	}
	b.col += n
	return b
}

// Gap writes n spaces.
func (b *Block) Gap(n int) *Block {
	if n = min(n, b.Room()); n > 0 {
		b.look("") // spaces are never underlined or reversed
	}
	for n > 0 {
		k := min(n, len(spaces))
		b.buf = append(b.buf, spaces[:k]...)
		b.col += k
		n -= k
	}
	return b
}

// To fills with spaces up to a column; it does nothing when the line is already there.
func (b *Block) To(column int) *Block { return b.Gap(column - b.col) }

// Right writes text so that it ends at the right side of the line, keeping one cell of distance.
func (b *Block) Right(r themes.Role, t fleet.Safe) *Block {
	n := Width(t)
	if n >= b.Room() {
		b.Gap(1)
	}
	return b.To(b.width-n).Put(r, t)
}

// End fills the open line and finishes it.
func (b *Block) End() *Block {
	b.Gap(b.Room())
	b.look("")
	b.base = themes.Text
	b.col = 0
	b.ends = append(b.ends, len(b.buf))
	return b
}

// Fill adds empty lines until the block has n.
func (b *Block) Fill(n int) *Block {
	for b.Len() < n {
		b.End()
	}
	return b
}

// String joins the lines with line feeds, without one at the end.
func (b *Block) String() string {
	out := make([]byte, 0, len(b.buf)+len(b.ends))
	for i := range b.ends {
		if i > 0 {
			out = append(out, '\n')
		}
		out = append(out, b.Line(i)...)
	}
	return string(out)
}

// begin switches to the look of a role; runs of one look share a sequence.
func (b *Block) begin(r themes.Role) {
	if r == themes.Text {
		r = b.base
	}
	b.look(b.theme.Open(r))
}

func (b *Block) look(sequence string) {
	if sequence == b.open {
		return
	}
	if b.open != "" {
		b.buf = append(b.buf, themes.Reset...)
	}
	b.buf = append(b.buf, sequence...)
	b.open = sequence
}

// write puts a text of at most n cells; n never exceeds the room.
func (b *Block) write(r themes.Role, s string, n int) *Block {
	if n = min(n, b.Room()); n <= 0 || s == "" {
		return b
	}
	b.begin(r)
	if isASCII(s) {
		b.col += b.ascii(s, n)
	} else {
		cut := fit(s, n)
		b.buf = append(b.buf, cut...)
		b.col += cells(cut)
	}
	return b
}

func (b *Block) ascii(s string, n int) int {
	if len(s) <= n {
		b.buf = append(b.buf, s...)
		return len(s)
	}
	b.buf = append(b.buf, s[:n-1]...)
	b.buf = append(b.buf, cutMark...)
	return n
}

// cells measures text that fit has already made steady.
func cells(s string) int {
	if utf8.RuneCountInString(s) == len(s) {
		return len(s)
	}
	return textWidth(s)
}
