package backends

import (
	"time"

	"pitwall/fleet"
)

// settle records the state of an object and makes an event of a change that matters.
func (w *world) settle(key string, state fleet.State, object, why fleet.Safe, now time.Time) time.Time {
	since, from, changed := w.enter(key, state, now)
	if !changed || quietChange(from, state) {
		return since
	}
	level := fleet.LevelInfo
	switch {
	case state == fleet.StateStale:
		level = fleet.LevelStale
	case state.Rank() >= fleet.StateCrit.Rank():
		level = fleet.LevelCrit
	case state.Rank() >= fleet.StateWarn.Rank():
		level = fleet.LevelWarn
	}
	text := fleet.Concat(from.Text(), fleet.Text(" -> "), state.Text())
	if !why.IsEmpty() {
		text = fleet.Concat(text, fleet.Text(": "), why)
	}
	w.events.add(fleet.Event{At: now, Level: level, Object: object, Text: text})
	return since
}

// quietChange tells whether a change of state is the ordinary coming and going of traffic.
func quietChange(from, to fleet.State) bool {
	calm := func(s fleet.State) bool {
		return s == fleet.StateOK || s == fleet.StateIdle || s == fleet.StateStandby || s == fleet.StateUnknown
	}
	return calm(from) && calm(to)
}
