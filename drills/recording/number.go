package recording

import "math"

// Bits of the mantissa that are kept.
const (
	bitsMeasured = 10
	bitsMoney    = 24
	bitsTrend    = 7
)

// level is a number as a whole one: neighbours that can be told apart differ by one. It is rounded to bits of mantissa. NaN has none.
func level(x float64, bits uint) int64 {
	drop := 52 - bits
	b := math.Float64bits(math.Abs(x))
	if !math.IsInf(x, 0) {
		b += 1 << (drop - 1)
	}
	q := int64(b >> drop)
	if x < 0 {
		return -q
	}
	return q
}

// valueOf is the number of a level.
func valueOf(q int64, bits uint) float64 {
	if q < 0 {
		return -valueOf(-q, bits)
	}
	return math.Float64frombits(uint64(q) << (52 - bits))
}

// putFloat writes a number as its distance from another one; 0 is what is not a number.
func putFloat(b []byte, prev, cur float64, bits uint) []byte {
	if math.IsNaN(cur) {
		return append(b, 0)
	}
	var from int64
	if !math.IsNaN(prev) {
		from = level(prev, bits)
	}
	return putUint(b, zigzag(level(cur, bits)-from)+1)
}

func takeFloat(c *cursor, prev float64, bits uint) float64 {
	u := c.uint()
	if u == 0 {
		return math.NaN()
	}
	var from int64
	if !math.IsNaN(prev) {
		from = level(prev, bits)
	}
	return valueOf(from+unzigzag(u-1), bits)
}

// sameFloat tells whether two numbers are one in a recording.
func sameFloat(a, b float64, bits uint) bool {
	if math.IsNaN(a) || math.IsNaN(b) {
		return math.IsNaN(a) && math.IsNaN(b)
	}
	return a == b || level(a, bits) == level(b, bits)
}

func zigzag(v int64) uint64   { return uint64(v<<1) ^ uint64(v>>63) }
func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

func putUint(b []byte, u uint64) []byte {
	for u >= 0x80 {
		b = append(b, byte(u)|0x80)
		u >>= 7
	}
	return append(b, byte(u))
}
