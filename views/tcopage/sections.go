package tcopage

import (
	"pitwall/economics"
	"pitwall/economics/tco"
	"pitwall/fleet"
)

// costs are both sides by cost line.
func costs(a *tco.Answer) Section {
	s := Section{ID: "costs", Title: fleet.Textf("Costs over %s", fleet.Many(a.Months, "month")),
		Columns: []Column{left(fleet.Text("SIDE")), left(fleet.Text("LINE")), right(fleet.Text("COST")), right(fleet.Text("PART"))}}
	for _, side := range []struct {
		name fleet.Safe
		of   *tco.Side
	}{{fleet.Text("API"), &a.APITotal}, {fleet.Text("self-host"), &a.OwnTotal}} {
		for _, l := range side.of.Lines {
			if l.Dollars != 0 {
				s.Rows = append(s.Rows, []fleet.Safe{side.name, l.Name, Dollars(l.Dollars), percent(l.Dollars / side.of.Total)})
			}
		}
		s.Rows = append(s.Rows, []fleet.Safe{side.name, fleet.Text("total"), Dollars(side.of.Total), percent(1)})
	}
	return s
}

// mostSwings is how many inputs are shown of those that move the answer.
const mostSwings = 12

func sensitivity(a *tco.Answer) Section {
	s := Section{ID: "sensitivity", Title: fleet.Text("What moves the answer"), Columns: []Column{left(fleet.Text("INPUT")),
		right(fleet.Text("FROM")), right(fleet.Text("TO")), right(fleet.Text("SAVES AT FROM")), right(fleet.Text("SAVES AT TO")),
		right(fleet.Text("BREAK-EVEN")), left(fleet.Text("TURNS IT"))},
		Notes: []fleet.Safe{fleet.Textf("what self-host saves over %s (negative: costs more), one input at the ends of a plausible range",
			fleet.Many(a.Months, "month"))}}
	for i := range a.Swings[:min(mostSwings, len(a.Swings))] {
		x := &a.Swings[i]
		s.Rows = append(s.Rows, []fleet.Safe{fleet.Label(string(x.Key)), x.Low, x.High, Dollars(x.AtLow), Dollars(x.AtHigh),
			fleet.Textf("%s-%s", above(x.BreakEvenAtLow), above(x.BreakEvenAtHigh)), yes(x.Flips)})
	}
	if n := len(a.Swings) - mostSwings; n > 0 {
		s.Notes = append(s.Notes, fleet.Textf("%s more move it less", fleet.Many(n, "input")))
	}
	s.Charts = []Chart{tornado(a)}
	return s
}

func curve(a *tco.Answer) Section {
	s := Section{ID: "months", Title: fleet.Text("Month by month"), Detail: true, Columns: []Column{right(fleet.Text("MONTH")),
		right(fleet.Text("TOKENS/DAY")), right(fleet.Text("INSTANCES")), right(fleet.Text("API")), right(fleet.Text("SELF-HOST")),
		right(fleet.Text("API SO FAR")), right(fleet.Text("SELF-HOST SO FAR"))}}
	for i := range a.Curve {
		m := &a.Curve[i]
		if m.N != 1 && m.N%3 != 0 {
			continue
		}
		s.Rows = append(s.Rows, []fleet.Safe{fleet.Int(m.N), volume(m.MTokDay), fleet.Count(m.Instances).Text(), Dollars(m.API), Dollars(m.Own),
			Dollars(m.APISum), Dollars(m.OwnSum)})
	}
	s.Charts = curves(a)
	return s
}

// everyShare is how many splits one row of the table stands for.
const everyShare = 10

func hybrid(a *tco.Answer) Section {
	h := &a.Hybrid
	s := Section{ID: "split", Title: fleet.Text("Split between both sides"), Detail: true, Columns: []Column{right(fleet.Text("OWN")),
		right(fleet.Text("API COST")), right(fleet.Text("OWN COST")), right(fleet.Text("TOGETHER")), left(fleet.Text("NOTE"))}}
	for _, b := range h.Bounds {
		s.Notes = append(s.Notes, fleet.Textf("%s: own GPUs take %s to %s, since %s", fleet.Label(b.Kind), percent(b.Least), percent(b.Most),
			b.Why))
	}
	for _, u := range h.Unknown {
		s.Notes = append(s.Notes, fleet.Textf("not stated: %s", u))
	}
	if !h.Why.IsEmpty() {
		s.Notes = append(s.Notes, h.Why)
	}
	for i := range h.Splits {
		x := &h.Splits[i]
		best := h.Best.OK && h.Best.V.Share == x.Share
		if i%everyShare != 0 && !best {
			continue
		}
		note := fleet.Safe{}
		switch {
		case best:
			note = fleet.Text("costs least")
		case !x.Allowed:
			note = fleet.Text("not allowed")
		}
		s.Rows = append(s.Rows, []fleet.Safe{percent(x.Share), Dollars(x.API), Dollars(x.Own), Dollars(x.Cost()), note})
	}
	s.Charts = []Chart{splits(a)}
	return s
}

