package backends

import (
	"math"
	"time"

	"pitwall/fleet"
)

// The times over which burns are averaged: one that the eye follows, and one to decide by.
const (
	needleTime = time.Minute
	rateTime   = 15 * time.Minute
)

// burnPace is a burn as two exponential averages.
type burnPace struct {
	from, at     time.Time
	needle, rate float64
}

// add takes the burn that held since the last call. What is not known moves nothing, and after it has been so for long the
// averages begin anew.
func (p *burnPace) add(at time.Time, burn fleet.Maybe[fleet.USDPerHour]) fleet.Pace {
	gap := at.Sub(p.at)
	if gap > needleTime && gap <= rateTime {
		gap = trendStep // what it was in between is not known
	}
	switch {
	case !burn.OK:
		return fleet.Pace{}
	case p.at.IsZero() || gap > rateTime:
		p.from, p.needle, p.rate = at, float64(burn.V), float64(burn.V)
	default:
		age := at.Sub(p.from)
		p.needle += (float64(burn.V) - p.needle) * weight(gap, age, needleTime)
		p.rate += (float64(burn.V) - p.rate) * weight(gap, age, rateTime)
	}
	p.at = at
	return fleet.Pace{Needle: fleet.Some(fleet.USDPerHour(p.needle)), Rate: fleet.Some(fleet.USDPerHour(p.rate))}
}

// burnPaces are those of the fleet's parts by name.
type burnPaces map[string]*burnPace

func (ps burnPaces) add(key string, at time.Time, burn fleet.Maybe[fleet.USDPerHour]) fleet.Pace {
	p := ps[key]
	if p == nil {
		p = &burnPace{}
		ps[key] = p
	}
	return p.add(at, burn)
}

func (ps burnPaces) prune(now time.Time) {
	for key, p := range ps {
		if now.Sub(p.at) > goneAfter {
			delete(ps, key)
		}
	}
}

// weight is how much the newest value counts. Until as much time was seen as the average is over, it is the plain mean: the first
// value must not stand for a quarter of an hour.
func weight(gap, age, over time.Duration) float64 {
	if age <= 0 {
		return 0
	}
	return max(1-math.Exp(-gap.Seconds()/over.Seconds()), min(1, gap.Seconds()/age.Seconds()))
}
