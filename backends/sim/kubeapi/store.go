package kubeapi

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Store holds the objects of one cluster: one revision for all kinds, and for each kind the current objects and its
// latest changes. Objects are immutable once they are in; readers share them. It is safe for concurrent use.
type Store struct {
	mu     sync.RWMutex
	rev    uint64
	now    time.Time
	tables map[string]*table
	order  []*Resource
	ticked chan struct{} // closed and renewed by Tick
	closed chan struct{}
	shut   bool
	keep   int
}

// table is one kind.
type table struct {
	res     *Resource
	rows    []*row // in order of their keys
	log     []change
	floor   uint64        // the newest revision whose change is no longer in the log
	changed chan struct{} // closed and renewed with each change
}

// row is one object at one revision.
type row struct {
	key  string
	rev  uint64
	obj  runtime.Object
	meta metav1.Object
}

// change is what one revision did to one object: old is nil for a new one, now is nil for one that went. last is the
// object as watchers see it leave.
type change struct {
	rev            uint64
	old, now, last *row
}

const (
	// firstRevision is what a cluster of some age would be near to; zero means "any" to clients.
	firstRevision = 184_000
	// keepChanges is how many changes each kind remembers; a watch that begins before these is told to list again.
	keepChanges = 8192
)

// NewStore returns an empty store that stands at a time.
func NewStore(now time.Time) *Store { return newStore(now, keepChanges) }

func newStore(now time.Time, keep int) *Store {
	s := &Store{rev: firstRevision, now: now, keep: keep, tables: map[string]*table{}, order: resources(),
		ticked: make(chan struct{}), closed: make(chan struct{})}
	for _, r := range s.order {
		s.tables[r.ID()] = &table{res: r, floor: firstRevision, changed: make(chan struct{})}
	}
	return s
}

// Tick tells the store the time: new objects bear it, and watches send bookmarks and end by it.
func (s *Store) Tick(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
	close(s.ticked)
	s.ticked = make(chan struct{})
}

// Close ends all watches. The store can be read on.
func (s *Store) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.shut {
		s.shut = true
		close(s.closed)
	}
}

// Now returns the time of the last Tick.
func (s *Store) Now() time.Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.now
}

// Revision returns the current resource version.
func (s *Store) Revision() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.rev
}

// table is where the objects of a resource are.
func (s *Store) table(r *Resource) *table {
	if r.of != "" {
		return s.tables[r.of]
	}
	return s.tables[r.ID()]
}

// Forget drops the log of changes, as compaction does: what is asked of before now is gone.
func (s *Store) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tables {
		t.log, t.floor = nil, s.rev
	}
}

func (t *table) find(key string) (int, bool) {
	return slices.BinarySearchFunc(t.rows, key, func(r *row, key string) int { return strings.Compare(r.key, key) })
}

func (s *Store) row(t *table, key string) *row {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if i, ok := t.find(key); ok {
		return t.rows[i]
	}
	return nil
}

// commit replaces the row that the caller has seen by a new object, or takes it out where obj is nil. It answers false
// when another was quicker. The object belongs to the store from then on. Where nothing would change, nothing does.
func (s *Store) commit(t *table, key string, seen *row, obj runtime.Object) (*row, bool) {
	var fresh *row
	if obj != nil {
		acc, err := meta.Accessor(obj)
		if err != nil {
			return nil, false // not an API object; kinds come from the scheme, so that it cannot be
		}
		still(obj)
		fresh = &row{key: key, obj: obj, meta: acc}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i, found := t.find(key)
	var current *row
	if found {
		current = t.rows[i]
	}
	if current != seen {
		return nil, false
	}
	if current == nil && fresh == nil {
		return nil, true
	}
	if current != nil && fresh != nil {
		fresh.meta.SetResourceVersion(current.meta.GetResourceVersion())
		if equality.Semantic.DeepEqual(current.obj, fresh.obj) {
			return current, true
		}
	}
	return s.record(t, i, current, fresh), true
}

// still lets an object write down what its first encoding caches: quantities keep their text then, and many streams encode
// one object at once.
func still(obj runtime.Object) {
	if sized, ok := obj.(interface{ Size() int }); ok {
		sized.Size()
	}
}

// record makes the change under the next revision and wakes the watchers of the kind.
func (s *Store) record(t *table, i int, current, fresh *row) *row {
	s.rev++
	c := change{rev: s.rev, old: current, now: fresh}
	switch {
	case fresh == nil:
		t.rows = slices.Delete(slices.Clone(t.rows), i, i+1) // readers hold the old list
		c.last = current.gone(s.rev)
	default:
		fresh.rev = s.rev
		fresh.meta.SetResourceVersion(version(s.rev))
		if current == nil {
			t.rows = insert(t.rows, i, fresh)
		} else {
			t.rows = slices.Clone(t.rows)
			t.rows[i] = fresh
		}
	}
	t.log = append(t.log, c)
	if len(t.log) >= 2*s.keep {
		cut := len(t.log) - s.keep
		t.floor = t.log[cut-1].rev
		t.log = slices.Clone(t.log[cut:])
	}
	close(t.changed)
	t.changed = make(chan struct{})
	if fresh == nil {
		return c.last
	}
	return fresh
}

// insert puts a row in. Rows that come in order are appended in place: readers hold a shorter list.
func insert(rows []*row, i int, r *row) []*row {
	if i == len(rows) {
		return append(rows, r)
	}
	return slices.Insert(slices.Clone(rows), i, r)
}

// gone is the row as watchers see it leave: the last state under the revision of the deletion.
func (r *row) gone(rev uint64) *row {
	last := &row{key: r.key, rev: rev, obj: shallow(r.obj)}
	acc, err := meta.Accessor(last.obj)
	if err != nil {
		return r
	}
	acc.SetResourceVersion(version(rev))
	last.meta = acc
	return last
}

func version(rev uint64) string { return strconv.FormatUint(rev, 10) }
