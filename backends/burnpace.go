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
	at           time.Time
	needle, rate float64
	known        bool
}

// add takes the burn that held since the last call. What is not known moves nothing, and after it has been so for long the
// averages begin anew.
func (p *burnPace) add(at time.Time, burn fleet.Maybe[fleet.USDPerHour]) fleet.Pace {
	gap := at.Sub(p.at)
	switch {
	case !burn.OK:
		return fleet.Pace{}
	case !p.known || gap > rateTime:
		p.needle, p.rate, p.known = float64(burn.V), float64(burn.V), true
	default:
		p.needle += (float64(burn.V) - p.needle) * (1 - math.Exp(-gap.Seconds()/needleTime.Seconds()))
		p.rate += (float64(burn.V) - p.rate) * (1 - math.Exp(-gap.Seconds()/rateTime.Seconds()))
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
