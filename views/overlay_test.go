package views_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"pgregory.net/rapid"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
	"pitwall/views/viewtest"
)

func helpState() *views.HelpState {
	h := &views.HelpState{Title: fleet.Text("KEYS of overview")}
	add := func(group, keys, text, off string) {
		h.Rows = append(h.Rows, views.HelpRow{Group: fleet.Label(group), Keys: fleet.Label(keys), Text: fleet.Label(text),
			Disabled: fleet.Label(off)})
	}
	add("screens", "enter", "open what the cursor stands on", "")
	add("screens", "S", "plan a shift of the route's weights, or show its running change",
		"this console may not write: :arm 30m")
	add("screens", "R", "plan the resync of a gateway replica that lags", "no gateway replica of chat-default lags")
	add("screens", "Z", "open the inverse of the selected or last change", "")
	add("screens", "/", "filter the table by a regular expression; ! inverts", "")
	for i := 1; i <= 7; i++ {
		off := ""
		if i >= 4 && i <= 6 {
			off = "is not built yet"
		}
		add("screens", strconv.Itoa(i), "view "+strconv.Itoa(i), off)
	}
	add("screens", "pgdown space", "a page down", "")
	add("always", "?", "the keys that work here, with the reason where one is off", "")
	add("always", "ctrl+c", "quit; with a change in flight it asks", "")
	add("commands", ":routes rt", "routes", "")
	add("commands", ":route NAME", "one route", "")
	return h
}

func arm() *views.AskState {
	return &views.AskState{Title: fleet.Text("ARM writing for 30m"), Lines: []fleet.Safe{
		fleet.Text("This constructs the writers of the context and is written to the audit."),
		fleet.Text(":lock drops them at once. Each change still asks for itself."),
		fleet.Text("context prod-eu-1, environment production")},
		Field: &views.TextField{Text: "prod-e", Cursor: 6}, Label: fleet.Text("type the name of the context"),
		Err: fleet.Text("that is not the name of this context; nothing is armed")}
}

func orphan() *views.AskState {
	return &views.AskState{Title: fleet.Text("OPEN change 119 of chat-default"), Lines: []fleet.Safe{
		fleet.Text("60/30/10 -> 30/60/10, step 2 of 3, verifying"),
		fleet.Text("started 2026-11-22 14:02Z by mara"),
		fleet.Text("Nobody guards it: process 4242 on bastion-1 is gone."),
		fleet.Text("This console may not write: it was opened with --read-only, so another one has to resume or undo it")},
		Choices: []fleet.Safe{fleet.Text("leave it as it is"), fleet.Text("resume: compare with the gateway and go on"),
			fleet.Text("undo: roll back to 60/30/10")}, Chosen: 2}
}

var overlays = map[string]views.Overlay{
	"help":    {Help: helpState()},
	"arm":     {Ask: arm()},
	"orphan":  {Ask: orphan()},
	"silence": {Ask: silenceDraft()}, "silenceconfirm": {Ask: silenceConfirm()},
	"command": {Command: &views.CommandState{Prompt: ":", Text: "route c", Cursor: 7,
		Completions: []string{"chat-default", "chat-small", "embed", "batch", "r5", "r6", "r7", "r8", "r9", "r10"},
		Chosen:      5}},
	"mistake": {Command: &views.CommandState{Prompt: ":", Text: "rout chat", Cursor: 3,
		Err: fleet.Text("there is no command rout; tab completes, ? lists them")}},
	"filter": {Command: &views.CommandState{Prompt: "/", Text: "!b200", Cursor: 5}},
}

func under(sc views.Scene, sz views.Size) string {
	return views.Overview(sc, views.OverviewState{Pools: views.Table{Selected: "b200-a"}}, sz)
}

func TestOverlayGolden(t *testing.T) {
	for name, o := range overlays {
		for _, sz := range sizes {
			for _, set := range []string{"ascii", "utf8"} {
				t.Run(name+"/"+strconv.Itoa(sz.W)+"x"+strconv.Itoa(sz.H)+"/"+set, func(t *testing.T) {
					sc := scene(set == "ascii", themes.Mono)
					frame := views.Overlaid(under(sc, sz), o, sc, sz)
					exact(t, frame, sz)
					golden.RequireEqual(t, plain(frame))
				})
			}
		}
		t.Run(name+"/16colours", func(t *testing.T) {
			sc := scene(true, themes.ANSI16)
			frame := views.Overlaid(under(sc, sizes[0]), o, sc, sizes[0])
			onScreen(t, name, frame, sizes[0])
			mono := scene(true, themes.Mono)
			if got, want := plain(frame), plain(views.Overlaid(under(mono, sizes[0]), o, mono, sizes[0])); got != want {
				t.Errorf("colour changes the text:\n%s", got)
			}
		})
	}
}

