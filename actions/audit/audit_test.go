package audit

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

var start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// TestMain lets the test binary be a second process that appends.
func TestMain(m *testing.M) {
	if state := os.Getenv("AUDIT_APPEND"); state != "" {
		l, err := Open(state, Options{})
		for i := 0; i < 25 && err == nil; i++ {
			_, err = l.Append(Record{Kind: KindArmed, Result: fmt.Sprint(os.Getpid())})
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func chain(t *testing.T, n int, o Options) (string, *Log) {
	t.Helper()
	state := t.TempDir()
	if o.Clock == nil {
		o.Clock = fleet.NewVirtualClock(start)
	}
	l, err := Open(state, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		r := Record{Kind: KindOpened, Change: "c1-aa", Result: fmt.Sprint("step <", i, ">")}
		if _, err := l.Append(r.By(actions.Actor{UID: 1001, Name: "mara", Host: "bastion"})); err != nil {
			t.Fatal(err)
		}
	}
	return state, l
}

func verify(t *testing.T, state string, outside ...Head) Report {
	t.Helper()
	r, err := Verify(state, outside...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAWholeChainVerifies(t *testing.T) {
	var published []Head
	state, l := chain(t, 5, Options{Outside: func(h Head) error { published = append(published, h); return os.ErrClosed }})
	head, err := l.Publish()
	if err != nil || head.Seq != 5 || len(published) != 1 || published[0] != head {
		t.Fatalf("published %v, %v, %v", head, published, err)
	}
	r := verify(t, state, head)
	if !r.OK() || r.Records != 5 || r.Head != head || len(r.Reversals) != 0 {
		t.Fatalf("%+v", r)
	}
	records, err := Records(state)
	if err != nil || len(records) != 5 || records[4].Actor.Name != "mara" || records[4].Host != "bastion" {
		t.Fatalf("%+v %v", records, err)
	}
	if info, _ := os.Stat(filepath.Join(state, "audit", currentName)); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestDamageShows(t *testing.T) {
	for name, c := range map[string]struct {
		damage func([][]byte) [][]byte
		bad    int
		heads  int
	}{
		"flip":     {func(l [][]byte) [][]byte { l[2] = bytes.Replace(l[2], []byte("mara"), []byte("noah"), 1); return l }, 3, 1},
		"drop":     {func(l [][]byte) [][]byte { return append(l[:2], l[3:]...) }, 3, 1},
		"first":    {func(l [][]byte) [][]byte { return l[1:] }, 1, 1},
		"reorder":  {func(l [][]byte) [][]byte { l[1], l[2] = l[2], l[1]; return l }, 2, 1},
		"truncate": {func(l [][]byte) [][]byte { return l[:4] }, 0, 1},
		"extra":    {func(l [][]byte) [][]byte { l[1] = bytes.Replace(l[1], []byte("{"), []byte(`{"x":1,`), 1); return l }, 2, 1},
		"garbage":  {func(l [][]byte) [][]byte { l[0] = []byte("\x00\x1b[2J\n"); return l }, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			state, l := chain(t, 5, Options{})
			if _, err := l.Publish(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(state, "audit", currentName)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			lines := bytes.SplitAfter(b, []byte("\n"))
			if err := os.WriteFile(path, bytes.Join(c.damage(lines[:5]), nil), 0o600); err != nil {
				t.Fatal(err)
			}
			r := verify(t, state)
			if r.OK() || r.FirstBad != c.bad || len(r.MissingHeads) != c.heads {
				t.Fatalf("%+v", r)
			}
			if c.bad != 0 && (r.Why.IsEmpty() || strings.ContainsRune(r.Why.String(), 0x1b)) {
				t.Fatalf("why: %q", r.Why)
			}
		})
	}
}

func TestAFullRewriteShowsAgainstAnOutsideHead(t *testing.T) {
	state, l := chain(t, 5, Options{})
	head, err := l.Publish()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(state, "audit")); err != nil {
		t.Fatal(err)
	}
	again, err := Open(state, Options{Clock: fleet.NewVirtualClock(start)})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := again.Append(Record{Kind: KindArmed}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := again.Publish(); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, state); !r.OK() {
		t.Fatalf("the forged chain is whole in itself: %+v", r)
	}
	if r := verify(t, state, head); r.OK() || r.MissingHeads[0] != head {
		t.Fatalf("%+v", r)
	}
}

func TestRotationCarriesTheHead(t *testing.T) {
	state, l := chain(t, 40, Options{MaxBytes: 2000})
	if _, err := l.Publish(); err != nil {
		t.Fatal(err)
	}
	r := verify(t, state)
	list, _ := filepath.Glob(filepath.Join(state, "audit", "audit-*.jsonl"))
	if !r.OK() || len(list) < 3 || r.Records != 40+len(list) {
		t.Fatalf("%d files, %+v", len(list), r)
	}
	if err := os.Remove(list[1]); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, state); r.OK() || r.FirstBad == 0 {
		t.Fatalf("a file is gone: %+v", r)
	}
}

func TestACrashBetweenFilesKeepsTheChain(t *testing.T) {
	state, l := chain(t, 3, Options{})
	dir := filepath.Join(state, "audit")
	if err := os.Rename(filepath.Join(dir, currentName), filepath.Join(dir, "audit-000000003.jsonl")); err != nil {
		t.Fatal(err)
	}
	if h, err := l.Append(Record{Kind: KindLocked}); err != nil || h.Seq != 4 {
		t.Fatalf("%v %v", h, err)
	}
	if r := verify(t, state); !r.OK() || r.Records != 4 {
		t.Fatalf("%+v", r)
	}
}

func TestAnUnfinishedLineIsKeptAside(t *testing.T) {
	state, l := chain(t, 3, Options{})
	path := filepath.Join(state, "audit", currentName)
	b, _ := os.ReadFile(path)
	if err := os.WriteFile(path, append(b, `{"seq":4,"ti`...), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, state); !r.OK() || !r.Torn {
		t.Fatalf("%+v", r)
	}
	if _, err := l.Append(Record{Kind: KindLocked}); err != nil {
		t.Fatal(err)
	}
	r := verify(t, state)
	aside, err := os.ReadFile(filepath.Join(state, "audit", "torn-000000004"))
	if !r.OK() || r.Torn || r.Records != 5 || err != nil || string(aside) != `{"seq":4,"ti` {
		t.Fatalf("%+v, aside %q %v", r, aside, err)
	}
}

func TestAClockThatGoesBackShows(t *testing.T) {
	state, l := chain(t, 2, Options{})
	if _, err := l.Append(Record{Kind: KindLocked, Time: start.Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, state); !r.OK() || len(r.Reversals) != 1 || r.Reversals[0] != 3 {
		t.Fatalf("%+v", r)
	}
}

func TestProcessesShareOneChain(t *testing.T) {
	state, _ := chain(t, 1, Options{})
	var running []*exec.Cmd
	for range 3 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "AUDIT_APPEND="+state)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running = append(running, cmd)
	}
	for _, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if r := verify(t, state); r.FirstBad != 0 || r.Records != 76 {
		t.Fatalf("%+v", r)
	}
}

func TestVerdicts(t *testing.T) {
	got := Verdicts([]actions.Check{{ID: "IL-01"}, {ID: "IL-03"}, {ID: "IL-24", Severity: actions.SeverityOVR},
		{ID: "IL-13", Severity: actions.SeverityWarn}})
	if want := "2 PASS, WARN IL-13, OVR IL-24"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
