package tcopage

import (
	"math"
	"strconv"
	"strings"

	"pitwall/economics/tco"
	"pitwall/fleet"
)

// Dollars draws an amount with three digits: "$2.56M", "-$19.0k", "$625".
func Dollars(v float64) fleet.Safe {
	sign := fleet.Text("$")
	if v < 0 {
		sign = fleet.Text("-$")
	}
	if a := math.Abs(v); a < 999.5 {
		return fleet.Concat(sign, fleet.Float(a, 0))
	}
	return fleet.Concat(sign, fleet.TokenRate(math.Abs(v)).Text())
}

// whole draws an amount in full dollars: "$18,750".
func whole(v float64) fleet.Safe {
	digits := strconv.FormatFloat(math.Abs(math.Round(v)), 'f', 0, 64)
	var b strings.Builder
	if v < -0.5 {
		b.WriteByte('-')
	}
	b.WriteByte('$')
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return fleet.Label(b.String())
}

// perMTok draws a price of a million tokens.
func perMTok(v float64) fleet.Safe { return fleet.Concat(fleet.Text("$"), fleet.Float(v, 2)) }

// volume draws million tokens a day: "417M", "9.42G".
func volume(mtok float64) fleet.Safe { return fleet.TokenRate(mtok * 1e6).Text() }

// above draws a break-even volume; never is a word, not a number.
func above(m fleet.Maybe[float64]) fleet.Safe {
	switch {
	case !m.OK:
		return fleet.Text("never")
	case m.V <= 0:
		return fleet.Text("any")
	}
	return volume(m.V)
}

func percent(v float64) fleet.Safe { return fleet.Concat(fleet.Ratio(v).Whole(), fleet.Text("%")) }

func yes(b bool) fleet.Safe {
	if b {
		return fleet.Text("yes")
	}
	return fleet.Safe{}
}

// lead are the sentences that answer the question.
func lead(a *tco.Answer) []Fact {
	list := []Fact{
		{fleet.Text("compared"), fleet.Textf("%s at the API with %s on own GPUs: %s", named(a.API), named(a.Own),
			fleet.Label(string(a.Compares)))},
		{fleet.Text("verdict"), verdictText(a)},
		{fleet.Text("today"), fleet.Textf("%s tokens a day: %s a month of tokens at the API, %s of GPUs (%s at %s/h)", volume(a.Curve[0].MTokDay),
			whole(a.Now.APITokens), whole(a.Now.OwnGPUs), fleet.Many(int(a.Now.Instances), "instance"), perMTok(a.Now.InstanceHour))},
		{fleet.Text("a million"), fleet.Textf("API %s, own %s in all, %s for one more at the same peak", perMTok(a.Now.APIMTok),
			perMTok(a.Now.OwnMTok), perMTok(a.Now.Marginal))},
		{fleet.Text("crossover"), breakEvenText(a)},
	}
	if a.Payback.OK {
		list = append(list, Fact{fleet.Text("payback"), fleet.Textf("own GPUs have cost less in all from month %s on", fleet.Int(a.Payback.V))})
	}
	if len(a.Swings) > 0 {
		list = append(list, Fact{fleet.Text("hinges on"), hinges(a)})
	}
	return append(list, Fact{fleet.Text("split"), splitText(&a.Hybrid)})
}

func named(t fleet.Safe) fleet.Safe {
	if t.IsEmpty() {
		return fleet.Text("a model that is not known")
	}
	return fleet.Quote(t.String())
}

func verdictText(a *tco.Answer) fleet.Safe {
	sums := fleet.Textf("API %s, self-host %s%s", Dollars(a.APITotal.Total), Dollars(a.OwnTotal.Total), barred(a))
	over := fleet.Textf("over %s", fleet.Many(a.Months, "month"))
	switch a.Verdict {
	case tco.Even:
		return fleet.Textf("about even %s: %s, less than 5%% apart", over, sums)
	case tco.ForOwn:
		return fleet.Textf("self-host costs %s less %s: %s", Dollars(a.Saving), over, sums)
	case tco.ForAPI:
	}
	return fleet.Textf("the API costs %s less %s: %s", Dollars(-a.Saving), over, sums)
}

// barred says that the side which costs less may not take all.
func barred(a *tco.Answer) fleet.Safe {
	end := &a.Hybrid.Splits[0]
	if a.Saving > 0 {
		end = &a.Hybrid.Splits[len(a.Hybrid.Splits)-1]
	}
	if end.Allowed {
		return fleet.Safe{}
	}
	return fleet.Text("; but it may not take all here")
}

func breakEvenText(a *tco.Answer) fleet.Safe {
	today := a.Now.BreakEven
	text := fleet.Text("never at today's prices")
	if today.Stays.OK {
		text = fleet.Textf("own GPUs stay cheaper above %s tokens a day at today's prices", above(today.Stays))
		if today.First.OK && today.First.V < today.Stays.V*0.999 {
			text = fleet.Textf("%s, and are so in parts from %s", text, above(today.First))
		}
	}
	if !a.Over.Stays.OK {
		return fleet.Textf("%s; never over %s", text, fleet.Many(a.Months, "month"))
	}
	return fleet.Textf("%s; over %s above %s to begin with", text, fleet.Many(a.Months, "month"), above(a.Over.Stays))
}

// hinges says which input moves the answer most, and which ones alone would turn it.
func hinges(a *tco.Answer) fleet.Safe {
	first := &a.Swings[0]
	text := fleet.Textf("%s moves it most (%s to %s: %s to %s)", fleet.Label(string(first.Key)), first.Low, first.High, Dollars(first.AtLow),
		Dollars(first.AtHigh))
	var flips []fleet.Safe
	for i := range a.Swings {
		if a.Swings[i].Flips {
			flips = append(flips, fleet.Label(string(a.Swings[i].Key)))
		}
	}
	if len(flips) == 0 {
		return fleet.Textf("%s; no input alone turns it", text)
	}
	const most = 6
	more := fleet.Safe{}
	if len(flips) > most {
		flips, more = flips[:most], fleet.Textf(" and %s more", fleet.Int(len(flips)-most))
	}
	return fleet.Textf("%s; alone turn it: %s%s", text, fleet.Join(flips, fleet.Text(", ")), more)
}

func splitText(h *tco.Hybrid) fleet.Safe {
	if !h.Best.OK {
		return h.Why
	}
	best := &h.Best.V
	text := fleet.Textf("%s on own GPUs costs least: %s", percent(best.Share), Dollars(best.Cost()))
	switch {
	case h.Alone == "":
		text = fleet.Concat(text, fleet.Text("; neither side may take all"))
	case best.Share > 0 && best.Share < 1:
		text = fleet.Textf("%s, %s less than %s alone", text, Dollars(h.Saves), fleet.Label(string(h.Alone)))
	}
	if n := len(h.Unknown); n > 0 {
		text = fleet.Textf("%s; %s not stated", text, fleet.Many(n, "constraint"))
	}
	return text
}
