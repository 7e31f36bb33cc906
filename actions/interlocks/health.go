package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

const (
	// evidenceLife is how long a health verdict counts.
	evidenceLife = 2 * time.Minute
	// progressWindow is IL-07's time for tokens to move and probes to succeed.
	progressWindow = 60 * time.Second
	readyPart      = 0.9
)

// healthy tells whether evidence says that a target works. Unknown is not healthy.
func healthy(t *fleet.Target, now time.Time) bool {
	if t == nil || t.Blocked.OK && t.Blocked.V {
		return false
	}
	up, down := agreement(t, now)
	return up > 0 && down == 0 && t.State != fleet.StateDown
}

// agreement counts the fresh kinds of evidence for and against a target.
func agreement(t *fleet.Target, now time.Time) (up, down int) {
	for _, v := range t.Verdicts {
		switch {
		case !v.Up.OK || v.At.IsZero() || now.Sub(v.At) > evidenceLife:
		case v.Up.V:
			up++
		default:
			down++
		}
	}
	return up, down
}

// lastHealthy is IL-01, asked of every step.
func lastHealthy(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	r := route(p, s)
	if r == nil {
		return missing(actions.SeverityHard, fleet.Text("the route is not in the fleet as read now"))
	}
	var out actions.Check
	for _, w := range weightsOnTheWay(p) {
		n, names := healthyWith(r, w, now)
		c := pass(fleet.Int(n), fleet.Text(" healthy targets keep weight: "), names)
		if n == 0 {
			c = verdict(actions.SeverityHard, fleet.Text("0 healthy targets keep weight at "), w.Text(p.Order))
			c.Fix = fleet.Text("leave weight on a target whose health is proven")
		}
		out = worse(out, c)
	}
	return out
}

func healthyWith(r *fleet.Route, w fleet.Weights, now time.Time) (int, fleet.Safe) {
	var names []fleet.Safe
	for i := range r.Targets {
		if t := &r.Targets[i]; w[t.Spec.ID] > 0 && healthy(t, now) {
			names = append(names, target(t.Spec.ID))
		}
	}
	return len(names), fleet.Join(names, fleet.Text(", "))
}

// redundancy is IL-02.
func redundancy(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	r := route(p, s)
	if r == nil {
		return missing(actions.SeverityOVR, fleet.Text("the route is not in the fleet as read now"))
	}
	domains := map[string]bool{}
	n, unknown := 0, false
	for i := range r.Targets {
		t := &r.Targets[i]
		if p.After[t.Spec.ID] <= 0 || !healthy(t, now) {
			continue
		}
		n++
		d := domain(s, t)
		unknown = unknown || d == ""
		domains[d] = true
	}
	count := fleet.Concat(fleet.Int(n), fleet.Text(" healthy targets in "), fleet.Int(len(domains)), fleet.Text(" failure domains"))
	switch {
	case n <= 1:
		return verdict(actions.SeverityOVR, count, fleet.Text(": losing it stops the route"))
	case unknown:
		return missing(actions.SeverityOVR, count, fleet.Text(", one without a site"))
	case len(domains) == 1:
		return verdict(actions.SeverityOVR, count)
	default:
		return pass(count)
	}
}

// domain is what a target fails together with: its site, or its provider.
func domain(s *fleet.Snapshot, t *fleet.Target) string {
	if p := s.Pool(t.Spec.Pool); p != nil {
		if p.Spec.Site == "" {
			return ""
		}
		return "site " + string(p.Spec.Site)
	}
	if t.Spec.Provider != "" {
		return "provider " + string(t.Spec.Provider)
	}
	return ""
}

// progress is IL-07.
func progress(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	return eachReceiver(p, s, func(_ *fleet.Route, t *fleet.Target) actions.Check {
		if pool := s.Pool(t.Spec.Pool); pool != nil {
			return poolProgress(pool, t, now)
		}
		if provider := s.Provider(t.Spec.Provider); provider != nil {
			return probed(provider.ProbeAt, provider.Authorised, now)
		}
		return missing(actions.SeverityBlock, fleet.Text("neither a pool nor a provider is known for it"))
	})
}

