package views_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
	"pitwall/views/viewtest"
)

func shiftNames() []string {
	names := make([]string, 0, len(shifts))
	for _, n := range []string{"plan", "checks", "checks-block", "confirm", "confirm-prod", "confirm-override", "refused", "apply",
		"held", "rolling-back", "rolled-back", "unknown", "other-process", "detached", "orphan", "soak", "done", "undo", "resync"} {
		if shifts[n] != nil {
			names = append(names, n)
		}
	}
	return names
}

// TestEveryDialogIsExact draws every step with hostile names and texts in random sizes: exact lines, no control
// character, and the header stays.
func TestEveryDialogIsExact(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom(viewtest.HostileNames()), rapid.StringMatching(`[a-z ]{0,200}`))
	rapid.Check(t, func(rt *rapid.T) {
		sz := views.Size{W: rapid.IntRange(60, 220).Draw(rt, "w"), H: rapid.IntRange(16, 70).Draw(rt, "h")}
		sc := scene(rapid.Bool().Draw(rt, "ascii"), themes.TrueColor)
		s := shifts[rapid.SampledFrom(shiftNames()).Draw(rt, "step")](&sc)
		label := func(what string) fleet.Safe { return fleet.Label(text.Draw(rt, what)) }
		s.Stale, s.PlanErr, s.Twin, s.Ladder.Refused = label("stale"), label("err"), label("twin"), label("refused")
		s.Reason.Text, s.Name.Text = text.Draw(rt, "reason"), text.Draw(rt, "name")
		s.Reason.Cursor, s.Name.Cursor = rapid.IntRange(-1, 300).Draw(rt, "at"), rapid.IntRange(-1, 300).Draw(rt, "at")
		s.Scroll, s.Cursor = rapid.IntRange(0, 40).Draw(rt, "scroll"), rapid.IntRange(0, 5).Draw(rt, "cursor")
		s.Field, s.Grace = rapid.IntRange(0, 3).Draw(rt, "field"), rapid.Bool().Draw(rt, "grace")
		for i := range s.Checks {
			c := &s.Checks[i]
			c.Title, c.Formula, c.Fix = label("title"), label("formula"), label("fix")
			c.Severity = actions.Severity(rapid.IntRange(0, 4).Draw(rt, "severity"))
			c.Target = fleet.TargetID(text.Draw(rt, "target"))
		}
		if rapid.Bool().Draw(rt, "gone") {
			sc.Snap.Routes = sc.Snap.Routes[1:]
		}
		if c := sc.Book.Change(s.Change); c != nil {
			c.Why, c.Guard.Host = label("why"), text.Draw(rt, "host")
			c.Steps = c.Steps[:rapid.IntRange(0, len(c.Steps)).Draw(rt, "steps")]
			c.Limits[0].Name, c.Limits[0].Now = label("limit"), label("now")
		}
		frame := views.Routes(sc, views.RoutesState{Route: s.Route, Shift: &s}, sz)
		exact(rt, frame, sz)
		if head := strings.SplitN(plain(frame), "\n", 2)[0]; !strings.HasPrefix(head, "pitwall") {
			rt.Fatalf("the dialog covers the header: %q", head)
		}
	})
}

func TestDialogsOfHostileNamesStayInTheirRow(t *testing.T) {
	for i, name := range viewtest.HostileNames() {
		for j, step := range shiftNames() {
			if (i+j)%3 != 0 {
				continue // each name meets a third of the steps, each step a third of the names
			}
			sc := scene(true, themes.ANSI16)
			s := shifts[step](&sc)
			hostile(&sc, &s, name)
			sz := sizes[(i+j/3)%len(sizes)]
			frame := views.Routes(sc, views.RoutesState{Route: s.Route, Shift: &s}, sz)
			exact(t, frame, sz)
			onScreen(t, step, frame, sz)
		}
	}
}

// hostile gives the route, its first target and a gateway replica a hostile name, everywhere.
func hostile(sc *views.Scene, s *views.ShiftState, name string) {
	route, target := fleet.RouteID(name), fleet.TargetID(name)
	s.Route, sc.Snap.Routes[0].Spec.ID = route, route
	sc.Snap.Routes[0].Targets[0].Spec.ID = target
	sc.Snap.Routes[0].Replicas[0].ID = fleet.GatewayReplicaID(name)
	swap := func(w fleet.Weights) fleet.Weights {
		if w == nil {
			return nil
		}
		w = w.Clone()
		w[target] = w["b200-a"]
		delete(w, "b200-a")
		return w
	}
	s.Draft = swap(s.Draft)
	plans := []*actions.Plan{}
	if s.Plan != nil {
		plans = append(plans, s.Plan)
	}
	for i := range sc.Book.Changes {
		plans = append(plans, &sc.Book.Changes[i].Plan)
	}
	for _, p := range plans {
		p.Intent.Route, p.Order, p.Context = route, append([]fleet.TargetID{target}, p.Order[1:]...), name
		p.Before, p.After = swap(p.Before), swap(p.After)
		p.Intent.Actor.Name = name
	}
}

