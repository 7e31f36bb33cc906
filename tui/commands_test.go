package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// command types a line and runs it.
func (r *rig) command(line string) {
	r.Helper()
	r.keys(":")
	r.typed(line)
	r.keys("enter")
}

func TestCommandsOpenViews(t *testing.T) {
	for line, want := range map[string]place{
		"overview": {screen: views.ScreenOverview}, "ov": {screen: views.ScreenOverview}, "routes": {screen: views.ScreenRoutes},
		"rt": {screen: views.ScreenRoutes}, "route chat-default": {screen: views.ScreenRoutes, route: "chat-default"},
		"pools": {screen: views.ScreenPools}, "po": {screen: views.ScreenPools}, "pool b200-a": {screen: views.ScreenPools, pool: "b200-a"},
		"events": {screen: views.ScreenEvents}, "ev": {screen: views.ScreenEvents}, "jn": {screen: views.ScreenEvents},
		"sources": {screen: views.ScreenSources}, "src": {screen: views.ScreenSources}, "so": {}, "journ": {screen: views.ScreenEvents},
	} {
		r := newRig(t, world(), writable())
		r.command(line)
		if want == (place{}) { // "so" begins both sources and sort
			if r.m.line == nil || r.m.line.state.Err.IsEmpty() {
				t.Errorf("%q was taken", line)
			}
			continue
		}
		if r.m.place() != want {
			t.Errorf("%q led to %+v, want %+v", line, r.m.place(), want)
		}
	}
}

func TestBadCommandsSayWhatIsWrong(t *testing.T) {
	for line, want := range map[string]string{
		"nonsense": "no command nonsense", "route nobody": "name a route", "pool": "name a pool", "window 2m": "windows: 5m",
		"sort price": "name a column", "theme neon": "themes:", "shift chat-default b200-a": "not TARGET=WEIGHT",
		"shift chat-default b200-a=-1": "whole number", "shift chat-default nobody=1": "not TARGET=WEIGHT", "arm 10s": "from 1m to 8h",
		"undo 7": "no such change", "resync gw-1": "nothing to resync", "incident": "name an incident", "filter (": "bad pattern",
		"fault F01": "only the demo",
	} {
		r := newRig(t, world(), writable())
		r.command(line)
		if r.m.line == nil || !strings.Contains(r.m.line.state.Err.String(), want) {
			t.Errorf("%q: %+v, want %q", line, r.m.line, want)
		} else if r.m.line.field.Text != line {
			t.Errorf("%q: the line is lost", line)
		}
		r.wantCalls()
	}
}

func TestCommandsThatAct(t *testing.T) {
	for line, want := range map[string]string{"lock": "lock", "incident INC-7": `incident "INC-7"`, "incident -": `incident ""`} {
		r := newRig(t, world(), writable())
		r.command(line)
		r.wantCalls(want)
	}
	r := newRig(t, inEnv(world(), fleet.EnvDev), writable())
	r.command("shift chat-default b200-a=30 h100-b=60")
	r.wantStep(views.ShiftPlan)
	if got := r.m.shift.state.Draft; !got.Equal(fleet.Weights{"b200-a": 30, "h100-b": 60, "openai": 10}) {
		t.Errorf("draft %v", got)
	}
	r = newRig(t, world(), writable())
	r.command("window 6h")
	if r.m.window != 6*time.Hour {
		t.Errorf("window %v", r.m.window)
	}
	r.command("ctx")
	r.wantNotice("context prod-eu-1, environment prod")
	r.command("po")
	r.command("filter b200")
	r.command("sort name")
	if l := r.m.states.pools.List; l.Filter.Match == nil || l.Sort != "name" {
		t.Errorf("table %+v", l)
	}
	r.command("help")
	if r.m.help == nil {
		t.Error("no help")
	}
	r = newRig(t, world(), running(actions.StateCommitted, 3))
	r.command("undo 119")
	r.wantStep(views.ShiftPlan)
	r = newRig(t, world(), writable())
	r.command("quit")
	if !r.quit {
		t.Error(":quit does not quit")
	}
}

func TestCompletion(t *testing.T) {
	r := newRig(t, world(), writable())
	for line, want := range map[string]string{
		"ro": "routes route", "route c": "chat-default", "shift chat-default b": "b200-a=", "window ": "5m 15m 1h 6h", "nonsense ": "",
		"incident -": "-", "pool b": "b200-a",
	} {
		if got := r.m.completions(line); strings.Join(got, " ") != want {
			t.Errorf("%q completes to %q, want %q", line, got, want)
		}
	}
	r.keys(":")
	r.typed("ro")
	r.keys("tab")
	if r.m.line.field.Text != "routes" {
		t.Errorf("line %q", r.m.line.field.Text)
	}
	r.keys("tab")
	if r.m.line.field.Text != "route" {
		t.Errorf("line %q", r.m.line.field.Text)
	}
	r.keys("shift+tab", "enter")
	if r.m.place().screen != views.ScreenRoutes {
		t.Errorf("on %+v", r.m.place())
	}
}

func TestLineHistory(t *testing.T) {
	r := newRig(t, world(), writable())
	r.command("pools")
	r.command("routes")
	r.keys(":")
	r.typed("ev")
	var got []string
	for _, key := range []string{"up", "up", "up", "down", "down"} {
		r.keys(key)
		got = append(got, r.m.line.field.Text)
	}
	if want := []string{"routes", "pools", "pools", "routes", "ev"}; !slices.Equal(got, want) {
		t.Errorf("history %q, want %q", got, want)
	}
	r.keys("ctrl+c")
	if r.m.line != nil || r.quit {
		t.Error("ctrl+c in the line does not just close it")
	}
}

func TestHelpShowsEffectiveKeysWithReasons(t *testing.T) {
	r := newRig(t, world(), writable())
	r.keys("?")
	var found bool
	for _, row := range r.m.help.Rows {
		if row.Keys.String() == "Z" {
			found = row.Disabled.String() == "there is no change to undo"
		}
	}
	if !found {
		t.Error("the help does not say why Z is off")
	}
	r.keys("?")
	if r.m.help != nil {
		t.Error("? does not close the help")
	}
}

func TestWriteAndCopy(t *testing.T) {
	r := newRig(t, world(), writable())
	r.keys("w")
	r.wantNotice("written to /state/pitwall-overview-20261122T140722Z.txt")
	for _, text := range r.saved {
		if strings.Contains(text, "\x1b") || text == "\n" {
			t.Errorf("saved %q", text)
		}
	}
	r.m.setPane(paneRoutes)
	r.m.clamp(false)
	r.keys("c")
	if len(r.other) != 1 || !strings.Contains(r.other[0], "route: ") || !strings.Contains(r.other[0], "prod-eu-1") {
		t.Errorf("clipboard %q", r.other)
	}
}

func TestACommandRefusesWordsThatItDoesNotTake(t *testing.T) {
	r := newRig(t, world(), writable())
	if _, why := r.m.runCommand("pools xyz"); !strings.Contains(why.String(), "pools takes nothing behind it") {
		t.Errorf("pools: %q", why)
	}
	w, _ := workRig(t, fleet.EnvDev, writable())
	w.toLlama()
	if _, why := w.m.runCommand("drain"); why.String() != "name the node: what is selected is none" {
		t.Errorf("drain: %q", why)
	}
}
