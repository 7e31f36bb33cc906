package sheet

import (
	"errors"

	"pitwall/fleet"
)

// Word is a text of a table, which stands there in many rows and is kept once. The zero Word is the empty text.
type Word uint32

// Key is what rows are summed by.
type Key struct {
	From, To  int64 // seconds since 1970
	Stream    fleet.Stream
	Charge    fleet.Charge
	Use       fleet.UsageKind
	Provider  Word
	Account   Word // billing account or organisation, which deliveries are told apart by
	Project   Word
	Model     Word
	Item      Word
	Unit      Word // of a quantity whose use is not known
	Tier      Word
	API       Word // ID of an API key
	Region    Word
	Currency  Word
	Estimated bool
	Unpriced  bool // the rows say nothing of what was paid
}

// Cell is one sum.
type Cell struct {
	Key
	Quantity, Cost, List Sum
	Rows                 int
}

// Bounds of what one file may be summed up to. Words beyond theirs become one, so that no money is lost.
const (
	maxWords   = 100_000
	maxText    = 256 // bytes of a word
	maxCells   = 500_000
	otherWords = "(further ones)"
)

// ErrManySums is a table that does not sum up.
var ErrManySums = errors.New("it has more than 500,000 different sums: export less detail")

// Tally sums rows up.
type Tally struct {
	words map[string]Word
	texts []string
	cells map[Key]int32
	list  []Cell
	// Days makes days of hours.
	Days bool
	// All is the time of all rows, Usage of those of use and of days that are listed empty, Data of those of use alone.
	All, Usage, Data Range
	parties          map[Party]*Range // of use, by whose it is
	at               Party            // whose the last row was
	ofAt             *Range
	// Left counts rows that a format leaves out on purpose, by reason.
	Left map[string]int
}

// Party is one stream of one provider. Without a provider it is all of a table.
type Party struct {
	Stream   fleet.Stream
	Provider Word
}

// Range is a time with an exclusive end; without any it is zero.
type Range struct{ From, To int64 }

// Add widens a range.
func (r *Range) Add(from, to int64) {
	if r.From == 0 && r.To == 0 {
		r.From, r.To = from, to
	}
	r.From, r.To = min(r.From, from), max(r.To, to)
}

// Empty tells whether a range has no time in it.
func (r Range) Empty() bool { return r.From >= r.To }

// NewTally makes a tally without sums.
func NewTally(days bool) *Tally {
	return &Tally{words: map[string]Word{"": 0}, texts: []string{""}, cells: map[Key]int32{}, parties: map[Party]*Range{}, Days: days,
		Left: map[string]int{}}
}

// Word keeps a text.
func (t *Tally) Word(text []byte) Word {
	if w, ok := t.words[string(text)]; ok {
		return w
	}
	return t.keep(string(text))
}

// Text keeps a text that was not read as bytes.
func (t *Tally) Text(text string) Word {
	if w, ok := t.words[text]; ok {
		return w
	}
	return t.keep(text)
}

func (t *Tally) keep(text string) Word {
	if len(text) > maxText {
		return t.Text(text[:maxText])
	}
	if len(t.texts) >= maxWords && text != otherWords {
		return t.Text(otherWords)
	}
	w := Word(len(t.texts))
	t.texts = append(t.texts, text)
	t.words[text] = w
	return w
}

// Of gives a text back.
func (t *Tally) Of(w Word) string { return t.texts[w] }

// Add adds a row to its sum.
func (t *Tally) Add(k Key, quantity, cost, list Amount) error {
	t.All.Add(k.From, k.To)
	if k.Charge == "" || k.Charge == fleet.ChargeUsage {
		t.Usage.Add(k.From, k.To)
		t.Data.Add(k.From, k.To)
		t.of(Party{k.Stream, k.Provider}).Add(k.From, k.To)
	}
	k.From, k.To = t.grain(k.From, k.To)
	i, ok := t.cells[k]
	if !ok {
		if len(t.list) >= maxCells {
			return ErrManySums
		}
		i = int32(len(t.list))
		t.cells[k] = i
		t.list = append(t.list, Cell{Key: k})
	}
	c := &t.list[i]
	c.Quantity.Add(quantity)
	c.Cost.Add(cost)
	c.List.Add(list)
	c.Rows++
	return nil
}

// grain is the hour or day that a time lies in; a time that lies in none stays as it is.
func (t *Tally) grain(from, to int64) (int64, int64) {
	size := int64(secondsOfHour)
	if t.Days {
		size = secondsOfDay
	}
	begin := from - from%size
	if from < to && to <= begin+size {
		return begin, begin + size
	}
	return from, to
}

// of is the time that a party's rows of use are of.
func (t *Tally) of(p Party) *Range {
	if t.ofAt != nil && t.at == p {
		return t.ofAt
	}
	r := t.parties[p]
	if r == nil {
		r = &Range{}
		t.parties[p] = r
	}
	t.at, t.ofAt = p, r
	return r
}

// Covered notes a time that a table speaks of without a row of use: a day that it lists empty.
func (t *Tally) Covered(whose Party, from, to int64) {
	t.All.Add(from, to)
	t.Usage.Add(from, to)
	t.of(whose).Add(from, to)
}

// Parties are the times that the table speaks of, by whose they are. All begin with the first row of their stream. Each ends with
// the day of its own last one: that one provider's bill has come does not mean that another's has.
func (t *Tally) Parties() map[Party]Range {
	streams, listed := map[fleet.Stream]Range{}, map[fleet.Stream]int64{}
	for p, r := range t.parties {
		all := streams[p.Stream]
		all.Add(r.From, r.To)
		streams[p.Stream] = all
		if p.Provider == 0 {
			listed[p.Stream] = r.To
		}
	}
	out := make(map[Party]Range, len(t.parties))
	for p, r := range t.parties {
		day := (r.To + secondsOfDay - 1) / secondsOfDay * secondsOfDay
		all := streams[p.Stream]
		out[p] = Range{all.From, min(all.To, max(day, listed[p.Stream]))}
	}
	return out
}

// Sums are the sums, and the texts that their words are indexes of. The tally must not be used afterwards.
func (t *Tally) Sums() ([]Cell, []string) {
	t.words, t.cells = nil, nil
	return t.list, t.texts
}
