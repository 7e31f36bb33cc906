package plain_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views/plain"
	"pitwall/views/viewtest"
)

func has(lines []string, want string) bool {
	return slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, want) })
}

func TestFirstPictureIsWhole(t *testing.T) {
	lines := plain.Lines(nil, viewtest.Fleet(), actions.Book{}, viewtest.Book())
	for _, want := range []string{
		"Context prod-eu-1. Environment prod. Time 2026-11-22 14:07Z. Requests per second 1.72k. Errors 1.58 percent.",
		"Alert. Critical. b200-a. err 6.2% > 2.0%. node b200-a-07 Xid 119 x8. Route chat-default. Runbook gpu-loss.",
		"Pool b200-a. State critical.", "Errors 6.2 percent. First token 2.1 seconds. Queue 188.",
		"Route chat-default. State drift. gw-3 holds 70/20/10, the others 60/30/10. Target b200-a, weight 60, seen 58.9 percent.",
		"Source openai-probe. Stale. Last good answer 13:55:22Z.",
		"Change 119. shift of route chat-default from 60/30/10 to 30/60/10. State verifying. Step 2 of 3.",
	} {
		if !has(lines, want) {
			t.Errorf("no line holds %q in\n%s", want, strings.Join(lines, "\n"))
		}
	}
	if has(lines, "Change 118") {
		t.Error("history is told as news")
	}
}

func TestCalmIsSilent(t *testing.T) {
	if lines := plain.Lines(viewtest.Fleet(), viewtest.Fleet(), viewtest.Book(), viewtest.Book()); len(lines) > 0 {
		t.Errorf("nothing happened and it says\n%s", strings.Join(lines, "\n"))
	}
	cur := viewtest.Fleet()
	cur.Pools[0].Load.Errors, cur.Totals.Load.Requests = fleet.Some(fleet.Ratio(0.063)), fleet.Some(fleet.Rate(1800))
	if lines := plain.Lines(viewtest.Fleet(), cur, viewtest.Book(), viewtest.Book()); len(lines) > 0 {
		t.Errorf("figures alone are no news, it says\n%s", strings.Join(lines, "\n"))
	}
}

func TestOnlyWhatChangedIsTold(t *testing.T) {
	cases := []struct {
		name   string
		change func(*fleet.Snapshot, *actions.Book)
		want   []string
	}{
		{"a pool goes down", func(s *fleet.Snapshot, _ *actions.Book) {
			s.Pools[1].State, s.Pools[1].Why = fleet.StateDown, fleet.Text("no tokens for 40s")
		}, []string{"Pool h100-b. State down. no tokens for 40s. Errors 0.31 percent. First token 720 milliseconds."}},
		{"a pool is gone", func(s *fleet.Snapshot, _ *actions.Book) { s.Pools = s.Pools[:3] }, []string{"Pool h200-dr. Gone."}},
		{"an alert ends", func(s *fleet.Snapshot, _ *actions.Book) { s.Alerts = s.Alerts[1:] },
			[]string{"Alert over. Critical. b200-a. err 6.2% > 2.0%."}},
		{"an alert gets worse", func(s *fleet.Snapshot, _ *actions.Book) { s.Alerts[1].Level = fleet.LevelCrit },
			[]string{"Alert. Critical. b200-a. ttft95 2.1s > 1.5s. queue 188, KV 97%. Route chat-default.",
				"Alert over. Warning. b200-a. ttft95 2.1s > 1.5s."}},
		{"a weight moves", func(s *fleet.Snapshot, _ *actions.Book) { s.Routes[2].Hash = "other" },
			[]string{"Route batch. State fine. Target h100-b, weight 100, seen 100 percent."}},
		{"a replica alone lags", func(s *fleet.Snapshot, _ *actions.Book) { s.Routes[1].Replicas[1].Hash = "other" },
			[]string{"Route embed. State fine. Target h100-c, weight 100, seen 100 percent."}},
		{"a target cools down", func(s *fleet.Snapshot, _ *actions.Book) { s.Routes[1].Targets[0].Cooling = true },
			[]string{"Route embed. State fine. Target h100-c, weight 100, seen 100 percent, cooling down."}},
		{"a source recovers", func(s *fleet.Snapshot, _ *actions.Book) { s.Sources[5].Stale, s.Sources[5].Err = false, fleet.Safe{} },
			[]string{"Source openai-probe. Answers. Last good answer 13:55:22Z."}},
		{"a source never answered", func(s *fleet.Snapshot, _ *actions.Book) {
			s.Sources[5].LastGood, s.Sources[5].Stale = time.Time{}, false
		},
			[]string{"Source openai-probe. Does not answer. Last good answer never."}},
		{"something happens", func(s *fleet.Snapshot, _ *actions.Book) {
			s.Events = append([]fleet.Event{{At: viewtest.Now(), Level: fleet.LevelCrit, Object: fleet.Text("gw-1"),
				Text: fleet.Text("restarted")}}, s.Events...)
		}, []string{"Event. 14:07:22Z. Critical. gw-1. restarted."}},
		{"a change goes on", func(_ *fleet.Snapshot, b *actions.Book) {
			b.Changes[0].Step, b.Changes[0].Why = 3, fleet.Text("writing")
		},
			[]string{"Change 119. shift of route chat-default from 60/30/10 to 30/60/10. State verifying. Step 3 of 3. writing."}},
		{"a guard dies", func(_ *fleet.Snapshot, b *actions.Book) { b.Changes[0].Guard.Alive = fleet.Some(false) },
			[]string{"Change 119. shift of route chat-default from 60/30/10 to 30/60/10. State verifying. Step 2 of 3. " +
				"waiting for 200 requests of step 2. Nobody guards it, resume or undo it."}},
		{"writing is locked", func(_ *fleet.Snapshot, b *actions.Book) {
			b.Access.Write, b.Access.Why = false, fleet.Text(":arm again")
		},
			[]string{"Writing is off. :arm again."}},
		{"somebody takes a route", func(_ *fleet.Snapshot, b *actions.Book) {
			b.Locks = append(b.Locks, actions.Lock{Route: "embed", Holder: actions.Actor{Name: "tomas", Verified: true}})
		}, []string{"Route embed is held by tomas."}},
	}
	for _, c := range cases {
		s, b := viewtest.Fleet(), viewtest.Book()
		c.change(s, &b)
		got := plain.Lines(viewtest.Fleet(), s, viewtest.Book(), b)
		if len(got) != len(c.want) {
			t.Errorf("%s: %d lines, want %d\n%s", c.name, len(got), len(c.want), strings.Join(got, "\n"))
		}
		for _, w := range c.want {
			if !slices.ContainsFunc(got, func(l string) bool { return strings.HasPrefix(l, w) }) {
				t.Errorf("%s: no line begins with %q\n%s", c.name, w, strings.Join(got, "\n"))
			}
		}
	}
}

