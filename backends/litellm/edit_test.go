package litellm

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pitwall/fleet"
)

func ids(names ...fleet.RouteID) []fleet.RouteID { return names }

// everyEdit is one edit of each kind on chat, planned on what the fake begins with.
func everyEdit() []fleet.RouteEdit {
	return []fleet.RouteEdit{
		{Kind: fleet.EditFallbacks, Fallback: fleet.FallbackFailure, Before: ids("chat-backup"), After: ids("spare", "chat-backup")},
		{Kind: fleet.EditFallbacks, Fallback: fleet.FallbackFailure, Before: ids("chat-backup")},
		{Kind: fleet.EditFallbacks, Fallback: fleet.FallbackContext, After: ids("spare")},
		{Kind: fleet.EditFallbacks, Fallback: fleet.FallbackPolicy, After: ids("chat-backup")},
		{Kind: fleet.EditAlias, Alias: "gpt-4o", Before: ids("chat"), After: ids("chat-backup")},
		{Kind: fleet.EditAlias, Alias: "o1", Before: ids("chat"), After: ids("spare")},
		{Kind: fleet.EditAlias, Alias: "new", After: ids("chat")},
		{Kind: fleet.EditBlock, Target: "b", Out: true},
		addB2("os.environ/KEY_B2"),
	}
}

// withSpare is a fake with a third route to fall back to.
func withSpare(t *testing.T, replicas int) *fakeGateway {
	t.Helper()
	g := newFake(t, replicas)
	g.rows = append(g.rows, fakeRow{ID: "d", Route: "spare", Model: "openai/model-d", FromDB: true})
	g.propagate()
	return g
}

func stands(w fleet.RouteEditor, r fleet.RouteSpec, e fleet.RouteEdit) string {
	var out []string
	for _, s := range w.EditStands(context.Background(), r, e) {
		at := string(s.At)
		if s.Err != nil {
			at = "error"
		}
		if !s.Holds.IsEmpty() {
			at += " " + s.Holds.String()
		}
		out = append(out, at)
	}
	return strings.Join(out, ", ")
}

// changes lists the changing calls: "gw-1 POST /fallback".
func (g *fakeGateway) changes() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []string
	for _, e := range g.log {
		if e.Method != http.MethodGet {
			out = append(out, fmt.Sprintf("%s %s %s", e.Replica, e.Method, e.Path))
		}
	}
	return out
}

// Every kind is made on every version, seen to reach the other replicas by their poll, taken back, and leaves no trace.
func TestEveryEditAndItsInverse(t *testing.T) {
	for name, version := range map[string]func(*fakeGateway){
		"1.80":  func(g *fakeGateway) { g.version, g.settings.noFallback, g.settings.replaces = "1.80.9", true, true },
		"1.81":  func(g *fakeGateway) { g.version, g.settings.replaces = "1.81.15", true },
		"1.96":  func(*fakeGateway) {},
		"1.106": func(g *fakeGateway) { g.version = "1.106.2" },
	} {
		for _, e := range everyEdit() {
			t.Run(fmt.Sprint(name, " ", e.Kind, " ", e.Fallback, e.Alias, len(e.After)), func(t *testing.T) {
				g := withSpare(t, 3)
				version(g)
				g.settings.file["fallbacks"] = append(g.settings.file["fallbacks"].([]any), map[string]any{"spare": []any{"chat-backup"}})
				g.propagate()
				before := deep(g.replicas[1].live)
				w, r := g.writer(t), chatRoute("a", "b")
				if g.settings.noFallback && (e.Fallback == fleet.FallbackPolicy) {
					wantRefused(t, g, w.Editable(context.Background(), r, e), fleet.KindUnsupported, "config file")
					return
				}
				must(t, w.Editable(context.Background(), r, e))
				if got := stands(w, r, e); got != "before, before, before" {
					t.Fatalf("it stands %s", got)
				}
				must(t, w.Edit(context.Background(), r, e))
				if got := stands(w, r, e); got != "after, before, before" && got != "after, after, after" {
					t.Errorf("before the poll it stands %s", got)
				}
				g.propagate()
				if got := stands(w, r, e); got != "after, after, after" {
					t.Errorf("after the poll it stands %s", got)
				}
				n := len(g.changes())
				must(t, w.Edit(context.Background(), r, e))
				if len(g.changes()) != n {
					t.Errorf("a repeated edit wrote %v", g.changes()[n:])
				}
				if err := w.Edit(context.Background(), r, e.Inverse()); e.Fallback == fleet.FallbackContext && g.settings.noFallback {
					wantRefused(t, nil, err, fleet.KindUnsupported, "an empty list") // it would be the last
					return
				} else if err != nil {
					t.Fatal(err)
				}
				g.propagate()
				if got := stands(w, r, e); got != "before, before, before" {
					t.Errorf("taken back it stands %s", got)
				}
				if after := deep(g.replicas[1].live); !reflect.DeepEqual(without(before), without(after)) {
					t.Errorf("the settings were\n%v\nand are\n%v", before, after)
				}
			})
		}
	}
}

