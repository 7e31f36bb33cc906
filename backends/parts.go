package backends

import (
	"fmt"
	"time"

	"pitwall/fleet"
)

// spread gives what a store said to the sources that are read through it. The Hub's mutex is held.
func (h *Hub) spread(store *sourceState, a answer, now time.Time) {
	if a.err != nil {
		for _, s := range h.states {
			if s.spec.From == store.spec.ID {
				h.through(s, store, answer{err: a.err}, now)
			}
		}
		return
	}
	for _, p := range a.partial.Parts {
		if s := h.byID[p.Source]; s != nil && s.spec.From == store.spec.ID {
			h.through(s, store, answer{partial: p.Reading, err: p.Err}, now)
		}
	}
}

// through records one part. A sample that was seen before is no new reading: rates and ages follow the store's own times.
func (h *Hub) through(s, store *sourceState, a answer, now time.Time) {
	if a.err != nil {
		a.err = &fleet.Error{Kind: fleet.KindOf(a.err), Op: "read through " + string(store.spec.ID), Source: s.spec.ID,
			Err: fmt.Errorf("%w", a.err)}
	}
	if a.partial.At.IsZero() {
		a.partial.At = now
	}
	s.mu.Lock()
	s.status.LastTry, s.status.NextTry = now, store.status.NextTry
	known := a.err == nil && !a.partial.At.After(s.status.LastGood)
	if known {
		s.status.Failing, s.status.Err, s.status.Cause, s.status.ErrKind = 0, fleet.Safe{}, fleet.Safe{}, ""
	}
	s.mu.Unlock()
	if !known {
		h.record(s, a, 0, now)
	}
}
