package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Burn rates of the Google SRE workbook: 2 % of a 30-day budget in an hour, 5 % in six.
const (
	fastBurn = 14.4
	slowBurn = 6.0
)

// burnRate is IL-08.
func burnRate(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	if !p.Route.SLO.OK {
		return pass(fleet.Text("the route declares no objective"))
	}
	return eachReceiver(p, s, func(_ *fleet.Route, t *fleet.Target) actions.Check {
		b := widest(s, t)
		all := fleet.Concat(windowed(fleet.Text("1h"), b.H1), windowed(fleet.Text(" 5m"), b.M5),
			windowed(fleet.Text(" 6h"), b.H6), windowed(fleet.Text(" 30m"), b.M30))
		switch {
		case b.H1.OK && b.M5.OK && b.H1.V >= fastBurn && b.M5.V >= fastBurn:
			return verdict(actions.SeverityBlock, all, fleet.Text(" >= 14.4x"), age(now, b.At))
		case b.H6.OK && b.M30.OK && b.H6.V >= slowBurn && b.M30.V >= slowBurn:
			return verdict(actions.SeverityOVR, all, fleet.Text(" >= 6x"), age(now, b.At))
		case !b.H1.OK || !b.M5.OK || !b.H6.OK || !b.M30.OK:
			return noHistory(all, fleet.Text(": not enough history"))
		default:
			return pass(all, fleet.Text(" < 6x"), age(now, b.At))
		}
	})
}

func windowed(name fleet.Safe, m fleet.Maybe[float64]) fleet.Safe {
	if !m.OK {
		return fleet.Concat(name, fleet.Text(" -"))
	}
	return fleet.Concat(name, fleet.Text(" "), fleet.Float(m.V, 1), fleet.Text("x"))
}

// widest is the greater burn of a target and of the pool or provider behind it, known where both are: the pool serves
// other routes too, and how it did there is no proof for a target that has carried nothing.
func widest(s *fleet.Snapshot, t *fleet.Target) fleet.BurnRate {
	own := t.BurnRate
	var whole fleet.BurnRate
	if pool := s.Pool(t.Spec.Pool); pool != nil {
		whole = pool.BurnRate
	} else if provider := s.Provider(t.Spec.Provider); provider != nil {
		whole = provider.BurnRate
	}
	greater := func(a, b fleet.Maybe[float64]) fleet.Maybe[float64] {
		if a.OK && b.OK {
			return fleet.Some(max(a.V, b.V))
		}
		return fleet.None[float64]()
	}
	return fleet.BurnRate{M5: greater(own.M5, whole.M5), M30: greater(own.M30, whole.M30), H1: greater(own.H1, whole.H1),
		H6: greater(own.H6, whole.H6), At: own.At}
}
