package backends

import (
	"maps"
	"slices"
	"sort"
	"time"

	"pitwall/backends/history"
	"pitwall/fleet"
)

const (
	dayBack    = 24 * time.Hour
	ratingBack = 14 * dayBack
	// carriedNeeds is how many requests a point needs for its share of the route to prove anything.
	carriedNeeds = minObservations
	// burnNeeds is the least part of a window that must be covered by points for its burn rate to be known.
	burnNeeds = 0.5
)

// lookback answers what happened before: the points of the last day in memory, and the best rates of 14 days.
type lookback struct {
	recent map[string][]history.Point // last day, oldest first, by key
	days   map[string]knownDay        // of routes
	best   map[string]bestRate
	open   map[string]*openPoint
	taken  map[string]*steps // which steps of the last 14 days are known, by key of a pool
	spent  map[string]*spent // sums of the last 30 days, by key of a member of a route
	due    time.Time
	save   func([]history.Point) // hands closed points to whoever writes them; it must not block
}

type bestRate struct {
	in, out     float64 // tokens per second
	inAt, outAt time.Time
	from        string // the store that told of out; "" for what pitwall measured
}

// openPoint is the point that is being filled.
type openPoint struct {
	start  totals
	last   totals
	ttft95 float64
	from   time.Time
	broken bool
	seen   bool // since the last roll
}

func newLookback() lookback {
	return lookback{recent: map[string][]history.Point{}, days: map[string]knownDay{}, best: map[string]bestRate{},
		open: map[string]*openPoint{}, taken: map[string]*steps{}, spent: map[string]*spent{}}
}

// keep takes one closed point in. Points of one object come in order: one that is not newer than the last was
// written by another console that watches the same fleet, and counts once.
func (l *lookback) keep(p history.Point, now time.Time) {
	l.mark(p)
	l.spend(p, now)
	if list := l.recent[p.Key]; len(list) > 0 && !p.At.After(list[len(list)-1].At) {
		return
	}
	if now.Sub(p.At) <= ratingBack {
		l.prove(p)
	}
	if now.Sub(p.At) > dayBack {
		return
	}
	list := append(l.recent[p.Key], p)
	for len(list) > 0 && now.Sub(list[0].At) > dayBack {
		list = list[1:]
	}
	l.recent[p.Key] = list
}

// prove notes the best rates of a point that was within the limits.
func (l *lookback) prove(p history.Point) {
	if !p.Within {
		return
	}
	b := l.best[p.Key]
	seconds := history.Step.Seconds()
	if v := p.In / seconds; v > b.in {
		b.in, b.inAt = v, p.At
	}
	if v := p.Out / seconds; v > b.out {
		b.out, b.outAt, b.from = v, p.At, p.From
	}
	l.best[p.Key] = b
}

// observe adds what an object has done so far; totals only grow, so the difference over a
// point's time is what it did in it.
func (l *lookback) observe(key string, t totals, ttft fleet.Maybe[fleet.Seconds], within bool, now time.Time) {
	o, ok := l.open[key]
	if !ok {
		o = &openPoint{start: t, from: now}
		l.open[key] = o
	}
	o.last, o.seen = t, true
	if ttft.OK && float64(ttft.V) > o.ttft95 {
		o.ttft95 = float64(ttft.V)
	}
	o.broken = o.broken || !within
}

// roll closes the points once their time is over, and tells whether it did.
func (l *lookback) roll(now time.Time) bool {
	step := now.Truncate(history.Step)
	if l.due.IsZero() {
		l.due = step.Add(history.Step)
		return false
	}
	if now.Before(l.due) {
		return false
	}
	late := now.Sub(l.due) >= history.Step // pitwall slept: the point holds more time than it says
	l.due = step.Add(history.Step)
	points := make([]history.Point, 0, len(l.open))
	for _, key := range slices.Sorted(maps.Keys(l.open)) {
		o := l.open[key]
		if !o.seen {
			delete(l.open, key) // it left the fleet
			delete(l.recent, key)
			delete(l.taken, key)
			delete(l.spent, key)
			continue
		}
		did := o.last.since(o.start)
		p := history.Point{At: step, Key: key, TTFT95: o.ttft95, Within: !o.broken && !late,
			Requests: did.requests, Errors: did.errors, In: did.in, Out: did.out}
		if did.route > 0 && did.requests >= 0 {
			p.Share = min(1, did.requests/did.route)
		}
		points = append(points, p)
		l.keep(p, now)
		l.open[key] = &openPoint{start: o.last, last: o.last, from: now}
	}
	if l.save != nil && len(points) > 0 {
		l.save(points)
	}
	return true
}

// rating is the best throughput that a pool proved within its limits, else what is configured.
func (l *lookback) rating(spec fleet.PoolSpec) fleet.Maybe[fleet.Rating] {
	b, ok := l.best["pool/"+string(spec.ID)]
	if !ok || b.out <= 0 {
		return spec.Rating
	}
	proven := fleet.Rating{Prefill: fleet.TokenRate(b.in), Decode: fleet.TokenRate(b.out), From: b.outAt, Kind: "history"}
	if b.from != "" {
		proven.Kind = "store"
	}
	if c := spec.Rating; c.OK {
		// A quiet fortnight proves little: what was written down stands until something better was proven.
		if c.V.Decode > proven.Decode {
			return c
		}
		proven.Prefill = max(proven.Prefill, c.V.Prefill)
	}
	return fleet.Some(proven)
}

// carried is the greatest share of its route that a target carried in the last day.
func (l *lookback) carried(key string, now time.Time) (fleet.Maybe[fleet.Ratio], time.Time) {
	var best fleet.Maybe[fleet.Ratio]
	var at time.Time
	for _, p := range l.recent[key] {
		if now.Sub(p.At) <= dayBack && p.Requests >= carriedNeeds && (!best.OK || fleet.Ratio(p.Share) > best.V) {
			best, at = fleet.Some(fleet.Ratio(p.Share)), p.At
		}
	}
	return best, at
}

// burnRate is error ratio over the part of errors that the objective allows, for four windows.
func (l *lookback) burnRate(key string, slo fleet.Maybe[fleet.Ratio], now time.Time) fleet.BurnRate {
	if !slo.OK || slo.V >= 1 {
		return fleet.BurnRate{}
	}
	over := func(window time.Duration) fleet.Maybe[float64] {
		var requests, errors float64
		var covered time.Duration
		begin := now.Add(-window)
		count := func(from, to time.Time, r, e float64) {
			inside := to.Sub(begin)
			if inside <= 0 {
				return
			}
			part := 1.0
			if whole := to.Sub(from); inside < whole {
				part = float64(inside) / float64(whole) // the point begins before the window
			} else {
				inside = whole
			}
			requests, errors, covered = requests+part*r, errors+part*e, covered+inside
		}
		// Most of the day is older than a window: only what ends in it is walked.
		recent := l.recent[key]
		for _, p := range recent[sort.Search(len(recent), func(i int) bool { return recent[i].At.After(begin) }):] {
			count(p.At.Add(-history.Step), p.At, p.Requests, p.Errors)
		}
		if o := l.open[key]; o != nil {
			did := o.last.since(o.start)
			count(o.from, now, did.requests, did.errors)
		}
		if requests <= 0 || float64(covered) < burnNeeds*float64(window) {
			return fleet.None[float64]()
		}
		return fleet.Some(errors / requests / float64(1-slo.V))
	}
	return fleet.BurnRate{At: now, M5: over(5 * time.Minute), M30: over(30 * time.Minute),
		H1: over(time.Hour), H6: over(6 * time.Hour)}
}