// without leaves empty lists out, and sorts what has no order.
func without(live map[string]any) string {
	out := deep(live)
	delete(out, "routing_strategy")
	for k, v := range out {
		if list, ok := v.([]any); ok {
			slices.SortFunc(list, func(a, b any) int { return bytes.Compare(bytesOf(a), bytesOf(b)) })
		}
		if string(bytesOf(v)) == "[]" {
			delete(out, k)
		}
	}
	return string(bytesOf(out))
}

func wantRefused(t *testing.T, g *fakeGateway, err error, kind fleet.Kind, says string) {
	t.Helper()
	if fleet.KindOf(err) != kind || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "canary") {
		t.Errorf("refused with %v, want %s with %q", err, kind, says)
	}
	if g != nil && len(g.changes()) != 0 {
		t.Errorf("written all the same: %v", g.changes())
	}
}

func TestEditsThatAreRefused(t *testing.T) {
	failure := func(after ...fleet.RouteID) fleet.RouteEdit {
		return fleet.RouteEdit{Kind: fleet.EditFallbacks, Fallback: fleet.FallbackFailure, Before: ids("chat-backup"), After: after}
	}
	alias := func(name fleet.RouteID, after ...fleet.RouteID) fleet.RouteEdit {
		return fleet.RouteEdit{Kind: fleet.EditAlias, Alias: name, Before: ids("chat"), After: after}
	}
	block := fleet.RouteEdit{Kind: fleet.EditBlock, Target: "b", Out: true}
	old := func(g *fakeGateway) { g.version, g.settings.replaces, g.settings.noFallback = "1.80.9", true, true }
	set := func(key string, v any) func(*fakeGateway) {
		return func(g *fakeGateway) { old(g); g.settings.file[key] = v; g.propagate() }
	}
	for name, tc := range map[string]struct {
		as   func(*fakeGateway)
		e    fleet.RouteEdit
		kind fleet.Kind
		says string
	}{
		"to itself":             {nil, failure("chat"), fleet.KindInvalid, "itself"},
		"to nobody":             {nil, failure("nobody"), fleet.KindInvalid, "serves no"},
		"twice":                 {nil, failure("spare", "spare"), fleet.KindInvalid, "twice"},
		"default":               {nil, fleet.RouteEdit{Kind: fleet.EditFallbacks, Fallback: fleet.FallbackDefault}, fleet.KindUnsupported, "every route"},
		"alias to itself":       {nil, alias("gpt-4o", "gpt-4o"), fleet.KindInvalid, "itself"},
		"alias to an alias":     {nil, alias("gpt-4o", "o1"), fleet.KindInvalid, "serves no"},
		"alias of two":          {nil, alias("gpt-4o", "spare", "chat"), fleet.KindInvalid, "one route"},
		"hidden alias away":     {nil, alias("o1"), fleet.KindUnsupported, "hidden"},
		"no database":           {func(g *fakeGateway) { g.hasDB = false }, failure("spare"), fleet.KindUnsupported, "without a database"},
		"models in the file":    {func(g *fakeGateway) { onlyFileModels(g) }, failure("spare"), fleet.KindUnsupported, "store_model_in_db"},
		"store off":             {func(g *fakeGateway) { g.storeOn = false }, failure("spare"), fleet.KindUnsupported, "store_model_in_db"},
		"no block call":         {func(g *fakeGateway) { g.hasBlock = false }, block, fleet.KindUnsupported, "weight to 0"},
		"block of a file model": {func(g *fakeGateway) { g.rows[1].FromDB = false; g.propagate() }, block, fleet.KindUnsupported, "config file"},
		"the last open":         {func(g *fakeGateway) { g.rows[0].Blocked = true; g.propagate() }, block, fleet.KindInvalid, "refused"},
		"the last weighted":     {func(g *fakeGateway) { g.set(0, "a", 0); g.propagate() }, block, fleet.KindInvalid, "refused"},
		"the file's setting": {func(g *fakeGateway) { g.version, g.settings.fileWins = "1.106.2", true }, alias("gpt-4o", "spare"),
			fleet.KindUnsupported, "the file"},
		"half a cooldown":        {set("cooldown_time", 0.5), failure("spare"), fleet.KindUnsupported, "cut cooldown_time 0.5"},
		"an unknown setting":     {set("shiny", true), alias("gpt-4o", "spare"), fleet.KindUnsupported, "shiny"},
		"fallback with more":     {set("fallbacks", []any{map[string]any{"chat": []any{map[string]any{"model": "b", "api_key": canary}}}}), failure("spare"), fleet.KindUnsupported, "parameters"},
		"the last without calls": {old, failure(), fleet.KindUnsupported, "empty list"},
		"settings closed": {func(g *fakeGateway) { closeSettings(g, 403) }, alias("gpt-4o", "spare"), fleet.KindAuth,
			"proxy admin"},
		"aliases not told": {func(g *fakeGateway) { old(g); closeSettings(g, 200) }, failure("spare"), fleet.KindUnsupported,
			"takes them all away"},
	} {
		t.Run(name, func(t *testing.T) {
			g := withSpare(t, 2)
			if tc.as != nil {
				tc.as(g)
			}
			w, r := g.writer(t), chatRoute("a", "b")
			err := w.Edit(context.Background(), r, tc.e)
			wantRefused(t, nil, err, tc.kind, tc.says)
			if !strings.Contains(err.Error(), "nothing was written") && tc.kind != fleet.KindAuth {
				t.Errorf("it does not say that nothing was written: %v", err)
			}
			if g.settings.row != nil || g.rows[1].Blocked {
				t.Errorf("stored all the same: %v", g.settings.row)
			}
		})
	}
}

