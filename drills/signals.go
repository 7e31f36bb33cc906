package drills

import (
	"slices"
	"time"

	"pitwall/fleet"
)

// Signal is something that said that all is not well: an alert of the console, or news that do not mislead.
type Signal struct {
	At   time.Duration // from the begin of the drill
	From fleet.Safe    // "alert", or the channel of the news
	Text fleet.Safe
	// Missed is how long nothing was done after it: until the next mark, theory or change. Unknown where none came.
	Missed fleet.Maybe[time.Duration]
}

// signals are the alerts that came and the news that do not mislead, in their order, each with the time until somebody did something.
func signals(s *Scenario, log *Log, alerts []Signal) []Signal {
	list := slices.Clone(alerts)
	for _, in := range s.Injects {
		if !in.Misleading && in.At <= log.Ended {
			list = append(list, Signal{At: in.At, From: fleet.Label(string(in.Channel)), Text: fleet.Label(in.Text)})
		}
	}
	slices.SortStableFunc(list, func(a, b Signal) int { return int(a.At - b.At) })
	for i := range list {
		if e := log.first(list[i].At, KindMark, KindTheory, KindChange, KindRefused); e != nil {
			list[i].Missed = fleet.Some(e.At - list[i].At)
		}
	}
	return list
}
