package shared

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

const (
	lookEvery  = 5 * time.Second
	lookWithin = 10 * time.Second
	// trusted is how old a look may be before who lives is not known any more.
	trusted = 30 * time.Second
)

// Options are what a View needs.
type Options struct {
	Readers map[fleet.ClusterID]fleet.SharedReader
	Clock   fleet.Clock
	Log     *slog.Logger              // nil discards
	Digest  func(actions.Plan) string // recomputes that of a plan; nil checks none
	Looked  func(fleet.ClusterID)     // called after each look; nil for nobody
}

// View is what this process sees of what is shared, in all clusters. Its methods may be called from several goroutines.
type View struct {
	o  Options
	mu sync.Mutex
	in map[fleet.ClusterID]*seen
}

// seen is what the last look at one cluster showed.
type seen struct {
	at     time.Time // of the last look that worked
	err    error
	warned fleet.Safe // of copies that cannot be read
	locks  map[string]sighting
	list   []copied
}

// sighting is a lock with what this process saw of it itself.
type sighting struct {
	fleet.SharedLock
	since   time.Time // in this version
	renewed bool      // it was seen in an older version of the same holder
}

type copied struct {
	fleet.ChangeCopy
	change actions.Change
	err    error
}

// NewView returns a view that has seen nothing yet.
func NewView(o Options) *View {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	v := &View{o: o, in: map[fleet.ClusterID]*seen{}}
	for id := range o.Readers {
		v.in[id] = &seen{locks: map[string]sighting{}}
	}
	return v
}

// Watch looks again and again until ctx ends.
func (v *View) Watch(ctx context.Context) {
	if len(v.o.Readers) == 0 {
		return
	}
	task := v.o.Clock.Task()
	defer task.Done()
	for {
		task.Idle(func() { v.Look(ctx) })
		if task.Sleep(ctx, lookEvery) != nil {
			return
		}
	}
}

// Look reads every cluster once.
func (v *View) Look(ctx context.Context) {
	var work sync.WaitGroup
	for id := range v.o.Readers {
		work.Go(func() { v.LookAt(ctx, id) })
	}
	work.Wait()
}

// LookAt reads one cluster; one in which nothing is shared is passed over.
func (v *View) LookAt(ctx context.Context, id fleet.ClusterID) {
	r := v.o.Readers[id]
	if r == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	locks, err := r.Locks(ctx)
	var list []fleet.ChangeCopy
	if err == nil {
		list, err = r.Copies(ctx)
	}
	if list != nil { // where some cannot be read, the others can
		v.warn(id, err)
		err = nil
	}
	v.take(id, locks, list, err)
	if v.o.Looked != nil {
		v.o.Looked(id)
	}
}

// warn says once which copies cannot be read.
func (v *View) warn(id fleet.ClusterID, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	text := fleet.Sentence(err)
	if s := v.in[id]; s.warned != text {
		s.warned = text
		if err != nil {
			v.o.Log.Warn("read copies of changes", "cluster", string(id), "err", err)
		}
	}
}

func (v *View) take(id fleet.ClusterID, locks []fleet.SharedLock, list []fleet.ChangeCopy, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.o.Clock.Now()
	s := v.in[id]
	if err != nil && (s.err == nil || fleet.Sentence(s.err) != fleet.Sentence(err)) {
		v.o.Log.Warn("read what is shared", "cluster", string(id), "err", err)
	}
	if s.err = err; err != nil {
		return // what was seen stays, with its age
	}
	s.at = now
	next := map[string]sighting{}
	for _, l := range locks {
		was, known := s.locks[l.Name]
		n := sighting{SharedLock: l, since: now}
		if known && was.Holder.Token == l.Holder.Token {
			n.renewed = was.renewed || was.Version != l.Version
			if was.Version == l.Version {
				n.since = was.since
			}
		}
		next[l.Name] = n
	}
	s.locks = next
	s.list = v.decode(s.list, list, id)
}

// decode reads the copies that changed since the last look.
func (v *View) decode(old []copied, list []fleet.ChangeCopy, in fleet.ClusterID) []copied {
	out := make([]copied, 0, len(list))
	for _, c := range list {
		at := slices.IndexFunc(old, func(o copied) bool { return o.ID == c.ID && o.Version == c.Version })
		if at >= 0 {
			out = append(out, old[at])
			continue
		}
		n := copied{ChangeCopy: c}
		if n.change, n.err = Open(c, in, v.o.Digest); n.err != nil {
			v.o.Log.Warn("read the copy of a change", "cluster", string(in), "change", fleet.Label(string(c.ID)).String(), "err", n.err)
			c.Journal = nil // what its summary tells can still be shown
			if shown, err := summarised(c, in); err == nil {
				why := fleet.Sentence(n.err)
				shown.Why, shown.Copy = why, &actions.Copy{At: shown.Updated, Problem: why, Elsewhere: true, Summary: true}
				n.change = shown
			}
		}
		out = append(out, n)
	}
	return out
}

// Since tells since when this process knows a lock in its present version.
func (v *View) Since(in fleet.ClusterID) func(fleet.SharedLock) (time.Time, bool) {
	return func(l fleet.SharedLock) (time.Time, bool) {
		v.mu.Lock()
		defer v.mu.Unlock()
		s := v.in[in]
		if s == nil {
			return time.Time{}, false
		}
		was, ok := s.locks[l.Name]
		return was.since, ok && was.Version == l.Version && was.Holder.Token == l.Holder.Token
	}
}

// Closed lists copies of closed changes, with the time at which each was closed.
func (v *View) Closed(in fleet.ClusterID) map[fleet.ChangeID]time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := map[fleet.ChangeID]time.Time{}
	if s := v.in[in]; s != nil {
		for _, c := range s.list {
			if !c.Closed.IsZero() {
				out[c.ID] = c.Closed
			}
		}
	}
	return out
}

// clusters are the names of all clusters in their order.
func (v *View) clusters() []fleet.ClusterID { return slices.Sorted(maps.Keys(v.in)) }
