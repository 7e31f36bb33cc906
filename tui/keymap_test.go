package tui

import (
	"slices"
	"strings"
	"testing"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
	"pitwall/views/viewtest"
)

func TestKeyTableHasNoClash(t *testing.T) {
	k, err := NewKeymap(nil)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, b := range k.Bindings() {
		if ids[b.ID] {
			t.Errorf("two bindings are called %s", b.ID)
		}
		ids[b.ID] = true
		if b.Help.IsEmpty() || len(b.Keys) == 0 || !slices.Contains(scopes(), b.Scope) {
			t.Errorf("%s lacks help, keys or a scope of the list", b.ID)
		}
		if b.do == nil && b.Why == nil {
			t.Errorf("%s does nothing and does not say why", b.ID)
		}
	}
}

func TestForbiddenAndClashingKeysAreRefused(t *testing.T) {
	for _, c := range []struct {
		id, key, want string
	}{
		{"refresh", "ctrl+a", "multiplexers"}, {"refresh", "ctrl+b", "multiplexers"}, {"refresh", "ctrl+s", "flow control"},
		{"refresh", "ctrl+q", "flow control"}, {"refresh", "ctrl+z", "shell"}, {"refresh", `ctrl+\`, "shell"},
		{"refresh", "ctrl+i", "cannot tell"}, {"refresh", "ctrl+m", "cannot tell"}, {"refresh", "ctrl+[", "cannot tell"},
		{"refresh", "ctrl+j", "cannot tell"}, {"refresh", "ctrl+h", "cannot tell"}, {"refresh", " ", "write space"},
		{"refresh", "Q", "capital letters open plans"}, {"shift", "s", "only capital letters"},
		{"shift", "ctrl+x", "only capital letters"}, {"apply.hold", "ctrl+x", "no control chord writes"},
		{"refresh", "p", `"p" is both pause and refresh`}, {"refresh", "?", "both help and refresh"},
		{"nonsense", "y", `no binding is called "nonsense"`},
	} {
		_, err := NewKeymap(map[string][]string{c.id: {c.key}})
		if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s on %q: %v, want %q", c.id, c.key, err, c.want)
		}
	}
	if _, err := NewKeymap(map[string][]string{"refresh": {}}); err == nil {
		t.Error("a binding without a key was accepted")
	}
}

func TestReboundKeysWorkAndShow(t *testing.T) {
	r := newRig(t, world(), writable(), func(o *Options) { o.Keys = map[string][]string{"refresh": {"u"}, "shift": {"W"}} })
	r.keys("u")
	r.wantCalls("refresh")
	r.keys("r")
	r.wantNotice("r does nothing here")
	r.toRoute("chat-default")
	r.keys("W")
	r.wantStep(views.ShiftPlan)
}

// everywhere brings rigs to all screens, panes and dialogs where keys are heard.
func everywhere(t *testing.T) map[string]*rig {
	rigs := map[string]*rig{}
	lagging := func() *fleet.Snapshot {
		s := inEnv(world(), fleet.EnvDev)
		s.Route("chat-default").Replicas[2].Differs = true
		return s
	}
	add := func(name string, book actions.Book, keys ...string) {
		r := newRig(t, lagging(), book)
		r.keys(keys...)
		rigs[name] = r
	}
	for name, keys := range map[string][]string{
		"pools": {"1"}, "routes": {"1", "tab"}, "alerts": {"a"}, "routes screen": {"2"}, "targets": {"2", "enter"},
		"pools screen": {"3"}, "replicas": {"3", "enter"}, "gpus": {"3", "enter", "tab"}, "journal": {"7"},
		"events": {"7", "tab"}, "change": {"7", "enter"}, "help": {"?"}, "actions": {"x"}, "sorting": {"o"},
		"plan": {"2", "enter", "S"}, "checks": {"2", "enter", "S", "+", "enter"}, "resync": {"2", "enter", "R"},
		"confirm": {"2", "enter", "S", "+", "enter", "enter"},
	} {
		book := writable()
		book.Changes = viewtest.Book().Changes[1:]
		add(name, book, keys...)
	}
	add("apply", running(actions.StateVerifying, 1), "2", "enter", "S")
	add("soak", running(actions.StateSoaking, 3), "2", "enter", "S")
	add("rollback question", running(actions.StateVerifying, 1), "2", "enter", "S", "Z")
	add("quit question", running(actions.StateVerifying, 1), "ctrl+c")
	clusterRigs(t, rigs)
	src := newRig(t, lagging(), writable())
	src.m.visit(place{screen: views.ScreenSources})
	rigs["sources"] = src
	return rigs
}

func TestCapitalLettersSendNothing(t *testing.T) {
	for letter := 'A'; letter <= 'Z'; letter++ {
		for name, r := range everywhere(t) {
			before := r.control.Calls()
			r.keys(string(letter))
			if got := r.control.Calls(); !slices.Equal(got, before) {
				t.Errorf("%c in %s called %q", letter, name, got)
			}
			if r.quit {
				t.Errorf("%c in %s quits", letter, name)
			}
		}
	}
}

func TestCapitalLettersAloneOpenPlans(t *testing.T) {
	k, err := NewKeymap(nil)
	if err != nil {
		t.Fatal(err)
	}
	capitals := map[string]bool{}
	for _, b := range k.Bindings() {
		for _, key := range b.Keys {
			if isCapital(key) != (b.Risk == RiskPlan) && key != "G" && key != "N" {
				t.Errorf("%s (%s) is on %q", b.ID, b.Risk, key)
			}
			if isCapital(key) {
				capitals[key] = true
			}
		}
	}
	for _, key := range []string{"S", "R", "Z", "G", "N"} {
		if !capitals[key] {
			t.Errorf("%s is not bound", key)
		}
	}
}

func TestControlChordsSendNothing(t *testing.T) {
	for name, r := range everywhere(t) {
		before := len(r.control.Calls())
		for c := 'a'; c <= 'z'; c++ {
			r.keys("ctrl+" + string(c))
		}
		if got := r.control.Calls(); len(got) != before {
			t.Errorf("control chords in %s called %q", name, got)
		}
	}
}
