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

// walkKeys is how many keys a random walk presses.
const walkKeys = 30

// randomKey draws a key that is heard where the console stands, or sometimes any key.
func (r *rig) randomKey(rt *rapid.T) string {
	var here, all []string
	for _, b := range r.m.keys.list {
		all = append(all, b.Keys...)
		if b.Scope == r.m.scope() {
			here = append(here, b.Keys...)
		}
	}
	for c := 'a'; c <= 'z'; c++ {
		all = append(all, string(c), strings.ToUpper(string(c)))
	}
	if rapid.IntRange(0, 4).Draw(rt, "any") == 0 {
		here = all
	}
	// Half of the time the way to a confirmation, so that walks get there.
	if rapid.Bool().Draw(rt, "on") {
		here = []string{"enter", "tab", "S", "+", "enter"}
	}
	return rapid.SampledFrom(here).Draw(rt, "key")
}

func TestNoKeySequenceStartsARefusedPlan(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		severity := rapid.SampledFrom([]actions.Severity{actions.SeverityBlock, actions.SeverityHard}).Draw(rt, "severity")
		r := newRig(t, inEnv(world(), fleet.EnvDev), writable())
		r.control.CheckFunc = func(actions.Plan) []actions.Check { return []actions.Check{check("IL-01", severity)} }
		r.toRoute("chat-default")
		confirms := 0
		for range walkKeys {
			r.keys(r.randomKey(rt))
			if r.step() == views.ShiftConfirm {
				confirms++
			}
		}
		if confirms > 0 {
			rt.Fatal("a plan that the checks refuse reached the confirmation")
		}
		if slices.Contains(r.control.Calls(), "start") {
			rt.Fatal("a plan was started that the checks refuse")
		}
	})
}

func TestNoKeySequenceStartsWithoutTheNameInProduction(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, world(), writable())
		r.toRoute("chat-default")
		for range walkKeys {
			key := r.randomKey(rt)
			if key == "-" && r.step() == views.ShiftConfirm {
				continue // so that the name chat-default cannot be typed
			}
			r.keys(key)
		}
		if slices.Contains(r.control.Calls(), "start") {
			rt.Fatal("a plan was started in production without the name")
		}
	})
}

func TestAnyMixOfKeysAndNewsKeepsTheConsoleSane(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, inEnv(world(), fleet.EnvStage), writable())
		books := []actions.Book{writable(), running(actions.StateVerifying, 1), running(actions.StateSoaking, 3), orphan(1), {}}
		for range walkKeys {
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
				r.keys(r.randomKey(rt))
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
