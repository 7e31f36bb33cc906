package promtext

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"pitwall/fleet"
)

// MaxSeries is how many series one page may have (change-safety.md part D, Network).
const MaxSeries = 200_000

// Accept asks for the text format; servers answer OpenMetrics only to those who name it.
const Accept = "text/plain;version=0.0.4"

// Sample is one wanted sample. Labels points into the page's memory and is valid until the next Parse.
type Sample struct {
	Family int
	Part   Part
	Labels Labels
	Value  float64
}

// Page is what was kept of one body. It may be used again for the next body: its memory is reused.
// It is not safe for concurrent use.
type Page struct {
	Samples []Sample
	Series  int // all series of the page, wanted or not
	Notices []fleet.Notice

	kept    []byte       // the lines that matter, see sift
	kinds   []sampleKind // of each series line in kept
	seed    maphash.Seed
	index   []int32 // open-addressing hash table over Samples: position + 1, 0 for free
	hashes  []uint64
	seen    []bool // families that the page declares
	wrong   []bool // families declared with a type that does not fit
	dupes   int
	buckets []bucket
}

// Parse reads a body into p. On any error p holds no sample: a page is used whole or not at all.
// Samples that are not finite numbers, and counters below zero, are unknown and left out. Of a series that occurs twice
// the last one wins, with a notice.
func (t *Table) Parse(body []byte, p *Page) error {
	p.reset(len(t.families))
	if err := check(body); err != nil {
		return err
	}
	if bytes.IndexByte(body, '\r') >= 0 { // a line end cannot occur inside of a label: there it is escaped
		body = bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
	}
	err := t.sift(body, p)
	if err == nil {
		err = t.scan(p)
	}
	if err != nil {
		p.reset(len(t.families))
		if errors.Is(err, errSeries) {
			return err
		}
		return malformed{err}
	}
	t.dropWrong(p)
	if p.dupes > 0 {
		p.notice(fleet.Concat(fleet.Int(p.dupes), fleet.Text(" series occur twice; the last value was taken")))
	}
	return nil
}

var (
	errEmpty   = errors.New("the page is empty")
	errCut     = errors.New("the page was cut off: it does not end with a line end")
	errNotText = errors.New("the page is HTML or JSON, not metrics")
	errLine    = errors.New("a line is neither a comment nor a series")
	errSeries  = fmt.Errorf("the page has more than %d series", MaxSeries)
)

// malformed hides the parser's text, which quotes the page.
type malformed struct{ err error }

func (malformed) Error() string { return "the page is not in the Prometheus text format" }

func (m malformed) Unwrap() error { return m.err }

// Refused makes the error of a source out of an error of Parse.
func Refused(source fleet.SourceID, err error) *fleet.Error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read metrics", Source: source, Err: err,
		Next: "nothing of it was used"}
}

// check refuses what must not be parsed: textparse takes a body that was cut in the middle of a
// number for a smaller number.
func check(body []byte) error {
	text := bytes.TrimLeft(body, " \t\r\n")
	switch {
	case len(text) == 0:
		return errEmpty
	case text[0] == '<' || text[0] == '[' || text[0] == '{': // no family is known that quotes its name
		return errNotText
	case body[len(body)-1] != '\n':
		return errCut
	}
	return nil
}

// scan parses the lines that sift kept. Each kept series line gives one series, in order.
func (t *Table) scan(p *Page) error {
	parser := textparse.NewPromParser(p.kept, labels.NewSymbolTable(), false)
	for n := 0; ; {
		entry, err := parser.Next()
		switch {
		case errors.Is(err, io.EOF) && n == len(p.kinds):
			return nil
		case err != nil:
			return err
		case entry == textparse.EntryType:
			name, declared := parser.Type()
			t.declare(p, name, declared)
			continue
		case entry != textparse.EntrySeries || n == len(p.kinds):
			return errLine
		}
		series, _, value := parser.Series()
		kind := p.kinds[n]
		n++
		if math.IsNaN(value) || math.IsInf(value, 0) || value < 0 && t.isCount(kind) {
			continue
		}
		p.put(series, Sample{Family: int(kind.family), Part: kind.part, Labels: labelsOf(series), Value: value})
	}
}

// isCount tells whether a sample counts things, so that it cannot be below zero.
func (t *Table) isCount(k sampleKind) bool {
	return k.part == PartBucket || k.part == PartCount || t.families[k.family].Type == Counter
}

// declare notes a family whose type does not fit what is wanted of it. Where a page names
// a counter without its "_total", as OpenMetrics does, its samples still carry it.
func (t *Table) declare(p *Page, name []byte, declared model.MetricType) {
	family, ok := t.types[string(name)]
	if !ok {
		return
	}
	p.seen[family] = true
	got, known := typeOf(declared)
	if !known || got&t.families[family].Type != 0 || p.wrong[family] {
		return
	}
	p.wrong[family] = true
	p.notice(fleet.Concat(fleet.Quote(t.families[family].Name), fleet.Text(" is a "),
		fleet.Quote(string(declared)), fleet.Text(" on this page, which is not what it should be; it was left out")))
}

// dropWrong removes samples that came before their family turned out to have the wrong type, or after.
func (t *Table) dropWrong(p *Page) {
	kept := p.Samples[:0]
	for _, s := range p.Samples {
		if !p.wrong[s.Family] {
			kept = append(kept, s)
		}
	}
	p.Samples = kept
}

// Declared tells whether the page has a TYPE line of this family, which says that the system counts it
// even where no series exists yet.
func (p *Page) Declared(family int) bool { return p.seen[family] && !p.wrong[family] }

func (p *Page) notice(text fleet.Safe) {
	p.Notices = append(p.Notices, fleet.Notice{Level: fleet.LevelWarn, Text: text})
}
