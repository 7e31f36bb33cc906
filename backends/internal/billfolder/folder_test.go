package billfolder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pitwall/backends/internal/sheet"
	"pitwall/fleet"
)

var start = time.Date(2026, 11, 22, 9, 14, 0, 0, time.UTC)

// toy is a format of tests: a day or hour, whose bill it is, a project and what was paid; of the project "tax" it is of a year.
type toy struct{ when, who, project, paid sheet.Column }

var errPaid = errors.New("it paid no number")

func (toy) Title() string          { return "toy" }
func (toy) End(*sheet.Tally) error { return nil }

func (x toy) Row(row [][]byte, t *sheet.Tally) error {
	at, ok := sheet.ParseMoment(x.when.Of(row))
	to, charge := at.End(), fleet.ChargeUsage
	if string(x.project.Of(row)) == "tax" {
		to, charge = at.Unix+365*secondsOfDay, fleet.ChargeTax
	}
	cost, fine := sheet.ParseAmount(x.paid.Of(row))
	if !ok || !fine {
		return errPaid
	}
	return t.Add(sheet.Key{From: at.Unix, To: to, Charge: charge, Stream: fleet.StreamBilled, Provider: t.Text("p"), Account: t.Word(x.who.Of(row)),
		Project: t.Word(x.project.Of(row)), Currency: t.Text("USD")}, sheet.Amount{}, cost, sheet.Amount{})
}

func formats() []Format {
	return []Format{{Table: func(h sheet.Head) (Table, error) {
		if !h.Has("when", "who", "paid") {
			return nil, nil
		}
		return toy{h.Column("when"), h.Column("who"), h.Column("project"), h.Column("paid")}, nil
	}}}
}

// rig is a folder under test.
type rig struct {
	*testing.T
	dir   string
	clock *fleet.VirtualClock
	f     *Folder
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{T: t, dir: t.TempDir(), clock: fleet.NewVirtualClock(start)}
	r.f = New(fleet.SourceSpec{ID: "bills", File: r.dir}, fleet.Deps{Clock: r.clock}, Options{Formats: formats(), Days: true})
	return r
}

// put writes a file so many minutes ago.
func (r *rig) put(name string, minutes int, lines ...string) {
	r.Helper()
	r.write(name, minutes, "when,who,project,paid\n"+strings.Join(lines, "\n")+"\n")
}

