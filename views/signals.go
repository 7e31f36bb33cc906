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
	span  int
	drop  int // given up in this order when the line is too short, the highest first
}

// figuresOf lists the figures of the strip, the money last.
func figuresOf(sc Scene, d day) []signal {
	t := &sc.Snap.Totals
	l, h, look := &t.Load, &t.Trends, sc.Window
	limits := limitsOf(sc.Snap)
	return []signal{
		{name: fleet.Text("req"), value: unit(fleet.Show(l.Requests), "/s", l.Requests.OK),
			trend: newest(h.Requests, look, sc.Now)},
		{name: fleet.Text("err"), value: unit(percent(l.Errors), "%", l.Errors.OK),
			over: over(l.Errors, limits.errors.Or(usualErrors)), trend: newest(h.Errors, look, sc.Now), top: usualErrors},
		{name: fleet.Text("ttft95"), value: fleet.Show(l.TTFT95),
			over: over(l.TTFT95, limits.ttft.Or(usualTTFT)), trend: newest(h.TTFT95, look, sc.Now)},
		{name: fleet.Text("itl95"), value: fleet.Show(l.ITL95), over: over(l.ITL95, overITL),
			trend: newest(h.ITL95, look, sc.Now)},
		{name: fleet.Text("queue"), value: fleet.Show(l.Waiting), over: over(l.Waiting, overQueue),
			trend: newest(h.Waiting, look, sc.Now), top: 1},
		{name: fleet.Text("gpu"), value: unit(whole(t.GPUUtil), "%", t.GPUUtil.OK), trend: newest(h.GPUUtil, look, sc.Now),
			top: 1, drop: 1},
		{name: fleet.Text("kv"), value: unit(whole(l.KV), "%", l.KV.OK), over: over(l.KV, overKV),
			trend: newest(h.KV, look, sc.Now), top: 1, drop: 2},
		{value: moneyRate(t.Burn, !t.BurnWhy.IsEmpty()), over: d.over()},
	}
}

// signals is the second line: is the user hurt. Limits that are passed carry "!".
func signals(b *part.Block, sc Scene) {
	d := dayOf(&sc.Snap.Spend)
	all := figuresOf(sc, d)
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
		s.span = span(s.trend, sc.Window)
		s.draw(b, spark)
	}
	if b.Width() >= wideWidth {
		budgetNote(b, d, between)
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
		b.Gap(1).Spark(role, s.trend, spark, s.top, s.span)
	}
}

// budgetNote says what a wide screen has room for: the budget and how the day will end.
func budgetNote(b *part.Block, d day, between int) {
	if !d.budget.OK || !d.spent.OK || d.budget.V <= 0 {
		return
	}
	b.Gap(between).Say(themes.Dim, "today ").Put(themes.Text, fleet.Float(d.spent.V/d.budget.V*100, 0))
	b.Say(themes.Text, "%").Say(themes.Dim, " of budget")
	if d.over() {
		b.Gap(1).Say(themes.Bad, "OVER by 24:00Z")
	}
}
