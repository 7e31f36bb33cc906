package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"reflect"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"pitwall/fleet"
)

// Writer records into one file. It is for use by several goroutines.
type Writer struct {
	mu    sync.Mutex
	file  *os.File
	zip   *zstd.Encoder
	coder coder
	e     encoder
	prev  reflect.Value // the snapshot before, as a structure
	empty reflect.Value
	head  chunk
	at    int64 // position of the last snapshot
	key   int64 // position of the last key
	era   int64
	size  int64
	err   error // why nothing is written any more
}

// Create begins a file, which must not be there yet: what was recorded is never written over. Nobody else may read it.
func Create(path string, h Header) (*Writer, error) {
	w := &Writer{coder: nil}
	h.Shapes = describe(reflect.TypeFor[fleet.Snapshot]())
	var err error
	if w.coder, err = bind(h.Shapes, reflect.TypeFor[fleet.Snapshot]()); err != nil {
		return nil, err
	}
	if w.zip, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(1<<20)); err != nil {
		return nil, err
	}
	line, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	if w.file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return nil, cannot("record", path, err)
	}
	w.empty = reflect.New(reflect.TypeFor[fleet.Snapshot]()).Elem()
	w.prev, w.e.points.wrote = w.empty, -1
	if err := w.append(beginning(line)); err != nil {
		return nil, errors.Join(cannot("record", path, err), w.file.Close())
	}
	return w, nil
}

// beginning is what stands before the chunks. A checksum guards the head, since all that follows is read by it.
func beginning(header []byte) []byte {
	return fmt.Appendf(nil, "%s%d %08x\n%s\n", magic, Format, crc32.Checksum(header, castagnoli), header)
}

func cannot(op, path string, err error) error {
	e := &fleet.Error{Kind: fleet.KindInvalid, Op: op + " " + fleet.Quote(path).String(), Err: err}
	if errors.Is(err, fs.ErrExist) {
		e.Next = "a recording is never written over: name another file"
	}
	return e
}

// Keep records a snapshot. What comes less than a second after the one before is passed over. After an error nothing more is kept, and
// each call says so; what was written before stays good.
func (w *Writer) Keep(s *fleet.Snapshot) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	at := s.At.UnixMilli()
	if w.at != 0 {
		if gap := time.Duration(at-w.at) * time.Millisecond; gap >= 0 && gap < leastGap {
			return nil
		}
		at = max(at, w.at+1) // a clock that was set back goes on from where it was
	}
	if w.head.Count > 0 && at-w.head.First >= flushSpan.Milliseconds() {
		if w.err = w.flush(); w.err != nil {
			return w.err
		}
	}
	w.put(reflect.ValueOf(s).Elem(), at)
	return nil
}

// put writes a snapshot to the chunk.
func (w *Writer) put(cur reflect.Value, at int64) {
	e := &w.e
	e.at = at
	if w.head.Count == 0 {
		w.begin(cur, at)
	} else {
		e.out[streamForm] = putUint(e.out[streamForm], uint64(at-w.at))
	}
	e.optional(w.coder, w.prev, cur)
	w.prev, w.at, w.head.Last = cur, at, at
	w.head.Count++
}

// begin begins a chunk. At a key what goes on are the trends only: their new points are taken from the difference to the snapshot
// before, which is then forgotten.
func (w *Writer) begin(cur reflect.Value, at int64) {
	e := &w.e
	notes := e.out[streamNotes]
	w.head = chunk{Magic: chunkMagic, First: at}
	era := w.era == 0 || at-w.era >= eraSpan.Milliseconds()
	if era || at-w.key >= keySpan.Milliseconds() {
		w.head.Kind = chunkKey
		if era {
			w.head.Kind, w.era = chunkEra, at
			e.points.restart()
		} else {
			e.optional(w.coder, w.prev, cur)
		}
		points := e.out[streamPoints]
		e.out = [streams][]byte{}
		e.out[streamPoints] = points
		e.restart()
		w.key, w.prev = at, w.empty
	}
	e.out[streamNotes] = notes
}

// Note records what somebody did. It stands in the file with the chunk after it.
func (w *Writer) Note(n Note) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	line, err := json.Marshal(n)
	if err != nil {
		return err
	}
	w.e.out[streamNotes] = append(append(w.e.out[streamNotes], line...), '\n')
	return nil
}

// Flush writes what is collected.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = w.flush()
	}
	return w.err
}

// Size is how many bytes the file has.
func (w *Writer) Size() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.size
}

// flush writes the chunk and begins with none.
func (w *Writer) flush() error {
	if w.head.Count == 0 && (len(w.e.out[streamNotes]) == 0 || w.at == 0) {
		return nil
	}
	if w.head.Count == 0 { // notes after the last snapshot
		w.head = chunk{Magic: chunkMagic, First: w.at, Last: w.at}
	}
	var data []byte
	for i, raw := range w.e.out {
		from := len(data)
		if len(raw) > 0 {
			data = w.zip.EncodeAll(raw, data)
		}
		w.head.Raw[i], w.head.Packed[i] = uint32(len(raw)), uint32(len(data)-from)
		w.e.out[i] = raw[:0]
	}
	w.e.points.wrote = -1
	w.head.Sum = w.head.sum(data)
	err := w.append(append(w.head.bytes(), data...))
	w.head.Count = 0
	return err
}

// append writes at the end of the file, all or nothing: half a chunk of a full disk would hide those after it.
func (w *Writer) append(b []byte) error {
	n, err := w.file.Write(b)
	if err != nil {
		return errors.Join(err, w.file.Truncate(w.size))
	}
	w.size += int64(n)
	return nil
}

// Close writes what is left.
func (w *Writer) Close() error {
	err := w.Flush()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = errors.New("the recording is closed")
	return errors.Join(err, w.zip.Close(), w.file.Close())
}
