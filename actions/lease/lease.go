package lease

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sys/unix"

	"pitwall/actions"
	"pitwall/actions/journal/disk"
	"pitwall/fleet"
)

// Life is how long a lock is good without being renewed. The kernel frees it earlier when its process ends; the
// expiry tells machines apart that do not share a kernel.
const Life = 30 * time.Second

// RenewEvery is how often a holder renews.
const RenewEvery = 10 * time.Second

// pageSize is the fixed size of a lock file: one write replaces all of it, so that no reader sees half.
const pageSize = 4096

// Locks are the route locks of one state directory.
type Locks struct {
	dir    disk.Dir
	clock  fleet.Clock
	host   string
	pid    int
	mu     sync.Mutex
	mine   map[string]*Lease // by file name
	remote bool
}

// page is the content of a lock file. An empty holder is a lock that was released.
type page struct {
	Route    fleet.RouteID  `json:"route"`
	UID      int            `json:"uid"`
	Name     string         `json:"name,omitempty"`
	Verified bool           `json:"verified"`
	Host     string         `json:"host"`
	PID      int            `json:"pid"`
	Change   fleet.ChangeID `json:"change,omitempty"`
	Expires  time.Time      `json:"expires"`
	Token    string         `json:"token"` // "" when released
}

// Open opens the locks of a state directory and makes the directory where it is absent.
func Open(state string, clock fleet.Clock) (*Locks, error) {
	dir, err := disk.Open(state, "locks")
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, fault("learn this machine's name", err)
	}
	return &Locks{dir: dir, clock: clock, host: host, pid: os.Getpid(), mine: map[string]*Lease{},
		remote: networkFileSystem(dir.Path("")) != ""}, nil
}

// Scope says whom the locks bind: "this user only" for a private state directory, "" for a shared one. The warning is
// set where kernel locks may not reach other machines.
func (l *Locks) Scope() (scope, warn fleet.Safe) {
	if !l.dir.Shared() {
		scope = fleet.Text("this user only")
	}
	if name := networkFileSystem(l.dir.Path("")); name != "" {
		warn = fleet.Concat(fleet.Text("the state directory is on "), fleet.Label(name),
			fleet.Text(": locks may not bind other machines"))
	}
	return scope, warn
}

// Lease is one held lock. Its methods may be called from several goroutines.
type Lease struct {
	locks *Locks
	name  string
	file  *os.File // the file that was locked, to notice another in its place
	kern  *flock.Flock
	mu    sync.Mutex
	page  page
	// TakenFrom names the dead holder whose lock was taken over, "" otherwise.
	TakenFrom fleet.Safe
}

// Acquire takes the lock of a route or says who holds it, in a KindConflict. A lock whose process is dead is
// taken over, and Lease.TakenFrom says from whom.
func (l *Locks) Acquire(route fleet.RouteID, actor actions.Actor, change fleet.ChangeID) (*Lease, error) {
	name := fileName(route)
	file, err := l.dir.Rewrite(name)
	if err != nil {
		return nil, err
	}
	kern := flock.New(l.dir.Path(name), flock.SetFlag(os.O_RDWR|unix.O_NOFOLLOW), flock.SetPermissions(l.dir.FileMode()))
	s := &Lease{locks: l, name: name, file: file, kern: kern}
	got, err := kern.TryLock()
	if err != nil {
		return nil, fault("lock the route", errors.Join(err, s.Drop()))
	}
	now := l.clock.Now()
	old, readErr := l.read(name)
	elsewhere := readErr == nil && old.Token != "" && old.Host != l.host && l.remote && now.Before(old.Expires)
	if !got || elsewhere {
		return nil, errors.Join(heldBy(route, old, readErr), s.Drop())
	}
	if readErr == nil && old.Token != "" {
		s.TakenFrom = fleet.Concat(old.holder().Text(), fleet.Text(" (process "), fleet.Int(old.PID), fleet.Text(" on "),
			fleet.Label(old.Host), fleet.Text(", which is gone)"))
	}
	s.page = page{Route: route, UID: actor.UID, Name: actor.Name, Verified: actor.Verified, Host: l.host, PID: l.pid,
		Change: change, Expires: now.Add(Life), Token: token()}
	if err := errors.Join(s.sameFile(), s.write(s.page)); err != nil {
		return nil, errors.Join(err, s.Drop())
	}
	l.mu.Lock()
	l.mine[name] = s
	l.mu.Unlock()
	return s, nil
}

