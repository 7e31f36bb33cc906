package kube

import (
	"context"
	"errors"

	"pitwall/fleet"
)

// Read lists each kind once. A kind that is forbidden or absent says so; without pods the read fails.
func (w *Watcher) Read(ctx context.Context) (fleet.Partial, error) {
	r := w.newWatching(func(fleet.Partial) {}, func(error) {})
	c, err := w.set.open(ctx)
	if err != nil {
		return fleet.Partial{}, err
	}
	defer c.close()
	p, err := c.pulse(ctx)
	if err != nil {
		return fleet.Partial{}, err
	}
	r.line.mu.Lock()
	r.line.conn, r.line.pulse = c, p
	r.line.mu.Unlock()
	for _, f := range r.follow {
		if err := f.listOnce(ctx, c); err != nil && (f.plural == podKind || isLink(err)) {
			return fleet.Partial{}, err
		}
	}
	r.line.note(nil)
	return r.partial(), nil
}

// listOnce lists one kind, in the namespace of the context where all is forbidden.
func (f *follower) listOnce(ctx context.Context, c *conn) error {
	_, err := f.listPages(ctx, reading{}, c)
	if f.namespaced && errors.Is(err, errForbidden) && f.scope.narrow(f.plural, c.namespace) {
		if _, again := f.listPages(ctx, reading{}, c); fleet.KindOf(again) != fleet.KindNotFound {
			err = again
		}
	}
	if f.optional && errors.Is(err, errForbidden) {
		err = f.orAbsent(ctx, c, err)
	}
	switch {
	case err == nil:
	case fleet.KindOf(err) == fleet.KindNotFound && f.optional:
		f.world.forget(f.plural)
		return nil
	default:
		f.say(err)
	}
	return err
}

// reading is the part of a plain read in time: the caller's own.
type reading struct{ fleet.Task }

func (reading) Idle(wait func()) { wait() }
