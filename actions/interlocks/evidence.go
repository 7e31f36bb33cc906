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

// evidence gathers what each fresh, independent kind says of a target. Two voices of one kind count once, the bad
// one first.
func evidence(t *fleet.Target, now time.Time) map[fleet.HealthKind]says {
	out := map[fleet.HealthKind]says{}
	for _, v := range t.Verdicts {
		switch {
		case !v.Up.OK || v.At.IsZero() || now.Sub(v.At) > evidenceLife:
		case !v.Up.V:
			out[v.Kind] = saysDown
		case out[v.Kind] == saysNothing:
			out[v.Kind] = saysUp
		}
	}
	return out
}

// agreement counts the kinds of evidence for and against a target.
func agreement(t *fleet.Target, now time.Time) (up, down int) {
	for _, v := range evidence(t, now) {
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

// healthy tells whether evidence says that a target works. Unknown is not healthy: where there is traffic the gateway
// must have an opinion, and where there is work the engine must.
func healthy(s *fleet.Snapshot, t *fleet.Target, now time.Time) bool {
	if t == nil || t.Blocked.OK && t.Blocked.V || t.State == fleet.StateDown {
		return false
	}
	if up, down := agreement(t, now); up == 0 || down > 0 {
		return false
	}
	seen := evidence(t, now)
	if seen[fleet.HealthGateway] == saysNothing && t.Load.Requests.Or(0) > 0 {
		return false
	}
	pool := s.Pool(t.Spec.Pool)
	return pool == nil || seen[fleet.HealthEngine] == saysUp || idle(pool.Load)
}

// idle tells whether it is known that there is nothing to do.
func idle(l fleet.Load) bool {
	return l.Running.OK && l.Waiting.OK && l.Running.V == 0 && l.Waiting.V == 0
}
