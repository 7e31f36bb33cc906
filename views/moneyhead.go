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
	b.Gap(1).Say(themes.Dim, "burn ").Put(themes.Title, moneyRate(s.Burn, !s.BurnWhy.IsEmpty()))
	if s.Needle.Needle.OK || s.Needle.Rate.OK {
		b.Gap(2).Say(themes.Dim, "1m ").Put(themes.Text, moneyRate(s.Needle.Needle, true))
		b.Gap(2).Say(themes.Dim, "15m ").Put(themes.Text, moneyRate(s.Needle.Rate, true))
	}
	if c := &s.Calibrated; c.Rho.OK {
		b.Gap(2).Say(themes.Dim, "rented by bills ").Put(themes.Text, moneyRate(c.Burn, true)).Gap(1).Put(themes.Dim, factorText(c.Rho))
		if c.Low.OK && c.High.OK {
			b.Put(themes.Dim, fleet.Textf(" (%s to %s)", c.Low.V.Text(), c.High.V.Text()))
		}
	}
	b.End()
}

// monthLine says what the month cost, of which streams, and how it will end.
func monthLine(b *part.Block, s *fleet.Spend) {
	m := &s.Month
	if !m.Best.OK && !s.Budget.PerMonth.OK && !m.Billed.OK {
		return
	}
	b.Gap(1).Say(themes.Dim, "month ").Put(themes.Text, amount(m.Best))
	if s.Budget.PerMonth.OK {
		b.Say(themes.Dim, " of ").Put(themes.Text, amount(s.Budget.PerMonth))
		if limit := s.Budget.PerMonth.V.Float(); m.Best.OK && limit > 0 {
			b.Put(themes.Text, fleet.Textf(" (%s%%)", fleet.Float(m.Best.V.Float()/limit*100, 0)))
		}
	}
	if f := &s.MonthEnd; f.Total.OK {
		b.Gap(2).Say(themes.Dim, "at its end ~").Put(themes.Text, amount(f.Total))
		if f.Low.OK && f.High.OK {
			b.Put(themes.Dim, fleet.Textf(" (%s to %s)", amount(f.Low), amount(f.High)))
		}
	}
	if m.Billed.OK {
		b.Gap(2).Say(themes.Dim, "billed ").Put(themes.Text, amount(m.Billed)).Say(themes.Dim, " to ").Put(themes.Dim, dayHour(m.BilledTo))
	}
	if m.Credit.OK && !m.Credit.V.Amount().IsZero() {
		b.Gap(2).Say(themes.Dim, "credit ").Put(themes.Text, amount(m.Credit))
	}
	b.End()
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
		b.Gap(1).Put(role, text).End()
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
