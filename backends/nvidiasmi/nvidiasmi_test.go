package nvidiasmi

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func own(t testing.TB, product string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/two.csv")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "PRODUCT", product)
}

func wantGPUs() []fleet.GPUReading {
	return []fleet.GPUReading{
		{ID: "GPU-aaaa0000-0000-4000-8000-000000000000", Index: "0", PCI: "0000:1b:00", Product: "H100", Driver: "580.65.06",
			Temp: fleet.Some(fleet.Celsius(61)), Power: fleet.Some(fleet.Watts(690.5)), SMClockMHz: fleet.Some(1980.0),
			Util: fleet.Some(fleet.Ratio(0.97)), MemUsed: fleet.Some(fleet.Bytes(60000 << 20)),
			MemFree: fleet.Some(fleet.Bytes(20000 << 20)), ECCDouble: fleet.Some(0.0), RemapPending: fleet.Some(true),
			RemapFailed: fleet.Some(false), Throttle: fleet.Some(uint64(4)), Recovery: fleet.Some(0)},
		{ID: "GPU-bbbb0000-0000-4000-8000-000000000001", Index: "1", PCI: "0000:43:00", Product: "H100", Driver: "580.65.06",
			Temp: fleet.Some(fleet.Celsius(48)), SMClockMHz: fleet.Some(345.0), MemUsed: fleet.Some(fleet.Bytes(55 << 20)),
			MemFree: fleet.Some(fleet.Bytes(80000 << 20)), ECCDouble: fleet.Some(2.0), RemapPending: fleet.Some(true),
			Throttle: fleet.Some(uint64(64)), Recovery: fleet.Some(4)},
	}
}

func same(t testing.TB, got, want []fleet.GPUReading) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d GPUs, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("GPU %d:\n got %+v\nwant %+v", i, got[i], want[i])
		}
	}
}

// open makes a reader of a command or, where argv is one path, of a file.
func open(t testing.TB, spec fleet.SourceSpec) *reader {
	t.Helper()
	spec.ID, spec.Interval, spec.Timeout = "smi", 30*time.Second, 27*time.Second
	r, err := Connector().NewReader(spec, contract.Deps())
	if err != nil {
		t.Fatal(err)
	}
	return r.(*reader)
}

func write(t testing.TB, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gpus.csv")
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	now := contract.Start()
	if err := os.Chtimes(path, now, now); err != nil {
		t.Fatal(err)
	}
	return path
}

// prints is a command that prints a body and ends with a code. What it adds for the query is taken and not looked at.
func prints(t testing.TB, body, code string) fleet.SourceSpec {
	t.Helper()
	return fleet.SourceSpec{Command: []string{"sh", "-c", `cat "$1"; echo "a message" >&2; exit "$2"`, "sh", write(t, body), code}}
}

func read(t testing.TB, r *reader, limit time.Duration) (fleet.Partial, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return r.Read(ctx)
}

const patience = 20 * time.Second

func TestACommandAndAFileSayTheSame(t *testing.T) {
	for name, spec := range map[string]fleet.SourceSpec{
		"command": prints(t, own(t, "H100"), "0"), "file": {File: write(t, own(t, "H100"))},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, spec)
			for range 2 {
				p, err := read(t, r, patience)
				if err != nil {
					t.Fatal(err)
				}
				same(t, p.GPUs, wantGPUs())
				if len(p.Notices) != 0 || !p.At.Equal(contract.Start()) || p.Version.String() != "driver 580.65.06" {
					t.Errorf("notices %v, at %v, version %s", p.Notices, p.At, p.Version)
				}
			}
		})
	}
}

