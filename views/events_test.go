package views_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
	"pitwall/views/viewtest"
)

// told is the fixtures' book with all that a change can tell: proof, limits, checks and approval.
func told() actions.Book {
	book := viewtest.Book()
	c := &book.Changes[0]
	at := func(h, m, s int) time.Time { return time.Date(2026, 11, 22, h, m, s, 0, time.UTC) }
	held := func(id fleet.GatewayReplicaID, w fleet.Weights, t time.Time) actions.ReplicaBack {
		return actions.ReplicaBack{Replica: id, Hash: fleet.HashWeights(w), Weights: w, OK: true, At: t}
	}
	one, two := c.Plan.Steps[0].After, c.Plan.Steps[1].After
	c.Steps = []actions.StepResult{
		{N: 1, Weights: one, Sent: at(14, 2, 30), Accepted: at(14, 2, 31), Verified: at(14, 2, 34),
			ReadBack: []actions.ReplicaBack{held("gw-1", one, at(14, 2, 32)), held("gw-2", one, at(14, 2, 32)),
				held("gw-3", one, at(14, 2, 34))},
			Seen: map[fleet.TargetID]fleet.Maybe[fleet.Ratio]{"b200-a": fleet.Some(fleet.Ratio(0.501)),
				"h100-b": fleet.Some(fleet.Ratio(0.398)), "openai": fleet.Some(fleet.Ratio(0.101))},
			SeenN: 83160, SeenOK: fleet.Some(true)},
		{N: 2, Weights: two, Sent: at(14, 6, 40), Accepted: at(14, 6, 41),
			ReadBack: []actions.ReplicaBack{held("gw-1", two, at(14, 6, 42)), held("gw-2", two, at(14, 6, 42)),
				{Replica: "gw-3", Weights: one, At: at(14, 7, 20), Err: fleet.Text("still holds the step before")}}},
	}
	c.Limits = []actions.LimitNow{
		{Name: fleet.Text("err%"), Target: "h100-b", Before: fleet.Text("0.31"), Now: fleet.Text("0.42"),
			Limit: fleet.Text("2.00"), Verdict: "PASS"},
		{Name: fleet.Text("ttft95"), Target: "h100-b", Before: fleet.Text("720ms"), Now: fleet.Text("1.6s"),
			Limit: fleet.Text("1.5s"), Verdict: "FAIL", Broken: 20 * time.Second},
	}
	c.Harm = []actions.LimitNow{{Name: fleet.Text("batch err%"), Before: fleet.Text("0.31"), Now: fleet.Text("-"),
		Limit: fleet.Text("1.31"), Verdict: "UNCLEAR"}}
	c.Checks = []actions.Check{
		{ID: "IL-01", Title: fleet.Text("weights sum to 100"), Formula: fleet.Text("30 + 60 + 10 = 100")},
		{ID: "IL-04", Title: fleet.Text("capacity of the targets that receive"), Severity: actions.SeverityOVR,
			Target: "h100-b", Formula: fleet.Text("0.91 = (5,200 + 3,900) / 10,000 tok/s > 0.85"),
			Inputs: []actions.Input{{Name: fleet.Text("decode"), Value: fleet.Text("3.90k"), At: at(14, 2, 20)},
				{Name: fleet.Text("rating"), Value: fleet.Text("10.0k")}},
			Fix: fleet.Text("move at most 20 points, or bring h200-dr up first")},
		{ID: "IL-30", Title: fleet.Text("no shared power feed"), Severity: actions.SeverityWarn,
			Formula: fleet.Text("h100-b and b200-a share power feed F2")},
	}
	c.Approval = actions.Approval{Typed: "chat-default", Reason: "INC-4821 Xid 119 on b200-a-07, pool loses a node",
		Overrides: []string{"IL-04"}, By: c.Plan.Intent.Actor, At: at(14, 2, 22)}
	book.Changes[1].Why = fleet.Text("soaked for 10m, no limit broken")
	back := book.Changes[1]
	back.ID, back.Seq, back.State = "c-117", 117, actions.StateRolledBack
	back.Started = time.Date(2026, 11, 21, 9, 14, 0, 0, time.UTC)
	back.Ended = back.Started.Add(7 * time.Minute)
	back.Why = fleet.Text("err% of h100-b was 2.6 > 2.0 for 60s")
	back.Plan.Intent.Actor = actions.Actor{UID: 1002, Name: "tomas"}
	resync := book.Changes[1]
	resync.ID, resync.Seq, resync.State = "c-116", 116, actions.StateCommitted
	resync.Started = back.Started.Add(-time.Hour)
	resync.Plan.Intent.Kind, resync.Plan.Intent.Replica = actions.KindResync, "gw-3"
	book.Changes = append(book.Changes, back, resync)
	return book
}

