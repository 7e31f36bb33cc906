package yamltext

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pitwall/backends/internal/jsonptr"
)

const config = `# what we serve
proxy_location: EveryNode
applications: # all of them
- name: chat   # the one that users see
  import_path: app:build
  args:
    model: 'org/it''s'  # quoted once
    other: "a \"b\""
    size: 8192
    fast: true
    nothing:
    flow: {a: 1, b: [x, y]}
    empty: {}
  deployments:
    - name: LLM
      num_replicas: 2
    -   ray_actor_options: {num_gpus: 1}
        name: Router
- {name: time, args: {model: org/n}}
`

func edit(t *testing.T, text string, edits ...Edit) string {
	t.Helper()
	out, err := Set(text, edits)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOnlyTheSpanOfAValueChanges(t *testing.T) {
	const app = "/applications/0"
	for _, x := range []struct {
		path     string
		to       any
		old, now string
	}{
		{app + "/args/model", "org/new", `'org/it''s'`, `'org/new'`},
		{app + "/args/model", "it's", `'org/it''s'`, `'it''s'`},
		{app + "/args/other", "b\nc", `"a \"b\""`, `"b\nc"`},
		{app + "/args/size", 4096, "8192", "4096"},
		{app + "/args/fast", false, "fast: true", "fast: false"},
		{app + "/name", "yes", "name: chat ", `name: "yes" `},
		{app + "/import_path", "app:build2", "app:build\n", "app:build2\n"},
		{app + "/args/flow/a", 2, "{a: 1", "{a: 2"},
		{app + "/args/flow/b/1", "z, ", "y]", `"z, "]`},
		{app + "/args/flow/c", "d", "{a: 1", "{c: d, a: 1"},
		{app + "/args/empty/c", 1.5, "{}", "{c: 1.5}"},
		{app + "/args/engine/c", "x", "    model: 'org/it''s'  # quoted once\n", "    model: 'org/it''s'  # quoted once\n    engine: {\"c\":\"x\"}\n"},
		{app + "/deployments/0/num_replicas", 3, "num_replicas: 2", "num_replicas: 3"},
		{app + "/deployments/1/num_replicas", 3, "    -   ray_actor_options: ", "    -   num_replicas: 3\n        ray_actor_options: "},
		{"/applications/1/args/model", "org/m", "org/n}", "org/m}"},
		{"/target_capacity", 50, "EveryNode\n", "EveryNode\ntarget_capacity: 50\n"},
	} {
		want := strings.Replace(config, x.old, x.now, 1)
		if got := edit(t, config, Edit{x.path, x.to}); got != want || got == config {
			t.Errorf("%s:\n%s", x.path, got)
		}
		// every spelling of line ends stays
		if got := edit(t, strings.ReplaceAll(config, "\n", "\r\n"), Edit{x.path, x.to}); got != strings.ReplaceAll(want, "\n", "\r\n") {
			t.Errorf("%s with carriage returns:\n%q", x.path, got)
		}
	}
}

func TestSeveralEditsAndTheWayBack(t *testing.T) {
	out := edit(t, config, Edit{"/applications/0/args/model", "org/new"}, Edit{"/applications/0/deployments/0/num_replicas", 4})
	if back := edit(t, out, Edit{"/applications/0/args/model", "org/it's"}, Edit{"/applications/0/deployments/0/num_replicas", 2}); back != config {
		t.Error(back)
	}
}

func TestJSONIsYAML(t *testing.T) {
	const text = `{"applications": [{"name": "a", "args": {"model": "x"}}]}`
	if got := edit(t, text, Edit{"/applications/0/args/model", "org/y"}); got != strings.Replace(text, `"x"`, `"org/y"`, 1) {
		t.Error(got)
	}
}

func TestWhatCannotBeChangedAloneIsRefused(t *testing.T) {
	for _, x := range []struct{ text, path, says string }{
		{"a: &x {m: 1}\nb: *x\n", "/b/m", "nothing holds it"},
		{"a: &x 1\nb: *x\n", "/a", "by hand"}, // b would change too
		{"a: |\n  two\n  lines\n", "/a", "no single value"},
		{"a: two\n  lines\n", "/a", "by hand"},
		{"a: 1\n---\nb: 2\n", "/a", "documents"},
		{"a: [1, 2]\n", "/a/7", "nothing holds it"},
		{"a: {b: 1}\n", "/a", "no single value"},
		{"a: {\n", "/a", "not valid YAML"},
		{"", "/a", ""},
		{"!0\n!0\n1:", "/0", "by hand"},             // a mapping for one YAML library, nothing for the other
		{"1: x\n\"1\": y\n", "/a", "mean the same"}, // JSON knows one of them
		{"0000: x\n", "/0", "by hand"},              // the octal number is the same name in JSON
	} {
		out, err := Set(x.text, []Edit{{x.path, "new"}})
		if err == nil || !strings.Contains(err.Error(), x.says) || out != "" {
			t.Errorf("%q: %q, %v", x.text, out, err)
		}
	}
}

func FuzzSet(f *testing.F) {
	f.Add(config, "/applications/0/args/model", "v2")
	f.Add("a: &x {m: 1}\nb: *x\n", "/a/m", "2")
	f.Add("a: [1, 2]\r\n", "/a/1", "")
	f.Add("~", "/a", "v") // nothing becomes an object
	f.Add("0000A:\n  0000: 0000\n0000:", "/0", "%")
	f.Fuzz(func(t *testing.T, text, path, to string) {
		out, err := Set(text, []Edit{{path, to}})
		if err != nil || !utf8.ValidString(path) || !utf8.ValidString(to) { // JSON has no other texts
			return
		}
		_, errBefore := Decode(text)
		after, errAfter := Decode(out)
		if errBefore != nil || errAfter != nil || jsonptr.Text(after, path) != to {
			t.Errorf("%q became %q: %v, %v", text, out, errBefore, errAfter)
		}
	})
}
