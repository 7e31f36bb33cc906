package views

import (
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// amount draws money as it is known, "-" where it is not.
func amount(m fleet.Maybe[fleet.Money]) fleet.Safe {
	if !m.OK {
		return fleet.Text(fleet.Unknown)
	}
	return cash(m, fleet.Some(m.V.Float()))
}

// factorText draws a factor: "x1.04", "x10".
func factorText(f fleet.Maybe[float64]) fleet.Safe {
	switch {
	case !f.OK:
		return fleet.Text(fleet.Unknown)
	case f.V >= 9.995:
		return fleet.Concat(fleet.Text("x"), fleet.Float(f.V, 0))
	default:
		return fleet.Concat(fleet.Text("x"), fleet.Float(f.V, 2))
	}
}

// paceLine says what burns now as two averages, and what bills of earlier days make of it.
func paceLine(b *part.Block, s *fleet.Spend) {
	list := []phrase{{{themes.Dim, fleet.Text("burn ")}, {themes.Title, moneyRate(s.Burn, !s.BurnWhy.IsEmpty())}}}
	if s.Needle.Needle.OK || s.Needle.Rate.OK {
		list = append(list, said(fleet.Text("1m "), moneyRate(s.Needle.Needle, true)), said(fleet.Text("15m "), moneyRate(s.Needle.Rate, true)))
	}
	if c := &s.Calibrated; c.Rho.OK {
		p := said(fleet.Text("rented by bills "), moneyRate(c.Burn, true)).with(themes.Dim, fleet.Concat(fleet.Text(" "), factorText(c.Rho)))
		if c.Low.OK && c.High.OK {
			p = p.with(themes.Dim, between(c.Low.V.Text(), c.High.V.Text()))
		}
		list = append(list, p)
	}
	flow(b, list...)
}

// monthLine says what the month cost, of which streams, and how it will end.
func monthLine(b *part.Block, s *fleet.Spend) {
	m := &s.Month
	if !m.Best.OK && !s.Budget.PerMonth.OK && !m.Billed.OK {
		return
	}
	spent := said(fleet.Text("month "), amount(m.Best))
	if s.Budget.PerMonth.OK {
		spent = spent.with(themes.Dim, fleet.Text(" of ")).with(themes.Text, amount(s.Budget.PerMonth))
		if limit := s.Budget.PerMonth.V.Float(); m.Best.OK && limit > 0 {
			spent = spent.with(themes.Text, fleet.Textf(" (%s%%)", fleet.Float(m.Best.V.Float()/limit*100, 0)))
		}
	}
	list := []phrase{spent}
	if f := &s.MonthEnd; f.Total.OK {
		end := said(fleet.Text("at its end ~"), amount(f.Total))
		if f.Low.OK && f.High.OK {
			end = end.with(themes.Dim, between(amount(f.Low), amount(f.High)))
		}
		list = append(list, end)
	}
	if m.Billed.OK {
		list = append(list, said(fleet.Text("billed "), amount(m.Billed)).with(themes.Dim, fleet.Concat(fleet.Text(" to "), dayHour(m.BilledTo))))
	}
	if m.Credit.OK && !m.Credit.V.Amount().IsZero() {
		list = append(list, said(fleet.Text("credit "), amount(m.Credit)))
	}
	if m.Best.OK && !m.BestWhy.IsEmpty() {
		list = append(list, phrase{{themes.Dim, m.BestWhy}})
	}
	flow(b, list...)
}

// dayHour draws a moment of this or a recent month: "11-29 14:00Z".
func dayHour(t time.Time) fleet.Safe {
	if t.IsZero() {
		return fleet.Text(fleet.Unknown)
	}
	return fleet.Label(t.UTC().Format("01-02 15:04Z"))
}

// endLines say which limits on spend will be used up, the soonest first, at most n of them.
func endLines(b *part.Block, sc Scene, n int) {
	for i := range sc.Snap.Spend.Ends {
		e := &sc.Snap.Spend.Ends[i]
		if n == 0 {
			return
		}
		if !e.At.OK && !e.Binds {
			continue
		}
		n--
		text, role := budgetEnd(e, sc.Now)
		wrapped(b, role, text)
	}
}

// budgetEnd says when one limit is used up: "month $12.4k of $20.0k at ~$412/h: ends 11-29 14:00Z, in 2d, at the earliest 11-28".
func budgetEnd(e *fleet.BudgetEnd, now time.Time) (fleet.Safe, themes.Role) {
	head := fleet.Concat(e.Of, fleet.Text(" budget "), amount(e.Spent), fleet.Text(" of "), amount(e.Limit))
	role := themes.Dim
	switch {
	case e.At.OK && !e.At.V.After(now):
		head, role = fleet.Concat(head, fleet.Text(": USED UP")), themes.Bad
	case e.At.OK:
		head = fleet.Concat(head, fleet.Text(" at "), moneyRate(e.Rate, true), fleet.Text(": ends "), dayHour(e.At.V), fleet.Text(", in "),
			fleet.Age(e.At.V.Sub(now)))
		if e.Low.OK && e.Low.V.Before(e.At.V) {
			head = fleet.Concat(head, fleet.Text(" (earliest "), dayHour(e.Low.V), fleet.Text(")"))
		}
		role = themes.Warn
	case e.Holds.OK && e.Holds.V:
		head = fleet.Concat(head, fleet.Text(": holds at this rate"))
	}
	if e.Hard {
		head = fleet.Concat(head, fleet.Text("; requests fail beyond it"))
	}
	return fleet.Join(nonEmpty(head, e.Why), fleet.Text("; ")), role
}

// shiftedLines say what the last shifts of routes changed, at most n of them.
func shiftedLines(b *part.Block, sc Scene, n int) {
	for i := range sc.Snap.Spend.Shifted {
		if i == n {
			return
		}
		x := &sc.Snap.Spend.Shifted[i]
		b.Gap(1).Say(themes.Dim, "shift of ").Put(themes.Dim, fleet.Label(string(x.Route))).Gap(1).Put(themes.Dim, ageText(x.At, sc.Now)).
			Say(themes.Dim, " ago: ").Put(themes.Text, moneyRate(x.Before, true)).Say(themes.Dim, " -> ")
		if x.After.OK {
			b.Put(themes.Text, moneyRate(x.After, true))
		} else {
			b.Say(themes.Dim, "not settled yet")
		}
		b.End()
	}
}
