//go:build real

package real_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestTheReportOfADrillInABrowser opens the page of a report: the three curves are drawn, screens are folded, it fits the window, and
// nothing is asked of anybody, even where texts are written to make a browser ask.
func TestTheReportOfADrillInABrowser(t *testing.T) {
	var hits atomic.Int64
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer trap.Close()
	hostile := `</title><script src=` + trap.URL + `/a.js></script><img src=` + trap.URL + `/b.png onerror="document.title=1">`
	curve := func(step float64) (ys []float64) {
		for i := range 20 {
			ys = append(ys, step*float64(i))
		}
		return ys
	}
	body, err := json.Marshal(map[string]any{
		"Scenario": map[string]any{"ID": "zombie", "Title": hostile, "Teaching": map[string]any{"Quiz": []any{map[string]any{"Ask": hostile, "Answer": hostile}}}},
		"Log":      map[string]any{"Entries": []any{map[string]any{"At": 6e10, "Kind": "mark", "Text": hostile, "Screen": []string{hostile, strings.Repeat("x", 200)}}}},
		"Curves":   map[string]any{"Nothing": curve(100), "Reference": curve(10), "Player": curve(30)}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, page := filepath.Join(dir, "kept.json"), filepath.Join(dir, "page.html")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "drill", "report", file, "-o", "html", "--out", page)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b := newBrowser(t)
	for _, width := range []int{1100, 390} {
		b.open(t, "file://"+page, width)
		var curves []float64
		b.value(t, `[...document.querySelectorAll("svg polyline")].map(p => p.getBoundingClientRect().width / innerWidth)`, &curves)
		if len(curves) != 3 || min(curves[0], curves[1], curves[2]) < 0.3 {
			t.Errorf("curves in a window of %d: %v", width, curves)
		}
		var wide, scripts, open, folds float64
		b.value(t, `document.documentElement.scrollWidth`, &wide)
		b.value(t, `document.querySelectorAll("script,img,link,iframe,object").length`, &scripts)
		b.value(t, `document.querySelectorAll("details[open]").length`, &open)
		b.value(t, `document.querySelectorAll("details").length`, &folds)
		if wide > float64(width) || scripts != 0 || open != 0 || folds != 2 {
			t.Errorf("a window of %d holds a page of %v with %v foreign elements and %v of %v folds open", width, wide, scripts, open, folds)
		}
	}
	if len(b.asked) != 2 || hits.Load() != 0 {
		t.Errorf("%d requests, %d reached the trap", len(b.asked), hits.Load())
	}
}
