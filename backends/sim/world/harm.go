package world

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Harm is what the clients of one route got in one minute, whichever member answered. Requests that are still open are in no row.
type Harm struct {
	At       time.Time // begin of the minute in which they ended
	Route    string
	Requests int64
	Failed   int64 // those that ended without an answer; streams that were cut are among them
	Cut      int64 // of Failed: streams that had begun
	Slow     int64 // answered, with the first token later than the route's objective allows
	Wrong    int64 // answered in time by weights or a kernel that compute wrongly
	Far      int64 // answered well, in a region that nobody allowed
}

// Bad are the requests of which the client had no good answer.
func (h Harm) Bad() int64 { return h.Failed + h.Slow + h.Wrong + h.Far }

type harmAt struct {
	minute int64 // since the world began
	route  string
}

// harms keeps them for the whole run: a row for a minute and route.
type harms struct {
	rows map[harmAt]*Harm
	slow map[string]float64 // seconds until a first token is too late, by route; none where nothing is said
}

// Promise says after how many seconds a first token is too late for the clients of a route. It is for use inside At.
func (w *World) Promise(route string, seconds float64) { w.harms.slow[route] = seconds }

// suffer books how a client's call ended. Calls straight to an engine or provider, callers who hung up by themselves and programs in a
// loop are no harm: what matters of a loop is what others have of it.
func (w *World) suffer(c *Call) {
	if c.Route == "" || c.gone || c.looping {
		return
	}
	at := harmAt{minute: int64(c.End) / 60, route: c.Route}
	h := w.harms.rows[at]
	if h == nil {
		h = &Harm{At: w.Spec.Start.Add(time.Duration(at.minute) * time.Minute), Route: c.Route}
		w.harms.rows[at] = h
	}
	h.Requests++
	limit, promised := w.harms.slow[c.Route]
	switch {
	case c.Status != 200:
		h.Failed++
		if c.Stream && c.First > 0 {
			h.Cut++
		}
	case promised && c.First > 0 && c.First-c.Start > limit:
		h.Slow++
	case c.wrong():
		h.Wrong++
	case strings.Contains(c.Base, "."+farRegion+"."):
		h.Far++
	}
}

// wrong tells whether what answered computes wrongly.
func (c *Call) wrong() bool { return c.try != nil && c.try.replica != nil && c.try.replica.Wrong() }

// Harms lists what clients got in a time, by minute and route. It is for use inside At.
func (w *World) Harms(from, to time.Time) []Harm {
	var list []Harm
	for _, h := range w.harms.rows {
		if !h.At.Before(from) && h.At.Before(to) {
			list = append(list, *h)
		}
	}
	slices.SortFunc(list, func(a, b Harm) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Route, b.Route)) })
	return list
}
