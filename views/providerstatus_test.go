package views_test

import (
	"strings"
	"testing"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
	"pitwall/views/viewtest"
)

// publishedFrame draws the detail of one source of a fleet with status feeds.
func publishedFrame(source fleet.SourceID) func(views.Scene, views.Size) string {
	return func(sc views.Scene, sz views.Size) string {
		sc.Snap = viewtest.Published()
		return views.Sources(sc, views.SourcesState{List: views.Table{Selected: string(source)}, Open: source}, sz)
	}
}

func publishedOverview(sc views.Scene, sz views.Size) string {
	sc.Snap = viewtest.Published()
	return views.Overview(sc, views.OverviewState{Pools: views.Table{Selected: "openai"}}, sz)
}

// What is not read now is said to be unknown, with what was said last, and texts of a feed reach a screen as safe text only.
func TestWhatAFeedSays(t *testing.T) {
	sc := scene(true, themes.Mono)
	sc.Snap = viewtest.Published()
	p := sc.Snap.Provider("openai")
	r := *p.Status[0].Reading
	r.Incidents = append([]fleet.Incident{}, r.Incidents...)
	r.Incidents[0].Title, r.Incidents[0].Regions = "\x1b[2Jevil", []string{"\u202eus"}
	p.Status[0].Reading = &r
	draw := func(id fleet.SourceID) string {
		return plain(views.Sources(sc, views.SourcesState{Open: id}, views.Size{W: 200, H: 60}))
	}
	for id, want := range map[fleet.SourceID][]string{
		"status/openai":    {"openai status page", "^[[2Jevil (major, investigating), read 40s ago", "for 22m, news 6m ago: Chat Completions, Responses", "from 2026-11-22 23:07Z", "Realtime: not on the page, unknown", "1 open incident of what is not watched"},
		"status/anthropic": {"unknown now; last said: nothing open, read 31m ago: read the status feed"},
		"openai-probe":     {"status   ^[[2Jevil (major, investigating), read 40s ago", "key      accepted"},
	} {
		frame := draw(id)
		for _, w := range want {
			if !strings.Contains(frame, w) {
				t.Errorf("%s does not say %q:\n%s", id, w, frame)
			}
		}
		if strings.ContainsAny(frame, "\x1b\u202e") {
			t.Errorf("%s draws what a feed wrote as it is", id)
		}
	}
	p.Status[0] = fleet.StatusFeed{Source: "status/openai", Err: fleet.Text("no route")}
	if frame := draw("status/openai"); !strings.Contains(frame, "status   unknown: never read: no route") {
		t.Error(frame)
	}
}
