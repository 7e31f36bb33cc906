package views

import (
	"slices"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// sheet is what stands within a box: lines of which some are given up where the box is too low, and at most one list
// that scrolls.
type sheet struct {
	*part.Block
	spare []uint8 // by line: 0 stays, the greatest goes first
	from  int     // first line of the list
	to    int     // line after the list
	items []int   // first line of each item of the list
	top   int     // item that the list begins with
	keys  int     // first line of the keys at the end; 0 when there are none
	moves bool    // j and k move the list
}

// How soon lines are given up.
const (
	spareNever uint8 = iota
	spareLast        // useful
	spareSoon        // said elsewhere too
	spareBlank       // distance
)

// listLeast is how many lines of a list stay while there is something else to give up.
const listLeast = 4

func newSheet(sc Scene, width int) *sheet {
	return &sheet{Block: part.NewBlock(sc.Theme, width, 32), spare: make([]uint8, 0, 32)}
}

// mark says of all lines since the last mark how soon they are given up.
func (s *sheet) mark(spare uint8) {
	for len(s.spare) < s.Len() {
		s.spare = append(s.spare, spare)
	}
}

// blank adds distance.
func (s *sheet) blank() {
	s.mark(spareNever)
	s.End()
	s.mark(spareBlank)
}

// openList begins the list; item begins the next item; closeList ends it.
func (s *sheet) openList() {
	s.mark(spareNever)
	s.from = s.Len()
}

func (s *sheet) item() { s.items = append(s.items, s.Len()) }

func (s *sheet) closeList(top int) {
	s.mark(spareNever)
	s.to, s.top = s.Len(), top
}

// say writes a text over as many lines as it needs, at most most, indented.
func (s *sheet) say(r themes.Role, t fleet.Safe, indent, most int) {
	for _, l := range part.Wrap(t, s.Width()-indent, most) {
		s.Gap(indent).Put(r, l).End()
	}
}

// pick tells which lines are drawn in rows rows.
func (s *sheet) pick(rows int) []int {
	s.mark(spareNever)
	list := s.to - s.from
	over := s.Len() - rows
	gone := make([]bool, s.Len())
	give := func(least uint8) {
		for level := spareBlank; level >= least; level-- {
			for i := len(gone) - 1; i >= 0 && over > 0; i-- {
				if !gone[i] && s.spare[i] == level {
					gone[i], over = true, over-1
				}
			}
		}
	}
	shrink := func(least int) {
		n := max(0, min(over, list-least))
		list, over = list-n, over-n
	}
	give(spareSoon)
	shrink(listLeast)
	give(spareLast)
	shrink(1)
	// What still does not fit is cut in the middle: the state stands at the top, fields and keys at the bottom.
	for n := 0; n < 2*len(gone) && over > 0; n++ {
		i := len(gone)/2 + (n+1)/2*(1-n%2*2)
		if i > 0 && i < len(gone)-1 && !gone[i] && (i < s.from || i >= s.to) {
			gone[i], over = true, over-1
		}
	}
	return s.window(gone, list)
}

// window leaves list lines of the list, beginning with the item on top.
func (s *sheet) window(gone []bool, list int) []int {
	from := s.from
	if s.top > 0 && len(s.items) > 0 {
		from = s.items[min(s.top, len(s.items)-1)]
	}
	from = max(s.from, min(from, s.to-list))
	picked := make([]int, 0, len(gone))
	for i := range gone {
		if hidden := i >= s.from && i < s.to && (i < from || i >= from+list); !gone[i] && !hidden {
			picked = append(picked, i)
		}
	}
	return picked
}

// where tells which items of the list are visible, "" when all of it is.
func (s *sheet) where(picked []int) fleet.Safe {
	first, last, lines := -1, -1, 0
	for _, line := range picked {
		if line < s.from || line >= s.to {
			continue
		}
		lines++
		for i, begin := range s.items {
			if begin <= line && (i+1 == len(s.items) || line < s.items[i+1]) {
				if first < 0 {
					first = i
				}
				last = i
			}
		}
	}
	if first < 0 || lines == s.to-s.from {
		return fleet.Safe{}
	}
	if !s.moves {
		return position(first, last+1, len(s.items))
	}
	return fleet.Concat(position(first, last+1, len(s.items)), fleet.Text("  j/k scrolls"))
}

// frame draws the sheet within a frame of at most rows rows, or of exactly rows with fill: then the keys stand at the
// lower side.
func (s *sheet) frame(b *part.Block, rows int, fill bool, title, right, foot fleet.Safe) {
	picked := s.pick(max(1, rows-2))
	if n := rows - 2 - len(picked); fill && n > 0 {
		at := len(picked)
		if s.keys > 0 {
			at -= s.Len() - s.keys
		}
		for range n {
			picked = slices.Insert(picked, at, -1)
		}
	}
	if where := s.where(picked); !where.IsEmpty() {
		foot = where
	}
	b.Box(s.Block, picked, title, right, foot)
}

// hint is a key with its word, made of constants of the program.
func hint(key, word fleet.Safe) KeyHint { return KeyHint{Key: key, Word: word} }

// hints writes keys with their words, over as many lines as they need. While the dialog ignores keys they are faint.
func (s *sheet) hints(grace bool, keys ...KeyHint) {
	s.mark(spareNever)
	s.keys = s.Len()
	role := themes.Key
	if grace {
		role = themes.Dim
	}
	between, need := 3, 0
	for _, k := range keys {
		need += part.Width(k.Key) + 1 + part.Width(k.Word)
	}
	if need+between*(len(keys)-1) > s.Width() {
		between = 2
	}
	for _, k := range keys {
		need := part.Width(k.Key) + 1 + part.Width(k.Word)
		switch {
		case s.Column() > 0 && s.Column()+between+need > s.Width():
			s.End()
		case s.Column() > 0:
			s.Gap(between)
		}
		s.Put(role, k.Key).Gap(1).Put(themes.Dim, k.Word)
	}
	s.End()
	s.mark(spareNever)
}
