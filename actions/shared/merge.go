package shared

import (
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/actions/lease"
	"pitwall/fleet"
)

// Merge adds what other machines do to a book of this one: their open changes, as carried elsewhere, and their locks. Where
// they went on with a change of this machine, theirs is shown. mine tells changes that this process carries, and held
// tells locks that it holds, by their tokens.
func (v *View) Merge(b *actions.Book, mine func(fleet.ChangeID) bool, held func(token string) bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, id := range v.clusters() {
		s := v.in[id]
		b.Shared = append(b.Shared, s.state(id, b.At))
		for i := range s.list {
			if c := &s.list[i]; !mine(c.ID) {
				s.mergeChange(b, c)
			}
		}
		s.mergeLocks(b, id, held)
	}
}

func (s *seen) state(id fleet.ClusterID, now time.Time) actions.Shared {
	out := actions.Shared{Cluster: id, At: s.at}
	switch {
	case s.err != nil:
		out.Err = fleet.Sentence(s.err)
	case s.at.IsZero():
		out.Err = fleet.Text("it was not asked yet")
	case now.Sub(s.at) > trusted:
		out.Err = fleet.Concat(fleet.Text("it was not asked for "), fleet.Age(now.Sub(s.at)))
	}
	return out
}

func (s *seen) mergeChange(b *actions.Book, c *copied) {
	if c.change.ID == "" {
		return // nothing of it can be read
	}
	theirs := c.change
	theirs.Guard.Alive = s.alive(&theirs, b.At)
	at := slices.IndexFunc(b.Changes, func(o actions.Change) bool { return o.ID == c.ID })
	switch {
	case at < 0 && !theirs.State.Closed():
		b.Changes = append(b.Changes, theirs)
	case at < 0:
	case b.Changes[at].Hands < theirs.Hands && !b.Changes[at].State.Closed():
		theirs.Undone = b.Changes[at].Undone
		b.Changes[at] = theirs
	case b.Changes[at].Copy == nil && !b.Changes[at].State.Closed():
		own := *theirs.Copy
		own.Elsewhere = false
		b.Changes[at].Copy = &own
	}
}

// alive tells whether the process that guards a change renews its lock, as far as this process saw it itself.
func (s *seen) alive(c *actions.Change, now time.Time) fleet.Maybe[bool] {
	l, ok := s.locks[c.Plan.SharedLock()]
	switch {
	case c.State.Closed(), s.err != nil, s.at.IsZero(), now.Sub(s.at) > trusted:
		return fleet.None[bool]()
	case !ok || l.Holder.Token == "" || l.Holder.PID != c.Guard.PID || l.Holder.Host != c.Guard.Host:
		return fleet.Some(false)
	case now.Sub(l.since) >= l.life():
		return fleet.Some(false)
	case l.renewed:
		return fleet.Some(true)
	}
	return fleet.None[bool]()
}

func (s sighting) life() time.Duration {
	if s.Life <= 0 {
		return fleet.SharedLockLife
	}
	return s.Life
}

// mergeLocks adds locks of other machines. When one runs out is told by the clock of this one.
func (s *seen) mergeLocks(b *actions.Book, id fleet.ClusterID, held func(string) bool) {
	for _, l := range s.locks {
		if l.Holder.Token == "" || held(l.Holder.Token) {
			continue
		}
		route := fleet.RouteID(l.Name + " of " + string(id))
		if b.LockOn(route) != nil {
			continue
		}
		b.Locks = append(b.Locks, actions.Lock{Route: route, Holder: lease.HolderOf(l.Holder), PID: l.Holder.PID,
			Change: l.Holder.Change, Expires: l.since.Add(l.life())})
	}
	slices.SortStableFunc(b.Locks, func(a, b actions.Lock) int {
		switch {
		case a.Route < b.Route:
			return -1
		case a.Route > b.Route:
			return 1
		}
		return 0
	})
}