func TestASourceIsACommandOrAFile(t *testing.T) {
	for name, spec := range map[string]fleet.SourceSpec{
		"neither": {URL: "http://h:9400"}, "both": {Command: []string{"nvidia-smi"}, File: "/x"}, "empty": {Command: []string{""}},
	} {
		if _, err := Connector().NewReader(spec, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOlderDriversAreAskedInTheirWords has a driver that answers nothing but an error where it does not know a field.
func TestOlderDriversAreAskedInTheirWords(t *testing.T) {
	log := filepath.Join(t.TempDir(), "asked")
	const script = `printf '%s\n' "$3" >> "$2"
case "$3" in *gpu_recovery_action*) echo 'Field "gpu_recovery_action" is not a valid field to query.'; exit 2;; esac
cat "$1"`
	older := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(own(t, "H100"),
		", gpu_recovery_action", ""), ", None", ""), ", Drain and Reset", ""), "clocks_event_reasons", "clocks_throttle_reasons")
	r := open(t, fleet.SourceSpec{Command: []string{"sh", "-c", script, "sh", write(t, older), log}})
	want := wantGPUs()
	for i := range want {
		want[i].Recovery = fleet.None[int]()
	}
	for range 2 {
		p, err := read(t, r, patience)
		if err != nil {
			t.Fatal(err)
		}
		same(t, p.GPUs, want)
	}
	asked, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(asked)), "\n")
	if len(lines) != 3 || lines[1] != lines[2] || !strings.Contains(lines[1], "clocks_throttle_reasons.active") {
		t.Errorf("asked %q: want the newer list once, and the older one from then on", lines)
	}
}

// TestFaults has the cases of the contract that apply to a program in place of a server.
func TestFaults(t *testing.T) {
	good := own(t, "H100")
	for name, tc := range map[string]struct {
		body, code string
		want       fleet.Kind
		words      string
	}{
		"nothing":         {"", "0", fleet.KindInvalid, "printed nothing"},
		"cut":             {good[:len(good)-4], "0", fleet.KindInvalid, "cut off"},
		"cut at a line":   {good[:strings.LastIndex(good, "2, GPU-b")], "0", fleet.KindInvalid, "more GPUs than the table"},
		"a page":          {"<!DOCTYPE html>\n<p>login</p>\n", "0", fleet.KindInvalid, "number of values"},
		"noise":           {"\x00\x01\x1b]0;pwned\x07 \xff\xfe\n", "0", fleet.KindInvalid, "number of values"},
		"no driver":       {"NVIDIA-SMI has failed.\n", "9", fleet.KindServer, "driver is not loaded"},
		"bad field":       {"Field \"x\" is not a valid field to query.\n", "2", fleet.KindInvalid, "does not know a field"},
		"no such program": {"", "127", fleet.KindInvalid, "no such program"},
		"unknown code":    {"", "77", fleet.KindServer, "code 77"},
		"huge":            {strings.Repeat("x", 3<<20) + "\n", "0", fleet.KindInvalid, "over 1 MiB"},
		"twice":           {good + good, "0", fleet.KindInvalid, "appears twice"},
		"only messages":   {"No devices were found\n", "6", fleet.KindServer, "finds no such GPU"},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, prints(t, tc.body, tc.code))
			_, err := read(t, r, patience)
			refused(t, err, tc.want, tc.words)
		})
	}
}

func refused(t *testing.T, err error, want fleet.Kind, words string) {
	t.Helper()
	if fleet.KindOf(err) != want || err != nil && !strings.Contains(err.Error(), words) {
		t.Fatalf("got %v, want %s with %q", err, want, words)
	}
	if !fleet.IsClean(err.Error()) || strings.Contains(err.Error(), "a message") {
		t.Errorf("the error is not a clean sentence of ours: %q", err)
	}
}

func TestAProgramThatIsNotThere(t *testing.T) {
	_, err := read(t, open(t, fleet.SourceSpec{Command: []string{"/does/not/exist/nvidia-smi"}}), patience)
	refused(t, err, fleet.KindInvalid, "cannot be started")
}

func TestSSHFailsAsItself(t *testing.T) {
	r := open(t, prints(t, "", "255"))
	_, err := read(t, r, patience)
	refused(t, err, fleet.KindServer, "code 255")
	r.argv = append(r.argv, "/usr/bin/ssh")
	_, err = read(t, r, patience)
	refused(t, err, fleet.KindUnreachable, "SSH")
}

