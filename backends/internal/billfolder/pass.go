package billfolder

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"pitwall/backends/internal/sheet"
	"pitwall/fleet"
)

const (
	maxDocument = 64 << 20
	between     = 4096 // rows between looks at the time
	mostWrong   = 100  // one row in so many may be wrong, for the rest of a file to be used
)

// pass is one read of a file, which may take several reads of the folder.
type pass struct {
	f       *os.File
	read    *hashing
	size    int64
	written time.Time
	rows    *sheet.Rows
	width   int
	table   Table
	tally   *sheet.Tally
	title   string
	count   int
	wrong   int
	ended   bool // the last row has an end of line
	head    [][]byte
	first   string // what was wrong first
}

// try reads a file as far as time allows. done is false where it goes on at the next read.
func (f *Folder) try(ctx context.Context, root *os.Root, x *file, e entry) (done bool, err error) {
	if p := x.pending; p != nil && (p.size != e.size || !p.written.Equal(e.written)) {
		x.drop()
	}
	if err := f.unreadable(e); err != nil {
		return false, err
	}
	if x.touched(e) && same(root, e.name, x.good.sha) {
		x.good.written, x.written = e.written, e.written
		return true, nil
	}
	if x.pending == nil {
		if x.pending, err = f.begin(root, e); err != nil {
			return false, err
		}
	}
	p := x.pending
	if p.table != nil {
		if err := p.through(ctx); err != nil || ctx.Err() != nil {
			return false, err
		}
	}
	c, err := p.finish()
	if err == nil && p.cutSince(x.good) {
		err = sheet.ErrCut
	}
	if err != nil {
		return false, err
	}
	x.accept(e, c)
	return true, nil
}

// cutSince tells whether a table is shorter than it was and has no end behind its last field: a part of that may lack.
func (p *pass) cutSince(good *content) bool {
	return p.table != nil && !p.ended && good != nil && p.size < good.size
}

// unreadable says why a file is not even opened.
func (f *Folder) unreadable(e entry) error {
	switch {
	case e.linked != nil:
		return e.linked
	case f.fresh(e):
		return errFresh
	case e.size == 0:
		return errEmpty
	case strings.HasSuffix(strings.ToLower(e.name), ".parquet"):
		return errParquet
	default:
		return nil
	}
}

// begin opens a file and recognises it. A document is read at once.
func (f *Folder) begin(root *os.Root, e entry) (*pass, error) {
	h, err := open(root, e.name)
	if err != nil {
		return nil, err
	}
	p := &pass{f: h.f, read: h, size: e.size, written: e.written, tally: sheet.NewTally(f.opt.Days)}
	if err := p.recognise(f.opt.Formats); err != nil {
		_ = h.f.Close()
		return nil, err
	}
	return p, nil
}

func (p *pass) recognise(formats []Format) error {
	text, err := sheet.Plain(p.read)
	if err != nil {
		return err
	}
	b := bufio.NewReaderSize(text, 4096)
	head, err := b.Peek(1024)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if bytes.IndexByte(head, 0) >= 0 || bytes.HasPrefix(head, []byte("PAR1")) {
		return errBinary
	}
	if begin := bytes.TrimSpace(head); len(begin) > 0 && (begin[0] == '{' || begin[0] == '[') {
		return p.document(b, formats)
	}
	p.rows = sheet.NewRows(b)
	first, _, err := p.rows.Next()
	if errors.Is(err, io.EOF) {
		return errEmpty
	}
	if err != nil {
		return err
	}
	h := sheet.NewHead(first)
	p.width, p.ended, p.head = h.Len(), true, kept(first)
	for _, format := range formats {
		if format.Table == nil {
			continue
		}
		if p.table, err = format.Table(h); err != nil {
			return err
		}
		if p.table != nil {
			p.title = p.table.Title()
			return nil
		}
	}
	return errUnknown
}

// kept is a row that stays valid when the next one is read.
func kept(row [][]byte) [][]byte {
	out := make([][]byte, len(row))
	for i := range row {
		out[i] = bytes.Clone(row[i])
	}
	return out
}

func (p *pass) document(r io.Reader, formats []Format) error {
	body, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err != nil {
		return err
	}
	if len(body) > maxDocument {
		return errLong
	}
	for _, format := range formats {
		if format.Document == nil {
			continue
		}
		if ok, err := format.Document(body, p.tally); ok || err != nil {
			p.title, p.count = format.Title, 1
			return err
		}
	}
	return errUnknown
}

// through reads rows until the end or until the time is up.
func (p *pass) through(ctx context.Context) error {
	for {
		if p.count%between == 0 && over(ctx) {
			return nil
		}
		row, whole, err := p.rows.Next()
		if errors.Is(err, io.EOF) {
			return p.table.End(p.tally)
		}
		if err != nil {
			return err
		}
		if !whole && len(row) < p.width {
			return sheet.ErrCut
		}
		p.ended = whole
		p.count++
		if len(row) != p.width {
			err = fmt.Errorf("it has %s, the first row has %d", plural(len(row), "field", "fields"), p.width)
		} else {
			err = p.table.Row(row, p.tally)
		}
		if errors.Is(err, sheet.ErrManySums) {
			return err
		}
		switch {
		case err == nil:
		case slices.EqualFunc(row, p.head, bytes.Equal): // files that were put together, each with its first row
			p.count--
		default:
			p.note(err)
		}
	}
}

// over tells whether the time of a read is up, which is no failure of what is read.
func over(ctx context.Context) bool { return ctx.Err() != nil }

// note counts a row that is wrong.
func (p *pass) note(err error) {
	if p.wrong++; p.wrong == 1 {
		p.first = fmt.Sprintf("line %d: %s", p.rows.Line(), err)
	}
}

// finish judges a file that was read to its end.
func (p *pass) finish() (*content, error) {
	if _, err := io.Copy(io.Discard, p.read); err != nil { // what is behind the end of a compressed block
		return nil, err
	}
	info, err := p.f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() != p.size || !info.ModTime().Equal(p.written) || p.read.n != p.size {
		return nil, errChanging
	}
	if p.wrong*mostWrong > p.count {
		return nil, fmt.Errorf("%s of %d are wrong, which is too many to use the others; %s", plural(p.wrong, "row", "rows"), p.count, p.first)
	}
	c := &content{format: fleet.Label(p.title), sha: p.read.hex(), size: p.size, written: p.written, rows: p.count - p.wrong,
		usage: p.tally.Usage, all: p.tally.All, data: p.tally.Data, part: p.part()}
	times := p.tally.Parties()
	c.cells, c.texts = p.tally.Sums()
	c.parties = make(map[party]sheet.Range, len(times))
	for who, r := range times {
		c.parties[party{who.Stream, c.texts[who.Provider]}] = r
	}
	return c, nil
}

// part says which rows were not used.
func (p *pass) part() fleet.Safe {
	var list []fleet.Safe
	if p.wrong > 0 {
		list = append(list, fleet.Textf("%s of %s not used, being wrong: %s",
			fleet.Label(plural(p.wrong, "row", "rows")), fleet.Label(fmt.Sprint(p.count)), fleet.Label(p.first)))
	}
	if p.table != nil && p.count == 0 {
		list = append(list, fleet.Text("it has no rows: nothing is known from it"))
	}
	for _, why := range slices.Sorted(maps.Keys(p.tally.Left)) {
		list = append(list, fleet.Textf("%s %s", fleet.Label(plural(p.tally.Left[why], "row", "rows")), fleet.Label(why)))
	}
	return fleet.Join(list, fleet.Text("; "))
}
