package part

// Lines adds the lines from first up to but not including end of another block of the same width, for a page that is
// longer than what is seen of it. What lies outside of the other block is left out.
func (b *Block) Lines(o *Block, first, end int) *Block {
	for i := max(0, first); i < min(end, o.Len()); i++ {
		b.buf = append(b.buf, o.Line(i)...)
		b.ends = append(b.ends, len(b.buf))
	}
	return b
}
