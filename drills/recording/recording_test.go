package recording

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
	"pitwall/views/viewtest"
)

func create(t *testing.T) (*Writer, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film")
	w, err := Create(path, Header{Program: "test", Context: "lab"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w, path
}

func open(t *testing.T, path string) *Film {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func keep(t *testing.T, w *Writer, s *fleet.Snapshot) {
	t.Helper()
	if err := w.Keep(s); err != nil {
		t.Fatal(err)
	}
}

func wantAlike(t *testing.T, f *Film, want *fleet.Snapshot) {
	t.Helper()
	got, err := f.At(want.At)
	if err != nil {
		t.Fatal(err)
	}
	if d := alike("", reflect.ValueOf(want).Elem(), reflect.ValueOf(got).Elem()); d != "" {
		t.Fatalf("at %v: %s", want.At, d)
	}
}

// Whatever changes from one snapshot to the next, each comes back: in their order, backwards, and anywhere.
func TestWhatChangesComesBack(t *testing.T) {
	for seed := range uint64(2) {
		w, path := create(t)
		c := &changer{rng: rand.New(rand.NewPCG(seed, 1)), at: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)}
		s := viewtest.Fleet()
		var all []*fleet.Snapshot
		for range 160 {
			v := clone(reflect.ValueOf(s).Elem())
			c.some(v, 0)
			next := v.Addr().Interface().(*fleet.Snapshot)
			c.at = c.at.Add(time.Duration(1+c.rng.IntN(5)) * time.Second)
			next.At = c.at
			if len(all) == 120 {
				c.at = c.at.Add(2 * time.Hour)
				next.At = c.at
			}
			keep(t, w, next)
			all, s = append(all, next), next
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		f := open(t, path)
		for _, want := range all {
			wantAlike(t, f, want)
		}
		for _, i := range []int{159, 0, 100, 101, 99, 119, 120, 121, 30} {
			wantAlike(t, f, all[i])
		}
	}
}

// A fleet as the Hub shows it, with trends that grow, over some keys.
func TestAFleetComesBack(t *testing.T) {
	w, path := create(t)
	m := newMoving(3)
	all := []*fleet.Snapshot{m.snap}
	for range 400 {
		all = append(all, m.next())
	}
	for _, s := range all {
		keep(t, w, s)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f := open(t, path)
	if !f.First().Equal(all[0].At) || !f.Last().Equal(all[400].At) || !f.Cut.IsEmpty() || f.Header.Context != "lab" {
		t.Errorf("%v to %v of %q, %q", f.First(), f.Last(), f.Header.Context, f.Cut)
	}
	for i := range 100 {
		wantAlike(t, f, all[(i*137)%len(all)])
	}
}

// What was shown stays as it is while the film goes on.
func TestAShownSnapshotStays(t *testing.T) {
	w, path := create(t)
	m := newMoving(2)
	var all []*fleet.Snapshot
	for range 60 {
		all = append(all, m.next())
		keep(t, w, all[len(all)-1])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f := open(t, path)
	var shown []*fleet.Snapshot
	for _, s := range all {
		got, err := f.At(s.At)
		if err != nil {
			t.Fatal(err)
		}
		shown = append(shown, got)
	}
	for i, s := range all {
		if d := alike("", reflect.ValueOf(s).Elem(), reflect.ValueOf(shown[i]).Elem()); d != "" {
			t.Fatalf("second %d: %s", i, d)
		}
	}
}

func TestMomentsBetweenAndOutside(t *testing.T) {
	w, path := create(t)
	m := newMoving(1)
	first := m.next()
	keep(t, w, first)
	tooSoon := *first
	tooSoon.At = tooSoon.At.Add(500 * time.Millisecond)
	keep(t, w, &tooSoon)
	second := *m.next()
	second.At = first.At.Add(8 * time.Second)
	keep(t, w, &second)
	back := *m.next()
	back.At = first.At.Add(-time.Hour) // a clock that is set back stops no recording
	keep(t, w, &back)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f := open(t, path)
	for ask, want := range map[time.Duration]time.Time{-time.Hour: first.At, 0: first.At, 7 * time.Second: first.At,
		8 * time.Second: second.At, time.Hour: back.At} {
		got, err := f.At(first.At.Add(ask))
		if err != nil || !got.At.Equal(want) {
			t.Errorf("%v after the begin: %v %v, want %v", ask, got.At, err, want)
		}
	}
}

func TestNotes(t *testing.T) {
	w, path := create(t)
	m := newMoving(1)
	var want []Note
	for i := range 40 {
		s := m.next()
		if i%7 == 0 {
			n := Note{At: s.At, Kind: NoteKey, By: "ann", Text: fleet.Textf("key %s", fleet.Int(i)), Data: "raw"}
			if err := w.Note(n); err != nil {
				t.Fatal(err)
			}
			want = append(want, n)
		}
		keep(t, w, s)
	}
	last := Note{At: m.snap.At.Add(time.Second), Kind: NoteMark, Text: fleet.Text("after the last")}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := w.Note(last); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f := open(t, path)
	got, err := f.Notes(time.Time{}, m.snap.At.Add(time.Hour))
	if err != nil || len(got) != len(want)+1 {
		t.Fatalf("%d notes, want %d: %v", len(got), len(want)+1, err)
	}
	for i, n := range append(want, last) {
		if got[i].Text != n.Text || !got[i].At.Equal(n.At) || got[i].By != n.By || got[i].Kind != n.Kind || got[i].Data != n.Data {
			t.Errorf("note %d: %+v, want %+v", i, got[i], n)
		}
	}
	if few, _ := f.Notes(want[2].At, want[3].At); len(few) != 2 || few[0].Text != want[2].Text {
		t.Errorf("between two: %+v", few)
	}
	if _, err := f.At(m.snap.At.Add(time.Hour)); err != nil {
		t.Errorf("a chunk of notes alone stops the film: %v", err)
	}
}

// A file cut anywhere is good up to its last whole chunk, and says that it was cut.
func TestACutFile(t *testing.T) {
	body, all := recorded(t)
	path := filepath.Join(t.TempDir(), "cut")
	first := open(t, fileOf(t, body)).chunks[1].place
	for _, part := range []float64{0.999, 0.7, 0.1} {
		write(t, path, body[:int(first)+int(float64(len(body)-int(first))*part)])
		f := open(t, path)
		if f.Cut.IsEmpty() || f.Last().After(all[len(all)-1].At) {
			t.Errorf("%v of the file: %q, last %v", part, f.Cut, f.Last())
		}
		for i := 0; i < len(all); i += 9 {
			if s := all[i]; !s.At.After(f.Last()) {
				wantAlike(t, f, s)
			}
		}
	}
	for _, n := range []int{0, 5, 19, 300, int(first) / 2} {
		write(t, path, body[:n])
		if _, err := Open(path); err == nil {
			t.Errorf("%d bytes were opened", n)
		}
	}
}

// recorded is a file of a small fleet that was recorded for a while.
func recorded(t *testing.T) ([]byte, []*fleet.Snapshot) {
	w, path := create(t)
	m := newMoving(1)
	var all []*fleet.Snapshot
	for range 240 {
		all = append(all, m.next())
		keep(t, w, all[len(all)-1])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return body, all
}

func fileOf(t *testing.T, body []byte) string {
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, body)
	return path
}

func write(t *testing.T, path string, body []byte) {
	t.Helper()
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
}

// One byte that is wrong is never shown as a figure: the look says so, or the file ends before it.
func TestADamagedFile(t *testing.T) {
	body, all := recorded(t)
	path := filepath.Join(t.TempDir(), "damaged")
	rng := rand.New(rand.NewPCG(3, 3))
	said := 0
	for range 40 {
		bad := append([]byte(nil), body...)
		bad[len(bad)/20+rng.IntN(len(bad)-len(bad)/20)] ^= byte(1 + rng.IntN(255))
		write(t, path, bad)
		f, err := Open(path)
		if err != nil {
			said++
			continue
		}
		if !f.Cut.IsEmpty() {
			said++
		}
		for i := 0; i < len(all); i += 60 {
			got, err := f.At(all[i].At)
			if err != nil {
				said++
				continue
			}
			if got.At.Equal(all[i].At) {
				if d := alike("", reflect.ValueOf(all[i]).Elem(), reflect.ValueOf(got).Elem()); d != "" {
					t.Fatal(d)
				}
			}
		}
		_ = f.Close()
	}
	if said < 40 {
		t.Errorf("%d faults said for 40 damaged files", said)
	}
}

func TestWhatIsNoRecording(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for body, want := range map[string]string{
		"":                              "no recording of pitwall",
		"hello\nworld\n":                "no recording of pitwall",
		"pitwall recording x\n{}\n":     "no recording of pitwall",
		"pitwall recording 2 00\n{}\n":  "a newer pitwall opens it",
		"pitwall recording 1\n{\"Sh":    "cut in its first lines",
		"pitwall recording 1 00\n{}\n":  "its head is damaged",
		string(beginning([]byte("[]"))): "cannot be read",
		string(beginning([]byte("{}"))): "it does not have",
		string(beginning([]byte(`{"Shapes":[{"k":"struct"}]}`))): "not one whole snapshot",
		string(beginning([]byte(`{"Shapes":[{"k":"ghost"}]}`))):  "not known here",
	} {
		write(t, path, []byte(body))
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", body, err, want)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestNothingIsWrittenOver(t *testing.T) {
	w, path := create(t)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path, Header{}); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "never written over") {
		t.Errorf("a second recording: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

// A disk that is full ends the recording; what was written stays good.
func TestAFullDisk(t *testing.T) {
	w, path := create(t)
	m := newMoving(1)
	for range 25 {
		keep(t, w, m.next())
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	good := w.file
	w.file = full
	var said error
	for range 20 {
		if err := w.Keep(m.next()); err != nil {
			said = err
		}
	}
	if said == nil || !strings.Contains(said.Error(), "no space left") {
		t.Fatalf("the full disk: %v", said)
	}
	_ = good.Close()
	f := open(t, path)
	if !f.Cut.IsEmpty() || f.Last().Before(f.First().Add(8*time.Second)) {
		t.Errorf("what was written before: %q, up to %v", f.Cut, f.Last())
	}
}

// A later pitwall has other fields: what it knows is read, the rest is passed over.
func TestFieldsOfAnotherVersion(t *testing.T) {
	body, all := recorded(t)
	_, rest, _ := strings.Cut(string(body), "\n")
	header, chunks, _ := strings.Cut(rest, "\n")
	header = strings.ReplaceAll(header, `"n":"Replicas"`, `"n":"Workload"`)
	header = strings.ReplaceAll(header, `"n":"Events"`, `"n":"Evento"`)
	f := open(t, fileOf(t, append(beginning([]byte(header)), chunks...)))
	for _, i := range []int{0, 100, 230} {
		got, err := f.At(all[i].At)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Pools) != len(all[i].Pools) || len(got.Pools[0].Replicas) != 0 || len(got.Events) != 0 {
			t.Fatalf("%d pools with %d replicas, %d events", len(got.Pools), len(got.Pools[0].Replicas), len(got.Events))
		}
		if d := alike("", reflect.ValueOf(&all[i].Pools[0].Nodes).Elem(), reflect.ValueOf(&got.Pools[0].Nodes).Elem()); d != "" {
			t.Error(d)
		}
	}
}

// A film of a file that is still written goes on with it.
func TestAGrowingFile(t *testing.T) {
	w, path := create(t)
	m := newMoving(1)
	keep(t, w, m.next())
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	f := open(t, path)
	var s *fleet.Snapshot
	for range 30 {
		s = m.next()
		keep(t, w, s)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Refresh(); err != nil {
		t.Fatal(err)
	}
	wantAlike(t, f, s)
	wantAlike(t, f, s)
}

func FuzzFilm(f *testing.F) {
	f.Add([]byte("CHUNK"), 3)
	f.Fuzz(func(t *testing.T, form []byte, n int) {
		shapes := describe(reflect.TypeFor[fleet.Snapshot]())
		c, err := bind(shapes, reflect.TypeFor[fleet.Snapshot]())
		if err != nil {
			t.Fatal(err)
		}
		cut := len(form) / 3
		d := &decoder{room: 1 << 24}
		for i := range d.in {
			d.in[i] = &cursor{}
		}
		d.in[streamForm].b, d.in[streamNumbers].b, d.in[streamTexts].b = form[:cut], form[cut:2*cut], form[2*cut:]
		defer func() {
			if r := recover(); r != nil && r != errDamaged && r != errLarge { //nolint:errorlint // thrown as they are
				panic(r)
			}
		}()
		d.points = takePoints(&cursor{b: form[n&7%(len(form)+1):]}, nil)
		for range 20 {
			c.take(d, reflect.ValueOf(&fleet.Snapshot{}).Elem())
		}
	})
}
