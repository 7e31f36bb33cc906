package plain

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Runbook is how one runbook of the configuration stands.
type Runbook struct {
	Name      string // raw
	When      string // raw
	From      fleet.Safe
	Routes    []fleet.RouteID // the only ones that are moved; null for all
	To        []string        // the only receivers, raw; null for any that can
	Split     actions.Split
	Warm      []fleet.PoolID
	Fits      bool
	Problems  []fleet.Safe
	Rehearsed fleet.Safe         // in words
	Rehearsal *actions.Rehearsal // the last one, null for never
}

// RunbooksOf says how the runbooks of a fleet stand.
func RunbooksOf(s *fleet.Snapshot, rehearsals []actions.Rehearsal, now time.Time) []Runbook {
	list := []Runbook{}
	book := actions.Book{Rehearsals: rehearsals}
	for i := range s.Runbooks {
		r := &s.Runbooks[i]
		x := Runbook{Name: r.Name, When: r.When, From: actions.RunbookOrigin(r).Text(), Routes: r.Routes, To: r.To, Warm: r.Warm,
			Split: actions.RunbookWish(r, actions.StageLeave).Split, Problems: actions.RunbookProblems(r, s), Rehearsal: book.Rehearsal(r.Name)}
		x.Fits, x.Rehearsed = len(x.Problems) == 0, x.Rehearsal.Told(now)
		list = append(list, x)
	}
	return list
}

// Runbooks tells how runbooks stand.
func Runbooks(list []Runbook) string {
	r := &report{}
	r.line(fleet.Text("RUNBOOKS "), fleet.Int(len(list)))
	for i := range list {
		x := &list[i]
		r.line()
		r.line(rawName(x.Name), fleet.Text("  away from "), x.From, fleet.Text("  split "), fleet.Label(string(x.Split)),
			fleet.Text("  to "), receivers(x.To))
		if x.When != "" {
			r.line(fleet.Text("  when       "), fleet.Label(x.When))
		}
		if x.Fits {
			r.line(fleet.Text("  fits       yes"))
		}
		for _, p := range x.Problems {
			r.line(fleet.Text("  DOES NOT FIT: "), p)
		}
		r.line(fleet.Text("  rehearsed  "), x.Rehearsed)
		if x.Rehearsal == nil || x.Rehearsal.Stale {
			r.line(fleet.Text("             pitwall runbook rehearse "), rawName(x.Name))
		}
	}
	return r.String()
}

func receivers(to []string) fleet.Safe {
	if len(to) == 0 {
		return fleet.Text("any that can")
	}
	names := make([]fleet.Safe, len(to))
	for i := range to {
		names[i] = fleet.Label(to[i])
	}
	return fleet.Join(names, fleet.Text(", "))
}

// Rehearsal tells what a rehearsal showed.
func Rehearsal(x *actions.Rehearsal) string {
	r := &report{}
	r.line()
	if x.OK {
		r.line(fleet.Text("REHEARSAL of "), rawName(x.Runbook), fleet.Text("  ok, "), fleet.Age(x.Passed), fleet.Text(" of simulated time"))
	} else {
		r.line(fleet.Text("REHEARSAL of "), rawName(x.Runbook), fleet.Text("  FAILED: "), x.Why)
	}
	r.line(fleet.Text("  seen by the console after       "), elapsed(x.Seen))
	r.line(fleet.Text("  read back from every replica    "), elapsed(x.ReadBack), fleet.Text(" after the confirmation"))
	for _, c := range x.Calls {
		r.line(fleet.Text("  requests failed  "), fleet.Int(int(c.Failed)), fleet.Text(" of "), fleet.Int(int(c.Answered+c.Failed)),
			fleet.Text("  "), c.During)
	}
	for i := range x.Moves {
		m := &x.Moves[i]
		weights := fleet.Safe{}
		if m.After != nil {
			weights = fleet.Concat(fleet.Text("  "), weightsText(m.Before), fleet.Text(" -> "), weightsText(m.After))
		}
		r.line(fleet.Text("  "), fleet.Label(string(m.Stage)), fleet.Text("  "), rawName(m.Object), fleet.Text("  "),
			fleet.Label(string(m.State)), weights)
	}
	lines(r, "STAYS", x.Stays)
	lines(r, "FINDINGS", x.Findings)
	lines(r, "STAND-INS", x.StandIns)
	return r.String()
}

func elapsed(d fleet.Maybe[time.Duration]) fleet.Safe {
	if !d.OK {
		return fleet.Text("-")
	}
	return fleet.Age(d.V)
}

func lines(r *report, title string, list []fleet.Safe) {
	if len(list) == 0 {
		return
	}
	r.line(fleet.Label(title), fleet.Text(" "), fleet.Int(len(list)))
	for _, t := range list {
		r.line(fleet.Text("  "), t)
	}
}
