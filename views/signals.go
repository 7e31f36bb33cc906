package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// signal is one figure of the strip under the header.
type signal struct {
	name  fleet.Safe
	value fleet.Safe
	over  bool
	trend fleet.Trend
	top   float64
	drop  int // given up in this order when the line is too short, the highest first
}

// The figures that the strip marks with "!": where no route declares limits of its own, these words of
// alarm are what most fleets promise.
const (
	overErrors = 0.01
	overTTFT   = 0.8
	overITL    = 0.1
	overGPU    = 0.95
	overKV     = 0.95
	overQueue  = 100
)

// signals is the second line: is the user hurt. Limits that are passed carry "!".
func signals(b *part.Block, sc Scene) {
	t := &sc.Snap.Totals
	l, h := &t.Load, &t.Trends
	burn := moneyRate(t.Burn, !t.BurnWhy.IsEmpty())
	all := []signal{
		{fleet.Text("req"), unit(fleet.Show(l.Requests), "/s", l.Requests.OK), false, h.Requests, 0, 0},
		{fleet.Text("err"), unit(percent(l.Errors), "%", l.Errors.OK), over(l.Errors, overErrors), h.Errors, 0.01, 0},
		{fleet.Text("ttft95"), fleet.Show(l.TTFT95), over(l.TTFT95, overTTFT), h.TTFT95, 0, 0},
		{fleet.Text("itl95"), fleet.Show(l.ITL95), over(l.ITL95, overITL), h.ITL95, 0, 0},
		{fleet.Text("queue"), fleet.Show(l.Waiting), over(l.Waiting, overQueue), h.Waiting, 1, 0},
		{fleet.Text("gpu"), unit(whole(t.GPUUtil), "%", t.GPUUtil.OK), false, h.GPUUtil, 1, 1},
		{fleet.Text("kv"), unit(whole(l.KV), "%", l.KV.OK), over(l.KV, overKV), h.KV, 1, 2},
		{fleet.Safe{}, burn, overBudget(&sc.Snap.Spend), fleet.Trend{}, 0, 0},
	}
	spark := 0
	switch {
	case b.Width() >= wideWidth:
		spark = 6
	case b.Width() >= normalWidth+10:
		spark = 5
	}
	between := 2
	if b.Width() >= wideWidth {
		between = 3
	}
	all = dropSignals(all, b.Width(), between, &spark)
	for i, s := range all {
		if i > 0 {
			b.Gap(between)
		}
		s.draw(b, spark)
	}
	if b.Width() >= wideWidth {
		budgetNote(b, &sc.Snap.Spend, between)
	}
	b.End()
}

// dropSignals gives up sparklines first, then the figures that matter least.
func dropSignals(all []signal, width, between int, spark *int) []signal {
	for {
		need := 0
		for i := range all {
			need += all[i].width(*spark) + between
		}
		if need-between <= width {
			return all
		}
		if *spark > 0 {
			*spark--
			continue
		}
		worst := 0
		for i := range all {
			if all[i].drop > all[worst].drop {
				worst = i
			}
		}
		if all[worst].drop == 0 {
			return all
		}
		all = append(all[:worst], all[worst+1:]...)
	}
}

func (s signal) width(spark int) int {
	n := part.Width(s.value)
	if !s.name.IsEmpty() {
		n += part.Width(s.name) + 1
	}
	if s.over {
		n++
	}
	if spark > 1 && len(s.trend.V) > 0 {
		n += 1 + spark
	}
	return n
}

func (s signal) draw(b *part.Block, spark int) {
	if !s.name.IsEmpty() {
		b.Put(themes.Dim, s.name).Gap(1)
	}
	role := themes.Text
	if s.over {
		role = themes.Bad
	}
	b.Put(role, s.value)
	if s.over {
		b.Say(role, "!")
	}
	if spark > 1 && len(s.trend.V) > 0 {
		b.Gap(1).Spark(role, s.trend, spark, s.top)
	}
}

// budgetNote says what a wide screen has room for: the budget and how the day will end.
func budgetNote(b *part.Block, s *fleet.Spend, between int) {
	if !s.Budget.PerDay.OK || !s.Today.OK {
		return
	}
	day := s.Budget.PerDay.V.Float()
	if day <= 0 {
		return
	}
	b.Gap(between).Say(themes.Dim, "today ").Put(themes.Text, fleet.Float(s.Today.V.Float()/day*100, 0))
	b.Say(themes.Text, "%").Say(themes.Dim, " of budget")
	if overBudget(s) {
		b.Gap(1).Say(themes.Bad, "OVER by 24:00Z")
	}
}

// overBudget tells whether the day is going to end over its budget.
func overBudget(s *fleet.Spend) bool {
	return s.Budget.PerDay.OK && s.Forecast.OK && s.Forecast.V.Float() > s.Budget.PerDay.V.Float()
}
