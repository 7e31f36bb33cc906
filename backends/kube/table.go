package kube

import (
	"cmp"
	"slices"
)

// key names an object of one kind.
type key struct{ namespace, name string }

func (k key) compare(o key) int {
	return cmp.Or(cmp.Compare(k.namespace, o.namespace), cmp.Compare(k.name, o.name))
}

// table holds the rows of one kind, sorted by key. A list that was handed out is never changed: the next change copies the
// pointers first, which costs 80 kB for 10,000 rows. Rows themselves are immutable.
type table[T any] struct {
	keyOf  func(*T) key
	rows   []*T
	shared bool // rows was handed out
}

// search compares without building a closure's worth of keys for each step.
func (t *table[T]) search(k key) (int, bool) {
	if n := len(t.rows); n == 0 || t.keyOf(t.rows[n-1]).compare(k) < 0 {
		return n, false // lists arrive in order
	}
	return slices.BinarySearchFunc(t.rows, k, func(r *T, k key) int { return t.keyOf(r).compare(k) })
}

func (t *table[T]) find(k key) *T {
	if i, ok := t.search(k); ok {
		return t.rows[i]
	}
	return nil
}

// put adds or replaces a row and returns the one before, nil for none.
func (t *table[T]) put(r *T) *T {
	i, found := t.search(t.keyOf(r))
	if i == len(t.rows) {
		t.rows = append(t.rows, r) // beyond the end of what was handed out
		return nil
	}
	t.own()
	if found {
		before := t.rows[i]
		t.rows[i] = r
		return before
	}
	t.rows = slices.Insert(t.rows, i, r)
	return nil
}

// drop removes a row and returns it, nil where there was none.
func (t *table[T]) drop(k key) *T {
	i, found := t.search(k)
	if !found {
		return nil
	}
	t.own()
	before := t.rows[i]
	t.rows = slices.Delete(t.rows, i, i+1)
	return before
}

// own makes the list one that nobody else holds.
func (t *table[T]) own() {
	if t.shared {
		t.rows = slices.Clone(t.rows)
		t.shared = false
	}
}

// publish hands the list out.
func (t *table[T]) publish() []*T {
	t.shared = true
	return t.rows[:len(t.rows):len(t.rows)]
}
