package views

import (
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// costHours draws the hours of today: rented models on top of own GPUs, which are different money.
func costHours(b *part.Block, sc Scene, n int) {
	limit, of := sc.Snap.Spend.Budget.DayBudget(sc.Now)
	if limit.OK {
		limit = fleet.Some(limit.V.Mul(decimal.NewFromInt(1).Div(decimal.NewFromInt(24))))
	}
	costBars(b, barsSpec{title: fleet.Textf("$ AN HOUR of %s UTC", dayOfMonth(sc.Now)), bars: sc.Snap.Spend.HourBars(sc.Now),
		limit: limit, of: fleet.Concat(of, fleet.Text("/24")), layout: "15"}, n)
}

// costDays draws the days of this month with what the rest of it is expected to cost.
func costDays(b *part.Block, sc Scene, n int) {
	limit, of := sc.Snap.Spend.Budget.DayBudget(sc.Now)
	costBars(b, barsSpec{title: fleet.Textf("$ A DAY of %s UTC", fleet.Label(sc.Now.UTC().Format("2006-01"))),
		bars: sc.Snap.Spend.DayBars(sc.Now), limit: limit, of: of, layout: "02"}, n)
}

func dayOfMonth(t time.Time) fleet.Safe { return fleet.Label(t.UTC().Format("01-02")) }

// barsSpec is a chart of bars with its rule.
type barsSpec struct {
	title  fleet.Safe
	bars   []fleet.CostBar
	limit  fleet.Maybe[fleet.Money]
	of     fleet.Safe // what the limit is
	layout string     // of time, under each bar
}

func costBars(b *part.Block, spec barsSpec, n int) {
	chart := part.Bars{Label: dollarLabel, Slots: make([]part.Slot, len(spec.bars))}
	right := fleet.Text("no budget set")
	if spec.limit.OK {
		chart.Limit = fleet.Some(spec.limit.V.Float())
		right = fleet.Concat(spec.of, fleet.Text(" "), dollarLabel(chart.Limit.V))
	}
	var seen barKinds
	for i := range spec.bars {
		x := &spec.bars[i]
		chart.Slots[i] = part.Slot{Name: fleet.Label(x.Span.From.UTC().Format(spec.layout)), Parts: barLayers(x)}
		if x.Part {
			chart.Slots[i].Mark = fleet.Text("~")
		}
		seen.add(x)
	}
	legend := seen.legend(b.Theme().Glyphs.BarFull)
	if b.Width() < normalWidth {
		b.Rule(spec.title, fleet.Safe{}, right)
		b.Gap(2).Put(themes.Dim, legend).End()
		chart.Draw(b, n-2)
		return
	}
	b.Rule(spec.title, legend, right)
	chart.Draw(b, n-1)
}

// barLayers are the parts of one bar: own GPUs below, rented models above them by the letter of their stream, then what is to come.
func barLayers(x *fleet.CostBar) []part.Layer {
	var list []part.Layer
	if !x.Ahead {
		list = append(list, part.Layer{Value: dollars(x.Capacity), Role: themes.Accent},
			part.Layer{Value: dollars(x.API), Letter: streamLetter(x.Stream), Role: themes.Warn})
	}
	if x.Forecast.OK {
		list = append(list, part.Layer{Value: dollars(x.Forecast), Letter: fleet.Text("f"), Role: themes.Dim})
	}
	return list
}

func dollars(m fleet.Maybe[fleet.Money]) fleet.Maybe[float64] {
	if !m.OK {
		return fleet.None[float64]()
	}
	return fleet.Some(m.V.Float())
}

// streamLetter marks a stream on a chart.
func streamLetter(s fleet.Stream) fleet.Safe {
	switch s {
	case fleet.StreamBilled:
		return fleet.Text("b")
	case fleet.StreamReported:
		return fleet.Text("r")
	default:
		return fleet.Text("m")
	}
}

// barKinds is what a chart of bars holds, so that its legend names that and no more.
type barKinds struct {
	streams               [3]bool // billed, metered, reported
	forecast, part, blank bool
}

func (k *barKinds) add(x *fleet.CostBar) {
	for i, s := range []fleet.Stream{fleet.StreamBilled, fleet.StreamMetered, fleet.StreamReported} {
		k.streams[i] = k.streams[i] || x.Stream == s && x.API.OK
	}
	k.forecast = k.forecast || x.Forecast.OK
	k.part = k.part || x.Part
	k.blank = k.blank || !x.Ahead && (!x.API.OK || !x.Capacity.OK)
}

func (k *barKinds) legend(solid themes.Glyph) fleet.Safe {
	parts := []fleet.Safe{fleet.Concat(fleet.Label(string(solid)), fleet.Text(" own GPUs"))}
	for i, word := range []fleet.Safe{fleet.Text("b API billed"), fleet.Text("m API metered"), fleet.Text("r API reported")} {
		if k.streams[i] {
			parts = append(parts, word)
		}
	}
	for _, x := range []struct {
		on   bool
		word fleet.Safe
	}{{k.forecast, fleet.Text("f forecast")}, {k.blank, fleet.Text("? unknown")}, {k.part, fleet.Text("~ in part")}} {
		if x.on {
			parts = append(parts, x.word)
		}
	}
	return fleet.Join(parts, fleet.Text(" "))
}
