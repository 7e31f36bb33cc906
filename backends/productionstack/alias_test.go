package productionstack

import (
	"os"
	"strings"
	"testing"

	"pitwall/fleet"
)

func aliasEdit(alias string, before, after []fleet.RouteID) fleet.RouteEdit {
	return fleet.RouteEdit{Kind: fleet.EditAlias, Alias: fleet.RouteID(alias), Before: before, After: after}
}

func to(model fleet.RouteID) []fleet.RouteID { return []fleet.RouteID{model} }

func TestAliasesLeadElsewhereAndBack(t *testing.T) {
	for name, want := range map[string]map[string]string{
		"dynamic.yaml": {"new": "static_aliases:\n  gpt-4o: chat\n  new: chat\n", "moved": "  gpt-4o: embed\n", "gone": "static_aliases:\n  ada: embed\n"},
		"dynamic.json": {"new": `{"static_aliases": "new:chat", `, "moved": "", "gone": ""},
	} {
		t.Run(name, func(t *testing.T) {
			for what, e := range map[string]fleet.RouteEdit{"new": aliasEdit("new", nil, to("chat")),
				"moved": aliasEdit("gpt-4o", to("chat"), to("embed")), "gone": aliasEdit("gpt-4o", to("chat"), nil)} {
				if want[what] == "" {
					continue
				}
				b := fileBed(t, name)
				w, was := b.writer(t), b.text(t)
				must(t, w.Editable(t.Context(), chat, e))
				if b.text(t) != was {
					t.Fatalf("%s: asking whether it can be edited edits it", what)
				}
				must(t, w.Edit(t.Context(), chat, e))
				if got := b.text(t); !strings.Contains(got, want[what]) {
					t.Errorf("%s: the text is\n%s", what, got)
				}
				stands(t, w, e, fleet.StandsBefore)
				b.follow(t)
				stands(t, w, e, fleet.StandsAfter)
				must(t, w.Edit(t.Context(), chat, e)) // again
				must(t, w.Edit(t.Context(), chat, e.Inverse()))
				b.follow(t)
				stands(t, w, e, fleet.StandsBefore)
				stands(t, w, aliasEdit("ada", nil, to("chat")), map[string]fleet.Standing{"dynamic.yaml": fleet.StandsForeign,
					"dynamic.json": fleet.StandsBefore}[name])
			}
		})
	}
}

func stands(t *testing.T, w *writer, e fleet.RouteEdit, want fleet.Standing) {
	t.Helper()
	for _, s := range w.EditStands(t.Context(), chat, e) {
		if s.Err != nil || s.At != want || (want == fleet.StandsForeign) == s.Holds.IsEmpty() {
			t.Errorf("%s stands %q (%s), %v; want %q", s.Replica, s.At, s.Holds, s.Err, want)
		}
	}
}

func TestAnAliasAmongOthersInJSON(t *testing.T) {
	b := fileBed(t, "dynamic.json")
	must(t, os.WriteFile(b.path, []byte(strings.Replace(b.text(t), `"callbacks": null`, `"static_aliases": "a:chat,b:embed"`, 1)), 0o600))
	b.follow(t)
	w := b.writer(t)
	must(t, w.Edit(t.Context(), chat, aliasEdit("a", to("chat"), to("embed"))))
	must(t, w.Edit(t.Context(), chat, aliasEdit("b", to("embed"), nil)))
	must(t, w.Edit(t.Context(), chat, aliasEdit("c", nil, to("chat"))))
	if got := b.text(t); !strings.Contains(got, `"static_aliases": "a:embed,c:chat"`) {
		t.Errorf("the text is\n%s", got)
	}
}

func TestEditsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		e    fleet.RouteEdit
		kind fleet.Kind
		says string
	}{
		"a fallback":           {fleet.RouteEdit{Kind: fleet.EditFallbacks}, fleet.KindUnsupported, "has no fallbacks"},
		"a block":              {fleet.RouteEdit{Kind: fleet.EditBlock}, fleet.KindUnsupported, "weight to 0"},
		"a colon":              {aliasEdit("a:b", nil, to("chat")), fleet.KindUnsupported, "no colon"},
		"a model's name":       {aliasEdit("embed", nil, to("chat")), fleet.KindUnsupported, "would hide them"},
		"nowhere":              {aliasEdit("x", nil, to("gone")), fleet.KindUnsupported, "no back end in the list"},
		"two":                  {aliasEdit("x", nil, []fleet.RouteID{"chat", "embed"}), fleet.KindUnsupported, "one model"},
		"a model with a colon": {aliasEdit("x", nil, to("a:b")), fleet.KindUnsupported, "would part it"},
		"changed by others":    {aliasEdit("ada", to("chat"), nil), fleet.KindConflict, "leads to embed"},
	} {
		b := fileBed(t, "dynamic.yaml")
		t.Run(name, func(t *testing.T) {
			refused(t, b, b.writer(t).Edit(t.Context(), chat, c.e), c.kind, c.says)
			refused(t, b, b.writer(t).Editable(t.Context(), chat, c.e), c.kind, c.says)
		})
	}
}