// TestAHungDriverIsKilledWhole waits for what the command started: its pipe closes when the last of the group is gone.
func TestAHungDriverIsKilledWhole(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "held")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip("this file system has no pipes")
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		f, err := os.Open(fifo)
		if err != nil {
			return
		}
		defer f.Close()
		_, _ = io.ReadAll(f)
	}()
	r := open(t, fleet.SourceSpec{Command: []string{"sh", "-c", `sleep 100000 > "$0" & : > "$0"; wait`, fifo}})
	_, err := read(t, r, 300*time.Millisecond)
	refused(t, err, fleet.KindTimeout, "driver not answering")
	<-gone
	r.argv = prints(t, own(t, "H100"), "0").Command
	if p, err := read(t, r, patience); err != nil || len(p.GPUs) != 2 {
		t.Errorf("after the hang: %v", err)
	}
}

func TestNoSecondCommandBesideOneThatCannotBeKilled(t *testing.T) {
	r := open(t, prints(t, own(t, "H100"), "0"))
	stuck := &job{done: make(chan struct{}), killed: true}
	r.last = stuck
	_, err := read(t, r, patience)
	refused(t, err, fleet.KindTimeout, "cannot even be killed")
	close(stuck.done)
	if _, err := read(t, r, patience); err != nil {
		t.Errorf("after it ended: %v", err)
	}
}

func TestOneLostGPUHidesNoOther(t *testing.T) {
	body := "motd: welcome\n" + strings.Replace(own(t, "H100"), "\n2, GPU-b",
		"\nUnable to determine the device handle for GPU 0000:43:00.0: Unknown Error\n2, GPU-b", 1)
	body = body[:strings.LastIndex(body, "2, GPU-b")]
	p, err := read(t, open(t, prints(t, body, "15")), patience)
	if err != nil {
		t.Fatal(err)
	}
	same(t, p.GPUs, wantGPUs()[:1])
	if len(p.Notices) != 2 || p.Notices[0].Level != fleet.LevelCrit ||
		!strings.Contains(p.Notices[1].Text.String(), "fell off the bus") {
		t.Errorf("notices %v", p.Notices)
	}
}

func TestAnOldFileIsStale(t *testing.T) {
	path := write(t, own(t, "H100"))
	r := open(t, fleet.SourceSpec{File: path})
	old := contract.Start().Add(-fileLeast - time.Second)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	_, err := read(t, r, patience)
	refused(t, err, fleet.KindStale, "last written 2m ago")
}

func TestFilesThatAreNone(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip("this file system has no pipes")
	}
	for path, want := range map[string]fleet.Kind{
		"/does/not/exist": fleet.KindNotFound, t.TempDir(): fleet.KindInvalid, fifo: fleet.KindInvalid,
		write(t, strings.Repeat("y", maxOutput+1)): fleet.KindInvalid,
	} {
		if _, err := read(t, open(t, fleet.SourceSpec{File: path}), patience); fleet.KindOf(err) != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

func TestCommandsSeeNoCredentials(t *testing.T) {
	got := environment([]string{"PATH=/bin", "OPENAI_API_KEY=x", "SSH_AUTH_SOCK=/s", "LD_PRELOAD=y", "odd"})
	if !reflect.DeepEqual(got, []string{"PATH=/bin", "SSH_AUTH_SOCK=/s"}) {
		t.Errorf("passed on: %v", got)
	}
}

func TestFieldsOfAQuery(t *testing.T) {
	for arg, want := range map[string][]string{
		"--query-gpu=uuid,name": {"uuid", "name"}, "nvidia-smi --query-gpu=uuid,name --format=csv": {"uuid", "name"},
		"--query-gpu='uuid'": {"uuid"}, "--query-gpu": nil,
	} {
		names, complete := queried([]string{"ssh", "h", arg})
		if !complete || !reflect.DeepEqual(names, want) {
			t.Errorf("%q: %v, %v", arg, names, complete)
		}
	}
	if _, complete := queried([]string{"ssh", "h", "nvidia-smi"}); complete {
		t.Error("a command without a query is complete")
	}
}
