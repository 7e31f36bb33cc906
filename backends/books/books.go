// Package books keeps what each stream of money said, by source and UTC day, in the state directory: what gateways metered and own
// machines cost by the hour, and the lines of usage and bills as their sources told them last, with what they said before. It
// outlives a run, so that a month can be added up, and a source whose calls cost money is not asked twice.
//
// It must not decide what is true: sources are laid side by side in package economics.
package books

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"pitwall/economics"
	"pitwall/fleet"
)

const (
	// kept is how many days stay on file.
	kept = 100
	// hourly is for how many days the meter stays by the hour; older days are one line for each thing.
	hourly = 35
	// fresh is how old a day's lines must be before those of hours become one of the day.
	fresh = 3
	// mostLines bounds the lines of one day of a source; beyond it, what they are of (keys, projects, items) is given up.
	mostLines = 4000
	// mostWas bounds the corrections that are remembered of one day.
	mostWas = 64
)

// Books are the books of one context.
type Books struct {
	mu     sync.Mutex
	now    func() time.Time
	writer string // of this run
	file   *file  // nil keeps all in memory
	meter  *flock.Flock

	pages   map[pageKey]*economics.Page
	reads   map[fleet.SourceID]Read
	hours   map[hourKey]*segment
	metered map[int64][]economics.Page // of hours, by day; made when asked for
	bills   uint64
	unsaved []record // what a full disk has not taken yet
	problem fleet.Safe
}

type pageKey struct {
	source fleet.SourceID
	stream fleet.Stream
	day    int64
}

// Read is what the newest good read of a source said beside its lines.
type Read struct {
	Source    fleet.SourceID
	Provider  fleet.ProviderID
	At        time.Time
	Streams   []fleet.Stream
	Covers    []fleet.Span
	Apart     []fleet.BillCover `json:",omitempty"`
	Watermark time.Time
	Refreshed fleet.Maybe[time.Time]
	Files     []fleet.BillFile
	Limits    []fleet.SpendLimit
	Balance   fleet.Maybe[fleet.Money]
	Calls     map[string]int // paid calls by month, as "2026-11"
	CallPrice fleet.Maybe[fleet.Money]
}

// Open reads the books of a folder; "" keeps them in memory only. A folder that cannot be used leaves books that work without it:
// the error says so.
func Open(dir string, now func() time.Time) (*Books, error) {
	var id [6]byte
	_, _ = rand.Read(id[:]) // it never fails
	b := &Books{now: now, writer: hex.EncodeToString(id[:]), pages: map[pageKey]*economics.Page{},
		reads: map[fleet.SourceID]Read{}, hours: map[hourKey]*segment{}, metered: map[int64][]economics.Page{}}
	if dir == "" {
		return b, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return b, b.noted(fault("open the books", err))
	}
	b.file = &file{open: toAppend, slack: slack, path: filepath.Join(dir, "books.log"), lock: flock.New(filepath.Join(dir, "books.lock"),
		flock.SetPermissions(0o600))}
	b.meter = flock.New(filepath.Join(dir, "meter.lock"), flock.SetPermissions(0o600))
	return b, b.noted(b.refresh())
}

func fault(op string, err error) error {
	return &fleet.Error{Kind: fleet.KindInternal, Op: op, Err: err, Next: "what was read stays in memory and is written once that is possible"}
}

func (b *Books) noted(err error) error {
	b.problem = fleet.Safe{}
	switch {
	case err != nil:
		b.problem = fleet.Sentence(err)
	case b.file != nil && b.file.skipped > 0:
		b.problem = fleet.Textf("%s of the books could not be read and left out", fleet.Many(b.file.skipped, "line"))
	}
	return err
}

// Problem says why the books are not kept whole; "" where they are.
func (b *Books) Problem() fleet.Safe {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.problem
}

// Version grows with every reading of a source, here or in another process.
func (b *Books) Version() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bills
}

// Refresh takes over what other processes wrote, and writes what could not be written before.
func (b *Books) Refresh() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.noted(b.write())
}

// LastRead is the newest good read of a source, also by an earlier run or another process.
func (b *Books) LastRead(id fleet.SourceID) (Read, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r, ok := b.reads[id]
	return r, ok
}

// Lines is how many lines are on file of a source.
func (b *Books) Lines(id fleet.SourceID) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for key, s := range b.pages {
		if key.source == id {
			n += len(s.Lines)
		}
	}
	return n
}

// Ledgers is all that is on file. providers are those that the meter answers for. What it returns is not changed later.
func (b *Books) Ledgers(providers []fleet.ProviderID) []economics.Ledger {
	b.mu.Lock()
	defer b.mu.Unlock()
	by := map[fleet.SourceID]*economics.Ledger{}
	for _, key := range slices.SortedFunc(maps.Keys(b.pages), pageKey.compare) {
		l := by[key.source]
		if l == nil {
			r := b.reads[key.source]
			l = &economics.Ledger{Source: key.source, Provider: r.Provider, Watermark: r.Watermark}
			by[key.source] = l
		}
		l.Pages = append(l.Pages, *b.pages[key])
	}
	own := by[""]
	if own == nil {
		own = &economics.Ledger{}
		by[""] = own
	}
	own.Providers = providers
	own.Pages = append(own.Pages, b.meterPages()...)
	out := make([]economics.Ledger, 0, len(by))
	for _, id := range slices.Sorted(maps.Keys(by)) {
		out = append(out, *by[id])
	}
	return out
}

// Close gives the meter back.
func (b *Books) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.meter == nil {
		return nil
	}
	return b.meter.Close()
}
