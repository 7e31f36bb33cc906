package webpage

import (
	"fmt"
	"math"

	"pitwall/fleet"
)

// Chart is what a section draws beside its table; nil draws nothing.
type Chart interface {
	SVG(m *Markup)
}

// Lines is a chart of curves over a common axis.
type Lines struct {
	Title   fleet.Safe
	Axis    fleet.Safe // of x
	Xs      []float64
	Label   func(x float64) fleet.Safe
	Value   func(y float64) fleet.Safe // how a value of y is written
	Series  []Series
	Mark    fleet.Maybe[float64] // an x to point at
	Marking fleet.Safe
}

// Series is one curve.
type Series struct {
	Name  fleet.Safe
	Class string // colour: api, own or both
	Ys    []float64
}

// Bars is a tornado: for each input the answer at both ends of its range.
type Bars struct {
	Title  fleet.Safe
	Middle float64 // the answer as it is
	Value  func(v float64) fleet.Safe
	Rows   []Bar
}

// Bar is one input of a tornado.
type Bar struct {
	Name      fleet.Safe
	Low, High float64
	At        [2]fleet.Safe // the ends of the range
}

// The drawing area in units of the SVG, and the margins around the plot.
const (
	width, height            = 720.0, 300.0
	marginLeft, marginRight  = 70.0, 110.0
	marginTop, marginBottom  = 16.0, 36.0
	barHeight, barName, ends = 22.0, 150.0, 70.0
)

// SVG draws the curves with their names at their ends.
func (c *Lines) SVG(m *Markup) {
	top := 0.0
	for _, s := range c.Series {
		for _, y := range s.Ys {
			top = max(top, y)
		}
	}
	if len(c.Xs) == 0 || top <= 0 {
		return
	}
	step := niceStep(top)
	most := math.Ceil(top/step) * step
	first, last := c.Xs[0], c.Xs[len(c.Xs)-1]
	px := func(x float64) float64 {
		return marginLeft + (x-first)/max(1, last-first)*(width-marginLeft-marginRight)
	}
	py := func(y float64) float64 { return marginTop + (1-y/most)*(height-marginTop-marginBottom) }
	m.openSVG(c.Title, width, height)
	for y := 0.0; y <= most+step/2; y += step {
		m.line("grid", marginLeft, py(y), width-marginRight, py(y))
		m.text("tick end", marginLeft-6, py(y)+4, c.Value(y))
	}
	for i, x := range c.Xs {
		if every := max(1, len(c.Xs)/12); i%every == 0 && i+every < len(c.Xs) || i == len(c.Xs)-1 {
			m.text("tick mid", px(x), height-marginBottom+16, c.Label(x))
		}
	}
	m.text("tick mid", (marginLeft+width-marginRight)/2, height-4, c.Axis)
	if c.Mark.OK {
		m.line("mark", px(c.Mark.V), marginTop, px(c.Mark.V), height-marginBottom)
		m.text("tick", px(c.Mark.V)+4, marginTop+10, c.Marking)
	}
	names := spread(c.Series, py)
	for i, s := range c.Series {
		points := ""
		for j, y := range s.Ys {
			points += fmt.Sprintf("%.1f,%.1f ", px(c.Xs[j]), py(y))
		}
		m.Tag("polyline", Attr{"class", "curve " + s.Class}, Attr{"points", points})
		m.text("name "+s.Class, width-marginRight+6, names[i], s.Name)
	}
	m.Close("svg")
}

// spread sets the names of curves beside their ends, so that none covers another.
func spread(list []Series, py func(float64) float64) []float64 {
	const apart = 14
	at := make([]float64, len(list))
	for i, s := range list {
		at[i] = py(s.Ys[len(s.Ys)-1]) + 4
		for range list {
			for j := range i {
				if math.Abs(at[i]-at[j]) < apart {
					at[i] = at[j] + apart
				}
			}
		}
	}
	return at
}

// SVG draws a bar from the answer as it is to each end.
func (b *Bars) SVG(m *Markup) {
	if len(b.Rows) == 0 {
		return
	}
	least, most := min(0, b.Middle), max(0, b.Middle)
	for _, r := range b.Rows {
		least, most = min(least, r.Low, r.High), max(most, r.Low, r.High)
	}
	tall := marginTop + barHeight*float64(len(b.Rows)) + marginBottom
	px := func(v float64) float64 {
		return barName + ends + (v-least)/max(1, most-least)*(width-barName-2*ends-10)
	}
	m.openSVG(b.Title, width, tall)
	for i, r := range b.Rows {
		y := marginTop + barHeight*float64(i)
		m.text("tick end", barName-6, y+15, r.Name)
		for end, v := range [2]float64{r.Low, r.High} {
			class := "bar api"
			if v > 0 {
				class = "bar own"
			}
			from, to := min(px(b.Middle), px(v)), max(px(b.Middle), px(v))
			m.rect(class, from, y+3, to-from, barHeight-6)
			if anchor := "tick"; v < b.Middle {
				m.text("tick end", from-4, y+15, r.At[end])
			} else if v > b.Middle {
				m.text(anchor, to+4, y+15, r.At[end])
			}
		}
	}
	bottom := tall - marginBottom
	m.line("mark", px(b.Middle), marginTop, px(b.Middle), bottom)
	m.line("zero", px(0), marginTop, px(0), bottom)
	m.text("tick mid", px(b.Middle), bottom+14, fleet.Concat(fleet.Text("now "), b.Value(b.Middle)))
	m.text("tick mid", px(0), bottom+28, fleet.Text("both sides cost the same"))
	m.Close("svg")
}

// niceStep is a step of 1, 2 or 5 times a power of ten that divides an axis into about five.
func niceStep(top float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(top/5)))
	for _, k := range []float64{1, 2, 5} {
		if top/(k*power) <= 6 {
			return k * power
		}
	}
	return 10 * power
}
