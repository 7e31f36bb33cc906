package recording

import (
	"math"
	"reflect"
	"time"

	"pitwall/fleet"
)

// What becomes of a trend, before how many points it got.
const (
	trendAnew  = 0 // number, how far it goes, length, step and end follow
	mostGrowth = 60
)

// points are the trends of an era as the recorder knows them.
type points struct {
	slots []slot
	// at finds the number of a trend by where its last point lies: snapshots share it.
	at map[*float64]int
	// wrote is the number of the last trend that this chunk has points of, -1 for none.
	wrote int
}

type slot struct {
	n    int     // points that were written
	last float64 // the newest
	end  time.Time
}

func (p *points) restart() { *p = points{at: map[*float64]int{}, wrote: p.wrote} }

// trend puts points of a trend into their stream: how many numbers further it stands than the one before, whether it is one point or
// how many, and each as its distance from the one before. Mostly each trend gets one point in its turn, which is a 0 and the point.
func (e *encoder) trend(n int, v []float64) {
	by := zigzag(int64(n-e.points.wrote-1)) << 1
	if len(v) != 1 {
		by |= 1
	}
	out := putUint(e.out[streamPoints], by)
	if len(v) != 1 {
		out = putUint(out, uint64(len(v)))
	}
	e.points.wrote = n
	s := &e.points.slots[n]
	for _, x := range v {
		out = putFloat(out, s.last, x, bitsTrend)
		s.last = x
	}
	s.n += len(v)
	e.out[streamPoints] = out
}

type trendCoder struct{}

func (trendCoder) put(e *encoder, prev, cur reflect.Value) bool {
	a, b := trendAt(prev), trendAt(cur)
	if sameTrend(a, b) {
		return false
	}
	form := &e.out[streamForm]
	if len(b.V) == 0 {
		*form = append(*form, trendAnew, 0)
		return true
	}
	n, by := e.follow(a, b)
	if by > 0 {
		longer := uint64(len(b.V) - len(a.V))
		*form = putUint(append(*form, byte(by)), longer)
		return true
	}
	s := &e.points.slots[n]
	*form = putUint(putUint(putUint(append(*form, trendAnew), uint64(len(b.V))), uint64(n)), uint64(s.n))
	e.out[streamNumbers] = putUint(putUint(e.out[streamNumbers], uint64(b.Step.Milliseconds())), zigzag(e.at-b.End.UnixMilli()))
	return true
}

// sameTrend tells whether nothing was added. Trends only grow: where the end and the length are the same, so is what lies between,
// unless the last point is another.
func sameTrend(a, b *fleet.Trend) bool {
	if len(a.V) != len(b.V) {
		return false
	}
	if len(b.V) == 0 || &a.V[len(a.V)-1] == &b.V[len(b.V)-1] {
		return true
	}
	return a.End.Equal(b.End) && a.Step == b.Step && sameFloat(a.V[len(a.V)-1], b.V[len(b.V)-1], bitsTrend) &&
		sameFloat(a.V[0], b.V[0], bitsTrend)
}

// follow finds the number of a trend, after it wrote what is new of it. by is how many points it grew since prev; 0 where it has to be
// said anew, since prev was empty or another one.
func (e *encoder) follow(a, b *fleet.Trend) (n, by int) {
	last := &b.V[len(b.V)-1]
	grown := growth(a, b)
	if n, known := e.points.at[last]; known {
		return n, grown
	}
	if grown > 0 {
		was := &a.V[len(a.V)-1]
		if n, known := e.points.at[was]; known && e.points.slots[n].end.Equal(a.End) {
			e.trend(n, b.V[len(b.V)-grown:])
			e.points.slots[n].end = b.End
			delete(e.points.at, was)
			e.points.at[last] = n
			return n, grown
		}
	}
	n = len(e.points.slots)
	e.points.slots = append(e.points.slots, slot{end: b.End})
	e.trend(n, b.V)
	e.points.at[last] = n
	return n, 0
}

