package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"pitwall/actions"
	"pitwall/actions/journal/disk"
	"pitwall/fleet"
)

// maxFile bounds what is read of one change's file; a change of 100 steps needs well under a megabyte.
const maxFile = 64 << 20

// Options are what a Journal needs.
type Options struct {
	Clock fleet.Clock
	// Write puts one record into the file and on the disk; nil means write and fsync.
	Write func(f *os.File, b []byte) error
}

// Journal is the directory of all changes. Its methods may be called from several goroutines.
type Journal struct {
	dir     disk.Dir
	clock   fleet.Clock
	write   func(*os.File, []byte) error
	reserve reserve
	mu      sync.Mutex
	broken  error // why nothing can be written
	cache   map[string]cached
}

type cached struct {
	size     int64
	changed  time.Time
	entry    Entry
	problems []Problem
}

// Open opens the journal in a state directory and makes it where it is absent.
func Open(state string, o Options) (*Journal, error) {
	dir, err := disk.Open(state, "journal")
	if err != nil {
		return nil, err
	}
	if o.Write == nil {
		o.Write = writeAndSync
	}
	if o.Clock == nil {
		o.Clock = fleet.SystemClock{}
	}
	j := &Journal{dir: dir, clock: o.Clock, write: o.Write, cache: map[string]cached{}}
	j.reserve = reserve{dir: dir}
	return j, nil
}

func writeAndSync(f *os.File, b []byte) error {
	if _, err := f.Write(b); err != nil {
		return err
	}
	return f.Sync()
}

// Err says why nothing can be written down, nil when the journal works.
func (j *Journal) Err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.broken
}

// Heal tries again after a failure: once the reserve is back the journal works. It returns what Err returns then.
func (j *Journal) Heal() error {
	err := j.reserve.fill(j.write)
	j.setBroken(err)
	return j.Err()
}

func (j *Journal) setBroken(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.broken = nil
	if err != nil {
		j.broken = &fleet.Error{Kind: fleet.KindReadOnly, Op: "write the journal", Err: err,
			Next: "writing is disabled until there is room in " + j.dir.Path("") + "; watching goes on"}
	}
}

// Create opens the file of a new change and writes its first record. The ID is made of the change's number and the
// plan's digest. When it returns without an error, the record is on the disk.
func (j *Journal) Create(open Opened, first Record) (*Log, Opened, error) {
	// Only who starts a change fills the reserve: a reader that filled it could take the last room of a change
	// that is just being rolled back.
	if err := j.Heal(); err != nil {
		return nil, open, err
	}
	lock := flock.New(j.dir.Path(".number"), flock.SetPermissions(j.dir.FileMode()))
	if err := lock.Lock(); err != nil {
		return nil, open, &fleet.Error{Kind: fleet.KindInternal, Op: "number the change", Err: err}
	}
	defer lock.Close()
	names, err := j.names()
	if err != nil {
		return nil, open, err
	}
	open.Number = 1
	for _, name := range names {
		if n, _, ok := parseName(name); ok {
			open.Number = max(open.Number, n+1)
		}
	}
	open.ID = fleet.ChangeID(fmt.Sprintf("c%d-%s", open.Number, shortDigest(open.Plan.Digest)))
	name := fileName(&open)
	f, err := j.dir.Create(name)
	if err != nil {
		j.setBroken(err)
		return nil, open, j.Err()
	}
	first.Kind, first.Open = KindOpened, &open
	l := &Log{journal: j, file: f}
	if err := l.Append(first); err != nil {
		// An empty file of a change that never was only confuses.
		return nil, open, errors.Join(err, l.Close(), os.Remove(j.dir.Path(name)))
	}
	return l, open, nil
}

// Continue opens the file of a change for appending. An unfinished last line is kept aside in a file of its own.
// The caller holds the route's lock: one process writes at a time.
func (j *Journal) Continue(id fleet.ChangeID) (*Log, Entry, error) {
	name, err := j.nameOf(id)
	if err != nil {
		return nil, Entry{}, err
	}
	content, err := j.dir.Read(name, maxFile)
	if err != nil {
		return nil, Entry{}, err
	}
	entry, _ := fold(name, content)
	f, err := j.dir.Append(name)
	if err != nil {
		return nil, Entry{}, err
	}
	l := &Log{journal: j, file: f, seq: entry.Records, size: entry.good}
	if entry.Torn > 0 {
		if err := l.setAside(name, content[entry.good:]); err != nil {
			return nil, Entry{}, errors.Join(err, f.Close())
		}
	}
	return l, entry, nil
}

