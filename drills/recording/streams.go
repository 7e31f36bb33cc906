package recording

import (
	"time"

	"pitwall/fleet"
)

// Streams of a chunk, in their order in a file.
const (
	streamForm = iota // what changed
	streamNumbers
	streamTexts
	streamPoints // of trends
	streamNotes
	streams
)

// encoder collects the streams of a chunk. Its tables are those of the decoder at the same place.
type encoder struct {
	out    [streams][]byte
	at     int64 // of the snapshot, in milliseconds
	texts  map[string]int
	times  times
	points points
}

// decoder reads the streams of a chunk.
type decoder struct {
	in    [streams]*cursor
	at    int64
	texts []text
	times times
	// share makes what is changed new instead of changing it in place: somebody may hold the value before.
	share bool
	// room is how many bytes of lists may still be made, so that a file cannot take all memory.
	room   int
	points [][]float64 // of all trends of the era
}

type text struct {
	raw  string
	line fleet.Safe
}

// restart forgets what a chunk that is a key does not build on.
func (e *encoder) restart() {
	e.texts, e.times = map[string]int{}, times{}
}

func (d *decoder) restart() {
	d.texts, d.times = d.texts[:0], times{}
}

// text writes a text: its place in the table, or 0 and the text.
func (e *encoder) text(s string) {
	if n, known := e.texts[s]; known {
		e.out[streamForm] = putUint(e.out[streamForm], uint64(n+1))
		return
	}
	e.texts[s] = len(e.texts)
	e.out[streamForm] = append(e.out[streamForm], 0)
	e.out[streamTexts] = append(putUint(e.out[streamTexts], uint64(len(s))), s...)
}

func (d *decoder) text() text {
	n := d.in[streamForm].count(len(d.texts))
	if n > 0 {
		return d.texts[n-1]
	}
	raw := d.in[streamTexts].text()
	t := text{raw, fleet.Label(raw)}
	d.texts = append(d.texts, t)
	return t
}

// times are those last met, the newest first: what was read together has one time.
type times struct {
	last [31]int64
	n    int
}

// Codes of a time before those of the table.
const (
	timeZero = iota // no time at all
	timeNew         // its distance from the snapshot follows
	timeKnown
)

func (ts *times) find(ms int64) int {
	for i := range ts.n {
		if ts.last[i] == ms {
			return i
		}
	}
	return -1
}

// front puts a time before all others; i is where it stands now, -1 for nowhere.
func (ts *times) front(ms int64, i int) {
	if i < 0 {
		ts.n = min(ts.n+1, len(ts.last))
		i = ts.n - 1
	}
	copy(ts.last[1:i+1], ts.last[:i])
	ts.last[0] = ms
}

func (e *encoder) time(t time.Time) {
	form := &e.out[streamForm]
	if t.IsZero() {
		*form = append(*form, timeZero)
		return
	}
	ms := t.UnixMilli()
	i := e.times.find(ms)
	if i < 0 {
		*form = append(*form, timeNew)
		e.out[streamNumbers] = putUint(e.out[streamNumbers], zigzag(e.at-ms))
	} else {
		*form = append(*form, byte(timeKnown+i))
	}
	e.times.front(ms, i)
}

func (d *decoder) time() time.Time {
	code := int(d.in[streamForm].byte())
	switch {
	case code == timeZero:
		return time.Time{}
	case code == timeNew:
		ms := d.at - unzigzag(d.in[streamNumbers].uint())
		d.times.front(ms, -1)
		return time.UnixMilli(ms)
	case code-timeKnown < d.times.n:
		ms := d.times.last[code-timeKnown]
		d.times.front(ms, code-timeKnown)
		return time.UnixMilli(ms)
	default:
		panic(errDamaged)
	}
}

// claim takes memory for n things of a size.
func (d *decoder) claim(n, size int) {
	d.room -= n * max(size, 1)
	if d.room < 0 {
		panic(errLarge)
	}
}
