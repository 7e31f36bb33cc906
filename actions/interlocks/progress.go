package interlocks

import (
	"math"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

const (
	// progressWindow is IL-07's time for tokens to move and probes to succeed.
	progressWindow = 60 * time.Second
	readyPart      = 0.9
	// probeGaps is how many of its own intervals a probe may be old where it is sent less often than the window.
	probeGaps = 2
)

// progress is IL-07.
func progress(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	return eachReceiver(p, s, func(_ *fleet.Route, t *fleet.Target) actions.Check {
		if pool := s.Pool(t.Spec.Pool); pool != nil {
			return poolProgress(s, pool, t, now)
		}
		if provider := s.Provider(t.Spec.Provider); provider != nil {
			key := probed(provider.ProbeAt, provider.Authorised, slowest(s, fleet.Subject{Provider: provider.Spec.ID}), now)
			live, sent := lively(t, now)
			switch {
			case !sent:
				return key
			case s.Provider(t.Spec.Provider).Authorised == fleet.Some(false):
				return worse(live, key)
			}
			return live // it proves more than the key does
		}
		return missing(actions.SeverityBlock, fleet.Text("neither a pool nor a provider is known for it"))
	})
}

func poolProgress(s *fleet.Snapshot, pool *fleet.Pool, t *fleet.Target, now time.Time) actions.Check {
	need := max(1, int(math.Ceil(readyPart*float64(pool.Desired)-1e-9)))
	ready := fleet.Concat(fleet.Int(pool.Ready), fleet.Text(" of "), fleet.Int(pool.Desired), fleet.Text(" ready, needs "),
		fleet.Int(need))
	switch {
	case pool.Load.At.IsZero():
		return missing(actions.SeverityBlock, fleet.Text("never read"))
	case now.Sub(pool.Load.At) > evidenceLife:
		return missing(actions.SeverityBlock, fleet.Text("last read "), fleet.Age(now.Sub(pool.Load.At)), fleet.Text(" ago"))
	case pool.Ready < need:
		return verdict(actions.SeverityBlock, ready, age(now, pool.Load.At))
	case pool.Progress.Stalled >= progressWindow:
		return verdict(actions.SeverityBlock, fleet.Text("no token for "), fleet.Age(pool.Progress.Stalled),
			fleet.Text(" while work waits"), age(now, pool.Load.At))
	case !pool.Progress.Moving.OK && !idle(pool.Load):
		return missing(actions.SeverityBlock, fleet.Text("whether its tokens move is unknown"))
	}
	out, found := lively(t, now)
	for _, v := range t.Verdicts {
		if v.Kind != fleet.HealthProbe || v.Every > 0 {
			continue
		}
		c := probed(v.At, v.Up, slowest(s, fleet.Subject{Pool: pool.Spec.ID}), now)
		if !found || c.Severity > out.Severity {
			out, found = c, true
		}
	}
	if !found {
		return missing(actions.SeverityBlock, ready, fleet.Text(", no probe"))
	}
	out.Formula = fleet.Concat(ready, fleet.Text(", "), out.Formula)
	return out
}

// lively judges the live probes of a target; sent is false where there are none.
func lively(t *fleet.Target, now time.Time) (c actions.Check, sent bool) {
	for _, v := range t.Verdicts {
		if v.Kind != fleet.HealthProbe || v.Every <= 0 {
			continue
		}
		c := probed(v.At, v.Up, v.Every, now)
		if c.Severity == actions.SeverityPass || v.Up.OK && !v.Up.V {
			c.Formula = fleet.Concat(v.Why, fleet.Text(", "), c.Formula)
		}
		return c, true
	}
	return actions.Check{}, false
}

// slowest is the longest interval of the sources that tell about a pool, a provider or a gateway; 0 is unknown.
func slowest(s *fleet.Snapshot, about fleet.Subject) time.Duration {
	longest := time.Duration(0)
	for _, src := range s.Sources {
		if src.Subject.About != fleet.AboutItself { // it has its own time
			continue
		}
		same := about.Pool != "" && src.Subject.Pool == about.Pool && src.Subject.Replica != "" ||
			about.Provider != "" && src.Subject.Provider == about.Provider && src.Subject.About == fleet.AboutItself ||
			about.Gateway != "" && src.Subject.Gateway == about.Gateway
		if same {
			longest = max(longest, src.Interval)
		}
	}
	return longest
}

func probed(at time.Time, good fleet.Maybe[bool], every time.Duration, now time.Time) actions.Check {
	window := max(progressWindow, probeGaps*every)
	limit := fleet.Age(window)
	switch {
	case at.IsZero() || !good.OK:
		return missing(actions.SeverityBlock, fleet.Text("no probe"))
	case !good.V:
		return verdict(actions.SeverityBlock, fleet.Text("the probe "), fleet.Age(now.Sub(at)), fleet.Text(" ago failed"))
	case now.Sub(at) > window:
		return missing(actions.SeverityBlock, fleet.Text("last good probe "), fleet.Age(now.Sub(at)), fleet.Text(" ago > "),
			limit)
	default:
		return pass(fleet.Text("probe good "), fleet.Age(now.Sub(at)), fleet.Text(" ago <= "), limit)
	}
}
