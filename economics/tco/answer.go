package tco

import (
	"math"
	"time"

	"pitwall/fleet"
)

// Answer is all that a case says over a horizon. Amounts are US dollars.
type Answer struct {
	Name      fleet.Safe
	Own       fleet.Safe // model that own GPUs would serve
	API       fleet.Safe // model that they are compared with
	Compares  Comparison
	Months    int
	Inputs    []Entry
	APITotal  Side
	OwnTotal  Side
	Saving    float64 // of own GPUs over the API in the whole horizon; negative where they cost more
	Verdict   Verdict
	Now       Now
	Over      BreakEven // volume in the first month from which the whole horizon is cheaper
	Payback   fleet.Maybe[int]
	Curve     []Month
	Swings    []Swing // the greatest first
	Hybrid    Hybrid
	Like      []Like
	Reasons   []Reason
	PricesFor time.Time // date of the embedded price table
}

// Entry is one input as it stands.
type Entry struct {
	Key      Key
	Label    fleet.Safe
	Unit     Unit
	Group    Group
	Value    float64
	Text     fleet.Safe // the value as it can be typed
	Min, Max float64
	Choices  []string `json:",omitempty"`
	Origin   Origin
	From     fleet.Safe
	AsOf     time.Time `json:",omitzero"`
}

// Side is one side over the horizon.
type Side struct {
	Total float64
	Lines []Line
}

// Line is one cost line over the horizon.
type Line struct {
	Name    fleet.Safe
	Dollars float64
}

// Month is a point of the curve: costs of the month, and of all months up to its end.
type Month struct {
	N              int // from 1
	MTokDay        float64
	Instances      float64 // at the peak
	API, Own       float64
	APISum, OwnSum float64
}

// Now is the first month: today's volume at today's prices.
type Now struct {
	API, Own     float64 // $/month with people and all else
	APITokens    float64 // of API: tokens alone
	OwnGPUs      float64 // of Own: GPUs alone
	APIMTok      float64 // blended price of 1M tokens
	OwnMTok      float64 // all of Own over its tokens
	Marginal     float64 // GPU cost of 1M further tokens
	InstanceHour float64
	Instances    float64
	Carries      float64              // million tokens a day that one instance carries
	Busy         fleet.Maybe[float64] // of what instances can do within the objective, the part that a day uses
	BreakEven    BreakEven
}

// Verdict is the side that costs less.
type Verdict string

// The verdicts.
const (
	ForAPI Verdict = "API"
	ForOwn Verdict = "self-host"
	Even   Verdict = "about even"
)

// evenBand is how near both sides may be, as a share of the dearer, to be called even: inputs are not known any better.
const evenBand = 0.05

func verdict(api, own float64) Verdict {
	switch {
	case math.Abs(api-own) <= evenBand*max(api, own):
		return Even
	case api < own:
		return ForAPI
	}
	return ForOwn
}

// Solve works a case out over so many months, at most MostMonths.
func Solve(c *Case, months int) Answer {
	months = min(MostMonths, max(1, months))
	p := c.point()
	x := newPlan(&p)
	a := Answer{Name: fleet.Label(c.Name), Own: fleet.Label(c.Model), API: fleet.Label(c.API.String()), Compares: c.compares(c.API),
		Months: months, Inputs: c.Entries(), Now: x.now(), Over: x.breakEven(months)}
	a.curve(x)
	a.Saving = a.APITotal.Total - a.OwnTotal.Total
	a.Verdict = verdict(a.APITotal.Total, a.OwnTotal.Total)
	a.Payback = payback(a.Curve)
	a.Swings = swings(c, &p, months, a.Saving)
	a.Hybrid = hybrid(x, c, months)
	a.Like, a.PricesFor = like(c, x, months)
	a.Reasons = reasons(c, &a)
	a.cents()
	return a
}

