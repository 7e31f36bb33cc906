package billfolder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"pitwall/backends/internal/sheet"
	"pitwall/fleet"
)

// file is one file: what it said when it was last good, and what became of its present bytes.
type file struct {
	name    string
	good    *content
	size    int64 // of the bytes that why and good are about
	written time.Time
	looked  bool
	why     fleet.Safe // why the present bytes, or a part of them, are not used
	mild    bool       // why is no fault of the file
	said    fleet.Safe // of why, as a notice
	pending *pass      // a read that goes on
}

// content is what a file said.
type content struct {
	format  fleet.Safe
	sha     string
	size    int64
	written time.Time
	rows    int
	cells   []sheet.Cell
	texts   []string
	parties map[party]sheet.Range // that it speaks of, and the times of their use
	usage   sheet.Range
	all     sheet.Range
	data    sheet.Range
	part    fleet.Safe // of it that was not used
	gone    fleet.Safe // why newer files stand in its place
}

// What can be wrong with a file beside its content.
var (
	errNotRegular = errors.New("it is not a regular file")
	errChanging   = errors.New("it changed while it was read: something is writing it")
	errFresh      = errors.New("it was written a moment ago: it is read once it has been still for a while")
	errUnknown    = errors.New("its first row is not that of an export that pitwall knows")
	errParquet    = errors.New("it is Parquet, which is not read: have it exported as CSV")
	errBinary     = errors.New("it is no text")
	errEmpty      = errors.New("it is empty")
	errLong       = errors.New("a JSON document of more than 64 MiB is not read: export a shorter time, or CSV")
)

// wants tells whether a file is not the one that was read.
func (x *file) wants(e entry) bool {
	if e.linked != nil {
		return !x.looked || x.why.IsEmpty()
	}
	return x.pending != nil || !x.looked || x.size != e.size || !x.written.Equal(e.written)
}

// touched tells whether a file may differ from the good one in its time only.
func (x *file) touched(e entry) bool {
	return x.pending == nil && x.good != nil && x.size == e.size && x.why == x.good.part
}

// refuse keeps the last good reading and says why the present bytes are not it. A read that failed as such is tried again.
func (x *file) refuse(e entry, err error) {
	x.drop()
	x.size, x.written = e.size, e.written
	x.looked = !errors.Is(err, errChanging) && !errors.Is(err, errFresh)
	x.mild = errors.Is(err, errFresh) || errors.Is(err, errUnknown) || errors.Is(err, errParquet)
	x.why = sentence(err)
	if x.good != nil {
		x.why = fleet.Textf("%s; what it said on %s stands", x.why, fleet.Label(x.good.written.UTC().Format("2006-01-02 15:04")))
	}
}

// drop gives up a read that goes on.
func (x *file) drop() {
	if x.pending != nil {
		_ = x.pending.f.Close()
		x.pending = nil
	}
}

// accept takes a reading over.
func (x *file) accept(e entry, c *content) {
	x.drop()
	x.size, x.written, x.looked, x.good, x.why, x.mild = e.size, e.written, true, c, c.part, false
}

// sentence says what is wrong with a file, in words for people.
func sentence(err error) fleet.Safe {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fleet.Text("it may not be read: give the user of pitwall the right r on it")
	case errors.Is(err, fs.ErrNotExist):
		return fleet.Text("it was taken away while it was looked at, or is a link to nothing")
	case errors.Is(err, syscall.ELOOP), escapes(err):
		return fleet.Text("it is a link that leads out of the folder: put the file itself there")
	case isOS(err):
		return fleet.Text("it cannot be read: the disk or the mount fails")
	default:
		return sheet.Told(err)
	}
}

// isOS tells a failure of the system, whose text would name paths.
func isOS(err error) bool {
	_, ok := errors.AsType[*fs.PathError](err)
	return ok
}

// escapes tells os.Root's refusal of a path that leaves it, which has no name of its own.
func escapes(err error) bool {
	p, ok := errors.AsType[*fs.PathError](err)
	return ok && p.Err != nil && p.Err.Error() == "path escapes from parent"
}

// hashing reads a file and sums its bytes.
type hashing struct {
	f   *os.File
	sum hash.Hash
	n   int64
}

func (h *hashing) Read(p []byte) (int, error) {
	n, err := h.f.Read(p)
	h.n += int64(n)
	_, _ = h.sum.Write(p[:n]) // a hash never fails
	return n, err
}

func (h *hashing) hex() string { return hex.EncodeToString(h.sum.Sum(nil)) }

// open opens a file of the folder without waiting for what writes it.
func open(root *os.Root, name string) (*hashing, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return &hashing{f: f, sum: sha256.New()}, nil
}

// same tells whether a file that was only touched still holds the bytes that were read.
func same(root *os.Root, name, sha string) bool {
	h, err := open(root, name)
	if err != nil {
		return false
	}
	defer func() { _ = h.f.Close() }()
	_, err = io.Copy(io.Discard, h)
	return err == nil && h.hex() == sha
}

// plural says how many of something there are.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