func TestUnknownIsSaidAndNeverZero(t *testing.T) {
	s := viewtest.Fleet()
	s.Pools[0].Load, s.Pools[0].State = fleet.Load{}, fleet.StateUnknown
	s.Routes[0].Targets[0].Set, s.Routes[0].Targets[0].Seen = fleet.None[int](), fleet.None[fleet.Ratio]()
	lines := plain.Lines(nil, s, actions.Book{}, actions.Book{})
	for _, want := range []string{"Pool b200-a. State unknown, never read.", "Errors unknown. First token unknown. Queue unknown.",
		"Target b200-a, weight unknown, seen unknown"} {
		if !has(lines, want) {
			t.Errorf("no line holds %q", want)
		}
	}
}

func TestPracticeIsSaidFirst(t *testing.T) {
	s := viewtest.Fleet()
	s.Mode = fleet.ModeDrill
	if lines := plain.Lines(nil, s, actions.Book{}, actions.Book{}); !strings.HasPrefix(lines[0], "This is a drill. Context") {
		t.Errorf("got %q", lines[0])
	}
}

func TestBeforeTheFirstSnapshotOpenChangesAreTold(t *testing.T) {
	lines := plain.Lines(nil, nil, actions.Book{}, viewtest.Book())
	if !has(lines, "Change 119.") || has(lines, "Context") {
		t.Errorf("got\n%s", strings.Join(lines, "\n"))
	}
}

// TestEachSentenceIsOneSafeLine tells hostile fleets: no control character, no line feed, no empty line.
func TestEachSentenceIsOneSafeLine(t *testing.T) {
	name := rapid.OneOf(rapid.String(), rapid.SampledFrom(viewtest.HostileNames()))
	rapid.Check(t, func(rt *rapid.T) {
		prev, cur, b := viewtest.Fleet(), viewtest.Hostile(), viewtest.Book()
		if rapid.Bool().Draw(rt, "first") {
			prev = nil
		}
		cur.Routes[0].Why, cur.Sources[0].Err = fleet.Label(name.Draw(rt, "why")), fleet.Label(name.Draw(rt, "err"))
		cur.Routes[0].Targets = cur.Routes[0].Targets[:rapid.IntRange(0, 3).Draw(rt, "targets")]
		b.Changes[0].Why, b.Changes[0].Plan.Intent.Route = fleet.Label(name.Draw(rt, "why")), fleet.RouteID(name.Draw(rt, "route"))
		b.Changes[0].Updated = viewtest.Now().Add(time.Second)
		lines := plain.Lines(prev, cur, actions.Book{}, b)
		if len(lines) == 0 {
			rt.Fatal("nothing is told")
		}
		for _, l := range lines {
			if l == "" || !strings.HasSuffix(l, ".") {
				rt.Fatalf("no sentence: %q", l)
			}
			for _, r := range l {
				if r < ' ' || r >= 0x7f && r <= 0x9f {
					rt.Fatalf("control character %U in %q", r, l)
				}
			}
		}
	})
}