func poolProgress(pool *fleet.Pool, t *fleet.Target, now time.Time) actions.Check {
	need := max(1, int(readyPart*float64(pool.Desired)+0.999))
	ready := fleet.Concat(fleet.Int(pool.Ready), fleet.Text(" of "), fleet.Int(pool.Desired), fleet.Text(" ready, needs "), fleet.Int(need))
	switch {
	case pool.Load.At.IsZero():
		return missing(actions.SeverityBlock, fleet.Text("never read"))
	case now.Sub(pool.Load.At) > evidenceLife:
		return missing(actions.SeverityBlock, fleet.Text("last read "), fleet.Age(now.Sub(pool.Load.At)), fleet.Text(" ago"))
	case pool.Ready < need:
		return verdict(actions.SeverityBlock, ready)
	case pool.Progress.Stalled >= progressWindow:
		return verdict(actions.SeverityBlock, fleet.Text("no token for "), fleet.Age(pool.Progress.Stalled), fleet.Text(" while work waits"))
	}
	for _, v := range t.Verdicts {
		if v.Kind == fleet.HealthProbe {
			c := probed(v.At, v.Up, now)
			c.Formula = fleet.Concat(ready, fleet.Text(", "), c.Formula)
			return c
		}
	}
	return missing(actions.SeverityBlock, ready, fleet.Text(", no probe"))
}

func probed(at time.Time, good fleet.Maybe[bool], now time.Time) actions.Check {
	switch {
	case at.IsZero() || !good.OK:
		return missing(actions.SeverityBlock, fleet.Text("no probe"))
	case !good.V:
		return verdict(actions.SeverityBlock, fleet.Text("the probe "), fleet.Age(now.Sub(at)), fleet.Text(" ago failed"))
	case now.Sub(at) > progressWindow:
		return missing(actions.SeverityBlock, fleet.Text("last good probe "), fleet.Age(now.Sub(at)), fleet.Text(" ago > 60s"))
	default:
		return pass(fleet.Text("probe good "), fleet.Age(now.Sub(at)), fleet.Text(" ago"))
	}
}

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
		b := t.BurnRate
		if t.Spec.Pool != "" || t.Spec.Provider != "" {
			b = widest(b, s, t)
		}
		text := func(name fleet.Safe, m fleet.Maybe[float64]) fleet.Safe {
			if !m.OK {
				return fleet.Concat(name, fleet.Text(" -"))
			}
			return fleet.Concat(name, fleet.Text(" "), fleet.Float(m.V, 1), fleet.Text("x"))
		}
		all := fleet.Concat(text(fleet.Text("1h"), b.H1), text(fleet.Text(" 5m"), b.M5), text(fleet.Text(" 6h"), b.H6), text(fleet.Text(" 30m"), b.M30))
		switch {
		case b.H1.OK && b.M5.OK && b.H1.V >= fastBurn && b.M5.V >= fastBurn:
			return verdict(actions.SeverityBlock, all, fleet.Text(" >= 14.4x"))
		case b.H6.OK && b.M30.OK && b.H6.V >= slowBurn && b.M30.V >= slowBurn:
			return verdict(actions.SeverityOVR, all, fleet.Text(" >= 6x"), age(now, b.At))
		case !b.H1.OK || !b.M5.OK || !b.H6.OK || !b.M30.OK:
			// An unknown window could hold the worst case of the fast pair: no milder than the slow one.
			return noHistory(actions.SeverityOVR, all, fleet.Text(": not enough history"))
		default:
			return pass(all, fleet.Text(" < 6x"))
		}
	})
}

// widest takes the burn of the pool or provider where the target itself has carried nothing lately.
func widest(b fleet.BurnRate, s *fleet.Snapshot, t *fleet.Target) fleet.BurnRate {
	var whole fleet.BurnRate
	if pool := s.Pool(t.Spec.Pool); pool != nil {
		whole = pool.BurnRate
	} else if provider := s.Provider(t.Spec.Provider); provider != nil {
		whole = provider.BurnRate
	}
	pick := func(a, c fleet.Maybe[float64]) fleet.Maybe[float64] {
		if !a.OK || c.OK && c.V > a.V {
			return c
		}
		return a
	}
	return fleet.BurnRate{M5: pick(b.M5, whole.M5), M30: pick(b.M30, whole.M30), H1: pick(b.H1, whole.H1), H6: pick(b.H6, whole.H6), At: b.At}
}

// quorum is IL-24.
func quorum(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	return eachReceiver(p, s, func(_ *fleet.Route, t *fleet.Target) actions.Check {
		up, down := agreement(t, now)
		var said []fleet.Safe
		for _, v := range t.Verdicts {
			word := fleet.Text(" unknown")
			if v.Up.OK && now.Sub(v.At) <= evidenceLife {
				word = fleet.Text(" yes")
				if !v.Up.V {
					word = fleet.Text(" no")
				}
			}
			said = append(said, fleet.Concat(fleet.Label(string(v.Kind)), word))
		}
		all := fleet.Join(said, fleet.Text(", "))
		switch {
		case down > 0:
			return verdict(actions.SeverityOVR, fleet.Text("evidence disagrees: "), all)
		case up < 2:
			return missing(actions.SeverityOVR, fleet.Int(up), fleet.Text(" of 2 kinds say it works: "), all)
		default:
			return pass(all)
		}
	})
}
