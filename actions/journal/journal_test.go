package journal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/fleet"
)

var start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

func plan() actions.Plan {
	before := fleet.Weights{"a": 60, "b": 40}
	after := fleet.Weights{"a": 50, "b": 50}
	return actions.Plan{Format: 1, Digest: "7f3c91d0aa", Created: start, Before: before, After: after,
		BeforeHash: fleet.HashWeights(before), AfterHash: fleet.HashWeights(after), Order: []fleet.TargetID{"a", "b"},
		Intent: actions.Intent{Kind: actions.KindShift, Route: "chat"},
		Steps: []actions.Step{{N: 1, Before: before, After: after, BeforeHash: fleet.HashWeights(before),
			AfterHash: fleet.HashWeights(after), Hold: time.Minute}}}
}

func open(t *testing.T, state string, write func(*os.File, []byte) error) *Journal {
	t.Helper()
	j, err := Open(state, Options{Clock: fleet.NewVirtualClock(start), Write: write})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func create(t *testing.T, j *Journal) (*Log, fleet.ChangeID) {
	t.Helper()
	l, o, err := j.Create(Opened{Plan: plan(), Baseline: []Figure{{Route: "chat", Target: "b", Errors: fleet.Some(fleet.Ratio(0.01))}}},
		Record{State: actions.StateLeased, Guard: &actions.Guardian{PID: 7, Host: "h"}})
	if err != nil {
		t.Fatal(err)
	}
	return l, o.ID
}

// story is the life of a change with one step, without its first record.
func story() []Record {
	p := plan()
	return []Record{
		{Kind: KindIntent, State: actions.StateApplying, Step: &Intent{N: 1, Key: "k", Before: p.Before,
			BeforeHash: p.BeforeHash, After: p.After, AfterHash: p.AfterHash, Inverse: p.Before}},
		{Kind: KindSent, State: actions.StateApplying},
		{Kind: KindResult, State: actions.StateVerifying, Result: &actions.StepResult{N: 1, Weights: p.After, Accepted: start}},
		{Kind: KindHeld, State: actions.StateHeld, Held: true, Why: fleet.Text("held by mara")},
		{Kind: KindReleased, State: actions.StateVerifying},
		{Kind: KindVerified, State: actions.StateVerifying, Result: &actions.StepResult{N: 1, Weights: p.After, Accepted: start, Verified: start}},
		{Kind: KindSoak, State: actions.StateSoaking, NextAt: start.Add(time.Minute)},
		{Kind: KindClosed, State: actions.StateCommitted},
	}
}

func TestAChangeSurvivesTheProcess(t *testing.T) {
	state := t.TempDir()
	j := open(t, state, nil)
	l, id := create(t, j)
	for i, r := range story() {
		if err := l.Append(r); err != nil {
			t.Fatal(err)
		}
		changes, problems := open(t, state, nil).Changes()
		if len(problems) != 0 || len(changes) != 1 {
			t.Fatalf("after record %d: %d changes, problems %v", i, len(changes), problems)
		}
		c := changes[0]
		if c.ID != id || c.State != r.State || c.Held != (r.Kind == KindHeld) || c.Why != r.Why || !c.NextAt.Equal(r.NextAt) {
			t.Fatalf("after %s the change reads as %+v", r.Kind, c)
		}
		if c.Step != 1 || c.Guard.PID != 7 || !c.Plan.After.Equal(plan().After) {
			t.Fatalf("after %s the plan or the step is lost: %+v", r.Kind, c)
		}
	}
	changes, _ := Load(state)
	if c := changes[0]; c.Ended.IsZero() || len(c.Steps) != 1 || c.Steps[0].Verified.IsZero() {
		t.Fatalf("closed change: %+v", c)
	}
	if _, entry, err := j.Continue(id); err != nil || entry.Baseline[0].Errors.V != 0.01 || entry.Last.Key != "k" || !entry.Verified {
		t.Fatalf("continued: %+v, %v", entry, err)
	}
}

func TestFilesArePrivateAndNumbered(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	j := open(t, state, nil)
	_, a := create(t, j)
	_, b := create(t, j)
	if a != "c1-7f3c91d0" || b != "c2-7f3c91d0" {
		t.Fatalf("IDs are %s, %s", a, b)
	}
	for name, mode := range map[string]os.FileMode{".": 0o700, "000001-c1-7f3c91d0.jsonl": 0o600, reserveName: 0o600} {
		info, err := os.Stat(filepath.Join(state, "journal", name))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if info, _ := os.Stat(filepath.Join(state, "journal", reserveName)); info.Size() != reserveSize {
		t.Errorf("the reserve holds %d bytes", info.Size())
	}
}

func TestALinkIsRefused(t *testing.T) {
	state := t.TempDir()
	j := open(t, state, nil)
	_, id := create(t, j)
	path := filepath.Join(state, "journal", "000001-"+string(id)+".jsonl")
	if err := os.Rename(path, path+".real"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path+".real", path); err != nil {
		t.Fatal(err)
	}
	if _, _, err := j.Continue(id); err == nil {
		t.Fatal("a link was followed")
	}
	changes, problems := Load(state)
	if len(changes) != 1 || changes[0].State != actions.StateUnknown || len(problems) != 1 {
		t.Fatalf("%+v, %v", changes, problems)
	}
}

func TestATornLineIsKeptAside(t *testing.T) {
	state := t.TempDir()
	j := open(t, state, nil)
	l, id := create(t, j)
	for _, r := range story()[:3] {
		if err := l.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	path := l.file.Name()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	last := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	for cut := last + 1; cut < len(whole); cut += 7 {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		changes, problems := Load(state)
		if len(problems) != 1 || !problems[0].Torn || changes[0].State != actions.StateApplying {
			t.Fatalf("cut at %d: %+v %v", cut, changes[0].State, problems)
		}
	}
	again, entry, err := j.Continue(id)
	if err != nil || entry.Records != 3 {
		t.Fatalf("continued with %d records, %v", entry.Records, err)
	}
	if err := again.Append(story()[2]); err != nil {
		t.Fatal(err)
	}
	changes, problems := Load(state)
	if len(problems) != 0 || changes[0].State != actions.StateVerifying {
		t.Fatalf("%v %v", changes[0].State, problems)
	}
	aside, err := filepath.Glob(path + ".torn-*")
	if err != nil || len(aside) != 1 {
		t.Fatalf("kept aside: %v, %v", aside, err)
	}
}

func TestADamagedMiddleMakesTheChangeUnknown(t *testing.T) {
	for name, damage := range map[string]func([][]byte) [][]byte{
		"flip":    func(l [][]byte) [][]byte { l[2] = bytes.Replace(l[2], []byte("sent"), []byte("sant"), 1); return l },
		"drop":    func(l [][]byte) [][]byte { return append(l[:2], l[3:]...) },
		"reorder": func(l [][]byte) [][]byte { l[1], l[2] = l[2], l[1]; return l },
		"first":   func(l [][]byte) [][]byte { l[0] = []byte("{}\n"); return l },
	} {
		t.Run(name, func(t *testing.T) {
			state := t.TempDir()
			l, id := create(t, open(t, state, nil))
			for _, r := range story()[:5] {
				if err := l.Append(r); err != nil {
					t.Fatal(err)
				}
			}
			whole, _ := os.ReadFile(l.file.Name())
			lines := damage(bytes.SplitAfter(bytes.TrimSuffix(whole, nil), []byte("\n")))
			if err := os.WriteFile(l.file.Name(), bytes.Join(lines, nil), 0o600); err != nil {
				t.Fatal(err)
			}
			changes, problems := Load(state)
			if len(changes) != 1 || changes[0].ID != id || changes[0].State != actions.StateUnknown || len(problems) == 0 {
				t.Fatalf("%+v %v", changes, problems)
			}
		})
	}
}

// full is a disk that refuses from the nth write on, after taking half of the line; truncating the reserve frees it.
type full struct {
	at, n int
	state string
}

func (d *full) write(f *os.File, b []byte) error {
	d.n++
	if d.n > d.at {
		if info, err := os.Stat(filepath.Join(d.state, "journal", reserveName)); err != nil || info.Size() > 0 || len(b) == reserveSize {
			_, _ = f.Write(b[:len(b)/2])
			return &os.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
		}
	}
	return writeAndSync(f, b)
}

func TestAFullDiskAtAnyRecord(t *testing.T) {
	for at := range len(story()) + 1 {
		state := t.TempDir()
		disk := &full{at: at + 1, state: state} // the reserve is the first write
		j := open(t, state, disk.write)
		if at == 0 {
			if _, _, err := j.Create(Opened{Plan: plan()}, Record{}); fleet.KindOf(err) != fleet.KindReadOnly || !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("opened on a full disk: %v", err)
			}
			if changes, problems := Load(state); len(changes)+len(problems) != 0 {
				t.Fatalf("a change that never was is listed: %v %v", changes, problems)
			}
			continue
		}
		l, _ := create(t, j)
		for i, r := range story() {
			err := l.Append(r)
			refused := i+1 == at && r.Kind.forward()
			if (err != nil) != refused {
				t.Fatalf("full at %d: record %d (%s): %v", at, i, r.Kind, err)
			}
			if refused {
				if !strings.Contains(err.Error(), "writing is disabled") {
					t.Fatalf("the sentence is %v", err)
				}
				break
			}
			if changes, problems := Load(state); len(problems) != 0 || changes[0].State != r.State {
				t.Fatalf("full at %d: after %s: %v %v", at, r.Kind, changes[0].State, problems)
			}
		}
		if j.Err() == nil {
			t.Fatalf("full at %d: the journal does not say so", at)
		}
		disk.at = 1 << 30
		if err := j.Heal(); err != nil {
			t.Fatalf("room again: %v", err)
		}
	}
}

func TestARollBackIsWrittenFromTheReserve(t *testing.T) {
	state := t.TempDir()
	disk := &full{at: 2, state: state}
	l, _ := create(t, open(t, state, disk.write))
	back := story()[0]
	back.Step.Back = true
	if err := l.Append(back); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyChangedFilesAreReadAgain(t *testing.T) {
	state := t.TempDir()
	j := open(t, state, nil)
	l, _ := create(t, j)
	if c, _ := j.Changes(); c[0].State != actions.StateLeased {
		t.Fatal(c[0].State)
	}
	before := testing.AllocsPerRun(5, func() { j.Changes() })
	if before > 60 {
		t.Errorf("%v allocations to see that nothing changed", before)
	}
	if err := l.Append(story()[0]); err != nil {
		t.Fatal(err)
	}
	if c, _ := j.Changes(); c[0].State != actions.StateApplying {
		t.Fatal("the new record was not seen")
	}
}

func TestOpenChangesComeFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var changes []actions.Change
		for i := range rapid.IntRange(0, 12).Draw(t, "n") {
			state := rapid.SampledFrom([]actions.State{actions.StateCommitted, actions.StateSoaking, actions.StateRolledBack}).Draw(t, "s")
			changes = append(changes, actions.Change{Seq: i + 1, State: state})
		}
		Order(changes)
		for i := 1; i < len(changes); i++ {
			a, b := changes[i-1], changes[i]
			if a.State.Closed() && !b.State.Closed() || a.State.Closed() == b.State.Closed() && a.Seq < b.Seq {
				t.Fatalf("%d before %d", a.Seq, b.Seq)
			}
		}
	})
}

func FuzzFold(f *testing.F) {
	for _, r := range append([]Record{{Kind: KindOpened, Open: &Opened{ID: "c1-a", Plan: plan()}}}, story()...) {
		r.Seq = 1
		b, err := encode(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Add([]byte("{\"crc\":\"00000000\",\"rec\":null}\n\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		e, problems := fold("000001-c1-a.jsonl", content)
		if e.good+int64(e.Torn) != int64(len(content)) {
			t.Fatalf("%d good and %d torn bytes of %d", e.good, e.Torn, len(content))
		}
		if e.Corrupt && len(problems) == 0 {
			t.Fatal("damage without a problem")
		}
		if e.Corrupt && !e.Change.State.Closed() && e.Change.State != actions.StateUnknown {
			t.Fatalf("damaged and %q", e.Change.State)
		}
	})
}
