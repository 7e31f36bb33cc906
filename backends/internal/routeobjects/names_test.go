package routeobjects

import (
	"strings"
	"testing"
)

// However alike the items are, each name means one of them.
func TestNoNameMeansTwo(t *testing.T) {
	for _, x := range []struct{ items, names string }{
		{"a b", "a b"},
		{"a a/x a/y b", "a a/x a/y b"},
		{"a/x a/y", "a/x a/y"},
		{"a/x a/x b", "a@1 a@2 b"},
		{"a@2 a/x a/x", "a@2 a@2@ a@3"},
		{"", "@1"},
	} {
		items := strings.Split(x.items, " ")
		short := func(i int) string { s, _, _ := strings.Cut(items[i], "/"); return s }
		got := Names(len(items), short, func(i int) string { return items[i] })
		if strings.Join(got, " ") != x.names {
			t.Errorf("%s: %s, wanted %s", x.items, got, x.names)
		}
		seen := map[string]bool{}
		for _, name := range got {
			if seen[name] || name == "" {
				t.Errorf("%s: %q means two or none", x.items, name)
			}
			seen[name] = true
		}
	}
}

func TestRulesAreCalledByTheirOwnNamesWhereTheseTell(t *testing.T) {
	own := []string{"a", "", "b", "b", "@1"}
	want := []string{"a", "@3", "@4", "@5", "@6"}
	for i := range own {
		if got := Rule(own, i, i+2); got != want[i] {
			t.Errorf("%d: %s, wanted %s", i, got, want[i])
		}
	}
	if got := Rule([]string{"only"}, 0, 4); got != "" {
		t.Errorf("the only one is called %s", got)
	}
}

func TestNamesLeadBackToTheirObjects(t *testing.T) {
	for _, rule := range []string{"", "code", "@2", "a/b"} {
		ref := Namespaced(ID(Namespaced("llm/chat"), rule))
		if ref.Namespace != "llm" || ref.Name != "chat" {
			t.Errorf("%q: %+v", rule, ref)
		}
	}
}
