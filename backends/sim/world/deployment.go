package world

import "fmt"

// want is how many pods of one revision a Deployment wants: what a ReplicaSet is.
type want struct {
	revision string
	n        int
	minReady float64 // seconds; older revisions keep what they were made with
}

// latest is the want of the revision that is to be served; it stands last.
func (s *podSet) latest() *want {
	for i := range s.wants {
		if s.wants[i].revision == s.Revision {
			if last := len(s.wants) - 1; i != last {
				one := s.wants[i]
				copy(s.wants[i:], s.wants[i+1:])
				s.wants[last] = one
			}
			return &s.wants[len(s.wants)-1]
		}
	}
	s.wants = append(s.wants, want{revision: s.Revision})
	return &s.wants[len(s.wants)-1]
}

// total is how many pods a Deployment wants of all revisions together.
func (s *podSet) total() int {
	n := 0
	for _, x := range s.wants {
		n += x.n
	}
	return n
}

// scaleSet wants another number of pods of one revision.
func (w *World) scaleSet(s *podSet, x *want, n int) {
	if n == x.n {
		return
	}
	way := map[bool]string{true: "up", false: "down"}[n > x.n]
	w.tell("Deployment", s.Name, "Normal", "ScalingReplicaSet", fmt.Sprintf("Scaled %s replica set %s-%s from %d to %d", way, s.Name,
		x.revision, x.n, n))
	x.n = n
	w.touch(&s.Version)
}

// deploy is one look of the Deployment's controller: it scales its ReplicaSets one step.
func (w *World) deploy(s *podSet) {
	s.latest().minReady = s.strategy.MinReady
	if s.sized != s.Desired {
		w.rescale(s)
	}
	switch {
	case s.strategy.Paused:
	case s.strategy.Way == WayRecreate:
		w.recreate(s)
	default:
		w.roll(s)
	}
	for len(s.wants) > 1 && s.wants[0].n == 0 && w.tally(s, s.wants[0].revision).have == 0 && len(s.wants) > maxWants {
		s.wants = s.wants[1:]
	}
}

// maxWants bounds the revisions that a Deployment remembers.
const maxWants = 12

// rescale shares another size among the revisions: all of it to the only one that has pods, else the difference to the
// one that has most. It does so while a roll is paused, too.
func (w *World) rescale(s *podSet) {
	latest := s.latest()
	s.sized = s.Desired
	most, active := latest, 0
	for i := range s.wants {
		if x := &s.wants[i]; x.n > 0 {
			active++
			if x.n > most.n || most.n == 0 {
				most = x
			}
		}
	}
	if active <= 1 {
		w.scaleSet(s, most, s.Desired)
		return
	}
	surge, _ := s.bounds()
	if s.strategy.Way == WayRecreate {
		surge = 0
	}
	w.scaleSet(s, most, max(0, most.n+s.Desired+surge-s.total()))
}

// recreate lets all old pods go before the first new one comes.
func (w *World) recreate(s *podSet) {
	latest, old := s.latest(), false
	for i := range s.wants[:len(s.wants)-1] {
		w.scaleSet(s, &s.wants[i], 0)
	}
	for p := range s.pods() {
		old = old || p.Revision != s.Revision
	}
	if !old {
		w.scaleSet(s, latest, s.Desired)
	}
}

// roll lets new pods come and old ones go within the bounds of the strategy: old pods that do not serve go first, and
// none goes while too few serve.
func (w *World) roll(s *podSet) {
	surge, missing := s.bounds()
	latest := s.latest()
	switch room := s.Desired + surge - s.total(); {
	case latest.n > s.Desired:
		w.scaleSet(s, latest, s.Desired)
	case room > 0 && latest.n < s.Desired:
		w.scaleSet(s, latest, latest.n+min(room, s.Desired-latest.n))
	}
	least := s.Desired - missing
	unready := latest.n - w.tally(s, s.Revision).available
	spare := s.total() - least - unready
	for i := range s.wants[:len(s.wants)-1] {
		x := &s.wants[i]
		if broken := x.n - w.tally(s, x.revision).available; spare > 0 && broken > 0 {
			n := min(broken, spare)
			spare -= n
			w.scaleSet(s, x, x.n-n)
		}
	}
	serve := 0
	for i := range s.wants {
		serve += min(s.wants[i].n, w.tally(s, s.wants[i].revision).available)
	}
	spare = min(spare, serve-least)
	for i := range s.wants[:len(s.wants)-1] {
		x := &s.wants[i]
		if n := min(x.n, spare); n > 0 {
			spare -= n
			w.scaleSet(s, x, x.n-n)
		}
	}
}
