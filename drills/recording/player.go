package recording

import (
	"reflect"
	"sort"
	"time"

	"pitwall/fleet"
)

// play is where a film stands.
type play struct {
	d     decoder
	chunk int   // that is being read
	left  int   // snapshots of it that were not read yet
	at    int64 // position of the snapshot
	snap  *fleet.Snapshot
}

// At is the newest snapshot that is not later than a time; the first one where all are later. It stays as it is, whatever is asked
// after.
func (f *Film) At(t time.Time) (s *fleet.Snapshot, err error) {
	defer func() {
		if r := recover(); r != nil {
			broken, ok := r.(error)
			if !ok || broken != errDamaged && broken != errLarge { //nolint:errorlint // these two are thrown as they are
				panic(r)
			}
			f.play, f.era = play{}, -1
			s, err = nil, broken
		}
	}()
	want := max(t.UnixMilli(), f.chunks[0].First)
	if f.play.snap == nil || want < f.play.at || f.key(want) > f.play.chunk {
		if err := f.jump(f.key(want)); err != nil {
			f.play = play{}
			return nil, err
		}
	}
	if err := f.run(want); err != nil {
		f.play = play{}
		return nil, err
	}
	f.play.d.share = true
	return f.play.snap, nil
}

// key is the last chunk that is a key and begins not later than a position.
func (f *Film) key(at int64) int {
	n := f.before(at)
	for n > 0 && f.chunks[n].Kind == chunkMore {
		n--
	}
	return n
}

// before is the last chunk with snapshots that begins not later than a position.
func (f *Film) before(at int64) int {
	n := max(sort.Search(len(f.chunks), func(i int) bool { return f.chunks[i].First > at })-1, 0)
	for n > 0 && f.chunks[n].Count == 0 {
		n--
	}
	return n
}

// jump begins anew at a key.
func (f *Film) jump(n int) error {
	f.play = play{chunk: n, snap: &fleet.Snapshot{}}
	f.play.d.room = maxRoom
	return f.enter(n)
}

// enter begins to read a chunk.
func (f *Film) enter(n int) error {
	if err := f.pointsUpTo(n); err != nil {
		return err
	}
	in, err := f.read(n, streamForm, streamNumbers, streamTexts)
	if err != nil {
		return err
	}
	p := &f.play
	p.d.in, p.d.points, p.chunk, p.left = in, f.points, n, int(f.chunks[n].Count)
	if f.chunks[n].Kind != chunkMore {
		p.d.restart()
	}
	return nil
}

// pointsUpTo reads the points of trends of the era of a chunk, up to the last chunk that is there: later ones belong to the same arrays.
func (f *Film) pointsUpTo(n int) error {
	era := n
	for era > 0 && f.chunks[era].Kind != chunkEra {
		era--
	}
	if f.era != era {
		f.era, f.upTo, f.points = era, era, nil
	}
	for ; f.upTo < len(f.chunks) && (f.upTo == era || f.chunks[f.upTo].Kind != chunkEra); f.upTo++ {
		in, err := f.read(f.upTo, streamPoints)
		if err != nil && f.upTo > n {
			return nil // a chunk further on is damaged, which whoever gets there is told
		}
		if err != nil {
			return err
		}
		f.points = takePoints(in[streamPoints], f.points)
	}
	return nil
}

// run reads on to a position.
func (f *Film) run(want int64) error {
	p := &f.play
	for {
		for p.left > 0 {
			first := p.left == int(f.chunks[p.chunk].Count)
			at, mark := f.chunks[p.chunk].First, p.d.in[streamForm].at
			if !first {
				at = p.at + int64(p.d.in[streamForm].uint())
			}
			if at > want && p.at != 0 {
				p.d.in[streamForm].at = mark
				return nil
			}
			f.step(at, first)
		}
		next := p.chunk + 1
		for next < len(f.chunks) && f.chunks[next].Count == 0 {
			next++
		}
		if next >= len(f.chunks) || f.chunks[next].First > want {
			return nil
		}
		if err := f.enter(next); err != nil {
			return err
		}
	}
}

// step makes the next snapshot of the last.
func (f *Film) step(at int64, first bool) {
	p := &f.play
	p.d.at = at
	if p.d.share || first && f.chunks[p.chunk].Kind != chunkMore {
		fresh := *p.snap
		if first && f.chunks[p.chunk].Kind != chunkMore {
			fresh, p.d.room = fleet.Snapshot{}, maxRoom
		}
		p.snap = &fresh
	}
	p.d.optional(f.coder, reflect.ValueOf(p.snap).Elem())
	p.at = at
	p.left--
}