func TestConfirmSaysWhatMustBeTyped(t *testing.T) {
	sc := scene(true, themes.Mono)
	s := shifts["confirm-prod"](&sc)
	hostile(&sc, &s, "safe-name\rEVIL")
	frame := plain(views.Routes(sc, views.RoutesState{Route: s.Route, Shift: &s}, sizes[1]))
	if !strings.Contains(frame, `safe-name^MEVIL (raw "safe-name\rEVIL")`) {
		t.Errorf("the raw name is not shown:\n%s", frame)
	}
}

// TestFailingChecksComeFirst asks that the worst check is seen without scrolling, at any size.
func TestFailingChecksComeFirst(t *testing.T) {
	for _, sz := range append(sizes, views.Size{W: 60, H: 16}) {
		sc := scene(true, themes.Mono)
		frame := plain(drawShift("checks-block", sc, sz))
		block, pass := strings.Index(frame, "FAIL BLOCK IL-36"), strings.Index(frame, "PASS       IL-30")
		if block < 0 || pass >= 0 && pass < block {
			t.Errorf("%dx%d: block at %d, pass at %d", sz.W, sz.H, block, pass)
		}
	}
}

// TestScrollReachesTheLastCheck scrolls as the tui does, check by check.
func TestScrollReachesTheLastCheck(t *testing.T) {
	sc := scene(true, themes.Mono)
	s := shifts["checks"](&sc)
	s.Scroll = len(s.Checks) - 1
	frame := plain(views.Routes(sc, views.RoutesState{Route: s.Route, Shift: &s}, sizes[0]))
	if !strings.Contains(frame, "IL-40  capabilities") || strings.Contains(frame, "IL-04  compute") {
		t.Errorf("the last check is not reached:\n%s", frame)
	}
}

// TestKeysOfTheDialogAreAlwaysSeen asks each step for its way out at the smallest size.
func TestKeysOfTheDialogAreAlwaysSeen(t *testing.T) {
	for _, name := range shiftNames() {
		frame := plain(drawShift(name, scene(true, themes.Mono), views.Size{W: 60, H: 16}))
		if !strings.Contains(frame, "esc cancel") && !strings.Contains(frame, "esc hide") && !strings.Contains(frame, "enter close") {
			t.Errorf("%s has no way out:\n%s", name, frame)
		}
	}
}

func TestEstimatesOfAnOlderDraftAreNotShown(t *testing.T) {
	sc := scene(true, themes.Mono)
	s := shifts["plan"](&sc)
	s.Draft = fleet.Weights{"b200-a": 25, "h100-b": 65, "openai": 10}
	frame := plain(views.Routes(sc, views.RoutesState{Route: s.Route, Shift: &s}, sizes[0]))
	if strings.Contains(frame, "499 r/s") || strings.Contains(frame, "est. $412/h") || !strings.Contains(frame, "+35") {
		t.Errorf("numbers of another plan are shown:\n%s", frame)
	}
}

func TestShiftAllocations(t *testing.T) {
	for _, name := range shiftNames() {
		sc := scene(false, themes.ANSI16)
		s := shifts[name](&sc)
		draw := func() { views.Routes(sc, views.RoutesState{Route: s.Route, Shift: &s}, sizes[2]) }
		if n := testing.AllocsPerRun(5, draw); n >= 500 {
			t.Errorf("%s: %.0f allocations a frame, limit 500", name, n)
		}
	}
}

func BenchmarkShift200x60(b *testing.B) {
	sc := scene(false, themes.ANSI16)
	s := shifts["apply"](&sc)
	b.ReportAllocs()
	for b.Loop() {
		views.Routes(sc, views.RoutesState{Route: s.Route, Shift: &s}, sizes[2])
	}
}

// TestEveryOverrideIsNamed asks for the number of each override at the smallest size.
func TestEveryOverrideIsNamed(t *testing.T) {
	sc := scene(true, themes.Mono)
	s := shifts["confirm-override"](&sc)
	for i := 3; i < 9; i++ {
		s.Checks[i].Severity = actions.SeverityOVR
	}
	s.Ladder.Overrides = actions.Overrides(s.Checks)
	frame := plain(views.Routes(sc, views.RoutesState{Route: s.Route, Shift: &s}, views.Size{W: 60, H: 16}))
	for _, id := range s.Ladder.Overrides {
		if !strings.Contains(frame, id) {
			t.Errorf("%s is overridden and not named:\n%s", id, frame)
		}
	}
}

// TestSharesAreNeverCutSilently asks that measured shares stand whole on a narrow screen.
func TestSharesAreNeverCutSilently(t *testing.T) {
	frame := plain(drawShift("apply", scene(true, themes.Mono), views.Size{W: 60, H: 24}))
	if !strings.Contains(frame, "seen 41.2/48.9/9.90 ok") {
		t.Errorf("shares are cut:\n%s", frame)
	}
}
