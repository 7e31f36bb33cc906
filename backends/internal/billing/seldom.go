package billing

import (
	"context"
	"sync"
	"time"

	"pitwall/fleet"
)

// Seldom returns a reader that asks at most so often, whatever the configuration or a refresh says: within that time it gives its
// last good answer again, as old as it is.
func Seldom(r fleet.Reader, clock fleet.Clock, least time.Duration) fleet.Reader {
	return &seldom{reader: r, clock: clock, least: least}
}

type seldom struct {
	reader fleet.Reader
	clock  fleet.Clock
	least  time.Duration

	mu   sync.Mutex
	last fleet.Partial
	at   time.Time
}

// Read implements fleet.Reader.
func (s *seldom) Read(ctx context.Context) (fleet.Partial, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	if !s.at.IsZero() && now.Sub(s.at) < s.least {
		return s.last, nil
	}
	p, err := s.reader.Read(ctx)
	if err == nil {
		s.last, s.at = p, now
		if p.Bill != nil { // said again it has cost nothing
			again := *p.Bill
			again.Calls = 0
			s.last.Bill = &again
		}
	}
	return p, err
}
