package part

import (
	"math"

	"pitwall/fleet"
	"pitwall/themes"
)

// Spark draws the newest values of a history in n cells, oldest first: each cell is the mean of the values
// that fall into it. With top the scale begins at 0 and reaches top at least; without, it is as wide as the values but
// never narrower than flat, so that a steady value is a level line at half height and noise does not look like a
// storm. Gaps are blank. Span is how many values the whole width stands for, so that a young history stands at the
// right and is not stretched; 0 stretches what there is.
func (b *Block) Spark(r themes.Role, t fleet.Trend, n int, top float64, span int) *Block {
	n = min(n, b.Room())
	if n <= 0 {
		return b
	}
	span = max(span, len(t.V))
	low, high := scale(t.V, n, span, top)
	g := b.theme.Glyphs
	b.begin(r)
	for i := range n {
		b.buf = append(b.buf, level(g, bucket(t.V, i, n, span), low, high)...)
	}
	b.col += n
	return b
}

// flat is the least width of a scale, as a part of the greatest value.
const flat = 0.6

// scale gives the values of the lowest and the highest level.
func scale(v []float64, n, span int, top float64) (low, high float64) {
	low, high = math.Inf(1), 0
	for i := range n {
		if x := bucket(v, i, n, span); !math.IsNaN(x) && !math.IsInf(x, 0) {
			low, high = min(low, x), max(high, x)
		}
	}
	if top > 0 || math.IsInf(low, 0) {
		return 0, max(top, high)
	}
	width := max(high-low, flat*high)
	low = max(0, (low+high-width)/2)
	return low, low + width
}

func level(g *themes.Glyphs, v, low, high float64) themes.Glyph {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return g.Gap
	case high <= low || v <= low:
		return g.Spark[0]
	}
	return g.Spark[min(len(g.Spark)-1, int((v-low)/(high-low)*float64(len(g.Spark))))]
}

// bucket is the mean of the known values in the i-th of n equal parts of a span of which v is the newest end;
// with fewer values than parts the newest stand at the right.
func bucket(v []float64, i, n, span int) float64 {
	absent := span - len(v) // values that the span lacks at its old end
	from, to := i*span/n, (i+1)*span/n
	if span <= n {
		from = i - (n - span)
		to = from + 1
	}
	from, to = max(0, from-absent), to-absent
	sum, count := 0.0, 0
	for k := from; k < to; k++ {
		if x := v[k]; !math.IsNaN(x) && !math.IsInf(x, 0) {
			sum += x
			count++
		}
	}
	if count == 0 {
		return math.NaN()
	}
	return sum / float64(count)
}

// Bar draws a part of one as a bar of n cells; an unknown part is blank.
func (b *Block) Bar(r themes.Role, part fleet.Maybe[fleet.Ratio], n int) *Block {
	n = min(n, b.Room())
	if !part.OK || math.IsNaN(float64(part.V)) {
		return b.Gap(n)
	}
	full := int(math.Round(math.Min(1, math.Max(0, float64(part.V))) * float64(n)))
	return b.Glyph(r, b.theme.Glyphs.BarFull, full).Glyph(themes.Dim, b.theme.Glyphs.BarEmpty, n-full)
}
