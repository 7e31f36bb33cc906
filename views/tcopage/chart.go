package tcopage

import (
	"pitwall/economics/tco"
	"pitwall/fleet"
	"pitwall/views/webpage"
)

// Charts of a section are drawn as those of every page.
type (
	// Chart is any of them.
	Chart = webpage.Chart
	// Lines are curves over a common axis.
	Lines = webpage.Lines
	// Bars are a tornado.
	Bars = webpage.Bars
	// Bar is one input of it.
	Bar = webpage.Bar
)

func tornado(a *tco.Answer) Chart {
	b := &Bars{Title: fleet.Textf("What self-host saves over %s, by input", fleet.Many(a.Months, "month")), Middle: a.Saving, Value: Dollars}
	for i := range a.Swings[:min(mostSwings, len(a.Swings))] {
		x := &a.Swings[i]
		b.Rows = append(b.Rows, Bar{Name: fleet.Label(string(x.Key)), Low: x.AtLow, High: x.AtHigh, At: [2]fleet.Safe{x.Low, x.High}})
	}
	return b
}

// curves are what each month costs, and all months so far.
func curves(a *tco.Answer) []Chart {
	month := func(x float64) fleet.Safe { return fleet.Int(int(x)) }
	each := Lines{Title: fleet.Text("Cost of the month"), Axis: fleet.Text("cost of each month"), Label: month, Value: Dollars}
	far := Lines{Title: fleet.Text("Cost so far"), Axis: fleet.Text("cost of all months so far"), Label: month, Value: Dollars}
	for i := range a.Curve {
		m := &a.Curve[i]
		point(&each, float64(m.N), m.API, m.Own)
		point(&far, float64(m.N), m.APISum, m.OwnSum)
	}
	if a.Payback.OK {
		far.Mark, far.Marking = fleet.Some(float64(a.Payback.V)), fleet.Text("self-host has cost less from here on")
	}
	return []Chart{&each, &far}
}

// point adds a value of each curve, the API's first.
func point(c *Lines, x float64, ys ...float64) {
	if c.Series == nil {
		c.Series = []webpage.Series{{Name: fleet.Text("API"), Class: "api"}, {Name: fleet.Text("self-host"), Class: "own"},
			{Name: fleet.Text("together"), Class: "both"}}[:len(ys)]
	}
	c.Xs = append(c.Xs, x)
	for i, y := range ys {
		c.Series[i].Ys = append(c.Series[i].Ys, y)
	}
}

func splits(a *tco.Answer) Chart {
	c := &Lines{Title: fleet.Text("Cost by share of own GPUs"), Axis: fleet.Text("% on own GPUs"),
		Label: func(x float64) fleet.Safe { return fleet.Int(int(x)) }, Value: Dollars}
	for i := range a.Hybrid.Splits {
		x := &a.Hybrid.Splits[i]
		point(c, 100*x.Share, x.API, x.Own, x.Cost())
	}
	if a.Hybrid.Best.OK {
		c.Mark, c.Marking = fleet.Some(100*a.Hybrid.Best.V.Share), fleet.Text("costs least")
	}
	return c
}
