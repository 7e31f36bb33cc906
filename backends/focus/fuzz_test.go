package focus

import (
	"os"
	"path/filepath"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

// Whatever bytes a file holds: no crash, nothing unclean is said, no line without a time or a currency, and no more money
// than there are rows that were used.
func FuzzFiles(f *testing.F) {
	names, err := filepath.Glob("testdata/*.*")
	if err != nil || len(names) < 8 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		f.Add([]byte(fixture(f, filepath.Base(name))))
	}
	f.Add([]byte(`{"code":200,"data":[{"a":{"window":{"start":"2026-11-01T00:00:00Z","end":"2026-11-02T00:00:00Z"},"totalCost":1e3}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.csv")
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
		stamp(t, path, contract.Start())
		clock := fleet.NewVirtualClock(contract.Start().AddDate(0, 0, 1))
		p, err := contract.Open(t, Connector(), fleet.SourceSpec{File: dir, Options: map[string]string{OptionServices: "all"}}, clock).Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range p.Notices {
			if !fleet.IsClean(n.Text.String()) || len(n.Text.String()) > 1000 {
				t.Errorf("%q", n.Text)
			}
		}
		file := p.Bill.Files[0]
		if len(p.Bill.Lines) > 8*(file.Rows+1)*100 || !fleet.IsClean(file.Why.String()) || !fleet.IsClean(file.Format.String()) {
			t.Errorf("%d lines of %d rows, %q", len(p.Bill.Lines), file.Rows, file.Why)
		}
		for _, l := range p.Bill.Lines {
			if l.Span.Length() <= 0 || l.Span.From.Year() < 1999 || l.Stream == "" || l.Cost.OK && len(l.Cost.V.Currency()) == 0 || !fleet.IsClean(l.Item.String()) {
				t.Errorf("%+v", l)
			}
			if len(p.Bill.Covers) > 0 && fleet.CoveredBy(p.Bill.Covers, l.Span) < l.Span.Length() && l.IsUsage() {
				t.Errorf("%v is not within %v", l.Span, p.Bill.Covers)
			}
		}
	})
}
