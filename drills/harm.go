package drills

import (
	"math"
	"slices"
	"time"

	"pitwall/fleet"
)

// Harm is what the clients of one route got in one minute.
type Harm struct {
	At       time.Time
	Route    fleet.RouteID
	Tier     int // of the route, 1 is the dearest
	Requests int64
	Failed   int64 // without an answer, or with one that was cut
	Slow     int64 // beyond the route's objective
	Wrong    int64 // quick and wrong
	Far      int64 // answered well, in a region that nobody allowed
}

// tierWeights are how much one bad answer counts. A tier that is not told counts as the middle one.
var tierWeights = map[int]float64{1: 3, 2: 2, 3: 1}

// Weighted are the requests without a good answer, each as heavy as its tier.
func (h Harm) Weighted() float64 {
	w, known := tierWeights[h.Tier]
	if !known {
		w = tierWeights[2]
	}
	return w * float64(h.bad())
}

// part is what came of the first part of its minute, if it came evenly.
func (h Harm) part(f float64) Harm {
	if f >= 1 {
		return h
	}
	for _, n := range []*int64{&h.Requests, &h.Failed, &h.Slow, &h.Wrong, &h.Far} {
		*n = int64(math.Round(float64(*n) * f))
	}
	return h
}

func (h Harm) bad() int64 { return h.Failed + h.Slow + h.Wrong + h.Far }

// Course is what came of one way to work a drill.
type Course struct {
	Harms []Harm
	Cost  float64 // US dollars: rented tokens and own GPUs
}

// Total is the harm of a course on those routes that pick tells.
func (c *Course) Total(pick func(fleet.RouteID) bool) (sum float64) {
	for _, h := range c.Harms {
		if pick(h.Route) {
			sum += h.Weighted()
		}
	}
	return sum
}

// Weighted is the harm of a course on all routes.
func (c *Course) Weighted() float64 { return c.Total(all) }

// Requests are those that ended.
func (c *Course) Requests() (n int64) {
	for _, h := range c.Harms {
		n += h.Requests
	}
	return n
}

// Bad are those of them without a good answer.
func (c *Course) Bad() (n int64) {
	for _, h := range c.Harms {
		n += h.bad()
	}
	return n
}

// Curve is the harm of a course minute by minute, from a time on, added up.
func (c *Course) Curve(from time.Time, minutes int) []float64 {
	list := make([]float64, minutes)
	for _, h := range c.Harms {
		if i := int(h.At.Sub(from) / time.Minute); !h.At.Before(from) && i < minutes {
			list[i] += h.Weighted()
		}
	}
	for i := 1; i < len(list); i++ {
		list[i] += list[i-1]
	}
	return list
}

// all picks every route.
func all(fleet.RouteID) bool { return true }

// beside picks the routes that the causes of a scenario do not reach.
func (s *Scenario) beside(r fleet.RouteID) bool { return !slices.Contains(s.Touched, r) }