func toldScene(ascii bool, p themes.Profile) views.Scene {
	sc := scene(ascii, p)
	sc.Book = told()
	return sc
}

var eventScreens = map[string]views.EventsState{
	"journal": {Pane: "journal", Journal: views.Table{Selected: "c-118"}},
	"events": {Pane: "events", Events: views.Table{
		Selected: "2026-11-22T14:05:10Z gw-3 read-back differs: 70/20/10, expected 60/30/10"}},
	"detail":   {Change: "c-119"},
	"scrolled": {Change: "c-119", Scroll: 18},
	"gone":     {Change: "c-1"},
}

func TestEventsGolden(t *testing.T) {
	for name, u := range eventScreens {
		for _, sz := range sizes {
			for _, set := range []string{"ascii", "utf8"} {
				t.Run(name+"/"+strconv.Itoa(sz.W)+"x"+strconv.Itoa(sz.H)+"/"+set, func(t *testing.T) {
					frame := views.Events(toldScene(set == "ascii", themes.Mono), u, sz)
					exact(t, frame, sz)
					golden.RequireEqual(t, plain(frame))
				})
			}
		}
		t.Run(name+"/16colours", func(t *testing.T) {
			frame := views.Events(toldScene(true, themes.ANSI16), u, sizes[0])
			golden.RequireEqual(t, frame)
			if got, want := plain(frame), plain(views.Events(toldScene(true, themes.Mono), u, sizes[0])); got != want {
				t.Errorf("colour changes the text:\n%s", got)
			}
		})
	}
}

func TestEventsOrder(t *testing.T) {
	sc := toldScene(true, themes.Mono)
	order := views.EventsOrder(sc, views.EventsState{})
	if want := []string{"c-119", "c-118", "c-117", "c-116"}; !slices.Equal(order["journal"], want) {
		t.Errorf("journal %v, want %v", order["journal"], want)
	}
	if len(order["events"]) != len(sc.Snap.Events) || order["events"][0] != views.EventID(sc.Snap.Events[0]) {
		t.Errorf("events %v", order["events"])
	}
	match := views.Filter{Match: func(s string) bool { return strings.Contains(s, "tomas") || strings.Contains(s, "Xid") }}
	order = views.EventsOrder(sc, views.EventsState{Journal: views.Table{Filter: match},
		Events: views.Table{Filter: match}})
	if len(order["events"]) != 1 || !slices.Contains(order["journal"], "c-117") {
		t.Errorf("filtered: %v", order)
	}
	sc.Snap.Events = append(sc.Snap.Events, sc.Snap.Events[0])
	if again := views.EventsOrder(sc, views.EventsState{})["events"]; len(again) != len(sc.Snap.Events)-1 {
		t.Errorf("an event that is there twice would hold the cursor: %v", again)
	}
}

func TestJournalIsThereBeforeAnySourceAnswers(t *testing.T) {
	sc := toldScene(true, themes.Mono)
	sc.Book.Changes[0].Guard = actions.Guardian{PID: 77, Host: "bastion-1", Alive: fleet.Some(false)}
	sc.Snap = nil
	frame := views.Events(sc, views.EventsState{}, sizes[0])
	exact(t, frame, sizes[0])
	if text := plain(frame); !strings.Contains(text, "60/30/10 -> 30/60/10") || !strings.Contains(text,
		"NOBODY CARRIES IT") {
		t.Errorf("an orphaned change is hidden:\n%s", text)
	}
	for _, u := range eventScreens {
		exact(t, views.Events(sc, u, sizes[1]), sizes[1])
	}
	if ids := views.EventsOrder(sc, views.EventsState{})["journal"]; len(ids) != 4 {
		t.Errorf("order without a snapshot: %v", ids)
	}
}

