package main

import (
	"context"

	"pitwall/backends"
	"pitwall/fleet"
)

// feed hands snapshots to the console.
type feed struct {
	hub *backends.Hub
	gen uint64
}

// Next returns the newest snapshot once there is one that was not given before.
func (f *feed) Next(ctx context.Context) (*fleet.Snapshot, error) {
	snap, err := f.hub.Next(ctx, f.gen)
	if err != nil {
		return nil, err
	}
	f.gen = snap.Gen
	return snap, nil
}
