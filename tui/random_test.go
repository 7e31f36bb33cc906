package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// alphabet is every key of the table and some that are text.
func alphabet(t *testing.T) []string {
	k, err := NewKeymap(nil)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, b := range k.Bindings() {
		keys = append(keys, b.Keys...)
	}
	for c := 'a'; c <= 'z'; c++ {
		keys = append(keys, string(c), strings.ToUpper(string(c)))
	}
	slices.Sort(keys)
	keys = append(slices.Compact(keys), "enter", "enter", "enter", "tab", "tab", "S", "S", "+", "2") // the way to a confirmation
	return keys
}

func TestNoKeySequenceStartsARefusedPlan(t *testing.T) {
	keys := alphabet(t)
	rapid.Check(t, func(rt *rapid.T) {
		severity := rapid.SampledFrom([]actions.Severity{actions.SeverityBlock, actions.SeverityHard}).Draw(rt, "severity")
		r := newRig(t, inEnv(world(), fleet.EnvDev), writable())
		r.control.CheckFunc = func(actions.Plan) []actions.Check { return []actions.Check{check("IL-01", severity)} }
		r.toRoute("chat-default")
		for _, key := range rapid.SliceOfN(rapid.SampledFrom(keys), 1, 60).Draw(rt, "keys") {
			r.keys(key)
			r.frame()
		}
		if slices.Contains(r.control.Calls(), "start") {
			rt.Fatal("a plan was started that the checks refuse")
		}
	})
}

func TestNoKeySequenceStartsWithoutTheNameInProduction(t *testing.T) {
	keys := alphabet(t)
	keys = slices.DeleteFunc(keys, func(k string) bool { return k == "-" }) // the name chat-default cannot be typed
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, world(), writable())
		r.toRoute("chat-default")
		for _, key := range rapid.SliceOfN(rapid.SampledFrom(keys), 1, 60).Draw(rt, "keys") {
			if r.step() == views.ShiftPlan && rapid.Bool().Draw(rt, "on") {
				key = "enter"
			}
			r.keys(key)
		}
		if slices.Contains(r.control.Calls(), "start") {
			rt.Fatal("a plan was started in production without the name")
		}
	})
}

func TestAnyMixOfKeysAndNewsKeepsTheConsoleSane(t *testing.T) {
	keys := alphabet(t)
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, inEnv(world(), fleet.EnvStage), writable())
		books := []actions.Book{writable(), running(actions.StateVerifying, 1), running(actions.StateSoaking, 3), orphan(1), {}}
		for range rapid.IntRange(1, 60).Draw(rt, "events") {
			switch rapid.IntRange(0, 9).Draw(rt, "event") {
			case 0:
				s := world()
				s.Gen = r.m.latest.Gen + 1
				n := rapid.IntRange(0, len(s.Routes)).Draw(rt, "routes")
				s.Routes = s.Routes[:n]
				if n == 0 {
					s.Pools, s.Alerts, s.Sources = nil, nil, nil
				}
				r.control.Snap = world()
				r.send(snapshotMsg{snap: s})
			case 1:
				b := books[rapid.IntRange(0, len(books)-1).Draw(rt, "book")]
				r.control.SetBook(b)
				r.send(bookMsg{book: b})
			case 2:
				r.clock.advance(time.Duration(rapid.IntRange(1, 700).Draw(rt, "seconds")) * time.Second)
				r.send(secondMsg{})
			default:
				r.keys(rapid.SampledFrom(keys).Draw(rt, "key"))
			}
			if r.frame() == "" {
				rt.Fatal("nothing is drawn")
			}
			if r.m.shift != nil && r.m.place().route != r.m.shift.state.Route {
				rt.Fatalf("the dialog of %s lies over %+v", r.m.shift.state.Route, r.m.place())
			}
		}
	})
}
