package part

// Cut drops the lines after the first n, and whatever is open.
func (b *Block) Cut(n int) *Block {
	if n = max(0, n); b.Len() <= n {
		return b
	}
	b.ends = b.ends[:n]
	b.look("")
	b.col = 0
	b.buf = b.buf[:0]
	if n > 0 {
		b.buf = b.buf[:b.ends[n-1]]
	}
	return b
}

// Append adds all lines of another block, cut or filled to this block's width being the caller's duty:
// both must have the same width.
func (b *Block) Append(o *Block) *Block {
	offset := len(b.buf)
	b.buf = append(b.buf, o.buf...)
	for _, e := range o.ends {
		b.ends = append(b.ends, offset+e)
	}
	return b
}

// Beside lays a second block to the right of the first with gap cells between; the shorter one is filled.
// Both widths and the gap must sum to this block's width.
func (b *Block) Beside(left, right *Block, gap int) *Block {
	lines := max(left.Len(), right.Len())
	left.Fill(lines)
	right.Fill(lines)
	for i := range lines {
		b.buf = append(b.buf, left.Line(i)...)
		b.col += left.width
		b.Gap(gap)
		b.buf = append(b.buf, right.Line(i)...)
		b.col += right.width
		b.End()
	}
	return b
}
