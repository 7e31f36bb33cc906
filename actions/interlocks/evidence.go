package interlocks

import (
	"time"

	"pitwall/fleet"
)

// evidenceLife is how long a health verdict counts.
const evidenceLife = 2 * time.Minute

// says is what one kind of evidence says of a target.
type says int

const (
	saysNothing says = iota
	saysUp
	saysDown
)

// evidence gathers what each independent kind says of a target. Good news ages; bad news stands until the same source
// says otherwise. Two voices of one kind count once, the bad one first.
func evidence(s *fleet.Snapshot, t *fleet.Target, now time.Time) map[fleet.HealthKind]says {
	out := map[fleet.HealthKind]says{}
	for _, v := range t.Verdicts {
		switch {
		case v.Up.OK && !v.Up.V:
			out[v.Kind] = saysDown
		case !v.Up.OK || v.At.IsZero() || now.Sub(v.At) > life(s, t, &v):
		case out[v.Kind] == saysNothing:
			out[v.Kind] = saysUp
		}
	}
	return out
}

// life is how long a voice counts: a probe that is sent rarely counts until it is overdue.
func life(s *fleet.Snapshot, t *fleet.Target, v *fleet.HealthVerdict) time.Duration {
	if v.Every > 0 {
		return max(evidenceLife, probeGaps*v.Every)
	}
	if v.Kind == fleet.HealthProbe && t.Spec.Provider != "" {
		return max(evidenceLife, probeGaps*slowest(s, fleet.Subject{Provider: t.Spec.Provider}))
	}
	return evidenceLife
}

// agreement counts the kinds of evidence for and against a target.
func agreement(s *fleet.Snapshot, t *fleet.Target, now time.Time) (up, down int) {
	for _, v := range evidence(s, t, now) {
		switch v {
		case saysUp:
			up++
		case saysDown:
			down++
		case saysNothing:
		}
	}
	return up, down
}

// silent names a kind of evidence that should speak of a target and does not: the gateway where there is traffic, the
// engine where there is work, and our own probe. "" means that none is missing.
func silent(s *fleet.Snapshot, t *fleet.Target, now time.Time) fleet.HealthKind {
	said := evidence(s, t, now)
	if said[fleet.HealthGateway] == saysNothing && t.Load.Requests.Or(0) > 0 {
		return fleet.HealthGateway
	}
	if pool, own := poolOf(s, t); own && said[fleet.HealthEngine] == saysNothing && (pool == nil || !idle(pool.Load)) {
		return fleet.HealthEngine
	}
	if said[fleet.HealthProbe] == saysNothing {
		return fleet.HealthProbe
	}
	return ""
}

// healthy tells whether evidence says that a target works. Unknown is not healthy.
func healthy(s *fleet.Snapshot, t *fleet.Target, now time.Time) bool {
	if t == nil || t.Blocked.OK && t.Blocked.V || t.State == fleet.StateDown {
		return false
	}
	up, down := agreement(s, t, now)
	return up > 0 && down == 0 && silent(s, t, now) == ""
}

// idle tells whether it is known that there is nothing to do.
func idle(l fleet.Load) bool {
	return l.Running.OK && l.Waiting.OK && l.Running.V == 0 && l.Waiting.V == 0
}

// poolOf finds the pool of a target. own is false for a rented target; a pool that is own and nil was not read.
func poolOf(s *fleet.Snapshot, t *fleet.Target) (pool *fleet.Pool, own bool) {
	return s.Pool(t.Spec.Pool), t.Spec.Pool != ""
}