func TestHelpScrollsToItsEnd(t *testing.T) {
	sc := scene(true, themes.Mono)
	h := helpState()
	sz := views.Size{W: 80, H: 20}
	seen := ""
	for h.Scroll = range len(h.Rows) {
		seen += plain(views.Overlaid(under(sc, sz), views.Overlay{Help: h}, sc, sz))
	}
	for _, r := range h.Rows {
		if !strings.Contains(seen, r.Keys.String()+" ") || !strings.Contains(seen, r.Text.String()[:4]) {
			t.Errorf("%s is never seen", r.Keys)
		}
		if !r.Disabled.IsEmpty() && !strings.Contains(seen, "off: "+r.Disabled.String()) {
			t.Errorf("%s does not say why it is off", r.Keys)
		}
	}
}

func TestChosenAnswerIsAlwaysSeen(t *testing.T) {
	sc := scene(true, themes.Mono)
	a := orphan()
	for i := range 30 {
		a.Choices = append(a.Choices, fleet.Concat(fleet.Text("start fault "), fleet.Int(i), fleet.Text(".")))
	}
	a.Err = fleet.Text("it cannot be done now")
	for _, sz := range []views.Size{{W: 60, H: 16}, sizes[0], sizes[2]} {
		for i, c := range a.Choices {
			a.Chosen = i
			text := plain(views.Overlaid(under(sc, sz), views.Overlay{Ask: a}, sc, sz))
			if !strings.Contains(text, "> "+c.String()) || !strings.Contains(text, "esc cancel") ||
				!strings.Contains(text, "it cannot be done now") {
				t.Fatalf("%dx%d: choice %d, the keys or the refusal is not seen:\n%s", sz.W, sz.H, i, text)
			}
		}
	}
}

func TestTypedTextKeepsItsCursorInView(t *testing.T) {
	sc := scene(true, themes.ANSI16)
	c := &views.CommandState{Prompt: ":", Text: strings.Repeat("abcdefghi ", 40) + "END"}
	c.Cursor = len(c.Text)
	frame := views.Overlaid(under(sc, sizes[0]), views.Overlay{Command: c}, sc, sizes[0])
	exact(t, frame, sizes[0])
	if !strings.Contains(plain(frame), "END_") {
		t.Errorf("the end of the line is out of sight:\n%s", plain(frame))
	}
	c.Cursor = 0
	if !strings.Contains(plain(views.Overlaid(under(sc, sizes[0]), views.Overlay{Command: c}, sc, sizes[0])),
		":abcdefghi ") {
		t.Error("the start of the line is out of sight")
	}
}

func TestNoOverlayLeavesTheFrame(t *testing.T) {
	sc := scene(true, themes.ANSI16)
	if frame := under(sc, sizes[0]); views.Overlaid(frame, views.Overlay{}, sc, sizes[0]) != frame {
		t.Error("nothing over the frame, and yet it differs")
	}
}

// TestEveryOverlayIsExact lays hostile overlays over hostile frames of random sizes.
func TestEveryOverlayIsExact(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sz := views.Size{W: rapid.IntRange(1, 220).Draw(rt, "w"), H: rapid.IntRange(1, 70).Draw(rt, "h")}
		sc := scene(rapid.Bool().Draw(rt, "ascii"), themes.TrueColor)
		sc.Snap = viewtest.Hostile()
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom(viewtest.HostileNames()))
		safe := func(name string) fleet.Safe { return fleet.Label(text.Draw(rt, name)) }
		list := func(name string) []fleet.Safe {
			all := make([]fleet.Safe, rapid.IntRange(0, 12).Draw(rt, name))
			for i := range all {
				all[i] = safe(name)
			}
			return all
		}
		field := views.TextField{Text: text.Draw(rt, "typed"), Cursor: rapid.IntRange(-2, 40).Draw(rt, "cursor")}
		ask := &views.AskState{Title: safe("title"), Lines: list("lines"), Label: safe("label"), Choices: list("choices"),
			Chosen: rapid.IntRange(-2, 15).Draw(rt, "chosen"), Err: safe("err")}
		if rapid.Bool().Draw(rt, "field") {
			ask.Field = &field
		}
		command := &views.CommandState{Prompt: ":", Text: field.Text, Cursor: field.Cursor, Chosen: ask.Chosen, Err: ask.Err}
		help := &views.HelpState{Title: ask.Title, Scroll: rapid.IntRange(-2, 40).Draw(rt, "scroll")}
		for _, l := range ask.Choices {
			command.Completions = append(command.Completions, text.Draw(rt, "completion"))
			help.Rows = append(help.Rows, views.HelpRow{Group: safe("group"), Keys: safe("keys"), Text: l,
				Disabled: safe("off")})
		}
		frame := views.Overview(sc, views.OverviewState{}, sz)
		for _, o := range []views.Overlay{{Ask: ask}, {Command: command}, {Help: help}} {
			over := views.Overlaid(frame, o, sc, sz)
			exact(rt, over, sz)
			for _, r := range ansi.Strip(over) {
				if r != '\n' && (r < 0x20 || r >= 0x7f && r <= 0x9f) {
					rt.Fatalf("control character %U", r)
				}
			}
		}
	})
}
