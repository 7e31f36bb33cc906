package recording

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"pitwall/fleet"
)

// Film is a recording that is looked at. It is for use by one goroutine.
type Film struct {
	Header Header
	// Cut says why the file ends before its recorder meant it to, or where it is damaged; "" for a whole one. What is before is good.
	Cut fleet.Safe

	file   *os.File
	zip    *zstd.Decoder
	coder  coder
	chunks []indexed
	next   int64 // place of the first byte behind the last whole chunk

	era    int         // first chunk of the era whose points are read, -1 for none
	upTo   int         // first chunk behind those whose points are read
	points [][]float64 // of the era
	play   play
}

// indexed is a chunk with the place of its data.
type indexed struct {
	chunk
	place int64
}

// Open reads what a file says of itself and where its chunks are. A file that is still written can be opened.
func Open(path string) (*Film, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, cannot("open the recording", path, err)
	}
	f := &Film{file: file, era: -1}
	if err := f.open(); err != nil {
		return nil, errors.Join(cannot("open the recording", path, err), file.Close())
	}
	return f, nil
}

func (f *Film) open() (err error) {
	if f.next, err = f.readHeader(); err != nil {
		return err
	}
	if f.coder, err = bind(f.Header.Shapes, reflect.TypeFor[fleet.Snapshot]()); err != nil {
		return err
	}
	f.zip, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxStream), zstd.IgnoreChecksum(true))
	if err != nil {
		return err
	}
	if err := f.Refresh(); err != nil {
		return err
	}
	if len(f.chunks) == 0 || f.chunks[0].Kind != chunkEra {
		return errors.New("it holds not one whole snapshot")
	}
	return nil
}

// readHeader reads the first two lines and gives the place behind them.
func (f *Film) readHeader() (int64, error) {
	r := bufio.NewReaderSize(io.LimitReader(f.file, maxHeader), 1<<16)
	first, err := r.ReadString('\n')
	number, ok := strings.CutPrefix(strings.TrimSuffix(first, "\n"), magic)
	if err != nil || !ok {
		return 0, errFormat
	}
	number, sum, _ := strings.Cut(number, " ")
	format, err := strconv.Atoi(number)
	switch {
	case err != nil:
		return 0, errFormat
	case format > Format:
		return 0, fmt.Errorf("it is of format %d, and this pitwall reads up to %d: a newer pitwall opens it", format, Format)
	}
	line, err := r.ReadBytes('\n')
	if err != nil {
		return 0, errors.New("it was cut in its first lines")
	}
	if fmt.Sprintf("%08x", crc32.Checksum(line[:len(line)-1], castagnoli)) != sum {
		return 0, errors.New("its head is damaged")
	}
	if err := json.Unmarshal(line, &f.Header); err != nil {
		return 0, fmt.Errorf("its head cannot be read: %w", err)
	}
	return int64(len(first) + len(line)), nil
}

// Refresh looks for chunks that were written since.
func (f *Film) Refresh() error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	f.Cut = fleet.Safe{}
	buf := make([]byte, chunkSize)
	for f.next < info.Size() {
		if info.Size()-f.next < chunkSize {
			f.Cut = fleet.Text("the file was cut in the middle of a chunk")
			break
		}
		if _, err := f.file.ReadAt(buf, f.next); err != nil {
			return err
		}
		c := indexed{place: f.next + chunkSize}
		if _, err := binary.Decode(buf, binary.LittleEndian, &c.chunk); err != nil || !c.sound() || !f.follows(&c.chunk) {
			f.Cut = fleet.Textf("the file is damaged %s bytes after its begin; nothing behind is shown", fleet.Int(int(f.next)))
			break
		}
		if c.place+c.size() > info.Size() {
			f.Cut = fleet.Text("the file was cut in the middle of a chunk")
			break
		}
		f.chunks, f.next = append(f.chunks, c), c.place+c.size()
	}
	return nil
}

// follows tells whether a chunk can stand behind the last.
func (f *Film) follows(c *chunk) bool {
	return len(f.chunks) == 0 || c.First >= f.chunks[len(f.chunks)-1].Last
}

// Close ends the look.
func (f *Film) Close() error {
	f.zip.Close()
	return f.file.Close()
}

// First is the time of the first snapshot.
func (f *Film) First() time.Time { return time.UnixMilli(f.chunks[0].First) }

// Last is the time of the last.
func (f *Film) Last() time.Time { return time.UnixMilli(f.chunks[len(f.chunks)-1].Last) }

// read unpacks streams of a chunk; others stay empty.
func (f *Film) read(n int, want ...int) (out [streams]*cursor, err error) {
	c := &f.chunks[n]
	data := make([]byte, c.size())
	if _, err := f.file.ReadAt(data, c.place); err != nil {
		return out, err
	}
	if c.sum(data) != c.Sum {
		return out, errDamaged
	}
	for i := range streams {
		packed := data[:c.Packed[i]]
		data = data[c.Packed[i]:]
		out[i] = &cursor{}
		if len(packed) == 0 || !slices.Contains(want, i) {
			continue
		}
		raw, err := f.zip.DecodeAll(packed, make([]byte, 0, c.Raw[i]))
		if err != nil || len(raw) != int(c.Raw[i]) {
			return out, errDamaged
		}
		out[i].b = raw
	}
	return out, nil
}

// Notes are those of a time, in their order.
func (f *Film) Notes(from, to time.Time) ([]Note, error) {
	var list []Note
	for n := range f.chunks {
		// A note stands in the chunk that was open when it came, which may begin a little later than the note.
		c := &f.chunks[n]
		if c.Packed[streamNotes] == 0 || c.Last < from.UnixMilli()-flushSpan.Milliseconds() ||
			c.First > to.UnixMilli()+keySpan.Milliseconds() {
			continue
		}
		in, err := f.read(n, streamNotes)
		if err != nil {
			return list, err
		}
		for line := range strings.Lines(string(in[streamNotes].b)) {
			var note Note
			if json.Unmarshal([]byte(line), &note) == nil && !note.At.Before(from) && !note.At.After(to) {
				list = append(list, note)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Note) int { return a.At.Compare(b.At) })
	return list, nil
}
