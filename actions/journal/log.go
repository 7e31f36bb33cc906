package journal

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"pitwall/fleet"
)

// Log is the open file of one change. One goroutine at a time appends to it.
type Log struct {
	journal *Journal
	mu      sync.Mutex
	file    *os.File
	seq     int
	size    int64
	// Appended is called after each record that is on the disk; nil for nobody.
	Appended func()
}

// Append writes one record and puts it on the disk before it returns; Seq is set, and At where it is zero. When the
// disk is full, records that end or undo something use the reserve, others fail: an intent that cannot be written
// down must not be sent. After an error nothing of the record is in the file.
func (l *Log) Append(r Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Seq = l.seq + 1
	if r.At.IsZero() {
		r.At = l.journal.clock.Now()
	}
	b, err := encode(r)
	if err != nil {
		return err
	}
	if err = l.put(b); err != nil && (!r.Kind.forward() || r.Step != nil && r.Step.Back) {
		l.journal.setBroken(err)
		if spent := l.journal.reserve.spend(); spent == nil {
			err = l.put(b)
		}
	}
	if err != nil {
		l.journal.setBroken(err)
		return l.journal.Err()
	}
	l.seq, l.size = r.Seq, l.size+int64(len(b))
	if l.Appended != nil {
		l.Appended()
	}
	return nil
}

// put writes the line, and takes a part of it away again when it fails, so that the next
// record does not continue a torn one.
func (l *Log) put(b []byte) error {
	err := l.journal.write(l.file, b)
	if err == nil {
		return nil
	}
	return errors.Join(err, l.file.Truncate(l.size))
}

// setAside keeps the unfinished last line in a file of its own, then takes it off the journal.
func (l *Log) setAside(name string, torn []byte) error {
	aside := fmt.Sprintf("%s.torn-%d", name, l.size)
	f, err := l.journal.dir.Append(aside)
	if err != nil {
		return err
	}
	_, err = f.Write(torn)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return &fleet.Error{Kind: fleet.KindInternal, Op: "keep the unfinished record", Err: err}
	}
	if err := l.file.Truncate(l.size); err != nil {
		return &fleet.Error{Kind: fleet.KindInternal, Op: "take the unfinished record off", Err: err}
	}
	return nil
}

// Close closes the file; the change stays as it is.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
