package views

import "pitwall/fleet"

// guardLimits are the strictest limits that any route declares: what a figure is compared with where
// no single route is meant.
type guardLimits struct {
	errors fleet.Maybe[float64] // ratio
	ttft   fleet.Maybe[float64] // seconds
}

func limitsOf(s *fleet.Snapshot) guardLimits {
	var l guardLimits
	for i := range s.Routes {
		g := &s.Routes[i].Spec.Guard
		l.errors = stricter(l.errors, g.ErrRatio)
		l.ttft = stricter(l.ttft, g.TTFT95)
	}
	return l
}

func stricter[T ~float64](m fleet.Maybe[float64], o fleet.Maybe[T]) fleet.Maybe[float64] {
	if !o.OK || m.OK && m.V <= float64(o.V) {
		return m
	}
	return fleet.Some(float64(o.V))
}

// Where no route declares a limit, a figure is marked from here on: usual promises of chat services.
const (
	usualErrors = 0.01 // ratio
	usualTTFT   = 1.0  // seconds
	overITL     = 0.1  // seconds
	overKV      = 0.95 // ratio
	overQueue   = 100  // requests of the whole fleet
)
