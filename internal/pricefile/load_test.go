package pricefile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

var now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func write(t *testing.T, path, body string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	old := now.Add(-48 * time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, c Config, at time.Time) *Loaded {
	t.Helper()
	l, err := Load(c, at)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func input(l *Loaded, model fleet.ModelName) string {
	p, ok := l.Price("openai", model)
	if !ok {
		return ""
	}
	return p.Input.Amount().String()
}

func said(list []fleet.Safe) string {
	lines := make([]string, 0, len(list))
	for _, s := range list {
		lines = append(lines, s.String())
	}
	return strings.Join(lines, "\n")
}

const head = "# as of 2026-11-01\nkind,model,input,output\n"

// A file that breaks leaves the last good reading in force, with its age; a good one takes over again.
func TestTheLastGoodReadingHolds(t *testing.T) {
	dir := t.TempDir()
	c := Config{Path: filepath.Join(dir, "prices.csv"), Keep: filepath.Join(dir, "state")}
	write(t, c.Path, head+"openai,house,1,2\n")
	if l := load(t, c, now); input(l, "house") != "1" || !l.Kept.IsZero() || len(l.Warnings) > 0 || !strings.HasPrefix(l.SiteFile().String(), "site prices 2026-11-01 ") {
		t.Fatalf("good: %q, %q", l.Warnings, l.SiteFile())
	}
	for name, breaks := range map[string]func(){
		"cut":   func() { write(t, c.Path, head+"openai,house,9,") },
		"wrong": func() { write(t, c.Path, head+"openai,other,1,2\nopenai,house,cheap,2\n") },
		"gone": func() {
			if err := os.Remove(c.Path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		breaks()
		l := load(t, c, now.Add(3*time.Hour))
		if input(l, "house") != "1" || input(l, "other") != "" || !l.Kept.Equal(now) || !strings.Contains(said(l.Warnings), "the prices read 3h ago stay in force") ||
			!strings.HasSuffix(l.SiteFile().String(), " BROKEN") {
			t.Errorf("%s: house %q, other %q, kept %v, %q", name, input(l, "house"), input(l, "other"), l.Kept, l.Warnings)
		}
		if text := said(l.Report(now.Add(3*time.Hour), func(string, fleet.ModelName) bool { return false })); !strings.Contains(text, "as read 3h ago") ||
			!strings.Contains(text, "newer files are not used: ") {
			t.Errorf("%s: %s", name, text)
		}
		if _, err := Load(Config{Path: c.Path}, now); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), c.Path) {
			t.Errorf("%s, without a kept one: %v", name, err)
		}
	}
	write(t, c.Path, head+"openai,house,3,4\n")
	if l := load(t, c, now); input(l, "house") != "3" || !l.Kept.IsZero() {
		t.Errorf("a good file does not take over: %q", input(l, "house"))
	}
	entries, err := os.ReadDir(c.Keep)
	if err != nil || len(entries) != 1 {
		t.Errorf("kept files: %v, %v", entries, err)
	}
}

func TestAFolderIsReadInTheOrderOfNames(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "10-list.json"), `{"house": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}}`)
	write(t, filepath.Join(dir, "20-own.csv"), head+"openai,house,2,4\n")
	write(t, filepath.Join(dir, "README"), "not prices")
	write(t, filepath.Join(dir, ".30.csv"), "hidden")
	write(t, filepath.Join(dir, "40.csv", "x.csv"), "in a folder below")
	l := load(t, Config{Path: dir}, now)
	if input(l, "house") != "2" || len(l.Files()) != 2 {
		t.Errorf("house %s of %+v", input(l, "house"), l.Files())
	}
	text := said(l.Report(now, func(string, fleet.ModelName) bool { return false }))
	for _, want := range []string{"prices: built-in list of 2026-08-01, 121d", `prices: 10-list.json, 1 row, written 2026-11-28 (2d ago), sha256 `,
		`prices: 20-own.csv, 1 row, of 2026-11-01, written 2026-11-28`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	write(t, filepath.Join(dir, "50.csv"), "kind,colour\n")
	if _, err := Load(Config{Path: dir}, now); err == nil || !strings.Contains(err.Error(), "50.csv") {
		t.Errorf("one bad file of three: %v", err)
	}
	if _, err := Load(Config{Path: t.TempDir()}, now); err == nil {
		t.Error("an empty folder is a price list")
	}
}

func TestASecondListIsOnlyCompared(t *testing.T) {
	dir := t.TempDir()
	c := Config{Second: filepath.Join(dir, "second.json")}
	write(t, c.Second, `[{"id": "openai", "models": [{"id": "gpt-4o", "match": {"starts_with": "gpt-4"}, "prices": {"input_mtok": 100}}]}]`)
	l := load(t, c, now)
	text := said(l.Report(now, func(_ string, m fleet.ModelName) bool { return m == "gpt-4o" }))
	if input(l, "gpt-4o") != "2.5" || !strings.Contains(text, "1 of them of models in use\nprice differs: openai gpt-4o: uncached_in 2.5, but 100 in second.json") {
		t.Errorf("%s", text)
	}
	write(t, c.Second, `{}`)
	if l := load(t, c, now); l.Second != nil || !strings.Contains(said(l.Warnings), "prices are not compared with a second list") {
		t.Errorf("%q", l.Warnings)
	}
}

func TestManyDoubtsAreCut(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString(head)
	for i := range 30 {
		b.WriteString("openai,house-" + string(rune('a'+i)) + ",1,500\n")
	}
	c := Config{Path: filepath.Join(dir, "p.csv")}
	write(t, c.Path, b.String())
	list := load(t, c, now).Report(now, func(string, fleet.ModelName) bool { return false })
	if len(list) != 2+most+1 || list[len(list)-1].String() != "doubtful price: 10 more" {
		t.Errorf("%d lines, the last: %q", len(list), list[len(list)-1])
	}
}
