package views_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
	"pitwall/views/viewtest"
)

func TestRoutesOrder(t *testing.T) {
	sc := scene(true, themes.Mono)
	batch := views.Filter{Match: func(s string) bool { return strings.Contains(s, "batch") }}
	openai := views.Filter{Match: func(s string) bool { return strings.Contains(s, "gpt-x") }}
	cases := []struct {
		name string
		u    views.RoutesState
		pane string
		want []string
	}{
		{"worst first", views.RoutesState{}, "routes", []string{"chat-default", "embed", "batch"}},
		{"by name", views.RoutesState{List: views.Table{Sort: "name"}}, "routes", []string{"batch", "chat-default", "embed"}},
		{"by requests", views.RoutesState{List: views.Table{Sort: "req"}}, "routes",
			[]string{"embed", "chat-default", "batch"}},
		{"filtered", views.RoutesState{List: views.Table{Filter: batch}}, "routes", []string{"batch"}},
		{"targets keep the order of the weights", views.RoutesState{Route: "chat-default",
			Targets: views.Table{Sort: "name", Reverse: true}}, "targets", []string{"b200-a", "h100-b", "openai"}},
		{"targets filtered by model", views.RoutesState{Route: "chat-default", Targets: views.Table{Filter: openai}},
			"targets", []string{"openai"}},
		{"a dialog opens its own route", views.RoutesState{Route: "embed", Shift: &views.ShiftState{Route: "batch"}},
			"targets", []string{"h100-b"}},
		{"a route that is gone", views.RoutesState{Route: "retired"}, "targets", nil},
	}
	for _, c := range cases {
		got := views.RoutesOrder(sc, c.u)
		if !slices.Equal(got[c.pane], c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := views.RoutesOrder(views.Scene{}, views.RoutesState{}); len(got) != 0 {
		t.Errorf("before the first snapshot: %v", got)
	}
}

// manyTargets is a route of n targets on 12 gateway replicas, of which the last two differ.
func manyTargets(n int) *fleet.Snapshot {
	s := viewtest.Fleet()
	r := &s.Routes[0]
	first := r.Targets[1]
	r.Targets = nil
	for i := range n {
		x := first
		x.Spec.ID = fleet.TargetID("target-" + strconv.Itoa(i))
		r.Targets = append(r.Targets, x)
	}
	good, bad := r.Replicas[0], r.Replicas[2]
	r.Replicas = nil
	for i := range 12 {
		x := good
		if i >= 10 {
			x = bad
		}
		x.ID = fleet.GatewayReplicaID("gw-" + strconv.Itoa(i+1))
		r.Replicas = append(r.Replicas, x)
	}
	return s
}

func TestSelectedTargetStaysVisible(t *testing.T) {
	sc := scene(true, themes.Mono)
	sc.Snap = manyTargets(40)
	for _, sz := range append([]views.Size{{W: 60, H: 16}}, sizes...) {
		for _, id := range views.RoutesOrder(sc, views.RoutesState{Route: "chat-default"})["targets"] {
			frame := plain(views.Routes(sc, views.RoutesState{Route: "chat-default", Targets: views.Table{Selected: id}}, sz))
			if !strings.Contains(frame, "\n> "+id+" ") {
				t.Fatalf("%s is not visible at %dx%d:\n%s", id, sz.W, sz.H, frame)
			}
		}
	}
}

func TestReplicasThatDifferAreNeverHidden(t *testing.T) {
	sc := scene(true, themes.Mono)
	sc.Snap = manyTargets(40)
	shift := &views.ShiftState{Step: views.ShiftPlan, Kind: actions.KindShift, Route: "chat-default"}
	for _, u := range []views.RoutesState{{Route: "chat-default"}, {Route: "chat-default", Shift: shift}} {
		for _, sz := range sizes {
			frame := plain(views.Routes(sc, u, sz))
			for _, want := range []string{"gw-11 DRIFT", "DIFFERS"} {
				if !strings.Contains(frame, want) {
					t.Errorf("%dx%d does not say %q:\n%s", sz.W, sz.H, want, frame)
				}
			}
		}
	}
}

func TestRouteSaysWhatKeepsItsTargets(t *testing.T) {
	sc := scene(true, themes.Mono)
	r := &sc.Snap.Routes[0]
	r.Targets[1].Blocked, r.Targets[2].Cooling = fleet.Some(true), true
	r.Targets[0].Seen, r.Targets[0].Price = fleet.None[fleet.Ratio](), fleet.None[fleet.USDPerMTok]()
	r.Unset = []fleet.TargetID{"b200-a"}
	frame := plain(views.Routes(sc, views.RoutesState{Route: "chat-default"}, sizes[0]))
	for _, want := range []string{
		"0.97 BLOCKED", "~4.10 COOLING", "no weight: b200-a", "60       -   60   412  6.20   2.1s      - CRIT",
		"gateway up 3s  engine DOWN 3s  carried at most 80% in 24h",
		"b200-a: err 6.2% > 2.0%; 1 of 8 replicas makes no progress", "held by mara for 09:12",
	} {
		if !strings.Contains(frame, want) {
			t.Errorf("does not say %q:\n%s", want, frame)
		}
	}
}

// What engines counted, or a gateway for the whole route only, is never shown as the gateway's own count of a target.
func TestTargetsSayWhoCountedThem(t *testing.T) {
	for want, counted := range map[string]fleet.Counted{
		"counted by the engines of the pool": {Requests: fleet.CountedEngines, Errors: fleet.CountedEngines},
		"failures counted for the whole":     {Errors: fleet.CountedRoute},
		"its pool is shared with code":       {Why: fleet.Text("its pool is shared with code of edge")},
	} {
		sc := scene(true, themes.Mono)
		r := &sc.Snap.Routes[0]
		r.Targets[0].Counted = counted
		frame := plain(views.Routes(sc, views.RoutesState{Route: "chat-default"}, sizes[len(sizes)-1]))
		if marked := strings.Contains(frame, "~412"); !strings.Contains(frame, want) || marked != (counted.Requests == fleet.CountedEngines) {
			t.Errorf("does not say %q, or marks the wrong figures:\n%s", want, frame)
		}
	}
}

func TestEveryRoutesFrameIsExact(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sz := views.Size{W: rapid.IntRange(1, 220).Draw(rt, "w"), H: rapid.IntRange(1, 70).Draw(rt, "h")}
		sc := scene(rapid.Bool().Draw(rt, "ascii"), themes.TrueColor)
		sc.Snap = chaos(rt)
		sc.Window = rapid.SampledFrom([]time.Duration{0, 5 * time.Minute, 6 * time.Hour}).Draw(rt, "window")
		if rapid.Bool().Draw(rt, "no book") {
			sc.Book = actions.Book{}
		}
		for i := range sc.Snap.Routes {
			r := &sc.Snap.Routes[i]
			r.Why = fleet.Label(rapid.String().Draw(rt, "why"))
			r.Replicas = r.Replicas[:rapid.IntRange(0, len(r.Replicas)).Draw(rt, "replicas")]
			for k := range r.Targets {
				r.Targets[k].Spec.ID = fleet.TargetID(rapid.SampledFrom(viewtest.HostileNames()).Draw(rt, "target"))
			}
		}
		id := rapid.SampledFrom([]fleet.RouteID{"", "gone", sc.Snap.Routes[0].Spec.ID}).Draw(rt, "open")
		table := views.Table{Selected: "h100-b", Sort: rapid.SampledFrom([]string{"", "err", "name"}).Draw(rt, "sort"),
			Column: rapid.IntRange(0, 20).Draw(rt, "column")}
		u := views.RoutesState{List: table, Route: id, Targets: table}
		if rapid.Bool().Draw(rt, "dialog") {
			u.Shift = &views.ShiftState{Route: id, Step: views.ShiftStep(rapid.IntRange(0, 6).Draw(rt, "step")),
				Kind: actions.KindShift, Change: rapid.SampledFrom([]fleet.ChangeID{"", "c-119", "c-0"}).Draw(rt, "change")}
		}
		exact(rt, views.Routes(sc, u, sz), sz)
	})
}

