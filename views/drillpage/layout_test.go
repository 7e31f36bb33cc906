package drillpage_test

import (
	"strings"
	"testing"
	"time"

	"pitwall/drills"
	"pitwall/fleet"
	"pitwall/views/document"
	"pitwall/views/drillpage"
)

func report() *drills.Report {
	r := &drills.Report{Scenario: &drills.Scenario{ID: "zombie", Title: "A | <b>title</b>", Lesson: "look", Minutes: 20,
		Injects:  []drills.Inject{{At: 3 * time.Minute, Channel: drills.ChannelUser, Text: "it <i>hangs</i>", Expected: "look", Misleading: true}},
		Tempting: drills.Tempting{Why: "it is green"},
		Teaching: drills.Teaching{Before: "before", After: []string{"after"}, Quiz: []drills.Question{{Ask: "Why?", Answer: "Because."}}},
		Sources:  []string{"a thread"}}, Seed: 7, Begin: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)}
	r.Result = drills.Result{Total: 87.5, Grade: drills.GradeGold, Hints: 5, Flags: []string{"a secret was shown"},
		Parts: []drills.Part{{Name: "mitigate", Points: 12.5, Of: 25, How: fleet.Text("half | of it")}}}
	r.Result.Times.Detect = fleet.Some(70 * time.Second)
	r.Log.Ended = 20 * time.Minute
	r.Log.Entries = []drills.Entry{
		{At: 2 * time.Minute, Kind: drills.KindMark, Text: fleet.Label("a|b\x1b[31m"), Screen: []fleet.Safe{fleet.Text("pitwall demo [EXERCISE] <script>")}},
		{At: 4 * time.Minute, Kind: drills.KindChange, Text: fleet.Text("shift chat"), Change: &drills.Changed{Verified: true, State: "committed",
			Overrides: []string{"IL-04"}, Objected: []fleet.Safe{fleet.Text("IL-04 FAIL 0.91 > 0.85")}}},
		{At: 5 * time.Minute, Kind: drills.KindRefused, Text: fleet.Text("IL-10 BLOCK")}}
	r.Signals = []drills.Signal{{At: 90 * time.Second, From: fleet.Text("alert"), Text: fleet.Text("err 6% > 2%"), Missed: fleet.Some(30 * time.Second)},
		{At: 6 * time.Minute, From: fleet.Text("alert"), Text: fleet.Text("again")}}
	r.Curves.Nothing, r.Curves.Reference, r.Curves.Player = []float64{1000, 2000}, []float64{200, 220}, []float64{600, 620}
	r.Harm.Nothing, r.Harm.Reference, r.Harm.Player = 2000, 220, 620
	return r
}

func TestAReportSaysWhatWasDoneAndWhatCameOfIt(t *testing.T) {
	text := document.Markdown(drillpage.Layout(report()))
	for _, want := range []string{"# EXERCISE zombie: A \\| &lt;b&gt;title", "87.5 of 100 points, gold", "**RED FLAG**: a secret was shown", "| mitigate | 12.5 | 25 |",
		"noticed after 1:10, right theory after never", "| EXERCISE 2:00 | mark | a\\|b^\\[\\[31m |", "| EXERCISE 3:00 | user report, misleading |",
		"    pitwall demo [EXERCISE]", "| 1 | 1000 | 200 | 600 |", "| EXERCISE 1:30 | alert | err 6% &gt; 2% | 0:30 |", "| alert | again | nothing was done |",
		"| EXERCISE 4:00 | shift chat | IL-04 FAIL 0.91 &gt; 0.85 | IL-04 | every replica | committed |", "| EXERCISE 5:00 | refused | IL-10 BLOCK |",
		"What tempts: it is green", "--seed 7", "2000 doing nothing, 220 by the reference plan, 620 by you"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("a control character is in it")
	}
}

func TestAReportAsAPage(t *testing.T) {
	page := document.HTML(drillpage.Layout(report()))
	for _, want := range []string{"<title>EXERCISE zombie: A | &lt;b&gt;title&lt;/b&gt;", `class="curve both"`, "<details>", "<summary>Why?", "Because.", "&lt;script&gt;",
		"default-src &#39;none&#39;"} {
		if !strings.Contains(page, want) {
			t.Errorf("it lacks %q", want)
		}
	}
	if strings.Count(page, "<polyline") != 3 || strings.Contains(page, "<script") || strings.Contains(page, "http://") {
		t.Errorf("%d curves", strings.Count(page, "<polyline"))
	}
}
