package sim

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/focus"
	"pitwall/backends/sim/account"
	"pitwall/backends/sim/focusfiles"
	"pitwall/fleet"
)

// An account that exports files is late, and right once the last hour of a day has come; its tokens and tiers are told in both
// versions of FOCUS, over more than one part.
func TestFilesAreLateAndThenRight(t *testing.T) {
	a := Account{System: "focus", Provider: providerOpenAI}
	f, _ := accountAt(t, noon, a)
	day := noon.Truncate(24*time.Hour).AddDate(0, 0, -1)
	clock := fleet.NewVirtualClock(day.AddDate(0, 0, 1))
	truth := account.Truth{Clock: clock, Provider: string(a.Provider),
		Ledger: &ledger{f: f, p: f.providerNamed(string(a.Provider)), past: f.billing()}}
	folder := t.TempDir()
	export := focusfiles.Files(truth, folder)
	list, _, err := focusfiles.System.Sources(account.Endpoint{Provider: a.Provider, Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	list[0].Models = []fleet.ModelName{"gpt-4o", "gpt-4o-mini"}
	r := readerOf(t, list, fleet.Deps{Clock: clock}, focus.Connector())
	later := func(d time.Duration) fleet.Partial {
		move(t, clock, d)
		if err := export(); err != nil {
			t.Fatal(err)
		}
		move(t, clock, time.Hour)
		return readBill(t, r)
	}
	p := later(0)
	whole := charged(f, a.Provider, day, day.AddDate(0, 0, 1))
	if young := billedOn(p, day); !young.IsPositive() || !young.LessThan(whole.Mul(decimal.RequireFromString("0.9"))) {
		t.Errorf("after midnight $%s of $%s", young, whole)
	}
	for _, d := range []int{-3, -5, -9} { // as FOCUS 1.2, and twice as 1.0
		at := day.AddDate(0, 0, d)
		if got, want := billedOn(p, at), charged(f, a.Provider, at, at.AddDate(0, 0, 1)); !sameMoney(got, want) || want.IsZero() {
			t.Errorf("%s: $%s, true $%s", at.Format(time.DateOnly), got, want)
		}
	}
	for i := range p.Bill.Lines {
		if l := &p.Bill.Lines[i]; !l.Use.IsTokens() || l.Model == "" || !l.Quantity.OK || l.Provider != "" && l.Provider != a.Provider {
			t.Fatalf("%+v", l)
		}
	}
	if got := billedOn(later(35*time.Hour), day); !got.LessThan(whole) || sameMoney(got, whole) {
		t.Errorf("looks whole: $%s of $%s", got, whole)
	}
	p = later(48 * time.Hour)
	if got := billedOn(p, day); !sameMoney(got, whole) {
		t.Errorf("at last $%s of $%s", got, whole)
	}
	tokens, _ := countedIn(p, day, day.AddDate(0, 0, 1))
	if want, _ := servedTokens(f, a.Provider, day, day.AddDate(0, 0, 1)); tokens != want {
		t.Errorf("%d tokens of %d", tokens, want)
	}
	if parts, _ := filepath.Glob(filepath.Join(folder, "*", "focus-1.2-00002.csv")); len(parts) == 0 {
		t.Error("all fits into one part")
	}
}

// A running fleet writes the files by itself as time goes on.
func TestFilesGrow(t *testing.T) {
	f, clock := accountAt(t, noon.Add(-2*time.Minute), Account{System: "focus", Provider: providerOpenAI})
	r := reads(t, f, clock, focus.Connector())
	edge := noon.Add(-8 * time.Hour) // what the account knows of at noon
	move(t, clock, time.Minute)
	before := readBill(t, r)
	move(t, clock, 4*time.Minute)
	after := readBill(t, r)
	if !before.Bill.Watermark.Before(edge) || !after.Bill.Watermark.Equal(edge) {
		t.Errorf("told up to %s, then to %s", before.Bill.Watermark, after.Bill.Watermark)
	}
	if slices.Contains(f.Endpoints(), accountName("focus")) {
		t.Error("it answers")
	}
}
