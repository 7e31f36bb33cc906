package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gofrs/flock"

	"pitwall/actions/journal/disk"
	"pitwall/fleet"
)

// maxBytes is the size at which a new file is begun; no file is ever deleted.
const maxBytes = 8 << 20

// maxRecord bounds one line.
const maxRecord = 1 << 20

const (
	currentName = "audit.jsonl"
	headsName   = "heads"
	lockName    = ".lock"
)

// Options are what a Log needs.
type Options struct {
	Clock fleet.Clock
	// Outside gets every published head, so that a rewrite of the whole directory shows; an error of it is not an
	// error of the audit. Nil publishes to the heads file only. Syslog gives one for the local syslog.
	Outside  func(Head) error
	MaxBytes int64 // zero means 8 MiB
}

// Head names one record by its hash: whoever keeps it elsewhere can prove what came before.
type Head struct {
	Seq  int
	Hash string
}

// Log is the audit of one state directory. Several goroutines and processes may append to it.
type Log struct {
	dir disk.Dir
	o   Options
}

// Open opens the audit in a state directory and makes it where it is absent.
func Open(state string, o Options) (*Log, error) {
	dir, err := disk.Open(state, "audit")
	if err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = fleet.SystemClock{}
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = maxBytes
	}
	return &Log{dir: dir, o: o}, nil
}

// Append adds one event to the chain and puts it on the disk. Seq, Prev and Hash are set, and Time where it is zero.
func (l *Log) Append(r Record) (Head, error) {
	unlock, err := l.lock()
	if err != nil {
		return Head{}, err
	}
	defer unlock()
	head, err := l.prepare()
	if err != nil {
		return Head{}, err
	}
	return l.add(head, r)
}

// Publish writes the newest head to the heads file and gives it to Options.Outside.
func (l *Log) Publish() (Head, error) {
	unlock, err := l.lock()
	if err != nil {
		return Head{}, err
	}
	defer unlock()
	head, err := l.prepare()
	if err != nil || head.Seq == 0 {
		return head, err
	}
	f, err := l.dir.Append(headsName)
	if err != nil {
		return head, err
	}
	_, err = fmt.Fprintf(f, "%d %s %s\n", head.Seq, head.Hash, l.o.Clock.Now().Format("2006-01-02T15:04:05Z"))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return head, fault("publish the audit head", err)
	}
	if l.o.Outside != nil {
		_ = l.o.Outside(head) // best effort: a bastion without a syslog still has its heads file
	}
	return head, nil
}

func (l *Log) lock() (func(), error) {
	lock := flock.New(l.dir.Path(lockName), flock.SetPermissions(l.dir.FileMode()))
	if err := lock.Lock(); err != nil {
		return nil, fault("lock the audit", err)
	}
	return func() { _ = lock.Close() }, nil
}

// prepare finds the head of the chain; it first mends an unfinished last line and begins a new file where the
// current one is full.
func (l *Log) prepare() (Head, error) {
	head, size, torn, err := l.tail()
	if err != nil {
		return head, err
	}
	if len(torn) > 0 {
		if head, err = l.mend(head, size, torn); err != nil {
			return head, err
		}
	}
	if size < l.o.MaxBytes {
		return head, nil
	}
	old := fmt.Sprintf("audit-%09d.jsonl", head.Seq)
	if err := os.Rename(l.dir.Path(currentName), l.dir.Path(old)); err != nil {
		return head, fault("begin a new audit file", err)
	}
	return l.add(head, Record{Kind: KindRotated, Result: old})
}

// mend keeps an unfinished line aside and says so in the chain.
func (l *Log) mend(head Head, size int64, torn []byte) (Head, error) {
	aside, err := l.dir.Append(fmt.Sprintf("torn-%09d", head.Seq+1))
	if err != nil {
		return head, err
	}
	_, err = aside.Write(torn)
	if err = errors.Join(err, aside.Sync(), aside.Close()); err != nil {
		return head, fault("keep an unfinished audit record", err)
	}
	if err := os.Truncate(l.dir.Path(currentName), size); err != nil {
		return head, fault("keep an unfinished audit record", err)
	}
	sum := sha256.Sum256(torn)
	return l.add(head, Record{Kind: KindTorn, Result: hex.EncodeToString(sum[:])})
}

func (l *Log) add(head Head, r Record) (Head, error) {
	r.Seq, r.Prev = head.Seq+1, head.Hash
	if r.Time.IsZero() {
		r.Time = l.o.Clock.Now()
	}
	r.Time = r.Time.UTC()
	var err error
	if r.Hash, err = r.seal(); err != nil {
		return head, fault("seal an audit record", err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		return head, fault("seal an audit record", err)
	}
	if len(b) > maxRecord {
		return head, fault("write the audit", errors.New("the record is too long"))
	}
	f, err := l.dir.Append(currentName)
	if err != nil {
		return head, err
	}
	info, err := f.Stat()
	if err == nil {
		if _, err = f.Write(append(b, '\n')); err == nil {
			err = f.Sync()
		}
		if err != nil {
			err = errors.Join(err, f.Truncate(info.Size()))
		}
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return head, fault("write the audit", err)
	}
	return Head{r.Seq, r.Hash}, nil
}

// tail reads the last record of the chain, the size of the whole lines of the current file, and what follows them.
func (l *Log) tail() (Head, int64, []byte, error) {
	f, err := l.dir.Append(currentName)
	if err != nil {
		return Head{}, 0, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Head{}, 0, nil, fault("read the audit", err)
	}
	from := max(0, info.Size()-2*maxRecord)
	b, err := io.ReadAll(io.NewSectionReader(f, from, info.Size()-from))
	if err != nil {
		return Head{}, 0, nil, fault("read the audit", err)
	}
	end := bytes.LastIndexByte(b, '\n') + 1
	size, torn := from+int64(end), b[end:]
	if end == 0 {
		head, err := l.lastOfOlder()
		return head, size, torn, err
	}
	lineAt := bytes.LastIndexByte(b[:end-1], '\n') + 1
	r, err := parse(b[lineAt:end])
	if err != nil {
		return Head{}, 0, nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "continue the audit", Err: err,
			Next: "its last record is damaged; writing is disabled until somebody looks: pitwall audit verify"}
	}
	return Head{r.Seq, r.Hash}, size, torn, nil
}

// lastOfOlder finds the head where the process died between beginning a new file and its first record.
func (l *Log) lastOfOlder() (Head, error) {
	names, err := files(l.dir)
	if err != nil || len(names) < 2 {
		return Head{}, err
	}
	b, err := l.dir.Read(names[len(names)-2], 1<<30)
	if err != nil {
		return Head{}, err
	}
	lines := bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
	r, err := parse(lines[len(lines)-1])
	if err != nil {
		return Head{}, fault("continue the audit", err)
	}
	return Head{r.Seq, r.Hash}, nil
}

func fault(op string, err error) error {
	return &fleet.Error{Kind: fleet.KindInternal, Op: op, Err: err}
}
