// Package billfolder reads folders into which bills are put as files: exports of providers and clouds, brought there by a job
// or by hand, also where there is no network. Each file is recognised by what is in it, summed up while it is read, and read
// again only when it changes. The last good reading of a file stands until a better one.
// It must not know a format, write to the folder, follow a link out of it, or keep a whole file in memory.
package billfolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"pitwall/backends/internal/sheet"
	"pitwall/fleet"
)

// Format is one kind of file.
type Format struct {
	// Title says what it is: "FOCUS 1.2".
	Title string
	// Table makes what reads the rows of a table with this first row; nil where such a table is of another format. An error
	// is a table of this format that cannot be used.
	Table func(sheet.Head) (Table, error)
	// Document reads a JSON document; it answers false where the document is of another format.
	Document func(body []byte, t *sheet.Tally) (ok bool, err error)
}

// Table reads the rows of one table.
type Table interface {
	// Title says what the table is.
	Title() string
	// Row adds one row to the sums. An error says in a few words of the program what is wrong with it.
	Row(row [][]byte, t *sheet.Tally) error
	// End is called after the last row.
	End(t *sheet.Tally) error
}

// Options are how a folder is read.
type Options struct {
	Formats []Format
	Days    bool // make days of hours
}

// Folder is a reader of one folder.
type Folder struct {
	spec  fleet.SourceSpec
	clock fleet.Clock
	opt   Options
	files map[string]*file
	last  *fleet.BillReading
	due   bool       // last was not told yet
	whole bool       // all files were read once: before, what a longer one says would be taken for gone
	left  fleet.Safe // what was not read yet
}

// New makes the reader of the folder of a source.
func New(spec fleet.SourceSpec, deps fleet.Deps, opt Options) *Folder {
	return &Folder{spec: spec, clock: deps.Clock, opt: opt, files: map[string]*file{}}
}

// Read reads what changed, as far as time allows, and answers with all that is known.
func (f *Folder) Read(ctx context.Context) (fleet.Partial, error) {
	root, err := os.OpenRoot(f.spec.File)
	if err != nil {
		return fleet.Partial{}, f.problem(err)
	}
	defer func() { _ = root.Close() }()
	found, err := list(ctx, root)
	if err != nil {
		return fleet.Partial{}, f.problem(err)
	}
	brief, stop := f.brief(ctx)
	defer stop()
	changed, waiting := f.refresh(brief, root, found)
	if ctx.Err() != nil {
		return fleet.Partial{}, f.problem(ctx.Err())
	}
	return f.deliver(changed, waiting), nil
}

// deliver says what is new.
func (f *Folder) deliver(changed bool, waiting []*file) fleet.Partial {
	f.left = f.unread(waiting)
	f.whole = f.whole || len(waiting) == 0
	if changed || f.last == nil {
		f.last, f.due = f.reading(), true
	}
	if f.due && f.whole {
		f.due = false
		return f.partial(f.last)
	}
	// What was said stands: it need not be entered again.
	return f.partial(&fleet.BillReading{Streams: f.last.Streams, Watermark: f.last.Watermark, Files: f.last.Files})
}

func (f *Folder) partial(bill *fleet.BillReading) fleet.Partial {
	return fleet.Partial{At: f.clock.Now(), Bill: bill, Incomplete: f.left, Notices: f.notices()}
}

// brief ends before the time of a read is over, so that what was read until then is delivered.
func (f *Folder) brief(ctx context.Context) (context.Context, context.CancelFunc) {
	if f.spec.Timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, f.spec.Timeout*3/4)
}

// refresh reads what is new, the newest first, and counts what is left for the next read.
func (f *Folder) refresh(ctx context.Context, root *os.Root, found []entry) (changed bool, waiting []*file) {
	present := make(map[string]bool, len(found))
	for _, e := range found {
		present[e.name] = true
		x := f.files[e.name]
		if x == nil {
			x = &file{name: e.name}
			f.files[e.name] = x
		}
		if !x.wants(e) {
			continue
		}
		if ctx.Err() != nil {
			waiting = append(waiting, x)
			continue
		}
		switch done, err := f.try(ctx, root, x, e); {
		case err != nil:
			before := x.why
			x.refuse(e, err)
			changed = changed || x.why != before
		case !done:
			waiting = append(waiting, x)
		default:
			changed = true
		}
	}
	for name, x := range f.files {
		if !present[name] { // it was taken away on purpose: what was told of it stays on file elsewhere
			x.drop()
			delete(f.files, name)
			changed = true
		}
	}
	return changed, waiting
}

// unread says what is left for the next read.
func (f *Folder) unread(waiting []*file) fleet.Safe {
	if len(waiting) == 0 {
		return fleet.Safe{}
	}
	x := waiting[0]
	if x.pending != nil && x.pending.size > 0 {
		share := fmt.Sprintf("%d", min(99, 100*x.pending.read.n/x.pending.size))
		return fleet.Textf("%s is read to %s%%, it goes on at the next read; %s files wait", fleet.Quote(x.name), fleet.Label(share),
			fleet.Label(fmt.Sprint(len(waiting)-1)))
	}
	return fleet.Textf("%s files wait for the next read, %s first", fleet.Label(fmt.Sprint(len(waiting))), fleet.Quote(x.name))
}

// notices say once what became wrong with a file.
func (f *Folder) notices() []fleet.Notice {
	var out []fleet.Notice
	for _, x := range f.ordered() {
		if x.why.IsEmpty() || x.said == x.why {
			continue
		}
		x.said = x.why
		level := fleet.LevelWarn
		if x.mild {
			level = fleet.LevelInfo
		}
		out = append(out, fleet.Notice{Level: level, Text: fleet.Textf("%s: %s", fleet.Quote(x.name), x.why)})
	}
	return out
}

// ordered are the files by name.
func (f *Folder) ordered() []*file {
	out := make([]*file, 0, len(f.files))
	for _, x := range f.files {
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b *file) int { return compareNames(a.name, b.name) })
	return out
}

// problem says why a folder as a whole cannot be read.
func (f *Folder) problem(err error) error {
	fail := func(kind fleet.Kind, why error, next string) error {
		return &fleet.Error{Kind: kind, Op: "read the folder", Source: f.spec.ID, Err: why, Next: next}
	}
	switch {
	case errors.Is(err, context.Canceled):
		return fail(fleet.KindInterrupted, errors.New("the read was stopped"), "")
	case errors.Is(err, context.DeadlineExceeded):
		return fail(fleet.KindTimeout, errors.New("there was no time to look into it"), "what was read before stands; it goes on next time")
	case errors.Is(err, fs.ErrNotExist):
		return fail(fleet.KindNotFound, errors.New("there is no such folder"), "make it, or correct folder in the configuration")
	case errors.Is(err, fs.ErrPermission):
		return fail(fleet.KindAuth, errors.New("the folder may not be read"), "give the user of pitwall the rights r and x on it")
	case errors.Is(err, errMany):
		return fail(fleet.KindInvalid, err, "move older ones to another folder; what was read before stands")
	default:
		return fail(fleet.KindUnreachable, errors.New("the folder cannot be read"), "what was read before stands; it is tried again")
	}
}

// settled is how long a file must have been still before it is read: what writes it may be at work.
const settled = 5 * time.Second

// fresh tells whether a file was written so lately that more may come.
func (f *Folder) fresh(e entry) bool {
	age := f.clock.Now().Sub(e.written)
	return age >= 0 && age < settled
}