// Bind names the change that the lock is held for, once it has an ID.
func (s *Lease) Bind(change fleet.ChangeID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.page.Change = change
	return s.write(s.page)
}

// Verify tells whether the lock is still ours: the file is the one that was locked and names us. It is asked before
// every write.
func (s *Lease) Verify() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.sameFile(); err != nil {
		return lost(err)
	}
	now, err := s.locks.read(s.name)
	if err == nil && now.Token != s.page.Token {
		err = fmt.Errorf("it names %s, process %d on %s", now.holder().Text(), now.PID, fleet.Label(now.Host))
	}
	if err != nil {
		return lost(err)
	}
	return nil
}

// Renew verifies the lock and moves its expiry.
func (s *Lease) Renew() error {
	if err := s.Verify(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.page.Expires = s.locks.clock.Now().Add(Life)
	return s.write(s.page)
}

// Release gives the lock back. The file stays: taking it away would let two processes lock two files.
func (s *Lease) Release() error {
	err := s.Verify()
	if err == nil {
		err = s.write(page{Route: s.page.Route})
	}
	return errors.Join(err, s.Drop())
}

// Drop frees the kernel lock as the end of the process would: the file goes on naming the holder.
func (s *Lease) Drop() error {
	s.locks.mu.Lock()
	if s.locks.mine[s.name] == s {
		delete(s.locks.mine, s.name)
	}
	s.locks.mu.Unlock()
	return errors.Join(s.kern.Close(), s.file.Close())
}

// sameFile finds a lock file that was put in the place of ours.
func (s *Lease) sameFile() error {
	a, err := s.file.Stat()
	if err != nil {
		return err
	}
	b, err := os.Lstat(s.locks.dir.Path(s.name))
	if err != nil {
		return err
	}
	if !os.SameFile(a, b) {
		return errors.New("its file was replaced")
	}
	return nil
}

func (l *Locks) read(name string) (page, error) {
	b, err := l.dir.Read(name, pageSize)
	if err != nil {
		return page{}, err
	}
	var p page
	b = bytes.TrimRight(b, " \x00")
	if len(b) == 0 {
		return p, nil // made this moment
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return page{}, &fleet.Error{Kind: fleet.KindInvalid, Op: "read the lock", Err: err}
	}
	return p, nil
}

func (s *Lease) write(p page) error {
	b, err := json.Marshal(p)
	if err == nil && len(b) > pageSize {
		err = errors.New("the route's name is too long for a lock")
	}
	if err != nil {
		return fault("write the lock", err)
	}
	b = append(b, strings.Repeat(" ", pageSize-len(b))...)
	if _, err := s.file.WriteAt(b, 0); err != nil {
		return fault("write the lock", err)
	}
	return nil
}

func (p page) holder() actions.Actor {
	return actions.Actor{UID: p.UID, Name: p.Name, Verified: p.Verified, Host: p.Host}
}

// fileName keeps outside text out of paths: routes are told apart by their hash.
func fileName(route fleet.RouteID) string {
	sum := sha256.Sum256([]byte(route))
	return hex.EncodeToString(sum[:12]) + ".lock"
}

// token tells two leases of one process apart. It decides nothing, so replays need not repeat it.
func token() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand since Go 1.24)
	return hex.EncodeToString(b[:])
}

func heldBy(route fleet.RouteID, p page, readErr error) error {
	who := "another process, whose name cannot be read"
	if readErr == nil && p.Token != "" {
		who = fmt.Sprintf("%s, process %d on %s, for change %s", p.holder().Text(), p.PID, fleet.Label(p.Host),
			fleet.Label(string(p.Change)))
	}
	return &fleet.Error{Kind: fleet.KindConflict, Op: "lock " + fleet.Label(string(route)).String(),
		Err: errors.New("held by " + who), Next: "nothing was written; wait for that change or speak to its holder"}
}

func lost(err error) error {
	return &fleet.Error{Kind: fleet.KindConflict, Op: "check the route lock", Err: err,
		Next: "the lock is lost: nothing more is written"}
}

func fault(op string, err error) error {
	return &fleet.Error{Kind: fleet.KindInternal, Op: op, Err: err}
}
