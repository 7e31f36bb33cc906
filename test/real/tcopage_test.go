//go:build real

package real_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestThePageOfADecisionInABrowser opens the exported page: its charts have a size, it fits the window, and nothing is asked of anybody,
// even where names are written to make a browser ask.
func TestThePageOfADecisionInABrowser(t *testing.T) {
	var hits atomic.Int64
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer trap.Close()
	dir := t.TempDir()
	file, page := filepath.Join(dir, "workload.yaml"), filepath.Join(dir, "page.html")
	hostile := `</title><script src=` + trap.URL + `/a.js></script><img src=` + trap.URL + `/b.png onerror="document.title=1"><style>@import url(` + trap.URL + `/c.css)</style>`
	body := "name: '" + hostile + "'\nmodel: '" + hostile + "'\ninputs: {volume: 900, growth: 40}\nfacts: {special: ['" + hostile + "']}\n"
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "tco", "--workload", file, "-o", "html", "--out", page)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b := newBrowser(t)
	for _, width := range []int{1100, 390} {
		b.open(t, "file://"+page, width)
		var charts []struct{ W, H, Drawn, Words float64 }
		b.value(t, `[...document.querySelectorAll("svg")].map(s => ({W: s.getBoundingClientRect().width, H: s.getBoundingClientRect().height,
			Drawn: Math.max(0, ...[...s.querySelectorAll("polyline,rect")].map(p => p.getBoundingClientRect().width)),
			Words: s.querySelectorAll("text").length}))`, &charts)
		if len(charts) != 4 {
			t.Errorf("%d charts, want 4", len(charts))
		}
		for i, c := range charts {
			if c.W < float64(width)*0.7 || c.H < 100 || c.Drawn < c.W*0.2 || c.Words < 8 {
				t.Errorf("chart %d in a window of %d: %+v", i+1, width, c)
			}
		}
		var wide, scripts, rows float64
		b.value(t, `document.documentElement.scrollWidth`, &wide)
		b.value(t, `document.querySelectorAll("script,img,link,iframe,object").length`, &scripts)
		b.value(t, `document.querySelectorAll("tbody tr").length`, &rows)
		if wide > float64(width) || scripts != 0 || rows < 100 {
			t.Errorf("a window of %d holds a page of %v with %v foreign elements and %v rows", width, wide, scripts, rows)
		}
		var title string
		b.value(t, `document.querySelector("h1").textContent`, &title)
		if !strings.Contains(title, "<script src=") {
			t.Errorf("the name is not shown as it is: %q", title)
		}
	}
	for _, url := range b.asked {
		if url != "file://"+page {
			t.Errorf("the page asked for %s", url)
		}
	}
	if len(b.asked) != 2 || hits.Load() != 0 {
		t.Errorf("%d requests, %d reached the trap", len(b.asked), hits.Load())
	}
}
