package world

// Amount is a number of pods, or so many percent of those that are wanted.
type Amount struct {
	N       int
	Percent bool
}

// of is the amount of a whole, rounded up or down.
func (a Amount) of(whole int, up bool) int {
	if !a.Percent {
		return a.N
	}
	if up {
		return (a.N*whole + 99) / 100
	}
	return a.N * whole / 100
}

// Ways of replacing pods.
const (
	WayRolling  = ""
	WayRecreate = "Recreate" // all old pods go before the first new one comes; no StatefulSet does this
	WayOnDelete = "OnDelete" // new pods come where somebody deletes old ones; a StatefulSet's alone
)

// Strategy is how a workload replaces its pods by those of another revision.
type Strategy struct {
	Way         string
	Surge       Amount // pods beyond those wanted, rounded up
	Unavailable Amount // pods that may be missing, rounded down
	Partition   int    // ordinals below it keep the revision that they have
	MinReady    float64
	Deadline    float64 // seconds without progress after which a roll counts as late; 0 for none
	Paused      bool
}

// oneByOne is the strategy of a pool that nobody has given another: a node has no devices for one pod more.
var oneByOne = Strategy{Unavailable: Amount{N: 1}, Deadline: 1800}

// bounds are how many pods beyond Desired there may be, and how many of these may be missing. Where both are none the
// controller lets one be missing, since it could not go on.
func (s *podSet) bounds() (surge, missing int) {
	surge, missing = s.strategy.Surge.of(s.Desired, true), s.strategy.Unavailable.of(s.Desired, false)
	if surge == 0 && missing == 0 {
		missing = 1
	}
	return surge, min(missing, s.Desired)
}

// Guide gives a pool's controller a strategy. It says whether there is such a pool, and is for use inside At.
func (w *World) Guide(pool string, st Strategy) bool {
	s := w.set(pool)
	if s == nil {
		return false
	}
	if s.strategy != st {
		s.strategy, s.progressed = st, w.Seconds()
		s.Complete = s.Complete && !s.pool.Stateful // a lower partition makes more of its roll
		w.unsettled++
		w.touch(&s.Version)
	}
	return true
}

func (w *World) set(pool string) *podSet {
	for _, s := range w.cluster.sets {
		if s.Name == pool {
			return s
		}
	}
	return nil
}

// available says whether a pod has been ready for as long as its workload asks.
func (w *World) available(s *podSet, p *pod) bool {
	least := s.strategy.MinReady
	for i := range s.wants {
		if x := &s.wants[i]; x.revision == p.Revision {
			least = x.minReady
		}
	}
	return p.Ready && !p.Terminating && w.Now().Sub(p.ReadySince).Seconds() >= least
}

// roster counts the pods of one revision; those that are terminating or have failed are none of them.
type roster struct{ have, ready, available int }

func (w *World) tally(s *podSet, revision string) roster {
	var t roster
	for p := range s.pods() {
		if p.Terminating || revision != "" && p.Revision != revision {
			continue
		}
		t.have++
		if p.Ready {
			t.ready++
		}
		if w.available(s, p) {
			t.available++
		}
	}
	return t
}

// pods walks over the pods of a workload, with the engine that each carries; nil for one that waits for devices.
func (s *podSet) pods() func(yield func(*pod, *Replica) bool) {
	return func(yield func(*pod, *Replica) bool) {
		for _, r := range s.replicas {
			if r.pod != nil && !yield(r.pod, r) {
				return
			}
		}
		for _, p := range s.extra {
			if !yield(p, nil) {
				return
			}
		}
	}
}

// follow notes whether a roll goes on: it has a deadline from its last step on.
func (w *World) follow(s *podSet, now float64) {
	all, latest := w.tally(s, ""), w.tally(s, s.Revision)
	seen := progress{revision: s.Revision, updated: latest.have, ready: all.ready, available: all.available, old: all.have - latest.have}
	if seen.beyond(s.seen) {
		s.progressed, s.Late = now, false
	}
	if seen != s.seen {
		w.touch(&s.Version)
	}
	s.seen = seen
	done := latest.have == s.Desired && latest.available == s.Desired && seen.old == 0
	if s.pool.Stateful {
		done = s.rolled(all)
	}
	if done && latest.have == s.Desired && s.Current != s.Revision { // none is left of what was before
		s.Current = s.Revision
		w.touch(&s.Version)
	}
	if done && !s.Complete {
		s.Complete, s.Late = true, false
		w.touch(&s.Version)
	}
	if s.overdue(now) {
		s.Late = true
		w.touch(&s.Version)
	}
}

// overdue says whether a roll has just missed its deadline.
func (s *podSet) overdue(now float64) bool {
	st := &s.strategy
	return !s.Complete && !s.Late && !st.Paused && st.Deadline > 0 && now-s.progressed >= st.Deadline
}

// progress is what a controller takes for progress when it grows, but for the old pods, which are to become fewer.
type progress struct {
	revision                       string
	updated, ready, available, old int
}

func (p progress) beyond(was progress) bool {
	return p.revision != was.revision || p.updated > was.updated || p.ready > was.ready || p.available > was.available || p.old < was.old
}

// settled says whether nothing of a workload is under way.
func (w *World) settled(s *podSet) bool {
	all := w.tally(s, "")
	if !s.Complete || len(s.extra) > 0 || all.have != s.Desired || all.available != s.Desired {
		return false
	}
	for p, r := range s.pods() {
		if p.Terminating || r == nil || r.state != serving || w.Seconds() < r.offAt {
			return false
		}
	}
	return true
}
