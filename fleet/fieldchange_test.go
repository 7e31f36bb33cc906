package fleet

import (
	"encoding/json"
	"testing"
)

func TestOfALongTextTheLinesThatChangeAreShown(t *testing.T) {
	text := func(s string) JSON { b, _ := json.Marshal(s); return b }
	for _, x := range []struct {
		before, after JSON
		want          string
	}{
		{JSON("2"), JSON("3"), "2 -> 3"},
		{nil, text("a\nb"), `(absent) -> "a\nb"`},
		{text("a"), text("a\nb"), `"a" -> "a\nb"`},
		{text("a: 1\nb: 2 # two\nc: 3\n"), text("a: 1\nb: 4 # two\nc: 5\n"), "line 2: b: 2 # two -> b: 4 # two; line 3: c: 3 -> c: 5"},
		{text("a: 1\nc: 3\n"), text("a: 1\n  b: 2\nc: 3\n"), "line 2: (absent) -> b: 2"},
		{text("a: 1\nb: 2\nb: 2\n"), text("a: 1\nb: 2\n"), "line 3: b: 2 -> (absent)"},
	} {
		if got := (Field{Before: x.before, After: x.after}).Change().String(); got != x.want {
			t.Errorf("%s -> %s: %q, want %q", x.before, x.after, got, x.want)
		}
	}
}