func likeWithLike(a *tco.Answer) Section {
	s := Section{ID: "like", Title: fleet.Text("Like with like"), Detail: true, Columns: []Column{left(fleet.Text("API")),
		left(fleet.Text("COMPARES")), right(fleet.Text("$/1M")), right(fleet.Text("API COST")), left(fleet.Text("CHEAPER")),
		right(fleet.Text("BREAK-EVEN"))}}
	if len(a.Like) == 0 {
		s.Notes = append(s.Notes, fleet.Text("no price table is at hand"))
		return s
	}
	s.Notes = append(s.Notes, fleet.Textf("the same workload at list prices of %s, less the discount that is set",
		fleet.Label(a.PricesFor.Format("2006-01-02"))))
	for i := range a.Like {
		x := &a.Like[i]
		s.Rows = append(s.Rows, []fleet.Safe{fleet.Label(x.API.String()), fleet.Label(string(x.Compares)), perMTok(x.MTok), Dollars(x.APITotal),
			fleet.Label(string(x.Verdict)), above(x.Now.Stays)})
	}
	return s
}

func argued(a *tco.Answer) Section {
	s := Section{ID: "reasons", Title: fleet.Text("Reasons beside cost"), Detail: true, Columns: []Column{left(fleet.Text("FOR")),
		left(fleet.Text("REASON")), left(fleet.Text("HERE")), left(fleet.Text("DATUM"))}}
	for i := range a.Reasons {
		r := &a.Reasons[i]
		s.Rows = append(s.Rows, []fleet.Safe{fleet.Label(string(r.For)), r.Title, fleet.Label(string(r.Stand)), r.Datum})
	}
	return s
}

func inputs(a *tco.Answer) Section {
	s := Section{ID: "inputs", Title: fleet.Text("Inputs"), Detail: true, Columns: []Column{left(fleet.Text("KEY")),
		right(fleet.Text("VALUE")),
		left(fleet.Text("UNIT")), left(fleet.Text("ORIGIN")), left(fleet.Text("FROM"))}}
	for i := range a.Inputs {
		x := &a.Inputs[i]
		s.Rows = append(s.Rows, []fleet.Safe{fleet.Label(string(x.Key)), x.Text, fleet.Label(string(x.Unit)), fleet.Label(string(x.Origin)),
			from(x)})
	}
	return s
}

// from is where an input is from, with its date.
func from(x *tco.Entry) fleet.Safe {
	if x.AsOf.IsZero() {
		return x.From
	}
	return fleet.Textf("%s (%s)", x.From, fleet.Label(x.AsOf.UTC().Format("2006-01-02")))
}

// Table is the list of inputs as a document: what can be set, within which bounds, and what stands where nothing is said.
func Table() Section {
	s := Section{ID: "inputs", Title: fleet.Text("Inputs"), Columns: []Column{left(fleet.Text("GROUP")), left(fleet.Text("KEY")),
		right(fleet.Text("DEFAULT")), left(fleet.Text("UNIT")), right(fleet.Text("LEAST")), right(fleet.Text("MOST")),
		left(fleet.Text("MEANING"))}}
	for _, in := range tco.Inputs() {
		s.Rows = append(s.Rows, []fleet.Safe{fleet.Label(string(in.Group)), fleet.Label(string(in.Key)), in.Text(in.Default),
			fleet.Label(string(in.Unit)), in.Text(in.Min), in.Text(in.Max), fleet.Textf("%s: %s", in.Label, in.Basis)})
	}
	return s
}

// GPUTable is the table of GPU prices: what --gpu can name.
func GPUTable(list []economics.GPUHour) Section {
	s := Section{ID: "gpus", Title: fleet.Text("List prices of GPUs"), Columns: []Column{left(fleet.Text("OFFER")), left(fleet.Text("GPU")),
		right(fleet.Text("GPUS")), right(fleet.Text("$/GPU-HOUR")), left(fleet.Text("PRICING")), left(fleet.Text("AS OF")),
		left(fleet.Text("SOURCE"))}}
	for i := range list {
		g := &list[i]
		asOf := fleet.Text(fleet.Unknown)
		if g.AsOf != "" {
			asOf = fleet.Label(g.AsOf)
		}
		s.Rows = append(s.Rows, []fleet.Safe{fleet.Label(g.Provider + "/" + g.Offer), fleet.Label(g.GPU), fleet.Int(g.GPUs),
			perMTok(g.Price.Float()),
			fleet.Label(g.Pricing), asOf, fleet.Label(g.Source)})
	}
	return s
}
