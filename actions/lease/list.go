package lease

import (
	"os"
	"slices"
	"strings"

	"github.com/gofrs/flock"
	"golang.org/x/sys/unix"

	"pitwall/actions"
	"pitwall/fleet"
)

// List says who holds which route, sorted by route. Locks of dead holders are free and are not listed.
func (l *Locks) List() []actions.Lock {
	entries, err := os.ReadDir(l.dir.Path(""))
	if err != nil {
		return []actions.Lock{{Err: fleet.Concat(fleet.Text("the locks cannot be read: "), fleet.Sentence(err))}}
	}
	var locks []actions.Lock
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".lock") {
			continue
		}
		p, err := l.read(e.Name())
		switch {
		case err != nil:
			locks = append(locks, actions.Lock{Err: fleet.Sentence(err)})
		case p.Token != "" && l.held(e.Name(), p):
			locks = append(locks, actions.Lock{Route: p.Route, Holder: p.holder(), PID: p.PID, Change: p.Change,
				Expires: p.Expires, Mine: l.isMine(e.Name(), p)})
		}
	}
	slices.SortStableFunc(locks, func(a, b actions.Lock) int { return strings.Compare(string(a.Route), string(b.Route)) })
	return locks
}

// Alive tells whether the process that is named as a change's guard still lives: known on this machine, and on
// others as long as they renew the route's lock.
func (l *Locks) Alive(route fleet.RouteID, g actions.Guardian) fleet.Maybe[bool] {
	if g.PID == l.pid && g.Host == l.host {
		return fleet.Some(true)
	}
	p, err := l.read(fileName(route))
	if err == nil && p.Token != "" && p.PID == g.PID && p.Host == g.Host {
		return fleet.Some(l.held(fileName(route), p))
	}
	if g.Host == l.host {
		return fleet.Some(false) // a living guard holds the lock
	}
	return fleet.None[bool]()
}

func (l *Locks) isMine(name string, p page) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.mine[name]
	return s != nil && s.page.Token == p.Token
}

// held tells whether a named holder still has the lock. The kernel is asked only about locks that were not
// renewed in time, since asking takes the lock for a moment.
func (l *Locks) held(name string, p page) bool {
	if l.isMine(name, p) {
		return true
	}
	if p.Host == l.host && !processLives(p.PID) {
		return false
	}
	if l.clock.Now().Before(p.Expires) {
		return true
	}
	probe := flock.New(l.dir.Path(name), flock.SetFlag(os.O_RDWR|unix.O_NOFOLLOW))
	defer probe.Close()
	free, err := probe.TryRLock()
	return err != nil || !free
}

// processLives asks with signal 0, which is delivered to nobody. EPERM means that it lives and is another user's.
func processLives(pid int) bool {
	err := unix.Kill(pid, 0)
	return err == nil || err == unix.EPERM
}