// growth is how many points b has after those of a, 0 where it does not follow it.
func growth(a, b *fleet.Trend) int {
	if len(a.V) == 0 || a.Step != b.Step || a.Step <= 0 {
		return 0
	}
	by := int(b.End.Sub(a.End) / b.Step)
	if by < 1 || by > mostGrowth || by >= len(b.V) || len(b.V) < len(a.V) || len(b.V)-len(a.V) > by {
		return 0
	}
	if a.End.Add(time.Duration(by)*b.Step) != b.End || !sameFloat(a.V[len(a.V)-1], b.V[len(b.V)-1-by], bitsTrend) {
		return 0
	}
	return by
}

func (trendCoder) take(d *decoder, v reflect.Value) {
	form := d.in[streamForm]
	by := int(form.byte())
	if by > mostGrowth {
		panic(errDamaged)
	}
	if by > 0 {
		longer := form.count(mostGrowth)
		if v.IsValid() {
			d.grow(trendAt(v), by, longer)
		}
		return
	}
	length := form.count(maxElements)
	if length == 0 {
		if v.IsValid() {
			*trendAt(v) = fleet.Trend{}
		}
		return
	}
	n, far := form.count(maxElements), form.count(maxElements)
	step, end := d.in[streamNumbers].uint(), d.at-unzigzag(d.in[streamNumbers].uint())
	if v.IsValid() {
		*trendAt(v) = fleet.Trend{Step: time.Duration(step) * time.Millisecond, End: time.UnixMilli(end), V: d.cut(n, far, length)}
	}
}

// cut is the part of a trend that ends after far points. Where the points are not there, it is a gap.
func (d *decoder) cut(n, far, length int) []float64 {
	if n >= len(d.points) || far > len(d.points[n]) || length > far {
		panic(errDamaged)
	}
	return d.points[n][far-length : far : len(d.points[n])]
}

func (d *decoder) grow(t *fleet.Trend, by, longer int) {
	v, n := t.V, len(t.V)
	// The array goes on behind what was cut from it: all points of the era lie there already.
	if n == 0 || n+by > cap(v) || longer > by {
		panic(errDamaged)
	}
	t.V = v[by-longer : n+by]
	t.End = t.End.Add(time.Duration(by) * t.Step)
}

func trendAt(v reflect.Value) *fleet.Trend { return v.Addr().Interface().(*fleet.Trend) }

// takePoints reads a stream of points and adds them to those of the trends before.
func takePoints(c *cursor, points [][]float64) [][]float64 {
	room := maxPoints
	for _, v := range points {
		room -= cap(v)
	}
	n := -1
	for !c.done() {
		by := c.uint()
		n += 1 + int(unzigzag(by>>1))
		if n < 0 || n > len(points) {
			panic(errDamaged)
		}
		if n == len(points) {
			points = append(points, nil)
			room -= pointsAhead
		}
		more := 1
		if by&1 == 1 {
			more = c.count(len(c.b) - c.at)
		}
		if room -= more; room < 0 {
			panic(errLarge)
		}
		points[n] = takeRun(c, points[n], more)
	}
	return points
}

// pointsAhead is how many points more than its first ones a trend gets in an era, so that it is not moved for each.
const pointsAhead = int(eraSpan/(10*time.Second)) + 1

// takeRun adds points to those of one trend.
func takeRun(c *cursor, v []float64, more int) []float64 {
	if v == nil {
		v = make([]float64, 0, more+pointsAhead)
	}
	var from int64
	if n := len(v); n > 0 && !math.IsNaN(v[n-1]) {
		from = level(v[n-1], bitsTrend)
	}
	for range more {
		u := c.uint()
		if u == 0 {
			v, from = append(v, math.NaN()), 0
			continue
		}
		from += unzigzag(u - 1)
		v = append(v, valueOf(from, bitsTrend))
	}
	return v
}
