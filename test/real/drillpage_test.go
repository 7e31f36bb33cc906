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
	"time"

	"pitwall/drills"
	"pitwall/fleet"
)

// hostileReport is a kept report whose texts are written to make a browser ask somebody.
func hostileReport(t *testing.T, trap string) string {
	t.Helper()
	hostile := `</title><script src=` + trap + `/a.js></script><img src=` + trap + `/b.png onerror="document.title=1"><style>@import url(` + trap + `/c.css)</style>`
	s := &drills.Scenario{ID: "x", Title: hostile, Lesson: hostile, Minutes: 20, Faults: []drills.Fault{{Cause: "F01"}},
		Injects:  []drills.Inject{{At: time.Minute, Channel: drills.ChannelUser, Text: hostile}},
		Teaching: drills.Teaching{Quiz: []drills.Question{{Ask: "why?", Answer: "hidden answer"}}}}
	begin := time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC)
	play := func(failed int64) *drills.Played {
		p := &drills.Played{Begin: begin, Log: drills.Log{Ended: 20 * time.Minute, Entries: []drills.Entry{{At: 3 * time.Minute, Kind: drills.KindMark,
			Text: fleet.Label(hostile), Screen: []fleet.Safe{fleet.Label(strings.Repeat("wide ", 40)), fleet.Label(hostile)}}}}}
		for i := range 20 {
			p.Course.Harms = append(p.Course.Harms, drills.Harm{At: begin.Add(time.Duration(i) * time.Minute), Route: "chat", Failed: failed})
		}
		return p
	}
	r := drills.NewReport(s, 7, play(50), play(5), play(20))
	if err := r.Seal(); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(r)
	file := filepath.Join(t.TempDir(), "report.json")
	if err != nil || os.WriteFile(file, body, 0o600) != nil {
		t.Fatal(err)
	}
	return file
}

// The page of a drill in a browser: its three curves have a size, it fits the window, answers open without a script, and nothing is asked
// of anybody.
func TestThePageOfADrillInABrowser(t *testing.T) {
	var hits atomic.Int64
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer trap.Close()
	page := filepath.Join(t.TempDir(), "page.html")
	cmd := exec.CommandContext(t.Context(), binary, "drill", "report", hostileReport(t, trap.URL), "-o", "html", "--out", page)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b := newBrowser(t)
	for _, width := range []int{1100, 390} {
		b.open(t, "file://"+page, width)
		var chart struct{ W, H, Curves, Drawn float64 }
		b.value(t, `(s => ({W: s.getBoundingClientRect().width, H: s.getBoundingClientRect().height,
			Curves: s.querySelectorAll("polyline").length,
			Drawn: Math.min(...[...s.querySelectorAll("polyline")].map(p => p.getBoundingClientRect().width))}))(document.querySelector("svg"))`, &chart)
		if chart.Curves != 3 || chart.W < float64(width)*0.7 || chart.H < 100 || chart.Drawn < chart.W*0.2 {
			t.Errorf("the chart in a window of %d: %+v", width, chart)
		}
		var wide, foreign, closed, opened float64
		b.value(t, `document.documentElement.scrollWidth`, &wide)
		b.value(t, `document.querySelectorAll("script,img,link,iframe,object").length`, &foreign)
		b.value(t, `document.querySelector("details").getBoundingClientRect().height`, &closed)
		b.value(t, `(d => { d.querySelector("summary").click(); return d.getBoundingClientRect().height })(document.querySelector("details"))`, &opened)
		if wide > float64(width) || foreign != 0 || opened <= closed {
			t.Errorf("a window of %d holds a page of %v with %v foreign elements; the answer opens from %v to %v", width, wide, foreign, closed, opened)
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