// Entries are all inputs as they stand, in the order of a form.
func (c *Case) Entries() []Entry {
	list := make([]Entry, 0, count)
	for i := range table {
		in, v := &table[i], &c.values[i]
		list = append(list, Entry{Key: in.Key, Label: in.Label, Unit: in.Unit, Group: in.Group, Value: v.V, Text: in.Text(v.V), Min: in.Min,
			Max: in.Max, Choices: in.Choices, Origin: v.Origin, From: v.From, AsOf: v.AsOf})
	}
	return list
}

func (x *plan) now() Now {
	v := x.p[volume]
	a, o := x.atAPI(0, v), x.onOwn(0, v, whole)
	n := Now{API: a.sum(), Own: o.sum(), APITokens: a.tokens, OwnGPUs: o.gpus, APIMTok: x.apiMTok, Marginal: x.marginal(),
		InstanceHour: x.hour,
		OwnMTok:      o.sum() / (v * daysMonth), Instances: x.atPeak(v, whole), Carries: x.carries / mTok, BreakEven: x.breakEven(1)}
	if n.Instances > 0 {
		n.Busy = fleet.Some(x.busyMean(v, x.paid(v, whole)))
	}
	return n
}

// curve fills both sides month by month.
func (a *Answer) curve(x *plan) {
	var api apiMonth
	var own ownMonth
	v := x.p[volume]
	a.Curve = make([]Month, 0, a.Months)
	for m := range a.Months {
		one, other := x.atAPI(m, v), x.onOwn(m, v, whole)
		api.add(&one)
		own.add(&other)
		a.Curve = append(a.Curve, Month{N: m + 1, MTokDay: v * x.grown[m], Instances: x.atPeak(v*x.sized[m], whole), API: one.sum(),
			Own: other.sum(), APISum: api.sum(), OwnSum: own.sum()})
	}
	a.APITotal = Side{Total: api.sum(), Lines: []Line{{fleet.Text("tokens"), api.tokens}, {fleet.Text("people"), api.people},
		{fleet.Text("other"), api.other}}}
	a.OwnTotal = Side{Total: own.sum(), Lines: []Line{{fleet.Text("GPUs"), own.gpus}, {fleet.Text("network, storage, egress"), own.network},
		{fleet.Text("observability"), own.watch}, {fleet.Text("people"), own.people}, {fleet.Text("incidents"), own.incidents},
		{fleet.Text("model upgrades"), own.upgrades}, {fleet.Text("answers given again by the API"), own.again},
		{fleet.Text("other"), own.other}}}
}

// payback is the month from whose end on own GPUs have cost less in all.
func payback(curve []Month) fleet.Maybe[int] {
	at := fleet.None[int]()
	for i := len(curve) - 1; i >= 0 && curve[i].OwnSum < curve[i].APISum; i-- {
		at = fleet.Some(curve[i].N)
	}
	return at
}

// cents rounds what is shown as dollars, once and at the end.
func (a *Answer) cents() {
	round := func(list ...*float64) {
		for _, v := range list {
			*v = math.Round(*v*100) / 100
		}
	}
	round(&a.Saving, &a.APITotal.Total, &a.OwnTotal.Total, &a.Now.API, &a.Now.Own, &a.Now.APITokens, &a.Now.OwnGPUs, &a.Hybrid.Saves)
	for _, lines := range [][]Line{a.APITotal.Lines, a.OwnTotal.Lines} {
		for i := range lines {
			round(&lines[i].Dollars)
		}
	}
	for i := range a.Curve {
		m := &a.Curve[i]
		round(&m.API, &m.Own, &m.APISum, &m.OwnSum)
	}
	for i := range a.Swings {
		round(&a.Swings[i].AtLow, &a.Swings[i].AtHigh)
	}
	for i := range a.Hybrid.Splits {
		round(&a.Hybrid.Splits[i].API, &a.Hybrid.Splits[i].Own)
	}
	round(&a.Hybrid.Best.V.API, &a.Hybrid.Best.V.Own)
	for i := range a.Like {
		round(&a.Like[i].APITotal, &a.Like[i].Saving)
	}
}
