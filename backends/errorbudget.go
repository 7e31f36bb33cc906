package backends

import (
	"strings"
	"time"

	"pitwall/backends/history"
	"pitwall/fleet"
)

// targetPrefix begins the keys of the members of routes in the look-back.
const targetPrefix = "target/"

// spentPart is how fine the sums of an error budget's time are kept.
const spentPart = 6 * time.Hour

// spent is what one member of a route did in the time that error budgets are given for, as far as it is on file.
type spent struct {
	last             time.Time  // newest point: what another console wrote of the same five minutes counts once
	parts            []spentSum // oldest first
	requests, errors float64    // of all parts
	steps            int
}

type spentSum struct {
	n                int64 // which part of time
	requests, errors float64
	steps            int
}

// spend adds a closed point.
func (l *lookback) spend(p history.Point, now time.Time) {
	if !strings.HasPrefix(p.Key, targetPrefix) || now.Sub(p.At) > fleet.BudgetWindow || p.Requests < 0 || p.Errors < 0 {
		return
	}
	s := l.spent[p.Key]
	if s == nil {
		s = &spent{}
		l.spent[p.Key] = s
	}
	if !p.At.After(s.last) {
		return
	}
	s.last = p.At
	n := p.At.Add(-history.Step).Unix() / int64(spentPart/time.Second)
	if len(s.parts) == 0 || s.parts[len(s.parts)-1].n < n {
		s.parts = append(s.parts, spentSum{n: n})
		s.forget(now)
	}
	last := &s.parts[len(s.parts)-1]
	last.requests, last.errors, last.steps = last.requests+p.Requests, last.errors+p.Errors, last.steps+1
	s.requests, s.errors, s.steps = s.requests+p.Requests, s.errors+p.Errors, s.steps+1
}

// forget drops parts that begin before the time that budgets are given for.
func (s *spent) forget(now time.Time) {
	oldest := now.Add(-fleet.BudgetWindow).Unix() / int64(spentPart/time.Second)
	old := 0
	for old < len(s.parts) && s.parts[old].n < oldest {
		old++
	}
	if old == 0 {
		return
	}
	s.parts = append(s.parts[:0:0], s.parts[old:]...)
	s.requests, s.errors, s.steps = 0, 0, 0
	for _, p := range s.parts {
		s.requests, s.errors, s.steps = s.requests+p.requests, s.errors+p.errors, s.steps+p.steps
	}
}

// objective sums what the members of a route did.
func (w *world) objective(r *fleet.Route) fleet.ErrorBudget {
	var requests, errors float64
	var steps int
	var from time.Time
	for i := range r.Targets {
		s := w.look.spent[w.targetName(r.Spec, r.Targets[i].Spec)]
		if s == nil || len(s.parts) == 0 {
			continue
		}
		requests, errors, steps = requests+s.requests, errors+s.errors, max(steps, s.steps)
		if at := time.Unix(s.parts[0].n*int64(spentPart/time.Second), 0).UTC(); from.IsZero() || at.Before(from) {
			from = at
		}
	}
	if steps == 0 {
		return fleet.ErrorBudget{}
	}
	return fleet.ErrorBudget{Requests: fleet.Some(requests), Errors: fleet.Some(errors), From: from,
		Watched: fleet.Some(time.Duration(steps) * history.Step)}
}
