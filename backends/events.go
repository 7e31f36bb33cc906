package backends

import (
	"slices"
	"time"

	"pitwall/fleet"
)

const (
	maxEvents     = 500
	failuresToSay = 3
	// sayAgain is when the same remark of an adapter is worth another event.
	sayAgain = 10 * time.Minute
)

// eventLog keeps the newest events.
type eventLog struct {
	list []fleet.Event // oldest first
	said map[string]time.Time
	down map[fleet.SourceID]bool
}

func (l *eventLog) add(e fleet.Event) {
	if l.down == nil {
		l.down, l.said = map[fleet.SourceID]bool{}, map[string]time.Time{}
	}
	l.list = append(l.list, e)
	if len(l.list) > 2*maxEvents {
		l.list = slices.Clone(l.list[len(l.list)-maxEvents:])
	}
}

// once adds a remark unless the same was made a short while ago.
func (l *eventLog) once(e fleet.Event) {
	if l.said == nil {
		l.down, l.said = map[fleet.SourceID]bool{}, map[string]time.Time{}
	}
	key := e.Object.String() + "\x00" + e.Text.String()
	if at, ok := l.said[key]; ok && e.At.Sub(at) < sayAgain {
		return
	}
	if len(l.said) > maxEvents { // hostile pages can make ever new remarks
		clear(l.said)
	}
	l.said[key] = e.At
	l.add(e)
}

func (l *eventLog) recovered(s *sourceState, at time.Time) {
	if l.down[s.spec.ID] {
		delete(l.down, s.spec.ID)
		l.add(fleet.Event{At: at, Level: fleet.LevelInfo, Object: fleet.Label(string(s.spec.ID)),
			Text: fleet.Text("is read again")})
	}
}

// newestFirst returns a copy for a snapshot.
func (l *eventLog) newestFirst() []fleet.Event {
	n := min(len(l.list), maxEvents)
	out := make([]fleet.Event, n)
	for i := range n {
		out[i] = l.list[len(l.list)-1-i]
	}
	return out
}
