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
			return probed(provider.ProbeAt, provider.Authorised, slowest(s, fleet.Subject{Provider: provider.Spec.ID}), now)
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
	for _, v := range t.Verdicts {
		if v.Kind == fleet.HealthProbe {
			c := probed(v.At, v.Up, slowest(s, fleet.Subject{Pool: pool.Spec.ID}), now)
			c.Formula = fleet.Concat(ready, fleet.Text(", "), c.Formula)
			return c
		}
	}
	return missing(actions.SeverityBlock, ready, fleet.Text(", no probe"))
}

// slowest is the longest interval of the sources that tell about a pool, a provider or a gateway; 0 is unknown.
func slowest(s *fleet.Snapshot, about fleet.Subject) time.Duration {
	longest := time.Duration(0)
	for _, src := range s.Sources {
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
