package kubeapi

import (
	"slices"
	"strings"
)

// current returns the rows of a kind in a namespace ("" for all) and the revision at which they are true.
func (s *Store) current(t *table, namespace string) ([]*row, uint64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return within(t.rows, namespace), s.rev
}

// at returns the rows as they were at a revision. It answers false when the log does not reach back so far.
func (s *Store) at(t *table, namespace string, rev uint64) ([]*row, bool) {
	s.mu.RLock()
	rows, log, floor, now := t.rows, t.log, t.floor, s.rev
	s.mu.RUnlock()
	if rev < floor || rev > now {
		return nil, false
	}
	undo := map[string]*row{} // how the objects stood that have changed since
	for i := len(log) - 1; i >= 0 && log[i].rev > rev; i-- {
		undo[log[i].key()] = log[i].old
	}
	if len(undo) == 0 {
		return within(rows, namespace), true
	}
	past := make([]*row, 0, len(rows)+len(undo))
	for _, r := range rows {
		if _, changed := undo[r.key]; !changed {
			past = append(past, r)
		}
	}
	for _, r := range undo {
		if r != nil {
			past = append(past, r)
		}
	}
	slices.SortFunc(past, func(a, b *row) int { return strings.Compare(a.key, b.key) })
	return within(past, namespace), true
}

func (c *change) key() string {
	if c.old != nil {
		return c.old.key
	}
	return c.now.key
}

// within cuts the rows of one namespace out, which stand together.
func within(rows []*row, namespace string) []*row {
	if namespace == "" {
		return rows
	}
	bound := func(k string) int {
		i, _ := slices.BinarySearchFunc(rows, k, func(r *row, k string) int { return strings.Compare(r.key, k) })
		return i
	}
	return rows[bound(namespace+"/"):bound(namespace+"0")] // "0" follows "/"
}

// after is what a watch sees of a kind behind a revision.
type after struct {
	changes []change
	rev     uint64          // all changes up to here are in
	gone    bool            // the log does not reach back so far
	more    <-chan struct{} // closed with the next change
	ticked  <-chan struct{} // closed when time passes
}

func (s *Store) after(t *table, rev uint64) after {
	s.mu.RLock()
	defer s.mu.RUnlock()
	a := after{rev: max(rev, s.rev), gone: rev < t.floor, more: t.changed, ticked: s.ticked}
	i, _ := slices.BinarySearchFunc(t.log, rev+1, func(c change, rev uint64) int {
		switch {
		case c.rev < rev:
			return -1
		case c.rev > rev:
			return 1
		}
		return 0
	})
	a.changes = t.log[i:]
	return a
}
