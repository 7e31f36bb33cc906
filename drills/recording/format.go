package recording

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"

	"pitwall/fleet"
)

// Format is the number of the form of files. It grows when what is written cannot be read by an older pitwall.
const Format = 1

// magic begins a file, before the number of its format and a line end.
const magic = "pitwall recording "

// Spans of a recording.
const (
	flushSpan = 10 * time.Second // a chunk: what a crash loses at most
	keySpan   = 3 * time.Minute  // from key to key: what is read to look at one moment
	eraSpan   = time.Hour        // from era to era
	leastGap  = 900 * time.Millisecond
)

// Bounds of what is read, whatever a file says.
const (
	maxElements = 1 << 20
	maxRoom     = 1 << 30 // bytes of lists of one look
	maxPoints   = 1 << 26 // of the trends of an era
	maxStream   = 1 << 27 // bytes of one stream, unpacked
	maxHeader   = 1 << 20
)

// Header is what a file says of itself.
type Header struct {
	Program string // that wrote it, with its version
	Context string
	Env     fleet.Env
	Begin   time.Time
	Drill   *Drill  `json:",omitempty"` // nil for a watch of a live fleet
	Shapes  []shape // of what it holds
}

// Drill is what a recording of one needs to be taken over.
type Drill struct {
	Scenario string
	Seed     uint64
}

// Note is what somebody did or what came in, beside what the fleet showed.
type Note struct {
	At   time.Time
	Kind NoteKind
	By   string     `json:",omitempty"`
	Text fleet.Safe // a line for whoever looks at it
	// Data is for programs: the record of a change, a command that was run.
	Data string `json:",omitempty"`
}

// NoteKind is what a note is of.
type NoteKind string

// The kinds of notes.
const (
	NoteChange NoteKind = "change" // a step of the journal
	NoteKey    NoteKind = "key"    // what an operator did in the console
	NoteInject NoteKind = "inject" // news of a drill
	NoteMark   NoteKind = "mark"   // what an operator noticed, held or told in a drill
	NoteBegin  NoteKind = "begin"  // of a drill, after its baseline
)

// Errors of files.
var (
	errLarge  = errors.New("what it holds would take more than a gigabyte of memory")
	errFormat = errors.New("this is no recording of pitwall")
)

// chunk is the head of one. It has a fixed size, so that a file is read over without its data.
type chunk struct {
	Magic  [4]byte
	Kind   uint8 // chunkMore, chunkKey, chunkEra
	_      [3]byte
	Count  uint32 // snapshots
	First  int64  // position of the first, in milliseconds since 1970
	Last   int64
	Packed [streams]uint32
	Raw    [streams]uint32
	Sum    uint32 // CRC-32C of all before it and of the data behind it
}

// Kinds of chunks.
const (
	chunkMore = iota
	chunkKey
	chunkEra
)

var chunkMagic = [4]byte{'P', 'W', 'C', '1'}

const chunkSize = 4 + 4 + 4 + 8 + 8 + 2*4*streams + 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// size is how many bytes follow the head.
func (c *chunk) size() (n int64) {
	for _, p := range c.Packed {
		n += int64(p)
	}
	return n
}

// sound tells whether a head can be one.
func (c *chunk) sound() bool {
	if c.Magic != chunkMagic || c.Kind > chunkEra || c.Last < c.First {
		return false
	}
	for i := range streams {
		if c.Raw[i] > maxStream || c.Packed[i] > maxStream {
			return false
		}
	}
	return true
}

func (c *chunk) bytes() []byte {
	b, _ := binary.Append(make([]byte, 0, chunkSize), binary.LittleEndian, c) // it cannot fail: the size is fixed
	return b
}

// sum is the check of a chunk with its data.
func (c *chunk) sum(data []byte) uint32 {
	head := c.bytes()
	return crc32.Update(crc32.Checksum(head[:chunkSize-4], castagnoli), castagnoli, data)
}