func onlyFileModels(g *fakeGateway) {
	for i := range g.rows {
		g.rows[i].FromDB = false
	}
	g.propagate()
}

// closeSettings makes every replica refuse its router settings, or tell a part of them.
func closeSettings(g *fakeGateway, status int) {
	for i := range g.replicas {
		g.refuse(i, func(_, path string) (int, string) {
			if path != "/get/config/callbacks" {
				return 0, ""
			}
			return status, `{"error":{"message":"` + canary + `"},"router_settings":{"fallbacks":[{"chat":["chat-backup"]}]}}`
		})
	}
}

// The traps of a gateway that says yes.
func TestALyingGateway(t *testing.T) {
	failure := fleet.RouteEdit{Kind: fleet.EditFallbacks, Fallback: fleet.FallbackFailure, Before: ids("chat-backup"), After: ids("spare")}
	alias := fleet.RouteEdit{Kind: fleet.EditAlias, Alias: "gpt-4o", Before: ids("chat"), After: ids("spare")}
	for name, tc := range map[string]struct {
		as   func(*fakeSettings)
		e    fleet.RouteEdit
		says string
	}{
		"fallback dropped":      {func(s *fakeSettings) { s.drops = true }, failure, "changed nothing: it holds chat-backup"},
		"save dropped":          {func(s *fakeSettings) { s.drops = true }, alias, "changed nothing: it holds chat"},
		"something else spoilt": {func(s *fakeSettings) { s.spoils = true }, alias, "num_retries"},
	} {
		g := withSpare(t, 2)
		tc.as(&g.settings)
		err := g.writer(t).Edit(context.Background(), chatRoute("a", "b"), tc.e)
		if fleet.KindOf(err) != fleet.KindServer || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// DELETE that does not find what GET shows (#38425): the complete list without the entry is saved instead.
func TestDeleteThatFindsNothing(t *testing.T) {
	g := withSpare(t, 2)
	g.settings.denies = true
	g.settings.file["fallbacks"] = []any{map[string]any{"chat": []any{"chat-backup"}}, map[string]any{"spare": []any{"chat-backup"}}}
	g.propagate()
	e := fleet.RouteEdit{Kind: fleet.EditFallbacks, Fallback: fleet.FallbackFailure, Before: ids("chat-backup")}
	w, r := g.writer(t), chatRoute("a", "b")
	must(t, w.Edit(context.Background(), r, e))
	if want := []string{"gw-1 DELETE /fallback/chat", "gw-1 POST /config/update"}; !slices.Equal(g.changes(), want) {
		t.Errorf("calls %v, want %v", g.changes(), want)
	}
	g.propagate()
	if got := stands(w, r, e); got != "after, after" {
		t.Errorf("it stands %s", got)
	}
	if len(g.replicas[0].live["model_group_alias"].(map[string]any)) != 2 {
		t.Errorf("the save wiped the aliases: %v", g.replicas[0].live)
	}
}

func TestSomeoneElsesEditIsAConflict(t *testing.T) {
	for _, e := range everyEdit() {
		for via := range 2 {
			g := withSpare(t, 2)
			w, r := g.writer(t), chatRoute("a", "b")
			e.Before, e.WasOut = ids("somebody", "else"), true
			if e.Kind == fleet.EditBlock || e.Kind == fleet.EditAdd {
				e.Out = true
				continue // two states are all that there are
			}
			_ = via
			err := w.Edit(context.Background(), r, e)
			wantRefused(t, g, err, fleet.KindConflict, "someone else changed it; nothing was written")
		}
	}
	g := withSpare(t, 2)
	e := everyEdit()[0]
	g.replicas[1].live["fallbacks"] = []any{map[string]any{"chat": []any{"spare"}}}
	w, r := g.writer(t), chatRoute("a", "b")
	wantRefused(t, g, w.Edit(context.Background(), r, e), fleet.KindConflict, "gw-2")
	if got := stands(w, r, e); got != "before, foreign spare" {
		t.Errorf("it stands %s", got)
	}
}

// A save of everything must not bring back what a replica has not heard of yet.
func TestSettingsOfALaggingReplicaAreNotSaved(t *testing.T) {
	g := withSpare(t, 2)
	g.version, g.settings.replaces = "1.81.15", true
	g.replicas[1].live["num_retries"] = 7.0
	e := fleet.RouteEdit{Kind: fleet.EditAlias, Alias: "gpt-4o", Before: ids("chat"), After: ids("spare")}
	err := g.writer(t).Edit(context.Background(), chatRoute("a", "b"), e)
	wantRefused(t, g, err, fleet.KindConflict, "num_retries")
}

// The way back is open while a replica still holds a state of before.
func TestALaggingReplicaIsNoConflictOfEdits(t *testing.T) {
	g := withSpare(t, 2)
	w, r := g.writer(t), chatRoute("a", "b")
	one := fleet.RouteEdit{Kind: fleet.EditFallbacks, Fallback: fleet.FallbackFailure, Before: ids("chat-backup"), After: ids("spare")}
	two := fleet.RouteEdit{Kind: fleet.EditFallbacks, Fallback: fleet.FallbackFailure, Before: ids("spare")}
	must(t, w.Edit(context.Background(), r, one))
	must(t, w.Edit(context.Background(), r, two))
	must(t, w.Edit(context.Background(), r, two.Inverse()))
	if got := stands(w, r, one); got != "after, before" {
		t.Errorf("it stands %s", got)
	}
}

func TestHalfOfTheReplicasRefuseAnEdit(t *testing.T) {
	for _, status := range []int{401, 429, 500, 503} {
		for _, e := range everyEdit() {
			g := withSpare(t, 2)
			g.refuse(0, func(method, _ string) (int, string) {
				if method == http.MethodGet {
					return 0, ""
				}
				return status, `{"error":{"message":"no ` + canary + `"}}`
			})
			err := g.writer(t).Edit(context.Background(), chatRoute("a", "b"), e)
			switch {
			case e.Fallback == fleet.FallbackPolicy:
				if err == nil || !strings.Contains(err.Error(), "not taken by gw-1") || strings.Contains(err.Error(), "canary") {
					t.Errorf("%d %s: %v", status, e.Kind, err)
				}
			case err != nil:
				t.Errorf("%d %s %s: %v", status, e.Kind, e.Fallback, err)
			}
		}
	}
}

// Nothing that LiteLLM says of its secrets is kept, logged or shown.
func TestSecretsInAnswersOfEdits(t *testing.T) {
	var log bytes.Buffer
	for _, status := range []int{0, 400, 401, 403, 404, 422, 500} {
		for _, e := range everyEdit() {
			g := withSpare(t, 2)
			g.settings.noFallback = status == 404
			for i := range g.replicas {
				g.refuse(i, func(method, _ string) (int, string) {
					if method == http.MethodGet || status == 0 {
						return 0, ""
					}
					return status, `{"error":{"message":"` + canary + `"},"detail":{"error":"postgresql://u:canary@db/x"}}`
				})
			}
			deps := testDeps()
			deps.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			made, err := Connector().NewWriter(g.spec(), deps)
			must(t, err)
			w, r := made.(*dbWriter), chatRoute("a", "b")
			text := fmt.Sprint(w.Editable(context.Background(), r, e), w.Edit(context.Background(), r, e), w.edits,
				w.EditStands(context.Background(), r, e))
			if strings.Contains(text, "canary") {
				t.Errorf("status %d, %s: %s", status, e.Kind, text)
			}
		}
	}
	p, err := newFake(t, 1).read(t, withKey)
	must(t, err)
	if text := fmt.Sprintf("%+v", p) + log.String(); strings.Contains(text, "canary") {
		t.Errorf("kept or logged: %s", text)
	}
}

func TestAFileGatewayRefusesEdits(t *testing.T) {
	g := withSpare(t, 1)
	spec := g.spec()
	spec.File = &fleet.GatewayFile{Path: "/nowhere/config.yaml"}
	made, err := Connector().NewWriter(spec, testDeps())
	must(t, err)
	w := made.(fleet.RouteEditor)
	for _, e := range everyEdit() {
		wantRefused(t, g, w.Edit(context.Background(), chatRoute("a", "b"), e), fleet.KindUnsupported, "in a file, in which")
	}
}
