package backends

import (
	"time"

	"pitwall/fleet"
)

// Progress limits. A replica with work and no token for stallDown is not up, whatever its health
// endpoint says; stallWarn says so early.
const (
	stallWarn = 15 * time.Second
	stallDown = 60 * time.Second
	// A stall needs this many samples without a token: one slow scrape is no stall.
	stallSamples = 3
)

// progressWatch follows whether the tokens of one replica move.
type progressWatch struct {
	at        time.Time // of the newest sample: a stall is known until then
	engines   map[string]evidence
	lastToken time.Time
	workSince time.Time // of work without any token since
	still     int       // samples in a row with work and no token
	moving    fleet.Maybe[bool]
	waiting   float64
	running   float64
}

// evidence is what one engine shows of its work.
type evidence struct {
	output, work, pulse fleet.Maybe[float64]
	late                bool
}

// moved tells whether anything changed since the reading before; a smaller value is a restart, which moves too.
func (e evidence) moved(before evidence) bool {
	return changed(before.output, e.output) || changed(before.work, e.work) || changed(before.pulse, e.pulse)
}

// decides tells whether an engine that did not move is known to stand still.
func (e evidence) decides(before evidence) bool {
	return e.work.OK && before.work.OK || e.output.OK && before.output.OK && !e.late
}

func changed(before, now fleet.Maybe[float64]) bool { return before.OK && now.OK && before.V != now.V }

func (p *progressWatch) add(at time.Time, engines []fleet.EngineReading) {
	grown, known := p.take(engines)
	p.at = at
	switch {
	case grown:
		p.lastToken, p.workSince, p.still = at, time.Time{}, 0
		p.moving = fleet.Some(true)
	case p.running+p.waiting == 0:
		p.workSince, p.still = time.Time{}, 0
		p.moving = fleet.None[bool]()
	case known:
		if p.workSince.IsZero() {
			p.workSince = at
		}
		p.still++
		if p.still >= stallSamples && p.stalled(at) >= stallWarn {
			p.moving = fleet.Some(false)
		}
	case p.workSince.IsZero(): // that tokens moved once is not true for ever
		p.moving = fleet.None[bool]()
	}
}

// take compares a page with the one before: whether tokens moved, and whether it would be known if they did not.
// Requests that wait while none runs are known not to move, whatever is counted.
func (p *progressWatch) take(engines []fleet.EngineReading) (grown, known bool) {
	now := make(map[string]evidence, len(engines))
	p.running, p.waiting = 0, 0
	counted := len(engines) > 0
	for _, e := range engines {
		p.running += float64(e.Running.V)
		p.waiting += float64(e.Waiting.V)
		counted = counted && e.Running.OK
		key := string(e.Model) + "\x00" + e.Engine
		seen := evidence{output: e.OutputTokens, work: e.Work, pulse: e.Pulse, late: e.LateTokens}
		now[key] = seen
		if before, ok := p.engines[key]; ok {
			grown = grown || seen.moved(before)
			known = known || seen.decides(before)
		}
	}
	known = known || len(p.engines) > 0 && counted && p.running == 0 && p.waiting > 0
	p.engines = now
	return grown, known
}

// stalled is for how long there has been work and no token.
func (p *progressWatch) stalled(at time.Time) time.Duration {
	if p.workSince.IsZero() || p.still < stallSamples {
		return 0
	}
	from := p.workSince
	if p.lastToken.After(from) {
		from = p.lastToken
	}
	return at.Sub(from)
}

func (p *progressWatch) value() fleet.Progress {
	out := fleet.Progress{Moving: p.moving, LastToken: p.lastToken, Stalled: p.stalled(p.at)}
	if out.Moving.OK && !out.Moving.V {
		out.Why = fleet.Concat(fleet.Text("no token for "), fleet.Age(out.Stalled), fleet.Text(" with "),
			fleet.Count(p.running).Text(), fleet.Text(" running, "), fleet.Count(p.waiting).Text(), fleet.Text(" waiting"))
	}
	return out
}
