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
	output    map[string]float64
	lastToken time.Time
	workSince time.Time // of work without any token since
	still     int       // samples in a row with work and no token
	moving    fleet.Maybe[bool]
	waiting   float64
	running   float64
}

func (p *progressWatch) add(at time.Time, engines []fleet.EngineReading) {
	grown, known := false, false
	p.at = at
	output := make(map[string]float64, len(engines))
	p.running, p.waiting = 0, 0
	for _, e := range engines {
		p.running += float64(e.Running.V)
		p.waiting += float64(e.Waiting.V)
		if !e.OutputTokens.OK {
			continue
		}
		key := string(e.Model) + "\x00" + e.Engine
		output[key] = e.OutputTokens.V
		if before, ok := p.output[key]; ok {
			known = true
			grown = grown || e.OutputTokens.V != before // a smaller value is a restart, which moves too
		}
	}
	p.output = output
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
	}
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