func TestHostileRoutesStayInTheirRow(t *testing.T) {
	hostile := viewtest.Hostile()
	for _, u := range []views.RoutesState{{}, {Route: hostile.Routes[0].Spec.ID}} {
		for _, sz := range sizes {
			sc := scene(true, themes.ANSI16)
			sc.Snap = hostile
			frame := views.Routes(sc, u, sz)
			exact(t, frame, sz)
			onScreen(t, "routes", frame, sz)
		}
	}
}

func TestShiftCoversOnlyWhatHasNoRoomBesideIt(t *testing.T) {
	sc := scene(true, themes.Mono)
	u := views.RoutesState{Route: "chat-default", Shift: &views.ShiftState{Step: views.ShiftPlan, Kind: actions.KindShift,
		Route: "chat-default"}}
	for _, w := range []int{60, 80, 100, 115, 116, 120, 159, 160, 200} {
		frame := plain(views.Routes(sc, u, views.Size{W: w, H: 24}))
		if !strings.Contains(frame, "SHIFT chat-default") || !strings.Contains(frame, "h100-b") {
			t.Errorf("width %d shows no dialog with the targets:\n%s", w, frame)
		}
		beside := strings.Contains(frame, "-- GATEWAY REPLICAS")
		if beside != (w >= 116) {
			t.Errorf("width %d: data beside the dialog is %v:\n%s", w, beside, frame)
		}
	}
}

// Where the ID is not what users call, the page says what they do.
func TestARouteOfAnotherNameSaysItsName(t *testing.T) {
	sc := scene(true, themes.Mono)
	state := views.RoutesState{Route: "chat-default"}
	if frame := plain(views.Routes(sc, state, sizes[0])); strings.Contains(frame, "called") {
		t.Errorf("says its own name twice:\n%s", frame)
	}
	sc.Snap.Routes[0].Spec.Name = "chat\x1b"
	if frame := plain(views.Routes(sc, state, sizes[0])); !strings.Contains(frame, "called chat^[ by edge") {
		t.Errorf("does not say what its gateway calls it:\n%s", frame)
	}
}