// Load rebuilds all changes of a state directory: open ones first, then the newest first.
func Load(state string) ([]actions.Change, []Problem) {
	j, err := Open(state, Options{})
	if err != nil {
		return nil, []Problem{{File: state, Text: fleet.Sentence(err)}}
	}
	return j.Changes()
}

// Changes is Load that reads again only the files that changed since the last call.
func (j *Journal) Changes() ([]actions.Change, []Problem) {
	names, err := j.names()
	if err != nil {
		return nil, []Problem{{File: j.dir.Path(""), Text: fleet.Sentence(err)}}
	}
	var changes []actions.Change
	var problems []Problem
	for _, name := range names {
		c := j.read(name)
		problems = append(problems, c.problems...)
		changes = append(changes, c.entry.Change)
	}
	Order(changes)
	return markUndone(changes), problems
}

// Order sorts changes as a Book lists them: open ones first, then the newest first.
func Order(changes []actions.Change) {
	slices.SortStableFunc(changes, func(a, b actions.Change) int {
		if ac, bc := a.State.Closed(), b.State.Closed(); ac != bc {
			if ac {
				return 1
			}
			return -1
		}
		return b.Seq - a.Seq
	})
}

// markUndone tells changes which later change restored the state before them.
func markUndone(changes []actions.Change) []actions.Change {
	undone := map[fleet.ChangeID]fleet.ChangeID{}
	for _, c := range changes {
		if of := c.Plan.Intent.Undoes; of != "" && c.State == actions.StateCommitted {
			undone[of] = c.ID
		}
	}
	for i := range changes {
		changes[i].Undone = undone[changes[i].ID]
	}
	return changes
}

func (j *Journal) read(name string) cached {
	info, err := os.Lstat(j.dir.Path(name))
	j.mu.Lock()
	old, known := j.cache[name]
	j.mu.Unlock()
	if err == nil && known && old.size == info.Size() && old.changed.Equal(info.ModTime()) {
		return old
	}
	var c cached
	content, readErr := j.dir.Read(name, maxFile)
	if err = errors.Join(err, readErr); err != nil {
		c.entry.Change.Seq, c.entry.Change.ID, _ = parseName(name)
		c.entry.Change.State = actions.StateUnknown
		c.entry.Change.Why = fleet.Concat(fleet.Text("its journal cannot be read: "), fleet.Sentence(err))
		c.problems = []Problem{{File: name, Text: c.entry.Change.Why}}
		return c
	}
	c.size, c.changed = info.Size(), info.ModTime()
	c.entry, c.problems = fold(name, content)
	j.mu.Lock()
	j.cache[name] = c
	j.mu.Unlock()
	return c
}

// names lists the files of changes in the order of their names, which start with the number.
func (j *Journal) names() ([]string, error) {
	list, err := os.ReadDir(j.dir.Path(""))
	if err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInternal, Op: "list the journal", Err: err}
	}
	var names []string
	for _, entry := range list {
		if _, _, ok := parseName(entry.Name()); ok {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

func (j *Journal) nameOf(id fleet.ChangeID) (string, error) {
	names, err := j.names()
	if err != nil {
		return "", err
	}
	for _, name := range names {
		if _, of, _ := parseName(name); of == id {
			return name, nil
		}
	}
	return "", &fleet.Error{Kind: fleet.KindNotFound, Op: "open the change", Err: fs.ErrNotExist}
}

var namePattern = regexp.MustCompile(`^([0-9]{6,9})-(c[0-9]{1,9}-[0-9a-f]{1,8})\.jsonl$`)

func parseName(name string) (int, fleet.ChangeID, bool) {
	m := namePattern.FindStringSubmatch(name)
	if m == nil {
		return 0, "", false
	}
	n, err := strconv.Atoi(m[1])
	return n, fleet.ChangeID(m[2]), err == nil
}

// shortDigest is the part of a plan's digest that goes into file names: hexadecimal digits only.
func shortDigest(digest string) string {
	out := make([]byte, 0, 8)
	for i := 0; i < len(digest) && len(out) < 8; i++ {
		if c := digest[i]; c >= '0' && c <= '9' || c >= 'a' && c <= 'f' {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return "0"
	}
	return string(out)
}
