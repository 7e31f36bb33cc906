package backends

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"pitwall/backends/history"
)

// poolPrefix begins the keys of pools in the look-back.
const poolPrefix = "pool/"

// steps are the five-minute steps of the last 14 days of which something is known. It is a ring: a step takes the place
// of the one a fortnight before.
type steps [stepsKept]int32

const stepsKept = int(ratingBack / history.Step)

func (s *steps) place(at time.Time) (slot int, number int32) {
	n := at.Unix() / int64(history.Step/time.Second)
	return int(n % int64(stepsKept)), int32(n)
}

func (s *steps) has(at time.Time) bool {
	slot, n := s.place(at)
	return s[slot] == n
}

// mark notes that the step of a pool's point is known.
func (l *lookback) mark(p history.Point) {
	if !strings.HasPrefix(p.Key, poolPrefix) {
		return
	}
	s := l.taken[p.Key]
	if s == nil {
		s = &steps{}
		l.taken[p.Key] = s
	}
	if slot, n := s.place(p.At); n > s[slot] {
		s[slot] = n
	}
}

// lacks counts the steps of a time, after from and not after to, of which nothing is known.
func (l *lookback) lacks(key string, from, to time.Time) int {
	s, n := l.taken[key], 0
	for at := from.Truncate(history.Step).Add(history.Step); !at.After(to); at = at.Add(history.Step) {
		if s == nil || !s.has(at) {
			n++
		}
	}
	return n
}

// watchedFrom is when pitwall began to watch an object in this run; zero where it does not.
func (l *lookback) watchedFrom(key string) time.Time {
	o := l.open[key]
	if o == nil {
		return time.Time{}
	}
	return o.from
}

// fill takes points of a store in where nothing is known, and returns those: what pitwall measured itself stays, also
// where it only measured a part of a step.
func (l *lookback) fill(points []history.Point, now time.Time) []history.Point {
	var fresh []history.Point
	for _, p := range points {
		if s := l.taken[p.Key]; s != nil && s.has(p.At) || p.At.After(now) || now.Sub(p.At) >= ratingBack {
			continue
		}
		l.mark(p)
		l.prove(p)
		fresh = append(fresh, p)
		if now.Sub(p.At) <= dayBack {
			l.recent[p.Key] = append(l.recent[p.Key], p)
		}
	}
	if len(fresh) > 0 {
		key := fresh[0].Key
		slices.SortStableFunc(l.recent[key], func(a, b history.Point) int { return a.At.Compare(b.At) })
	}
	return fresh
}

// inOrder sorts what was stored, since a store's points are written after younger ones. Of one step what pitwall
// measured comes first, and is then the one that counts.
func inOrder(points []history.Point) {
	slices.SortStableFunc(points, func(a, b history.Point) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.From, b.From))
	})
}
