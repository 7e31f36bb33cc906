package tco

import (
	"strings"

	"pitwall/fleet"
)

// Standing says whether a reason holds here.
type Standing string

// The standings.
const (
	Holds    Standing = "holds"
	HoldsNot Standing = "does not hold"
	Unknown  Standing = "not known here"
)

// Reason is one argument for a side with the datum that supports it. A reason is no cost: costs are in the sums already.
type Reason struct {
	Rule  string
	For   Verdict // ForAPI or ForOwn
	Title fleet.Safe
	Stand Standing
	Datum fleet.Safe
}

// rule is an argument that can be judged by data.
type rule struct {
	id    string
	side  Verdict
	title fleet.Safe
	judge func(*Case, *Answer) (Standing, fleet.Safe)
}

// rules are the arguments for either side, those for the API first.
var rules = []rule{
	{"volume-low", ForAPI, fleet.Text("low volume"), lowVolume},
	{"volume-uneven", ForAPI, fleet.Text("uneven volume"), unevenVolume},
	{"frontier", ForAPI, fleet.Text("frontier models are needed"), needsFrontier},
	{"speed", ForAPI, fleet.Text("fast to market, nobody who runs models"), noTeam},
	{"special", ForAPI, fleet.Text("special modalities"), specialModalities},
	{"volume-high", ForOwn, fleet.Text("very high volume"), highVolume},
	{"sovereignty", ForOwn, fleet.Text("data must stay"), dataStays},
	{"latency", ForOwn, fleet.Text("latency beside the application"), latencyBeside},
	{"custom", ForOwn, fleet.Text("weights of one's own"), customWeights},
	{"predictable", ForOwn, fleet.Text("predictable cost"), predictable},
	{"air-gap", ForOwn, fleet.Text("no way out of the network"), airGap},
	{"independence", ForOwn, fleet.Text("independence of a provider"), independence},
}

// Volumes in million tokens a day between which volume alone says nothing, and the peak from which traffic is uneven.
const (
	lowVolumeMost   = 10.0
	highVolumeLeast = 100.0
	unevenLeast     = 4.0
)

func reasons(c *Case, a *Answer) []Reason {
	list := make([]Reason, 0, len(rules))
	for i := range rules {
		r := &rules[i]
		stand, datum := r.judge(c, a)
		list = append(list, Reason{Rule: r.id, For: r.side, Title: r.title, Stand: stand, Datum: datum})
	}
	return list
}

func standing(holds bool) Standing {
	if holds {
		return Holds
	}
	return HoldsNot
}

// said draws an input with its origin.
func (c *Case) said(i index) fleet.Safe {
	v := &c.values[i]
	unit := fleet.Label(string(table[i].Unit))
	switch table[i].Unit {
	case Times:
		unit = fleet.Text("times the mean")
	case Number:
		unit = fleet.Safe{}
	default:
	}
	return fleet.Textf("%s %s (%s)", table[i].Text(v.V), unit, fleet.Label(string(v.Origin)))
}

func lowVolume(c *Case, _ *Answer) (Standing, fleet.Safe) {
	return standing(c.values[volume].V < lowVolumeMost), fleet.Textf("%s; low is below 10", c.said(volume))
}

func unevenVolume(c *Case, _ *Answer) (Standing, fleet.Safe) {
	if c.values[peak].Origin == Assumption {
		return Unknown, fleet.Textf("the peak is assumed at %s", c.said(peak))
	}
	return standing(c.values[peak].V >= unevenLeast), fleet.Textf("peak %s; uneven is 4 and more", c.said(peak))
}

func highVolume(c *Case, a *Answer) (Standing, fleet.Safe) {
	b := a.Now.BreakEven.Stays
	if !b.OK {
		return HoldsNot, fleet.Textf("%s; at no volume do own GPUs get cheaper than this API", c.said(volume))
	}
	v := c.values[volume].V
	return standing(v >= highVolumeLeast && v > b.V), fleet.Textf("%s; own GPUs stay cheaper above %s", c.said(volume), fleet.Float(b.V, 0))
}

