package books

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/economics"
	"pitwall/fleet"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

type at struct{ now time.Time }

func (a *at) clock() time.Time { return a.now }

func open(t *testing.T, dir string) *Books {
	t.Helper()
	b, err := Open(dir, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func usd(s string) fleet.Maybe[fleet.Money] {
	return fleet.Some(fleet.NewMoney(decimal.RequireFromString(s), fleet.USD))
}

// billOf is a reading of whole days that ends with the day of to.
func billOf(to time.Time, costs ...string) *fleet.BillReading {
	r := &fleet.BillReading{Streams: []fleet.Stream{fleet.StreamBilled}, Watermark: to}
	last := fleet.Day(to)
	for i, c := range costs {
		day := fleet.Day(last.From.AddDate(0, 0, i+1-len(costs)))
		r.Covers = append(r.Covers, day)
		if c != "" {
			r.Lines = append(r.Lines, fleet.BillLine{Stream: fleet.StreamBilled, Span: day, Model: "m", Cost: usd(c), Item: fleet.Text("input")})
		}
	}
	return r
}

func take(t *testing.T, b *Books, when time.Time, r *fleet.BillReading) {
	t.Helper()
	if err := b.Take("bill", "openai", when, r); err != nil {
		t.Fatal(err)
	}
}

// said is what is on file of a source by day.
func said(b *Books, source fleet.SourceID) map[string]string {
	out := map[string]string{}
	for _, l := range b.Ledgers(nil) {
		for _, p := range l.Pages {
			if l.Source != source {
				continue
			}
			sum := decimal.Zero
			for i := range p.Lines {
				sum = sum.Add(p.Lines[i].Cost.V.Amount())
			}
			out[p.Day.Format(time.DateOnly)+" "+string(p.Stream)] = sum.String()
		}
	}
	return out
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// A reading replaces what it covers, and nothing else; a settled bill that is corrected stays as what it was.
func TestAReadingReplacesWhatItCovers(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	take(t, b, noon.AddDate(0, 0, -3), billOf(noon.AddDate(0, 0, -5), "1", "2", "3")) // the 17th, 18th and 19th
	r := billOf(noon.AddDate(0, 0, -4), "2.5", "", "4")                               // the 18th corrected, the 19th without a line
	r.Calls, r.CallPrice = 2, usd("0.01")
	take(t, b, noon, r)
	want := map[string]string{"2026-11-17 billed": "1", "2026-11-18 billed": "2.5", "2026-11-19 billed": "0", "2026-11-20 billed": "4"}
	same(t, "before", said(b, "bill"), want)
	again := open(t, dir)
	same(t, "after a restart", said(again, "bill"), want)
	ledger := again.Ledgers(nil)[1]
	var was []string
	for _, p := range ledger.Pages {
		for _, w := range p.Was {
			was = append(was, p.Day.Format(time.DateOnly)+" "+w.Cost.V.Text().String()+" "+w.At.Format(time.DateOnly)+" "+string(w.Provider))
		}
	}
	same(t, "corrections", was, []string{"2026-11-18 $2.00 2026-11-21 openai", "2026-11-19 $3.00 2026-11-21 openai"})
	read, ok := again.LastRead("bill")
	if !ok || !read.At.Equal(noon) || read.Calls["2026-11"] != 2 || !read.CallPrice.OK || ledger.Provider != "openai" || !ledger.Watermark.Equal(r.Watermark) {
		t.Errorf("%+v", read)
	}
	same(t, "lines", again.Lines("bill"), 3)
}

func TestADayThatGrowsIsNoCorrection(t *testing.T) {
	b := open(t, "")
	take(t, b, noon, billOf(noon, "1"))
	take(t, b, noon.Add(time.Hour), billOf(noon, "2"))
	if p := b.Ledgers(nil)[1].Pages[0]; len(p.Was) != 0 {
		t.Errorf("%+v", p.Was)
	}
}

// Hours of usage become one line for the day once they are old; a reading of a part of such a day cannot replace half of it.
func TestHoursFoldIntoDays(t *testing.T) {
	b := open(t, "")
	old := fleet.Day(noon.AddDate(0, 0, -10))
	hours := func(from, to int) *fleet.BillReading {
		r := &fleet.BillReading{Streams: []fleet.Stream{fleet.StreamReported}, Covers: []fleet.Span{{From: old.From.Add(time.Duration(from) * time.Hour), To: old.From.Add(time.Duration(to) * time.Hour)}}}
		for m := from * 60; m < to*60; m++ {
			at := old.From.Add(time.Duration(m) * time.Minute)
			r.Lines = append(r.Lines, fleet.BillLine{Stream: fleet.StreamReported, Model: "m", Use: fleet.UseOutput, Span: fleet.Span{From: at, To: at.Add(time.Minute)},
				Quantity: fleet.Some(decimal.NewFromInt(1)), Cost: usd("0.5")})
		}
		return r
	}
	take(t, b, old.From.Add(25*time.Hour), hours(0, 24))
	same(t, "by hours", b.Lines("bill"), 24)
	take(t, b, noon, hours(0, 24))
	same(t, "by days", b.Lines("bill"), 1)
	take(t, b, noon, hours(20, 24))
	same(t, "a part", said(b, "bill"), map[string]string{old.From.Format(time.DateOnly) + " reported": "720"})
}

func segmentAt(hour time.Time, from, to time.Duration, cost string) Segment {
	l := fleet.BillLine{Stream: fleet.StreamMetered, Provider: "openai", Model: "m", Route: "chat", Use: fleet.UseOutput, Quantity: fleet.Some(decimal.NewFromInt(10)),
		Cost: usd(cost), Span: fleet.Span{From: hour, To: hour.Add(time.Hour)}}
	return Segment{Hour: hour, From: hour.Add(from), To: hour.Add(to), Lines: []fleet.BillLine{l}}
}

// Each entry of an hour replaces the one before; another run adds its own part of the hour; what overlaps counts once.
func TestTheMeterOutlivesRuns(t *testing.T) {
	dir := t.TempDir()
	meter := func(s ...Segment) *Books {
		b := open(t, dir)
		if err := b.Meter(s); err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := meter(segmentAt(noon, 0, 10*time.Minute, "1"))
	if err := first.Meter([]Segment{segmentAt(noon, 0, 20*time.Minute, "2")}); err != nil {
		t.Fatal(err)
	}
	meter(segmentAt(noon, 30*time.Minute, time.Hour, "4"), segmentAt(noon.Add(time.Hour), 0, time.Hour, "8"))
	last := meter(segmentAt(noon, 10*time.Minute, 25*time.Minute, "100")) // another console without a common lock
	same(t, "sum", said(last, ""), map[string]string{"2026-11-24 metered": "14", "2026-11-24 capacity": "0"})
	page := last.Ledgers([]fleet.ProviderID{"openai"})[0].Pages[0]
	same(t, "covers", page.Covers, []fleet.Span{{From: noon, To: noon.Add(20 * time.Minute)}, {From: noon.Add(30 * time.Minute), To: noon.Add(2 * time.Hour)}})
}

func TestOldHoursBecomeDaysAndLeave(t *testing.T) {
	clock := &at{noon}
	b, err := Open("", clock.clock)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Meter([]Segment{segmentAt(noon, 0, time.Hour, "1"), segmentAt(noon.Add(time.Hour), 0, time.Hour, "2"), segmentAt(noon.Add(5*time.Hour), 0, time.Hour, "3")}); err != nil {
		t.Fatal(err)
	}
	before := b.Ledgers(nil)[0].Pages[0]
	clock.now = noon.AddDate(0, 0, 40)
	if err := b.Refresh(); err != nil {
		t.Fatal(err)
	}
	after := b.Ledgers(nil)[0].Pages[0]
	same(t, "covers", after.Covers, before.Covers)
	same(t, "sum", said(b, ""), map[string]string{"2026-11-24 metered": "6", "2026-11-24 capacity": "0"})
	if len(after.Lines) != 2 || after.Lines[0].Span != fleet.Day(noon) {
		t.Errorf("%+v", after.Lines)
	}
	clock.now = noon.AddDate(0, 0, kept+1)
	if err := b.Refresh(); err != nil {
		t.Fatal(err)
	}
	if l := b.Ledgers(nil)[0]; len(l.Pages) != 0 {
		t.Errorf("%+v", l.Pages)
	}
}

// Whatever the file is cut to, what whole lines say holds, and what is written after it is read.
func TestACutFileLosesOnlyTheCutLine(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	take(t, b, noon, billOf(noon, "1"))
	name := filepath.Join(dir, "books.log")
	short, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	take(t, b, noon.Add(time.Hour), billOf(noon, "2"))
	long, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for n := len(short); n <= len(long); n += 7 {
		if err := os.WriteFile(name, long[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		again := open(t, dir)
		got := said(again, "bill")["2026-11-24 billed"]
		whole := bytes.Count(long[len(short):n], []byte("\n"))
		if want := map[bool]string{true: "1", false: "2"}[whole == 0]; got != want {
			t.Fatalf("cut to %d of %d: %s, want %s", n, len(long), got, want)
		}
		take(t, again, noon.Add(2*time.Hour), billOf(noon, "3"))
		last := open(t, dir)
		if got := said(last, "bill")["2026-11-24 billed"]; got != "3" {
			t.Fatalf("cut to %d: %s after the next reading", n, got)
		}
	}
}

func TestAChangedLineIsLeftOutAndSaid(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	take(t, b, noon, billOf(noon, "1"))
	name := filepath.Join(dir, "books.log")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, bytes.Replace(text, []byte(`["1","USD"]`), []byte(`["9","USD"]`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	if got := said(again, "bill")["2026-11-24 billed"]; got != "0" || again.Problem().IsEmpty() {
		t.Errorf("%s: %s", got, again.Problem())
	}
}

// Two processes on one folder see what the other wrote, also after one of them wrote the file anew.
func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	a, b := open(t, dir), open(t, dir)
	if !a.MeterIsMine() || b.MeterIsMine() {
		t.Error("both keep the meter, or none")
	}
	take(t, a, noon, billOf(noon, "1", "2"))
	take(t, b, noon.Add(time.Hour), billOf(noon, "3"))
	want := map[string]string{"2026-11-23 billed": "1", "2026-11-24 billed": "3"}
	if err := a.Refresh(); err != nil {
		t.Fatal(err)
	}
	same(t, "a", said(a, "bill"), want)
	same(t, "b", said(b, "bill"), want)
	b.mu.Lock()
	err := b.compact()
	b.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	take(t, a, noon.Add(2*time.Hour), billOf(noon, "4"))
	want["2026-11-24 billed"] = "4"
	same(t, "a after", said(a, "bill"), want)
	if err := b.Refresh(); err != nil {
		t.Fatal(err)
	}
	same(t, "b after", said(b, "bill"), want)
	same(t, "on file", said(open(t, dir), "bill"), want)
	if err := a.Close(); err != nil || !b.MeterIsMine() {
		t.Errorf("the meter is not taken over: %v", err)
	}
}

// The file is written anew before it has grown to more than twice what it says, and says the same.
func TestTheFileStaysBounded(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	r := &fleet.BillReading{Streams: []fleet.Stream{fleet.StreamBilled}, Covers: []fleet.Span{fleet.Day(noon)}}
	b.file.slack = 100 << 10
	for i := range mostLines/8 + 100 {
		l := fleet.BillLine{Stream: fleet.StreamBilled, Span: fleet.Day(noon), Model: "m", Key: "key " + decimal.NewFromInt(int64(i%400)).String(), Cost: usd("0.25")}
		r.Lines = append(r.Lines, l)
	}
	var most int64
	for i := range 12 {
		r.Lines[0].Cost = usd(decimal.NewFromInt(int64(i)).String())
		take(t, b, noon.Add(time.Duration(i)*time.Minute), r)
		if info, err := os.Stat(filepath.Join(dir, "books.log")); err == nil {
			most = max(most, info.Size())
		}
	}
	same(t, "lines", b.Lines("bill"), 400)
	if most > 500<<10 {
		t.Errorf("the file grew to %d bytes", most)
	}
	same(t, "on file", said(open(t, dir), "bill"), said(b, "bill"))
	if said(b, "bill")["2026-11-24 billed"] != "160.75" {
		t.Error(said(b, "bill"))
	}
}

// What a full disk does not take is kept in memory, and written once there is room.
func TestAFullDiskLosesNothing(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	dir := t.TempDir()
	b := open(t, dir)
	b.file.open = func(string) (*os.File, error) { return os.OpenFile("/dev/full", os.O_APPEND|os.O_RDWR, 0) }
	if err := b.Take("bill", "openai", noon, billOf(noon, "1")); err == nil || b.Problem().IsEmpty() {
		t.Error("a full disk is not said")
	}
	same(t, "in memory", said(b, "bill"), map[string]string{"2026-11-24 billed": "1"})
	b.file.open = toAppend
	if err := b.Refresh(); err != nil || !b.Problem().IsEmpty() {
		t.Errorf("%v %s", err, b.Problem())
	}
	same(t, "on file", said(open(t, dir), "bill"), map[string]string{"2026-11-24 billed": "1"})
}

func TestAFolderThatCannotBeUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := Open(filepath.Join(file, "books"), func() time.Time { return noon })
	if fleet.KindOf(err) != fleet.KindInternal {
		t.Errorf("%v", err)
	}
	take(t, b, noon, billOf(noon, "1"))
	same(t, "in memory", said(b, "bill"), map[string]string{"2026-11-24 billed": "1"})
}

// All that a line says comes back.
func TestLinesComeBackWhole(t *testing.T) {
	dir := t.TempDir()
	l := fleet.BillLine{Stream: fleet.StreamBilled, Provider: "p", Span: fleet.Span{From: noon, To: noon.Add(time.Hour)}, Model: "m\x1b", Use: fleet.UseToolCalls,
		Item: fleet.Label("it\x07em"), Quantity: fleet.Some(decimal.RequireFromString("0")), Unit: fleet.Text("calls"), Cost: usd("1.000000000000000001"), List: usd("2"),
		Credit: usd("-0.5"), Charge: fleet.ChargeAdjustment, Tier: "batch", Project: "pj", Team: "tm", Key: "ky", Route: "rt", Region: "rg", Estimated: true}
	take(t, open(t, dir), noon, &fleet.BillReading{Streams: []fleet.Stream{fleet.StreamBilled}, Covers: []fleet.Span{l.Span}, Lines: []fleet.BillLine{l}})
	got := open(t, dir).Ledgers(nil)[1].Pages[0]
	same(t, "line", got.Lines[0], plain(l))
	same(t, "page", economics.Page{Stream: got.Stream, Day: got.Day, Covers: got.Covers, At: got.At},
		economics.Page{Stream: fleet.StreamBilled, Day: fleet.Day(noon).From, Covers: []fleet.Span{l.Span}, At: noon})
}
