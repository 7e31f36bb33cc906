package machines

import (
	"sync"
	"time"
)

// Seldom is what is asked more seldom than machines: prices change by the day. Readers of one account may ask at once.
type Seldom[T any] struct {
	mu   sync.Mutex
	at   time.Time // when it was last read
	last T
}

// Get gives what was last read, and reads it again once it is older than every. Where that fails it gives what was read before, with
// the error, and the next call tries again.
func (s *Seldom[T]) Get(now time.Time, every time.Duration, read func() (T, error)) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.at.IsZero() && now.Sub(s.at) < every {
		return s.last, nil
	}
	v, err := read()
	if err != nil {
		return s.last, err
	}
	s.last, s.at = v, now
	return v, nil
}
