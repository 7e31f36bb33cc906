package drills

import "time"

// Report is what is known after a drill: enough to play it again and to learn from it.
type Report struct {
	Scenario *Scenario
	Seed     uint64
	Begin    time.Time
	Result   Result
	Log      Log
	Signals  []Signal
	// Curves are the harm of each minute, added up, from the begin of the drill: doing nothing, the reference plan, the player.
	Curves struct{ Nothing, Reference, Player []float64 }
	Harm   struct{ Nothing, Reference, Player float64 } // in all
	Cost   struct{ Nothing, Reference, Player float64 }
}

// NewReport judges a drill against two runs of the same seed. Of those only the time that the player worked counts.
func NewReport(s *Scenario, seed uint64, nothing, reference, player *Played) *Report {
	r := &Report{Scenario: s, Seed: seed, Begin: player.Begin, Log: player.Log, Signals: signals(s, &player.Log, player.Alerts)}
	minutes := int((player.Log.Ended + time.Minute - 1) / time.Minute)
	c := Courses{Nothing: nothing.until(player.Log.Ended), Reference: reference.until(player.Log.Ended), Player: player.Course}
	r.Result = Score(s, &player.Log, &c, reference.Log.overrides())
	r.Curves.Nothing, r.Curves.Reference = c.Nothing.Curve(nothing.Begin, minutes), c.Reference.Curve(reference.Begin, minutes)
	r.Curves.Player = c.Player.Curve(player.Begin, minutes)
	r.Harm.Nothing, r.Harm.Reference, r.Harm.Player = c.Nothing.Weighted(), c.Reference.Weighted(), c.Player.Weighted()
	r.Cost.Nothing, r.Cost.Reference, r.Cost.Player = c.Nothing.Cost, c.Reference.Cost, c.Player.Cost
	return r
}

// until is the part of a run before a time has passed. Its cost is taken to be spread evenly.
func (p *Played) until(passed time.Duration) Course {
	out := Course{Cost: p.Course.Cost}
	if p.Log.Ended > passed {
		out.Cost *= float64(passed) / float64(p.Log.Ended)
	}
	for _, h := range p.Course.Harms {
		if h.At.Sub(p.Begin) < passed {
			out.Harms = append(out.Harms, h)
		}
	}
	return out
}
