package drillpage

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"pitwall/drills"
	"pitwall/fleet"
)

const hostile = `</pre></title><script src=//evil.example/x.js>alert(1)</script><img src=http://evil.example/y onerror=z>` + "\x1b[2J"

func TestAPageHoldsHostileTextAsText(t *testing.T) {
	s := &drills.Scenario{ID: hostile, Title: hostile, Lesson: hostile, Theories: []drills.Theory{{ID: "a", Text: hostile}},
		Injects: []drills.Inject{{Channel: hostile, Text: hostile, Expected: hostile}}, Tempting: drills.Tempting{Why: hostile},
		Teaching: drills.Teaching{Before: hostile, After: []string{hostile}, Quiz: []drills.Question{{Ask: hostile, Answer: hostile}}}}
	change := &drills.Changed{State: hostile, Overrides: []string{hostile}, Checks: []drills.Verdict{{ID: "IL-04", Severity: "BLOCK", Text: fleet.Label(hostile)}}}
	r := &drills.Report{Scenario: s, Log: drills.Log{Ended: time.Minute, Entries: []drills.Entry{{Kind: drills.KindChange, Text: fleet.Label(hostile),
		Screen: []fleet.Safe{fleet.Label("first"), fleet.Label(hostile)}, Change: change}}}}
	r.Result.Flags = []string{hostile}
	r.Curves.Nothing, r.Curves.Reference, r.Curves.Player = []float64{9, 20}, []float64{4, 4}, []float64{5, 7}
	r.Signals = drills.Signals(s, &r.Log)
	text := HTML(r)
	count := map[string]int{}
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
		if e, ok := tok.(xml.StartElement); ok {
			count[e.Name.Local]++
			for _, a := range e.Attr {
				if a.Name.Local == "src" || a.Name.Local == "href" || strings.HasPrefix(a.Name.Local, "on") {
					t.Errorf("%s has %s=%s", e.Name.Local, a.Name.Local, a.Value)
				}
			}
		}
	}
	if count["script"]+count["img"] > 0 || count["polyline"] != 3 || count["details"] != 1 || count["pre"] != 1 || strings.Contains(text, "\x1b") {
		t.Errorf("%v", count)
	}
	for _, want := range []string{"first\n&lt;/pre", "BLOCK IL-04: ", "RED FLAG: ", `id="signals"`} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not hold %q", want)
		}
	}
}
