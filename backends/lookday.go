package backends

import (
	"time"

	"pitwall/backends/history"
	"pitwall/fleet"
)

// leastOfDay is how much of a day must be known before it is spoken of.
const leastOfDay = time.Hour

// day is what a pool did over the last day.
func (l *lookback) day(key string, now time.Time) *fleet.DayLoad { return dayOf(l.recent[key], now) }

// knownDay is a day that was made of all points up to one.
type knownDay struct {
	newest time.Time
	day    *fleet.DayLoad
}

// dayTogether is what the members of a route did together over the last day. A step that is not known of one of them is not known.
// It is made anew with each new point only.
func (l *lookback) dayTogether(name string, keys []string, now time.Time) *fleet.DayLoad {
	var newest time.Time
	for _, key := range keys {
		if list := l.recent[key]; len(list) > 0 && list[len(list)-1].At.After(newest) {
			newest = list[len(list)-1].At
		}
	}
	if known, ok := l.days[name]; ok && known.newest.Equal(newest) && now.Sub(newest) < 2*history.Step {
		return known.day
	}
	day := l.sumDay(keys, now)
	l.days[name] = knownDay{newest, day}
	return day
}

func (l *lookback) sumDay(keys []string, now time.Time) *fleet.DayLoad {
	sums, known := map[time.Time]history.Point{}, map[time.Time]int{}
	members := 0
	for _, key := range keys {
		if len(l.recent[key]) == 0 {
			continue // it never had traffic
		}
		members++
		for _, p := range l.recent[key] {
			if p.In < 0 || p.Out < 0 || p.Requests < 0 {
				continue
			}
			sum := sums[p.At]
			sum.At, sum.In, sum.Out, sum.Requests = p.At, sum.In+p.In, sum.Out+p.Out, sum.Requests+p.Requests
			sums[p.At] = sum
			known[p.At]++
		}
	}
	var list []history.Point
	for at, sum := range sums {
		if known[at] == members {
			list = append(list, sum)
		}
	}
	return dayOf(list, now)
}

func dayOf(list []history.Point, now time.Time) *fleet.DayLoad {
	var in, out, requests, topIn, topOut float64
	n, counted := 0, true
	for _, p := range list {
		if now.Sub(p.At) > dayBack || p.In < 0 || p.Out < 0 {
			continue
		}
		n++
		in, out = in+p.In, out+p.Out
		topIn, topOut = max(topIn, p.In), max(topOut, p.Out)
		requests, counted = requests+p.Requests, counted && p.Requests >= 0
	}
	covered := time.Duration(n) * history.Step
	if covered < leastOfDay {
		return nil
	}
	seconds := covered.Seconds()
	d := &fleet.DayLoad{In: fleet.TokenRate(in / seconds), Out: fleet.TokenRate(out / seconds), Covered: covered}
	if counted {
		d.Requests = fleet.Some(fleet.Rate(requests / seconds))
	}
	for _, x := range [][2]float64{{topIn, in}, {topOut, out}} {
		if x[1] > 0 {
			d.Peak = max(d.Peak, x[0]*float64(n)/x[1])
		}
	}
	return d
}
