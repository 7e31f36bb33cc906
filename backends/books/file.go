package books

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

const (
	// mostLine is longer than any record may be.
	mostLine = 16 << 20
	// mostBytes bounds the file: what is older leaves first.
	mostBytes = 128 << 20
	// slack is by how much the file may outgrow what it says before it is written anew.
	slack = 4 << 20
)

// file is the append-only file of several processes. Lines are only added, under a lock; now and then one of them writes it anew
// without what later lines replaced, beside the old one, which it then takes the place of.
type file struct {
	path    string
	lock    *flock.Flock
	offset  int64                               // up to where it was read
	seen    os.FileInfo                         // of the file that was read
	lean    int64                               // its size after it was last written anew
	skipped int                                 // lines that could not be read
	slack   int64                               // by how much it may outgrow what it says
	open    func(path string) (*os.File, error) // to append
}

func toAppend(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
}

var errNoFile = errors.New("it is no regular file")

// refresh reads what is new in the file. The mutex is held.
func (b *Books) refresh() error {
	if b.file == nil {
		return nil
	}
	if err := b.file.lock.RLock(); err != nil {
		return fault("lock the books", err)
	}
	return errors.Join(b.read(), b.file.lock.Unlock())
}

// read takes in the lines that were added since; all of them where another process wrote the file anew. The lock is held.
func (b *Books) read() error {
	f, err := os.Open(b.file.path)
	if errors.Is(err, fs.ErrNotExist) {
		b.file.offset, b.file.seen = 0, nil
		return nil
	}
	if err != nil {
		return fault("read the books", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNoFile
	}
	if err != nil {
		return fault("read the books", err)
	}
	if b.file.seen == nil || !os.SameFile(b.file.seen, info) || info.Size() < b.file.offset {
		b.file.offset, b.file.skipped = 0, 0
		b.forget()
	} else if info.Size() == b.file.offset {
		return nil
	}
	b.file.seen = info
	if _, err := f.Seek(b.file.offset, io.SeekStart); err != nil {
		return fault("read the books", err)
	}
	err = b.lines(bufio.NewReaderSize(f, 1<<16))
	for i := range b.unsaved { // what this process knows and could not write is newer
		b.apply(&b.unsaved[i])
	}
	return err
}

// forget drops what is on file, but for what is not written yet.
func (b *Books) forget() {
	clear(b.metered)
	clear(b.pages)
	clear(b.reads)
	clear(b.hours)
}

// lines applies whole lines; a last one without its end is left for later, or for whoever mends it.
func (b *Books) lines(r *bufio.Reader) error {
	var rec record
	for {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			var rest []byte
			line = append([]byte(nil), line...)
			rest, err = readOn(r)
			line = append(line, rest...)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fault("read the books", err)
		}
		b.file.offset += int64(len(line))
		if text := line[:len(line)-1]; len(text) > 0 && (!decode(text, &rec) || !b.apply(&rec)) {
			b.file.skipped++
		}
	}
	return nil
}

func readOn(r *bufio.Reader) ([]byte, error) {
	var out []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(out) < mostLine {
			out = append(out, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return out, err
		}
	}
}

// write takes in what others wrote and adds what is not written yet. The mutex is held.
func (b *Books) write() error {
	if b.file == nil {
		b.unsaved = nil
		b.foldOld(b.now())
		return nil
	}
	if len(b.unsaved) == 0 {
		return b.refresh()
	}
	if err := b.file.lock.Lock(); err != nil {
		return fault("lock the books", err)
	}
	err := b.read()
	if err == nil {
		err = b.add()
	}
	if err == nil && b.file.offset > 2*b.file.lean+b.file.slack {
		err = b.compact()
	}
	return errors.Join(err, b.file.lock.Unlock())
}

// add appends what is not written yet in one write. What a full disk took a part of is cut off again.
func (b *Books) add() error {
	var text []byte
	var err error
	for i := range b.unsaved {
		if text, err = encode(text, &b.unsaved[i]); err != nil {
			return fault("write the books", err)
		}
	}
	f, err := b.file.open(b.file.path)
	if err != nil {
		return fault("write the books", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fault("write the books", err)
	}
	if b.file.seen == nil {
		b.file.seen = info
	}
	if info.Size() > b.file.offset { // somebody was cut off in the middle of a line: it must not swallow this one
		text = append([]byte{'\n'}, text...)
		b.file.skipped++
	}
	n, err := f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		if n > 0 {
			err = errors.Join(err, f.Truncate(info.Size()))
		}
		return fault("write the books", err)
	}
	b.file.offset = info.Size() + int64(len(text))
	b.unsaved = nil
	return nil
}

// compact writes the file anew without what was replaced, the newest first up to its bound.
func (b *Books) compact() error {
	b.foldOld(b.now())
	next := b.file.path + ".new"
	f, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fault("write the books anew", err)
	}
	out := bufio.NewWriter(f)
	var size int64
	var text []byte
	for _, r := range b.live() {
		if text, err = encode(text[:0], &r); err != nil {
			break
		}
		if size += int64(len(text)); size > mostBytes {
			break
		}
		if _, err = out.Write(text); err != nil {
			break
		}
	}
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(next) // the old file stands
		return fault("write the books anew", err)
	}
	if err := os.Rename(next, b.file.path); err != nil {
		return fault("write the books anew", err)
	}
	syncFolder(filepath.Dir(b.file.path))
	info, err := os.Stat(b.file.path)
	if err != nil {
		return fault("write the books anew", err)
	}
	b.file.seen, b.file.offset, b.file.lean = info, info.Size(), info.Size()
	b.file.skipped = 0
	return nil
}

// syncFolder makes a rename last; where a file system cannot, the old file may come back, which says as much.
func syncFolder(path string) {
	if d, err := os.Open(path); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
