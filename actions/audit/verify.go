package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"pitwall/actions/journal/disk"
	"pitwall/fleet"
)

// Report is what a verification found.
type Report struct {
	Records      int
	FirstBad     int // sequence number that is due where the chain breaks; 0 when it holds
	Why          fleet.Safe
	MissingHeads []Head // published heads that the chain does not hold
	Reversals    []int  // records that are older than the one before
	Torn         bool   // an unfinished last line, which the next append keeps aside
	Head         Head
}

// OK tells whether nothing was changed, taken away or reordered as far as the heads can tell.
// A clock that went back is shown and is not a fault of the chain.
func (r Report) OK() bool { return r.FirstBad == 0 && len(r.MissingHeads) == 0 }

// Verify reads the whole chain of a state directory. Heads that were kept elsewhere (syslog, a report)
// can be given: a chain alone shows edits and holes, but neither a cut tail nor a full rewrite.
func Verify(state string, outside ...Head) (Report, error) {
	dir, err := disk.Open(state, "audit")
	if err != nil {
		return Report{}, err
	}
	names, err := files(dir)
	if err != nil {
		return Report{}, err
	}
	heads, err := readHeads(dir)
	if err != nil {
		return Report{}, err
	}
	w := walk{hashes: map[int]string{}}
	for _, name := range names {
		content, err := dir.Read(name, 1<<30)
		if err != nil {
			return w.report, err
		}
		w.file(name, content)
	}
	for _, h := range append(heads, outside...) {
		if w.hashes[h.Seq] != h.Hash && !slices.Contains(w.report.MissingHeads, h) {
			w.report.MissingHeads = append(w.report.MissingHeads, h)
		}
	}
	return w.report, nil
}

// Records returns all records of the chain as they stand, oldest first; lines that cannot be read are left out.
func Records(state string) ([]Record, error) {
	dir, err := disk.Open(state, "audit")
	if err != nil {
		return nil, err
	}
	names, err := files(dir)
	if err != nil {
		return nil, err
	}
	var records []Record
	for _, name := range names {
		content, err := dir.Read(name, 1<<30)
		if err != nil {
			return records, err
		}
		for line := range bytes.Lines(content) {
			if r, err := parse(line); err == nil {
				records = append(records, r)
			}
		}
	}
	return records, nil
}

// walk goes along the chain.
type walk struct {
	report Report
	last   time.Time
	hashes map[int]string
}

func (w *walk) file(name string, content []byte) {
	for line := range bytes.Lines(content) {
		text, whole := bytes.CutSuffix(line, []byte("\n"))
		if !whole && name == currentName {
			w.report.Torn = true
			return
		}
		w.record(text)
	}
}

func (w *walk) record(text []byte) {
	r, err := parse(text)
	if err == nil {
		err = w.follows(r)
	}
	if err != nil {
		if w.report.FirstBad == 0 {
			w.report.FirstBad, w.report.Why = w.report.Head.Seq+1, fleet.Sentence(err)
		}
		return
	}
	w.report.Records++
	if r.Time.Before(w.last) {
		w.report.Reversals = append(w.report.Reversals, r.Seq)
	}
	w.last = r.Time
	if w.report.FirstBad == 0 {
		w.report.Head = Head{r.Seq, r.Hash}
		w.hashes[r.Seq] = r.Hash
	}
}

func (w *walk) follows(r Record) error {
	sum, err := r.seal()
	switch {
	case err != nil:
		return err
	case sum != r.Hash:
		return errors.New("the record was changed: its hash does not match")
	case w.report.FirstBad != 0:
		return nil // after a break only the records themselves can be judged
	case r.Seq != w.report.Head.Seq+1:
		return fmt.Errorf("record %d stands where %d is due", r.Seq, w.report.Head.Seq+1)
	case r.Prev != w.report.Head.Hash:
		return errors.New("the record does not follow the one before it")
	}
	return nil
}

// files lists the files of the chain, oldest first, the current one last.
func files(dir disk.Dir) ([]string, error) {
	list, err := os.ReadDir(dir.Path(""))
	if err != nil {
		return nil, fault("list the audit", err)
	}
	var names []string
	current := false
	for _, e := range list {
		switch name := e.Name(); {
		case name == currentName:
			current = true
		case strings.HasPrefix(name, "audit-") && strings.HasSuffix(name, ".jsonl"):
			names = append(names, name)
		}
	}
	if current {
		names = append(names, currentName)
	}
	return names, nil
}

// readHeads reads the published heads. A line that is no head is a head that no chain can hold: it shows.
func readHeads(dir disk.Dir) ([]Head, error) {
	b, err := dir.Read(headsName, 64<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var heads []Head
	for line := range strings.Lines(string(b)) {
		if !strings.HasSuffix(line, "\n") {
			break // a crash in the middle of the line
		}
		h := Head{Hash: "unreadable line"}
		if f := strings.Fields(line); len(f) == 3 {
			if n, err := strconv.Atoi(f[0]); err == nil {
				h = Head{n, f[1]}
			}
		}
		heads = append(heads, h)
	}
	return heads, nil
}
