package tuitest

import (
	"context"

	"pitwall/fleet"
)

// Feed gives the snapshots that a test puts in. It satisfies tui.Feed.
type Feed struct {
	next chan *fleet.Snapshot
	// Idle makes Next return ErrIdle instead of waiting.
	Idle bool
}

// NewFeed returns a feed with room for n snapshots that nobody has taken yet.
func NewFeed(n int) *Feed { return &Feed{next: make(chan *fleet.Snapshot, n)} }

// Put adds a snapshot.
func (f *Feed) Put(s *fleet.Snapshot) { f.next <- s }

// Next gives the oldest snapshot that was not taken.
func (f *Feed) Next(ctx context.Context) (*fleet.Snapshot, error) {
	if f.Idle {
		return nil, ErrIdle
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case s := <-f.next:
		return s, nil
	}
}