func (r *rig) write(name string, minutes int, body string) {
	r.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
		r.Fatal(err)
	}
	at := r.clock.Now().Add(-time.Duration(minutes) * time.Minute)
	if err := os.Chtimes(path, at, at); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) read() fleet.Partial {
	r.Helper()
	p, err := r.f.Read(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	for _, f := range p.Bill.Files {
		if !fleet.IsClean(f.Why.String()) || len(f.Why.String()) > 800 {
			r.Errorf("not a clean sentence: %q", f.Why)
		}
	}
	return p
}

// paid is what each day cost, and what is said of files.
func (r *rig) paid(want string, why ...string) fleet.Partial {
	r.Helper()
	p := r.read()
	var got []string
	for _, l := range p.Bill.Lines {
		got = append(got, fmt.Sprintf("%d %s%s %s", l.Span.From.Day(), l.Project, l.Team, l.Cost.V.Amount()))
	}
	if s := strings.Join(got, ", "); s != want {
		r.Errorf("paid %q, want %q", s, want)
	}
	var said []string
	for _, f := range p.Bill.Files {
		if !f.Why.IsEmpty() {
			said = append(said, f.Name+": "+f.Why.String())
		}
	}
	if len(said) != len(why) {
		r.Fatalf("said %q", said)
	}
	for i := range why {
		if !strings.Contains(said[i], why[i]) {
			r.Errorf("said %q, want %q", said[i], why[i])
		}
	}
	return p
}

// A file is read again only when its size, time or bytes changed.
func TestUnchangedFilesAreNotReadAgain(t *testing.T) {
	r := newRig(t)
	r.put("a.csv", 60, "2026-11-01,x,,5")
	first := r.paid("1  5").Bill
	r.put("a.csv", 60, "2026-11-01,x,,7") // same size, same time: nobody can tell
	// What was said is not said again: nothing is replaced, and the files are still told.
	if second := r.paid("").Bill; len(second.Covers) != 0 || len(second.Files) != 1 || second.Files[0] != first.Files[0] || !second.Watermark.Equal(first.Watermark) {
		t.Errorf("%+v after %+v", second, first)
	}
	r.put("a.csv", 50, "2026-11-01,x,,7")
	sha := r.paid("1  7").Bill.Files[0].SHA256
	r.put("a.csv", 40, "2026-11-01,x,,7")
	f := r.paid("1  7").Bill.Files[0]
	if f.SHA256 != sha || !f.Written.Equal(start.Add(-40*time.Minute)) || f.Rows != 1 {
		t.Errorf("touched: %+v", f)
	}
}

// What is cut, too wrong or no longer an export at all leaves what the file said before, with its age.
func TestTheLastGoodReadingStands(t *testing.T) {
	for name, bad := range map[string][2]string{
		"cut":             {"when,who,project,paid\n2026-11-01,x,,9\n2026-11-02,x", "it ends in the middle of a row"},
		"cut in a quote":  {"when,who,project,paid\n2026-11-01,x,\"a", "it ends in the middle of a row"},
		"wrong":           {"when,who,project,paid\n2026-11-01,x,,9\n2026-11-02,x,,nine\n", "1 row of 2 are wrong, which is too many to use the others; line 3: it paid no number"},
		"another export":  {"a,b,c\n1,2,3\n", "its first row is not that of an export"},
		"empty":           {"", "it is empty"},
		"no text":         {"\x00\x01\x02\x03\x04", "it is no text"},
		"a broken gzip":   {"\x1f\x8b\x08\x00garbage", "it ends in the middle of a row"},
		"JSON of another": {"{\"a\": 1}", "its first row is not that of an export"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.put("a.csv", 60, "2026-11-01,x,,5")
			r.paid("1  5")
			r.write("a.csv", 30, bad[0])
			p := r.paid("1  5", bad[1]+"")
			if f := p.Bill.Files[0]; !strings.Contains(f.Why.String(), "what it said on 2026-11-22 08:14 stands") || !f.Written.Equal(start.Add(-time.Hour)) {
				t.Errorf("%+v", f)
			}
			if len(p.Notices) != 1 || len(r.read().Notices) != 0 || len(r.read().Bill.Lines) != 0 {
				t.Errorf("it is not said once: %+v", p.Notices)
			}
			r.put("a.csv", 10, "2026-11-01,x,,6")
			r.paid("1  6")
		})
	}
}

// One wrong row of many is counted and named, and the others are used; one of few refuses the file.
func TestFewWrongRowsAreLeftOut(t *testing.T) {
	r := newRig(t)
	lines := []string{"2026-11-01,x,,oops", "2026-11-01,x,,1,2,3"}
	for range 299 {
		lines = append(lines, "2026-11-01,x,,1")
	}
	r.put("a.csv", 60, lines...)
	p := r.paid("1  299", "2 rows of 301 not used, being wrong: line 2: it paid no number")
	if p.Bill.Files[0].Rows != 299 {
		t.Errorf("%+v", p.Bill.Files)
	}
}

