package purse

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"pitwall/fleet"
)

func usd(t *testing.T, s string) fleet.Money {
	t.Helper()
	m, err := fleet.ParseMoney(s, fleet.USD)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestWhatWasSpentHoldsOverRunsAndDays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "probes")
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	p, err := Open(dir, noon)
	if err != nil {
		t.Fatal(err)
	}
	const a, b = "probe/openai/gpt\t4o\n", "probe/openai/gpt-4o-mini"
	for _, x := range []struct {
		id     fleet.SourceID
		amount string
		at     time.Time
	}{{a, "0.004", noon}, {a, "-0.0015", noon}, {b, "1", noon}, {a, "0.25", noon.Add(13 * time.Hour)}} {
		if err := p.Spend(x.id, x.at, usd(t, x.amount)); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Open(dir, noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		id   fleet.SourceID
		at   time.Time
		want string
	}{{a, noon, "0.0025"}, {b, noon, "1"}, {a, noon.Add(13 * time.Hour), "0.25"}, {"other", noon, "0"}} {
		if got, err := again.Spent(x.id, x.at); err != nil || !got.Amount().Equal(usd(t, x.want).Amount()) {
			t.Errorf("%q: %v %v, want %s", x.id, got.Amount(), err, x.want)
		}
	}
	if _, err := Open(dir, noon.Add(20*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("%v %v", files, err)
	}
}

// What cannot be read may be any amount, so that nothing more is spent.
func TestWhatCannotBeReadIsNotNothing(t *testing.T) {
	dir := t.TempDir()
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	p, err := Open(dir, noon)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.file(noon), []byte("0.5\tUSD\t\"a\"\n0.5 US"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Spent("a", noon); fleet.KindOf(err) != fleet.KindInternal {
		t.Errorf("got %v", err)
	}
	if err := os.Chmod(dir, 0o500); err == nil && os.Geteuid() != 0 {
		if err := p.Spend("a", noon.Add(48*time.Hour), usd(t, "1")); err == nil {
			t.Error("an amount was noted where nothing can be written")
		}
	}
}