func needsFrontier(c *Case, _ *Answer) (Standing, fleet.Safe) {
	return share(c.Facts.Frontier, fleet.Text("of the traffic needs a frontier model"), &c.Facts)
}

func latencyBeside(c *Case, _ *Answer) (Standing, fleet.Safe) {
	return share(c.Facts.Latency, fleet.Text("of the traffic must be answered beside the application"), &c.Facts)
}

func share(m fleet.Maybe[float64], what fleet.Safe, f *Facts) (Standing, fleet.Safe) {
	if !m.OK {
		return Unknown, fleet.Text("nobody said what share")
	}
	return standing(m.V > 0), fleet.Textf("%s%% %s%s", fleet.Ratio(m.V).Whole(), what, f.source())
}

// source is where facts are from, in brackets.
func (f *Facts) source() fleet.Safe {
	if f.From.IsEmpty() {
		return fleet.Safe{}
	}
	return fleet.Textf(" (%s)", f.From)
}

func flag(m fleet.Maybe[bool], on, off, none fleet.Safe, f *Facts) (Standing, fleet.Safe) {
	switch {
	case !m.OK:
		return Unknown, none
	case m.V:
		return Holds, fleet.Concat(on, f.source())
	}
	return HoldsNot, fleet.Concat(off, f.source())
}

func noTeam(c *Case, _ *Answer) (Standing, fleet.Safe) {
	not := c.Facts.Team
	not.V = !not.V
	return flag(not, fleet.Text("there are no people who run models"), fleet.Text("there are people who run models"),
		fleet.Text("nobody said whether there are people who run models"), &c.Facts)
}

func specialModalities(c *Case, _ *Answer) (Standing, fleet.Safe) {
	m := c.Facts.Special
	switch {
	case !m.OK:
		return Unknown, fleet.Text("nobody said which modalities are used")
	case len(m.V) == 0:
		return HoldsNot, fleet.Concat(fleet.Text("none is used"), c.Facts.source())
	}
	return Holds, fleet.Textf("used: %s%s", fleet.Quote(strings.Join(m.V, ", ")), c.Facts.source())
}

func dataStays(c *Case, _ *Answer) (Standing, fleet.Safe) {
	m := c.Facts.Residency
	switch {
	case !m.OK:
		return Unknown, fleet.Text("nobody said where data must stay")
	case len(m.V) == 0:
		return HoldsNot, fleet.Concat(fleet.Text("no label is required"), c.Facts.source())
	}
	return Holds, fleet.Textf("required: %s%s; an API that offers it counts too", fleet.Quote(strings.Join(m.V, ", ")), c.Facts.source())
}

func customWeights(c *Case, _ *Answer) (Standing, fleet.Safe) {
	return flag(c.Facts.CustomWeight, fleet.Text("the model is a fine-tune of one's own"), fleet.Text("the model is a public one"),
		fleet.Text("nobody said whether the weights are one's own"), &c.Facts)
}

func predictable(c *Case, a *Answer) (Standing, fleet.Safe) {
	if !c.Facts.FixedSpend.OK {
		fixed := 1 - a.Now.Marginal*c.values[volume].V*daysMonth/max(1, a.Now.Own)
		return Unknown, fleet.Textf("nobody said what a fixed spend is worth; of the own month %s%% does not move with the volume",
			fleet.Ratio(min(1, max(0, fixed))).Whole())
	}
	return flag(c.Facts.FixedSpend, fleet.Text("a fixed spend is wanted"), fleet.Text("a fixed spend is not wanted"), fleet.Safe{}, &c.Facts)
}

func airGap(c *Case, _ *Answer) (Standing, fleet.Safe) {
	return flag(c.Facts.AirGap, fleet.Text("there is none"), fleet.Text("APIs can be reached"), fleet.Text("nobody said"), &c.Facts)
}

func independence(c *Case, _ *Answer) (Standing, fleet.Safe) {
	m := c.Facts.Providers
	if !m.OK {
		return Unknown, fleet.Text("nobody said how many providers could take this traffic")
	}
	return standing(m.V <= 1), fleet.Textf("%s could take this traffic%s", fleet.Many(m.V, "provider"), c.Facts.source())
}
