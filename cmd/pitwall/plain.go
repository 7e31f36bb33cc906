package main

import (
	"context"
	"fmt"

	"pitwall/actions"
	"pitwall/actions/desk"
	"pitwall/fleet"
	"pitwall/views/plain"
)

// plain prints labelled lines, appended only on change: for TERM=dumb, no terminal, and screen readers.
func (s *session) plain(ctx context.Context, d *desk.Desk, f *flags, c console) error {
	why := "the output is no terminal that takes a screen"
	switch {
	case f.accessible:
		why = "--accessible"
	case c.environ("PITWALL_ACCESSIBLE") != "":
		why = "PITWALL_ACCESSIBLE"
	}
	fmt.Fprintf(c.out, "Line mode, because of: %s. Changes are made with pitwall shift, undo and journal. Ctrl+c ends.\n", why)
	s.settle(ctx, readTime)
	s.watch(ctx, s.readTwice) // so that the first lines have rates
	if a := d.Book().Access; !a.Write {
		fmt.Fprintf(c.out, "Writing is off: %s.\n", a.Why)
	}
	var before *fleet.Snapshot
	var bookBefore actions.Book
	var gen uint64
	for {
		snap, err := s.hub.Next(ctx, gen)
		if err != nil {
			return nil //nolint:nilerr // the end of ctx is how it stops
		}
		gen = snap.Gen
		book := d.Book()
		for _, line := range plain.Lines(before, snap, bookBefore, book) {
			if _, err := fmt.Fprintln(c.out, line); err != nil {
				return err
			}
		}
		before, bookBefore = snap, book
	}
}
