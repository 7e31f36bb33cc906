package pricefile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Rates are told with their age; a file that cannot be read any more leaves those in force.
func TestExchangeRatesOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rates.csv")
	now := time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC)
	put := func(body string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	put("from,to,rate,date,source\nEUR,USD,1.083,2026-11-01,ECB\n", now.Add(-time.Hour))
	l, err := Load(Config{Rates: path}, now)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for _, line := range l.Report(now, nil) {
		said.WriteString(line.String() + "\n")
	}
	for _, want := range []string{"exchange rate: EUR at 1.083 of 2026-11-01 (ECB), 49d old", "doubtful exchange rate: the newest is EUR"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("no %q in\n%s", want, said.String())
		}
	}
	live := NewLive(l, now)
	put("from,to\n", now.Add(-time.Minute))
	if told := live.Refresh(now); len(told) != 1 || !strings.Contains(told[0].String(), "stay in force") || len(live.Rates()) != 1 {
		t.Errorf("%q, %d rates", told, len(live.Rates()))
	}
	if _, err := Load(Config{Rates: path}, now); err == nil || !strings.Contains(err.Error(), "from,to,rate,date,source") {
		t.Error(err)
	}
}
