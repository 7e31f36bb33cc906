package tcopage

import (
	"fmt"
	"math"

	"pitwall/economics/tco"
	"pitwall/fleet"
)

// Chart is what a section draws beside its table; nil draws nothing.
type Chart interface {
	svg(m *markup)
}

// lines is a chart of curves over a common axis.
type lines struct {
	title   fleet.Safe
	axis    fleet.Safe // of x
	xs      []float64
	label   func(x float64) fleet.Safe
	series  []series
	mark    fleet.Maybe[float64] // an x to point at
	marking fleet.Safe
}

type series struct {
	name  fleet.Safe
	class string // colour
	ys    []float64
}

// bars is a tornado: for each input the answer at both ends of its range.
type bars struct {
	title  fleet.Safe
	middle float64 // the answer as it is
	rows   []bar
}

type bar struct {
	name      fleet.Safe
	low, high float64
	at        [2]fleet.Safe // the ends of the range
}

func tornado(a *tco.Answer) Chart {
	b := bars{title: fleet.Textf("What self-host saves over %s, by input", fleet.Many(a.Months, "month")), middle: a.Saving}
	for i := range a.Swings[:min(mostSwings, len(a.Swings))] {
		x := &a.Swings[i]
		b.rows = append(b.rows, bar{fleet.Label(string(x.Key)), x.AtLow, x.AtHigh, [2]fleet.Safe{x.Low, x.High}})
	}
	return b
}

// curves are what each month costs, and all months so far.
func curves(a *tco.Answer) []Chart {
	month := func(x float64) fleet.Safe { return fleet.Int(int(x)) }
	each := lines{title: fleet.Text("Cost of the month"), axis: fleet.Text("cost of each month"), label: month}
	far := lines{title: fleet.Text("Cost so far"), axis: fleet.Text("cost of all months so far"), label: month}
	for i := range a.Curve {
		m := &a.Curve[i]
		each.point(float64(m.N), m.API, m.Own)
		far.point(float64(m.N), m.APISum, m.OwnSum)
	}
	if a.Payback.OK {
		far.mark, far.marking = fleet.Some(float64(a.Payback.V)), fleet.Text("self-host has cost less from here on")
	}
	return []Chart{each, far}
}

// point adds a value of each curve, the API's first.
func (c *lines) point(x float64, ys ...float64) {
	if c.series == nil {
		c.series = []series{{name: fleet.Text("API"), class: "api"}, {name: fleet.Text("self-host"), class: "own"},
			{name: fleet.Text("together"), class: "both"}}[:len(ys)]
	}
	c.xs = append(c.xs, x)
	for i, y := range ys {
		c.series[i].ys = append(c.series[i].ys, y)
	}
}

func splits(a *tco.Answer) Chart {
	c := lines{title: fleet.Text("Cost by share of own GPUs"), axis: fleet.Text("% on own GPUs"),
		label: func(x float64) fleet.Safe { return fleet.Int(int(x)) }}
	for i := range a.Hybrid.Splits {
		x := &a.Hybrid.Splits[i]
		c.point(100*x.Share, x.API, x.Own, x.Cost())
	}
	if a.Hybrid.Best.OK {
		c.mark, c.marking = fleet.Some(100*a.Hybrid.Best.V.Share), fleet.Text("costs least")
	}
	return c
}

// The drawing area in units of the SVG, and the margins around the plot.
const (
	width, height            = 720.0, 300.0
	marginLeft, marginRight  = 70.0, 110.0
	marginTop, marginBottom  = 16.0, 36.0
	barHeight, barName, ends = 22.0, 150.0, 70.0
)

func (c lines) svg(m *markup) {
	top := 0.0
	for _, s := range c.series {
		for _, y := range s.ys {
			top = max(top, y)
		}
	}
	if len(c.xs) == 0 || top <= 0 {
		return
	}
	step := niceStep(top)
	most := math.Ceil(top/step) * step
	first, last := c.xs[0], c.xs[len(c.xs)-1]
	px := func(x float64) float64 {
		return marginLeft + (x-first)/max(1, last-first)*(width-marginLeft-marginRight)
	}
	py := func(y float64) float64 { return marginTop + (1-y/most)*(height-marginTop-marginBottom) }
	m.openSVG(c.title, width, height)
	for y := 0.0; y <= most+step/2; y += step {
		m.line("grid", marginLeft, py(y), width-marginRight, py(y))
		m.text("tick end", marginLeft-6, py(y)+4, Dollars(y))
	}
	for i, x := range c.xs {
		if every := max(1, len(c.xs)/12); i%every == 0 && i+every < len(c.xs) || i == len(c.xs)-1 {
			m.text("tick mid", px(x), height-marginBottom+16, c.label(x))
		}
	}
	m.text("tick mid", (marginLeft+width-marginRight)/2, height-4, c.axis)
	if c.mark.OK {
		m.line("mark", px(c.mark.V), marginTop, px(c.mark.V), height-marginBottom)
		m.text("tick", px(c.mark.V)+4, marginTop+10, c.marking)
	}
	names := spread(c.series, py)
	for i, s := range c.series {
		points := ""
		for j, y := range s.ys {
			points += fmt.Sprintf("%.1f,%.1f ", px(c.xs[j]), py(y))
		}
		m.tag("polyline", attr{"class", "curve " + s.class}, attr{"points", points})
		m.text("name "+s.class, width-marginRight+6, names[i], s.name)
	}
	m.close("svg")
}

// spread sets the names of curves beside their ends, so that none covers another.
func spread(list []series, py func(float64) float64) []float64 {
	const apart = 14
	at := make([]float64, len(list))
	for i, s := range list {
		at[i] = py(s.ys[len(s.ys)-1]) + 4
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

func (b bars) svg(m *markup) {
	if len(b.rows) == 0 {
		return
	}
	least, most := min(0, b.middle), max(0, b.middle)
	for _, r := range b.rows {
		least, most = min(least, r.low, r.high), max(most, r.low, r.high)
	}
	tall := marginTop + barHeight*float64(len(b.rows)) + marginBottom
	px := func(v float64) float64 {
		return barName + ends + (v-least)/max(1, most-least)*(width-barName-2*ends-10)
	}
	m.openSVG(b.title, width, tall)
	for i, r := range b.rows {
		y := marginTop + barHeight*float64(i)
		m.text("tick end", barName-6, y+15, r.name)
		for end, v := range [2]float64{r.low, r.high} {
			class := "bar api"
			if v > 0 {
				class = "bar own"
			}
			from, to := min(px(b.middle), px(v)), max(px(b.middle), px(v))
			m.rect(class, from, y+3, to-from, barHeight-6)
			if anchor := "tick"; v < b.middle {
				m.text("tick end", from-4, y+15, r.at[end])
			} else if v > b.middle {
				m.text(anchor, to+4, y+15, r.at[end])
			}
		}
	}
	bottom := tall - marginBottom
	m.line("mark", px(b.middle), marginTop, px(b.middle), bottom)
	m.line("zero", px(0), marginTop, px(0), bottom)
	m.text("tick mid", px(b.middle), bottom+14, fleet.Concat(fleet.Text("now "), Dollars(b.middle)))
	m.text("tick mid", px(0), bottom+28, fleet.Text("both sides cost the same"))
	m.close("svg")
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
