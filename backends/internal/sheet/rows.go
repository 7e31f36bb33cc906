// Package sheet reads tables that finance and providers export as text: CSV of any of the usual dialects and encodings, row
// by row with little memory, with exact amounts and moments, and sums them up while they are read.
// It must not know any format, hold a whole file, or turn an amount into a float.
package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"

	"pitwall/fleet"
)

// What can be wrong with a table as a whole. Each ends the read of its file.
var (
	// ErrCut is a table that ends in the middle of a row or of a compressed block.
	ErrCut = errors.New("it ends in the middle of a row: it was cut, or is still being written")
	// ErrQuote is a quotation mark that is opened and not closed.
	ErrQuote = errors.New("a quotation mark is never closed")
	errMac   = errors.New("its lines end with CR alone: save it with line ends that programs know")
	errWide  = errors.New("its first row has more columns than any export")
)

const (
	bufferBytes = 64 << 10
	maxRow      = 1 << 20 // bytes
	maxColumns  = 4096
)

// Rows are the rows of a table. What Next returns is valid until the next call.
type Rows struct {
	r          io.Reader
	buf        []byte
	start, end int
	ended      bool
	sep        byte
	line       int // of the row that Next returned, from 1
	next       int // of the row after it
	fields     [][]byte
}

// NewRows reads rows of UTF-8 text. What parts fields is found in the first row: a comma, a semicolon or a tab.
func NewRows(r io.Reader) *Rows { return &Rows{r: r, buf: make([]byte, bufferBytes), next: 1} }

// Line is where the row that Next returned begins, from 1.
func (t *Rows) Line() int { return t.line }

// Next returns the fields of the next row that is not empty, and io.EOF after the last one. whole is false for a last row
// without an end of line, which may have been cut.
func (t *Rows) Next() (fields [][]byte, whole bool, err error) {
	for {
		row, whole, err := t.row()
		if err != nil {
			return nil, false, err
		}
		if len(bytes.Trim(row, " ")) == 0 {
			continue
		}
		if t.sep == 0 {
			if t.sep = separator(row); bytes.Count(row, []byte{t.sep}) >= maxColumns {
				return nil, false, errWide
			}
			if bytes.IndexByte(row, '\r') >= 0 && bytes.IndexByte(row, '"') < 0 {
				return nil, false, errMac
			}
		}
		t.split(row)
		return t.fields, whole, nil
	}
}

// row finds the end of the next row: an end of line behind an even number of quotation marks.
func (t *Rows) row() (row []byte, whole bool, err error) {
	scanned, quotes := 0, 0
	t.line = t.next
	for {
		rest := t.buf[t.start+scanned : t.end]
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			quotes += bytes.Count(rest[:i], []byte{'"'})
			scanned += i + 1
			t.next++
			if quotes%2 == 0 {
				row = t.buf[t.start : t.start+scanned-1]
				t.start += scanned
				return bytes.TrimSuffix(row, []byte{'\r'}), true, nil
			}
			continue
		}
		if t.ended {
			return t.last(quotes + bytes.Count(rest, []byte{'"'}))
		}
		quotes += bytes.Count(rest, []byte{'"'})
		scanned += len(rest)
		if scanned > maxRow {
			return nil, false, fmt.Errorf("%w, or a row is longer than any export's: line %d", ErrQuote, t.line)
		}
		if err := t.fill(); err != nil {
			return nil, false, err
		}
	}
}

// last is what stands behind the last end of line.
func (t *Rows) last(quotes int) ([]byte, bool, error) {
	row := t.buf[t.start:t.end]
	t.start = t.end
	switch {
	case len(row) == 0:
		return nil, false, io.EOF
	case quotes%2 != 0:
		return nil, false, ErrCut
	default:
		return bytes.TrimSuffix(row, []byte{'\r'}), false, nil
	}
}

// fill reads on, and makes room where a row does not fit.
func (t *Rows) fill() error {
	if t.start > 0 {
		copy(t.buf, t.buf[t.start:t.end])
		t.start, t.end = 0, t.end-t.start
	}
	if t.end == len(t.buf) {
		t.buf = append(t.buf, make([]byte, len(t.buf))...)
	}
	for range 100 {
		n, err := t.r.Read(t.buf[t.end:])
		t.end += n
		switch {
		case errors.Is(err, io.EOF):
			t.ended = true
			return nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			return ErrCut
		case err != nil:
			return err
		case n > 0:
			return nil
		}
	}
	return io.ErrNoProgress
}

// separator is what a first row is parted by, judged outside of quotation marks.
func separator(row []byte) byte {
	var commas, semicolons, tabs int
	quoted := false
	for _, c := range row {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			commas++
		case c == ';':
			semicolons++
		case c == '\t':
			tabs++
		}
	}
	switch {
	case tabs > commas && tabs > semicolons:
		return '\t'
	case semicolons > commas:
		return ';'
	default:
		return ','
	}
}

// split parts a row into fields, in place.
func (t *Rows) split(row []byte) {
	t.fields = t.fields[:0]
	for {
		var field []byte
		if len(row) > 0 && row[0] == '"' {
			field, row = unquote(row, t.sep)
		} else if i := bytes.IndexByte(row, t.sep); i >= 0 {
			field, row = row[:i], row[i:]
		} else {
			field, row = row, nil
		}
		if t.sep == ';' {
			field = decimalComma(field)
		}
		t.fields = append(t.fields, field)
		if len(row) == 0 {
			return
		}
		row = row[1:] // the separator
	}
}

// commaNumber is a number with a comma, and points between thousands.
var commaNumber = regexp.MustCompile(`^ *[-+$]*(\d*|\d{1,3}(\.\d{3})+),\d+([eE][-+]?\d+)? *$`)

// decimalComma writes a number with a point, in place, of tables that are parted by semicolons since their numbers have commas:
// 1.234,56 and -0,5. What is no such number stays.
func decimalComma(field []byte) []byte {
	comma := bytes.IndexByte(field, ',')
	if comma < 0 || !commaNumber.Match(field) {
		return field
	}
	out := field[:0]
	for i, c := range field {
		switch {
		case i < comma && c == '.':
		case i == comma:
			out = append(out, '.')
		default:
			out = append(out, c)
		}
	}
	return out
}

// unquote reads one field in quotation marks, in which two of them stand for one, and returns what is behind it: the
// separator first. What stands between the closing mark and the separator belongs to the field.
func unquote(row []byte, sep byte) (field, rest []byte) {
	out := row[1:1]
	row = row[1:]
	for {
		i := bytes.IndexByte(row, '"')
		if i < 0 {
			return append(out, row...), nil
		}
		out = append(out, row[:i]...)
		row = row[i+1:]
		if len(row) == 0 || row[0] != '"' {
			break
		}
		out = append(out, '"')
		row = row[1:]
	}
	i := bytes.IndexByte(row, sep)
	if i < 0 {
		return append(out, row...), nil
	}
	return append(out, row[:i]...), row[i:]
}

// Trim is a field without the spaces around it; the words that stand for nothing are nothing.
func Trim(field []byte) []byte {
	field = bytes.TrimSpace(field)
	switch len(field) {
	case 4:
		if string(field) == "NULL" || string(field) == "null" || string(field) == "Null" {
			return nil
		}
	case 3:
		if string(field) == "N/A" || string(field) == "n/a" {
			return nil
		}
	}
	return field
}

// Told is the sentence for an error of this package.
func Told(err error) fleet.Safe { return fleet.Label(err.Error()) }
