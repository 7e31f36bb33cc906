package fleet

import (
	"context"
	"time"
)

// SharedReader reads what the operators of one cluster have in common there: who holds what, and copies of changes that
// are open elsewhere.
type SharedReader interface {
	Locks(ctx context.Context) ([]SharedLock, error)
	// Copies are those of all changes. One that cannot be read is left out, and told of by the error beside the others.
	Copies(ctx context.Context) ([]ChangeCopy, error)
}

// SharedWriter writes it. It only exists while writing is allowed.
type SharedWriter interface {
	// Lock reads one lock; the zero SharedLock is one that nobody ever took.
	Lock(ctx context.Context, name string) (SharedLock, error)
	// PutLock replaces the lock of the same name as it was read, by its Version, or makes it where Version is "". It is
	// KindConflict where it was changed meanwhile.
	PutLock(ctx context.Context, l SharedLock) (SharedLock, error)
	// PutCopy replaces the copy of a change as it was last put or read, by its Version, or makes it where Version is "". It is
	// KindConflict where somebody else wrote it meanwhile, and KindInvalid where it is too large.
	PutCopy(ctx context.Context, c ChangeCopy) (ChangeCopy, error)
	// Copy reads the copy of one change; KindNotFound where there is none.
	Copy(ctx context.Context, id ChangeID) (ChangeCopy, error)
	RemoveCopy(ctx context.Context, id ChangeID) error
	// Tell leaves a word about a change with the object that it is made to. It is a courtesy: the journal is the record.
	Tell(ctx context.Context, n ObjectNote) error
}

// Times of a shared lock (change-safety.md part B).
const (
	SharedLockLife  = 15 * time.Second // it is good that long without being renewed
	SharedLockRenew = 10 * time.Second
	SharedLockRetry = 2 * time.Second // after a renewal that failed, and between looks at somebody else's
)

// CopyLimit bounds one copy as it is stored, in bytes.
const CopyLimit = 64_000

// CopyKept is how long the copy of a closed change is kept.
const CopyKept = 14 * 24 * time.Hour

// SharedLock is one lock. Who reads it judges by his own clock whether it is still renewed: times of another machine are
// never compared with it.
type SharedLock struct {
	Name    string // what is locked, raw
	Holder  LockHolder
	Life    time.Duration
	Renewed time.Time // by the clock of its holder, for people
	Version string    // changes whenever the lock does
}

// LockHolder is who holds a shared lock. Token tells two holdings apart; its zero value is nobody.
type LockHolder struct {
	Token    string   `json:"token"`
	UID      int      `json:"uid"`
	Name     string   `json:"name,omitempty"` // raw
	Verified bool     `json:"verified"`
	Host     string   `json:"host"`
	PID      int      `json:"pid"`
	Change   ChangeID `json:"change,omitempty"`
}

// ChangeCopy is a copy of one change outside of its state directory.
type ChangeCopy struct {
	ID     ChangeID
	Closed time.Time // zero while it is open
	At     time.Time // of its newest record
	Origin string    // who put it, raw: changes when another process takes the change over
	// Summary is what may always be told: a small JSON document. Journal is the journal as it stands on the disk, packed; nil
	// where it may not leave its machine.
	Summary []byte
	Journal []byte
	Version string // changes whenever the copy does
}

// ObjectNote is a word about a change, left with its object.
type ObjectNote struct {
	Object ObjectRef
	API    ObjectKind
	UID    string
	Change ChangeID
	By     string // process that says it, raw: "mara@bastion-2/4242"
	Reason string // one word: "ChangeStarted"
	Text   Safe
	Warn   bool
	At     time.Time
}
