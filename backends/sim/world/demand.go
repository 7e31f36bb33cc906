package world

import (
	"math"
	"math/rand/v2"
	"time"
)

// route is the demand on one public model name: a day's curve, slow noise and short bursts over a Poisson process.
type route struct {
	spec  *RouteSpec
	rng   *rand.Rand
	noise float64 // first-order noise around 0
	burst float64 // factor while a burst lasts
	until float64 // end of the burst
	work  float64 // what is left of the unit exponential until the next arrival
	rate  float64 // present rate, requests per second
	long  float64 // part of the requests that are long conversations, 0 in normal times
}

const (
	noiseTau   = 90.0  // seconds
	noiseSigma = 0.02  // relative
	burstEvery = 900.0 // seconds between bursts, in the mean
	peakHour   = 14.0  // UTC
)

func newRoute(s *RouteSpec, rng *rand.Rand) *route {
	return &route{spec: s, rng: rng, burst: 1, work: rng.ExpFloat64()}
}

// DayRate returns the mean rate of a route at a time of day, without noise and bursts, in requests per second.
func (s *RouteSpec) DayRate(at time.Time) float64 {
	hour := float64(at.Hour()) + float64(at.Minute())/60 + float64(at.Second())/3600
	return s.Rate * (1 + s.Swing*math.Cos((hour-peakHour)/24*2*math.Pi))
}

// arrivals calls emit with the time of each request in [from, from+dt).
func (r *route) arrivals(wall time.Time, from, dt float64, emit func(at float64)) {
	a := math.Exp(-dt / noiseTau)
	r.noise = a*r.noise + noiseSigma*math.Sqrt(1-a*a)*r.rng.NormFloat64()
	if from >= r.until {
		r.burst = 1
		if r.rng.Float64() < dt/burstEvery {
			r.burst = 1.08 + 0.10*r.rng.Float64()
			r.until = from + 10 + 15*r.rng.Float64()
		}
	}
	r.rate = r.spec.DayRate(wall) * (1 + r.noise) * r.burst
	if r.rate <= 0 {
		return
	}
	at := 0.0
	for {
		gap := r.work / r.rate
		if at+gap >= dt {
			r.work -= (dt - at) * r.rate
			return
		}
		at += gap
		emit(from + at)
		r.work = r.rng.ExpFloat64()
	}
}

// call draws one request.
func (r *route) call() *Call {
	s := r.spec
	c := &Call{
		Route: s.Name, route: r, group: s.Name, Prompt: int(s.Prompt.sample(r.rng)), Output: int(s.Output.sample(r.rng)),
		Stream: r.rng.Float64() < s.Stream, maxTokens: s.MaxTokens,
	}
	c.Output = min(c.Output, c.maxTokens)
	if r.long > 0 && r.rng.Float64() < r.long {
		c.Prompt, c.Output = int(longPrompt.sample(r.rng)), min(int(longOutput.sample(r.rng)), c.maxTokens)
		c.cacheable = 0.9
		return c
	}
	if r.rng.Float64() < 0.6 { // of a conversation whose beginning is cached
		c.cacheable = min(s.CacheHit/0.6*(0.6+0.8*r.rng.Float64()), 0.98)
	}
	return c
}

// The long conversations of one tenant.
var (
	longPrompt = Lengths{Median: 20_000, Sigma: .25, Max: 31_000}
	longOutput = Lengths{Median: 500, Sigma: .4, Max: 1024}
)

const longShare = 1.0 / 6

// sample draws from the distribution, at least 1.
func (l Lengths) sample(rng *rand.Rand) float64 {
	v := l.Median * math.Exp(l.Sigma*rng.NormFloat64())
	if l.Max > 0 {
		v = min(v, float64(l.Max))
	}
	return max(v, 1)
}

// Mean returns the mean of the distribution before it is cut.
func (l Lengths) Mean() float64 { return l.Median * math.Exp(l.Sigma*l.Sigma/2) }
