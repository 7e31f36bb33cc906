package yamltext

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pitwall/backends/internal/jsonptr"
)

const lists = `# what is served
models: # all
  chat:
    backends: # in this order
      - http://a:1  # the first
      - "http://b:2"
    kind: chat
  flow: {backends: [http://a:1, 'http://b:2'], kind: x}
  outer:
    backends:
    - http://a:1
aliases:
  one: chat # kept
  two: chat
only:
  one: chat
flat: {one: chat, two: 'chat'}
`

func TestItemsGoWithTheirLinesAndComeLast(t *testing.T) {
	for path, c := range map[string]struct {
		want     []string
		from, to string
	}{
		"/models/chat/backends": {[]string{"http://b:2", "http://c:3"},
			"      - http://a:1  # the first\n      - \"http://b:2\"\n", "      - \"http://b:2\"\n      - http://c:3\n"},
		"/models/outer/backends": {[]string{"http://a:1", "http://z:9"}, "    - http://a:1\naliases", "    - http://a:1\n    - http://z:9\naliases"},
		"/models/flow/backends":  {[]string{"http://b:2"}, "[http://a:1, 'http://b:2']", "[http://b:2]"},
	} {
		got, err := SetList(lists, path, c.want)
		if err != nil || got != strings.Replace(lists, c.from, c.to, 1) || got == lists {
			t.Errorf("%s: %v\n%s", path, err, got)
		}
	}
	crlf := strings.ReplaceAll("a:\n- v\n- w", "\n", "\r\n")
	if got, err := SetList(crlf, "/a", []string{"w", "z"}); err != nil || got != "a:\r\n- w\r\n- z" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestEntriesAreDroppedAlone(t *testing.T) {
	for path, c := range map[string][2]string{
		"/aliases/one": {"  one: chat # kept\n", ""},
		"/only/one":    {"only:\n  one: chat\n", "only:\n  {}\n"},
		"/flat/one":    {"{one: chat, two: 'chat'}", "{two: 'chat'}"},
		"/flat/two":    {"{one: chat, two: 'chat'}", "{one: chat}"},
	} {
		got, err := Drop(lists, path)
		if want := strings.Replace(lists, c[0], c[1], 1); err != nil || got != want {
			t.Errorf("%s: %v\n%s", path, err, got)
		}
	}
}

func TestListsThatAreNotChanged(t *testing.T) {
	for text, path := range map[string]string{
		"a: x":                           "/a",
		"a:\n- {b: c}\n- x":              "/a",
		"a:\n- - x":                      "/a",
		"a: &l\n- x\nb: *l":              "/b",
		"x: 1":                           "/a",
		"a:\n- >\n  long\n  text\n- y\n": "/a",
		"\x00":                           "/a",
	} {
		if got, err := SetList(text, path, []string{"new"}); err == nil {
			t.Errorf("%q became %q", text, got)
		}
	}
	for _, text := range []string{"a: {b: c, e: {x: y}}", "a:\n  b:\n    c: d\n  e: f", "a: &x {b: c}\ne: *x", "b: c"} {
		if got, err := Drop(text, "/a/b"); err == nil {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// Whatever a text is, a list in it is changed to what was wanted and nothing else, or refused.
func FuzzList(f *testing.F) {
	f.Add(lists, "/models/chat/backends", "http://c:3")
	f.Add("a: [x, 'y']", "/a", "x")
	f.Add("a:\n- x # c\n\n# d\n- y", "/a", "")
	f.Fuzz(func(t *testing.T, text, path, item string) {
		was, err := Decode(text)
		if err != nil || !utf8.ValidString(item) {
			return
		}
		out, err := SetList(text, path, []string{item, "http://b:2"})
		if err != nil {
			return
		}
		got, err := Decode(out)
		if err != nil {
			t.Fatalf("%q is no YAML: %v", out, err)
		}
		list, _ := jsonptr.Find(got, path)
		if !slices.Equal(list.([]any), texts([]string{item, "http://b:2"})) {
			t.Errorf("%q holds %v", out, list)
		}
		if !jsonptr.Encode(jsonptr.With(got, path, nil)).Equal(jsonptr.Encode(jsonptr.With(was, path, nil))) {
			t.Errorf("more than %s changed in %q: %q", path, text, out)
		}
	})
}
