package part

import (
	"math"

	"pitwall/fleet"
	"pitwall/themes"
)

// Spark draws the newest values of a history in n cells, oldest first: each cell is the mean of the values
// that fall into it. The lowest level is ground (0 for rates and ratios, so that small changes of a large value
// stay flat), the highest the greatest value shown, at least top. Gaps are blank.
func (b *Block) Spark(r themes.Role, t fleet.Trend, n int, top float64) *Block {
	n = min(n, b.Room())
	if n <= 0 {
		return b
	}
	high := top
	for i := range n {
		if v := bucket(t.V, i, n); v > high { // NaN compares false
			high = v
		}
	}
	g := b.theme.Glyphs
	b.begin(r)
	for i := range n {
		b.buf = append(b.buf, level(g, bucket(t.V, i, n), high)...)
	}
	b.col += n
	return b
}

func level(g *themes.Glyphs, v, high float64) themes.Glyph {
	switch {
	case math.IsNaN(v):
		return g.Gap
	case high <= 0 || v <= 0:
		return g.Spark[0]
	}
	return g.Spark[min(len(g.Spark)-1, int(v/high*float64(len(g.Spark))))]
}

// bucket is the mean of the known values in the i-th of n equal parts of v; with fewer values than
// parts the newest stand at the right.
func bucket(v []float64, i, n int) float64 {
	if len(v) <= n {
		if i -= n - len(v); i < 0 {
			return math.NaN()
		}
		return v[i]
	}
	sum, count := 0.0, 0
	for _, x := range v[i*len(v)/n : (i+1)*len(v)/n] {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
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
