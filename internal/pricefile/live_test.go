package pricefile

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// An open console takes a changed file over once it was left alone, and keeps what it has while the file is broken.
func TestChangedFilesAreTakenOver(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "prices.csv")
	put := func(body string, at time.Time) {
		t.Helper()
		write(t, path, body)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	for _, keep := range []string{"", filepath.Join(dir, "state")} {
		put(head+"openai,house,1,2\n", now.Add(-time.Hour))
		live := NewLive(load(t, Config{Path: path, Keep: keep}, now), now)
		step := func(at time.Duration, price, words string) {
			t.Helper()
			text := said(live.Refresh(now.Add(at)))
			p, _ := live.Price("openai", "house")
			if p.Input.Amount().String() != price || (words == "") != (text == "") || !strings.Contains(text, words) {
				t.Errorf("keep %q, after %s: %s, %q; want %s, %q", keep, at, p.Input.Amount(), text, price, words)
			}
		}
		step(30*time.Second, "1", "")
		put(head+"openai,house,2,4\n", now.Add(58*time.Second))
		step(60*time.Second, "1", "") // somebody may still write
		step(90*time.Second, "2", "prices.csv, 1 row")
		step(120*time.Second, "2", "")
		put(head+"openai,house,9,", now.Add(150*time.Second))
		step(180*time.Second, "2", " ago stay in force: ")
		if !strings.HasSuffix(live.SiteFile().String(), " BROKEN") || !strings.Contains(said(live.Now().Lists(now.Add(time.Hour))), "as read ") {
			t.Errorf("keep %q: %q, %q", keep, live.SiteFile(), live.Now().Lists(now))
		}
		step(210*time.Second, "2", "")
		put(head+"openai,house,3,6\n", now.Add(220*time.Second))
		step(240*time.Second, "3", "prices.csv, 1 row")
		if strings.Contains(live.SiteFile().String(), "BROKEN") {
			t.Errorf("keep %q: %q", keep, live.SiteFile())
		}
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(t.TempDir(), "prices.csv")
	write(t, path, head+"openai,house,1,2\n")
	for _, c := range []Config{{}, {Path: path}} {
		NewLive(load(t, c, now), now).Watch(ctx, fleet.SystemClock{}, func(line fleet.Safe) { t.Errorf("said %q", line) })
	}
}