// What was written a moment ago may still be written.
func TestAFileIsReadOnceItIsStill(t *testing.T) {
	r := newRig(t)
	r.put("a.csv", 0, "2026-11-01,x,,5")
	r.paid("", "it was written a moment ago")
	if err := r.clock.Advance(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	r.paid("1  5")
}

// A file that is appended to while it is read is not used until a read meets it still.
func TestAFileThatChangesWhileItIsReadIsNotUsed(t *testing.T) {
	r := newRig(t)
	r.put("a.csv", 60, "2026-11-01,x,,5")
	root, err := os.OpenRoot(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	e := look(root, "a.csv")
	p, err := r.f.begin(root, e)
	if err != nil {
		t.Fatal(err)
	}
	defer p.f.Close()
	r.put("a.csv", 60, "2026-11-01,x,,5", "2026-11-02,x,,6")
	if err := p.through(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.finish(); !errors.Is(err, errChanging) {
		t.Errorf("%v", err)
	}
	r.paid("1  5, 2  6")
}

// short is a context whose time is up after so many looks.
type short struct {
	context.Context
	looks int
}

func (s *short) Err() error {
	if s.looks--; s.looks < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// A file that is too long for one read goes on at the next, and what is done is delivered in between.
func TestALongFileTakesSeveralReads(t *testing.T) {
	r := newRig(t)
	lines := make([]string, 3*between)
	for i := range lines {
		lines[i] = "2026-11-01,x,,1"
	}
	r.put("long.csv", 60, lines...)
	r.put("next.csv", 90, "2026-11-02,x,,7")
	root, err := os.OpenRoot(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	found, err := list(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	changed, waiting := r.f.refresh(&short{t.Context(), 3}, root, found)
	if said := r.f.unread(waiting).String(); changed || !strings.HasPrefix(said, "long.csv is read to ") || !strings.HasSuffix(said, "1 files wait") {
		t.Errorf("%v, %q", changed, said)
	}
	p := r.paid(fmt.Sprintf("1  %d, 2  7", 3*between))
	if !p.Incomplete.IsEmpty() || p.Bill.Files[0].Rows != 3*between {
		t.Errorf("%+v", p)
	}
}

// Until all files were read once no time is told: what a file that waits said in an earlier run would be taken for gone.
func TestNothingIsToldBeforeAllWasRead(t *testing.T) {
	r := newRig(t)
	lines := make([]string, 2*between)
	for i := range lines {
		lines[i] = "2026-11-01,x,,1"
	}
	r.put("new.csv", 30, "2026-11-01,y,,7")
	r.put("long.csv", 60, lines...)
	root, err := os.OpenRoot(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	found, err := list(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	p := r.f.deliver(r.f.refresh(&short{t.Context(), 5}, root, found))
	if len(p.Bill.Lines) != 0 || len(p.Bill.Covers) != 0 || len(p.Bill.Files) != 2 || !strings.HasPrefix(p.Incomplete.String(), "long.csv is read to") {
		t.Errorf("%+v", p)
	}
	r.paid(fmt.Sprintf("1  7, 1  %d", 2*between))
}

// Files that cannot be read are each a sentence, and stop no other.
func TestEachFaultIsASentence(t *testing.T) {
	r := newRig(t)
	r.put("good.csv", 60, "2026-11-01,x,,5")
	r.put(".hidden.csv", 60, "2026-11-01,x,,5")
	r.put("copying.csv.part", 60, "2026-11-01,x,,5")
	r.write("manifest.json", 60, "{}")
	r.write("b.parquet", 60, "PAR1")
	if err := syscall.Mkfifo(filepath.Join(r.dir, "c.csv"), 0o600); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(outside, []byte("when,who,paid\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(r.dir, "d.csv")); err != nil {
		t.Fatal(err)
	}
	why := []string{"it is Parquet, which is not read", "it is not a regular file", "leads out of the folder"}
	if os.Getuid() != 0 { // nothing is closed to root
		r.put("e.csv", 60, "2026-11-01,x,,5")
		if err := os.Chmod(filepath.Join(r.dir, "e.csv"), 0); err != nil {
			t.Fatal(err)
		}
		why = append(why, "give the user of pitwall the right r on it")
	}
	r.paid("1  5", why...)
	if err := os.Remove(filepath.Join(r.dir, "good.csv")); err != nil {
		t.Fatal(err)
	}
	r.paid("", why...)
}

func TestNoFolderIsAnError(t *testing.T) {
	f := New(fleet.SourceSpec{ID: "bills", File: filepath.Join(t.TempDir(), "none")}, fleet.Deps{Clock: fleet.NewVirtualClock(start)}, Options{})
	if _, err := f.Read(t.Context()); fleet.KindOf(err) != fleet.KindNotFound || !strings.Contains(err.Error(), "there is no such folder") {
		t.Error(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	f.spec.File = t.TempDir()
	if _, err := f.Read(ctx); err == nil {
		t.Error("a read that was stopped gave an answer")
	}
}

func TestAThousandFiles(t *testing.T) {
	r := newRig(t)
	for i := range 1000 {
		r.put(fmt.Sprintf("account-%c/%03d.csv", 'a'+i%20, i), 60, fmt.Sprintf("2026-11-01,x%d,,1", i))
	}
	p := r.read()
	if len(p.Bill.Lines) != 1000 || len(p.Bill.Files) != 1000 {
		t.Errorf("%d lines of %d files", len(p.Bill.Lines), len(p.Bill.Files))
	}
}

// A file that got shorter and whose last row has no end of line was cut, though its last field may look whole.
func TestACutWithinTheLastFieldIsFound(t *testing.T) {
	r := newRig(t)
	r.put("a.csv", 60, "2026-11-01,x,,5", "2026-11-02,x,,123")
	r.paid("1  5, 2  123")
	r.write("a.csv", 50, "when,who,project,paid\n2026-11-01,x,,5\n2026-11-02,x,,12")
	r.paid("1  5, 2  123", "it ends in the middle of a row")
	r.write("b.csv", 40, "when,who,project,paid\n2026-11-05,x,,7") // nothing says that a file must end with an end of line
	r.paid("1  5, 2  123, 5  7", "it ends in the middle of a row")
}