func TestEveryLineOfAChangeCanBeReached(t *testing.T) {
	sc := toldScene(true, themes.Mono)
	all := ""
	for scroll := range 60 {
		all += plain(views.Events(sc, views.EventsState{Change: "c-119", Scroll: scroll}, sizes[0]))
	}
	for _, want := range []string{"verifying: waiting for 200 requests", "this console, process 4242 on bastion-1",
		"next 01:12",
		"50/40/10", "14:02:30Z", "3/3 ok", "2/3 NOT", "gw-3 holds 50/40/10", "50.1/39.8/10.1", "not sent", "1.6s", "UNCLEAR",
		"0.91 = (5,200 + 3,900) / 10,000 tok/s > 0.85", "fix: move at most 20 points", "FAIL OVR", "IL-04",
		"Xid 119 on b200-a-07",
		"7f3c-91d0", "Z rolls back to 60/30/10", "10 points every 2m", "err% > 2.00 or ttft95 > 1.5s for 60s"} {
		if !strings.Contains(all, want) {
			t.Errorf("no line says %q", want)
		}
	}
}

func TestScrollEndsAtTheLastLine(t *testing.T) {
	sc := toldScene(true, themes.Mono)
	u := views.EventsState{Change: "c-119"}
	u.Scroll = views.EventsEnd(sc, u, sizes[0])
	end := views.Events(sc, u, sizes[0])
	u.Scroll++
	if past := views.Events(sc, u, sizes[0]); past != end {
		t.Error("there is more behind the end")
	}
	u.Scroll -= 2
	if before := views.Events(sc, u, sizes[0]); before == end {
		t.Error("the end is reached before it")
	}
	if n := views.EventsEnd(sc, u, sizes[2]); n != 0 {
		t.Errorf("all of it fits, and yet it scrolls by %d", n)
	}
	if n := views.EventsEnd(sc, views.EventsState{}, sizes[0]); n != 0 {
		t.Errorf("no change is open, and yet it scrolls by %d", n)
	}
}

func TestUndoStates(t *testing.T) {
	sc := toldScene(true, themes.Mono)
	c := &sc.Book.Changes[1]
	if text := plain(views.Events(sc, views.EventsState{Change: c.ID}, sizes[1])); !strings.Contains(text,
		"after change 119") {
		t.Errorf("an open change on the route comes first:\n%s", text)
	}
	sc.Book.Changes[0].State = actions.StateCommitted
	sc.Snap.Routes[0].Weights = c.Plan.After
	cases := []struct {
		name string
		set  func()
		want string
	}{
		{"weights still hold", func() {}, "Z plans 60/30/10 -> 80/10/10"},
		{"weights moved", func() { sc.Snap.Routes[0].Weights = fleet.Weights{"b200-a": 1} }, "the weights have moved since"},
		{"undone", func() { c.Undone = "c-119" }, "undone by change 119"},
		{"rolled back", func() { c.Undone, c.State = "", actions.StateRolledBack }, "nothing to undo: back at 80/10/10"},
		{"rolling back", func() { c.State = actions.StateRollingBack }, "on its way back to 80/10/10"},
		{"aborted", func() { c.State = actions.StateAborted }, "nothing was written"},
	}
	for _, k := range cases {
		k.set()
		if text := plain(views.Events(sc, views.EventsState{Change: "c-118"}, sizes[1])); !strings.Contains(text, k.want) {
			t.Errorf("%s: no %q in\n%s", k.name, k.want, text)
		}
	}
}

func TestOpenStateUnknownShowsTheWorld(t *testing.T) {
	sc := toldScene(true, themes.Mono)
	c := &sc.Book.Changes[0]
	c.State, c.World, c.WorldAt = actions.StateUnknown, fleet.Weights{"b200-a": 55, "h100-b": 35, "openai": 10},
		viewtest.Now()
	text := plain(views.Events(sc, views.EventsState{Change: c.ID}, sizes[0]))
	if !strings.Contains(text, "holds 55/35/10 as of 14:07:22Z") {
		t.Errorf("what the gateway holds is not said:\n%s", text)
	}
}

