package backends

import (
	"time"

	"pitwall/backends/history"
	"pitwall/fleet"
)

const (
	dayBack    = 24 * time.Hour
	ratingBack = 14 * dayBack
	// burnNeeds is the least part of a window that must be covered by points for its burn rate to be known.
	burnNeeds = 0.5
)

// lookback answers what happened before: the points of the last day in memory, and the best rates of 14 days.
type lookback struct {
	store  *history.Store
	recent map[string][]history.Point // last day, oldest first, by key
	best   map[string]bestRate
	open   map[string]*openPoint
	due    time.Time
	failed fleet.Safe
}

type bestRate struct {
	in, out     float64 // tokens per second
	inAt, outAt time.Time
}

// openPoint is the point that is being filled.
type openPoint struct {
	start  totals
	last   totals
	ttft95 float64
	broken bool
}

// totals are increases since pitwall watches.
type totals struct{ requests, errors, in, out, route float64 }

func newLookback(store *history.Store) lookback {
	return lookback{store: store, recent: map[string][]history.Point{}, best: map[string]bestRate{},
		open: map[string]*openPoint{}}
}

// load reads what earlier runs stored.
func (l *lookback) load(now time.Time) {
	if l.store == nil {
		return
	}
	if _, err := l.store.Each(now.Add(-ratingBack), func(p history.Point) {
		if !p.At.After(now) {
			l.keep(p, now)
		}
	}); err != nil {
		l.failed = fleet.Sentence(err)
	}
}

func (l *lookback) keep(p history.Point, now time.Time) {
	if p.Within {
		b := l.best[p.Key]
		seconds := history.Step.Seconds()
		if v := p.In / seconds; v > b.in {
			b.in, b.inAt = v, p.At
		}
		if v := p.Out / seconds; v > b.out {
			b.out, b.outAt = v, p.At
		}
		l.best[p.Key] = b
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

// observe adds what an object has done so far; totals only grow, so the difference over a
// point's time is what it did in it.
func (l *lookback) observe(key string, t totals, ttft fleet.Maybe[fleet.Seconds], within bool) {
	o, ok := l.open[key]
	if !ok {
		o = &openPoint{start: t}
		l.open[key] = o
	}
	o.last = t
	if ttft.OK && float64(ttft.V) > o.ttft95 {
		o.ttft95 = float64(ttft.V)
	}
	o.broken = o.broken || !within
}

// roll closes the points once their time is over.
func (l *lookback) roll(now time.Time) {
	step := now.Truncate(history.Step)
	if l.due.IsZero() {
		l.load(now)
		l.due = step.Add(history.Step)
		return
	}
	if now.Before(l.due) {
		return
	}
	l.due = step.Add(history.Step)
	points := make([]history.Point, 0, len(l.open))
	for key, o := range l.open {
		p := history.Point{At: step, Key: key, TTFT95: o.ttft95, Within: !o.broken,
			Requests: o.last.requests - o.start.requests, Errors: o.last.errors - o.start.errors,
			In: o.last.in - o.start.in, Out: o.last.out - o.start.out}
		if whole := o.last.route - o.start.route; whole > 0 {
			p.Share = p.Requests / whole
		}
		points = append(points, p)
		l.keep(p, now)
		l.open[key] = &openPoint{start: o.last}
	}
	if l.store == nil {
		return
	}
	l.failed = fleet.Sentence(l.store.Append(points))
}

// rating is the best throughput that a pool proved within its limits, else what is configured.
func (l *lookback) rating(spec fleet.PoolSpec) fleet.Maybe[fleet.Rating] {
	b, ok := l.best["pool/"+string(spec.ID)]
	if !ok || b.out <= 0 {
		return spec.Rating
	}
	proven := fleet.Rating{Prefill: fleet.TokenRate(b.in), Decode: fleet.TokenRate(b.out), From: b.outAt, Kind: "history"}
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
		if now.Sub(p.At) <= dayBack && (!best.OK || fleet.Ratio(p.Share) > best.V) {
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
		n := 0
		for _, p := range l.recent[key] {
			if d := now.Sub(p.At); d < window {
				requests += p.Requests
				errors += p.Errors
				n++
			}
		}
		if o := l.open[key]; o != nil {
			requests += o.last.requests - o.start.requests
			errors += o.last.errors - o.start.errors
		}
		covered := float64(n) * history.Step.Seconds() / window.Seconds()
		if requests <= 0 || covered < burnNeeds {
			return fleet.None[float64]()
		}
		return fleet.Some(errors / requests / float64(1-slo.V))
	}
	return fleet.BurnRate{At: now, M5: over(5 * time.Minute), M30: over(30 * time.Minute),
		H1: over(time.Hour), H6: over(6 * time.Hour)}
}