// TestEveryEventsFrameIsExact draws random books and names at random sizes.
func TestEveryEventsFrameIsExact(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sz := views.Size{W: rapid.IntRange(1, 220).Draw(rt, "w"), H: rapid.IntRange(1, 70).Draw(rt, "h")}
		sc := toldScene(rapid.Bool().Draw(rt, "ascii"), themes.TrueColor)
		sc.Snap = chaos(rt)
		if rapid.Bool().Draw(rt, "unknown") {
			sc.Snap = nil
		}
		hostileBook(rt, &sc.Book)
		table := views.Table{Selected: rapid.SampledFrom([]string{"", "c-117", "nothing"}).Draw(rt, "selected"),
			Column: rapid.IntRange(0, 12).Draw(rt, "column")}
		u := views.EventsState{Pane: rapid.SampledFrom([]string{"", "journal", "events"}).Draw(rt, "pane"),
			Journal: table, Events: table, Scroll: rapid.IntRange(-3, 3000).Draw(rt, "scroll"),
			Change: fleet.ChangeID(rapid.SampledFrom([]string{"", "", "c-119", "c-118", "gone"}).Draw(rt, "change"))}
		exact(rt, views.Events(sc, u, sz), sz)
	})
}

// hostileBook changes the texts and states of a book at random.
func hostileBook(t *rapid.T, book *actions.Book) {
	name := rapid.OneOf(rapid.String(), rapid.SampledFrom(viewtest.HostileNames()))
	book.Changes = book.Changes[:rapid.IntRange(0, len(book.Changes)).Draw(t, "changes")]
	for i := range book.Changes {
		c := &book.Changes[i]
		c.Why, c.Plan.Intent.Reason, c.Approval.Typed = fleet.Label(name.Draw(t, "why")), name.Draw(t, "reason"),
			name.Draw(t, "typed")
		c.Plan.Intent.Route, c.Plan.Intent.Actor.Name = fleet.RouteID(name.Draw(t, "route")), name.Draw(t, "actor")
		c.Plan.Order = []fleet.TargetID{fleet.TargetID(name.Draw(t, "target")), "h100-b"}
		c.State = actions.State(rapid.SampledFrom([]string{"committed", "unknown", "rolling back", "held", "?"}).Draw(t,
			"state"))
		c.Guard = actions.Guardian{PID: rapid.Int().Draw(t, "pid"), Host: name.Draw(t, "host"),
			Alive: fleet.Maybe[bool]{OK: rapid.Bool().Draw(t, "known"), V: rapid.Bool().Draw(t, "alive")}}
		for j := range c.Checks {
			c.Checks[j].Severity = actions.Severity(rapid.IntRange(-2, 9).Draw(t, "severity"))
			c.Checks[j].Formula, c.Checks[j].Title = fleet.Label(name.Draw(t, "formula")), fleet.Label(name.Draw(t, "title"))
		}
		for j := range c.Steps {
			c.Steps[j].Err, c.Steps[j].Back = fleet.Label(name.Draw(t, "err")), rapid.Bool().Draw(t, "back")
		}
	}
}

func TestHostileBookStaysInItsRows(t *testing.T) {
	sc := toldScene(true, themes.ANSI16)
	sc.Snap = viewtest.Hostile()
	for i, n := range viewtest.HostileNames()[:8] {
		c := &sc.Book.Changes[i%len(sc.Book.Changes)]
		c.Plan.Intent.Route, c.Plan.Intent.Actor.Name, c.Why = fleet.RouteID(n), n, fleet.Label(n)
		c.Approval.Reason, c.Approval.Typed, c.Guard.Host = n, n, n
	}
	for name, u := range eventScreens {
		for _, sz := range sizes {
			frame := views.Events(sc, u, sz)
			exact(t, frame, sz)
			onScreen(t, "events "+name, frame, sz)
		}
	}
	for _, r := range ansi.Strip(views.Events(toldScene(true, themes.TrueColor), eventScreens["detail"], sizes[2])) {
		if r > '~' {
			t.Errorf("ASCII draws %q", r)
		}
	}
}
