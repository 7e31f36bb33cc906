package kube

import (
	"testing"
)

const sample = `{"a":{"b/c":1,"~d":[10,{"e":null},"x"]},"":{"":7}}`

func TestValuesAtPlaces(t *testing.T) {
	for pointer, want := range map[string]string{
		"/a/b~1c": "1", "/a/~0d/0": "10", "/a/~0d/2": `"x"`, "/a/~0d/1": `{"e":null}`, "//": "7",
		"/a/~0d/1/e": "", "/a/~0d/3": "", "/a/~0d/00": "", "/a/~0d/-1": "", "/a/~0d/x": "", "/nope/x": "", "/a/b~1c/x": "",
	} {
		tokens, err := parsePointer(pointer)
		if err != nil {
			t.Fatal(pointer, err)
		}
		if got := string(valueAt([]byte(sample), tokens)); got != want {
			t.Errorf("%s is %q, want %q", pointer, got, want)
		}
		if back := pointerOf(tokens); back != pointer {
			t.Errorf("%s became %s", pointer, back)
		}
	}
	for _, bad := range []string{"", "a", "/a/-", "/a/~2", "/a~"} {
		if _, err := parsePointer(bad); err == nil {
			t.Errorf("%q is taken for a place", bad)
		}
	}
}

func TestPlacesForPeople(t *testing.T) {
	for pointer, want := range map[string]string{
		"/spec/template/spec/containers/0/image":     "spec.template.spec.containers[0].image",
		"/metadata/annotations/pitwall.dev~1change":  "metadata.annotations[pitwall.dev/change]",
		"/metadata/annotations/\x1b[2J\u202eevil/x0": "metadata.annotations.^[[2J\\u{202E}evil.x0",
	} {
		tokens, err := parsePointer(pointer)
		if got := fieldName(tokens); err != nil || got != want {
			t.Errorf("%q, want %q, %v", got, want, err)
		}
	}
}

func TestWhoSetAField(t *testing.T) {
	d, err := newDocument([]byte(`{"metadata":{"managedFields":[
		{"manager":"kubectl","time":"2026-11-25T11:00:00Z","fieldsV1":{"f:spec":{"f:template":{"f:spec":{"f:containers":{
			"k:{\"name\":\"vllm\"}":{".":{},"f:image":{},"f:args":{}}}}},"f:replicas":{}}}},
		{"manager":"hpa","time":"2026-11-25T11:30:00Z","subresource":"scale","fieldsV1":{"f:spec":{"f:replicas":{}}}},
		{"manager":"odd","fieldsV1":{"f:metadata":{"f:finalizers":{"v:\"keep\"":{}}}}},
		{"manager":"broken","time":"2026-11-25T11:59:00Z","fieldsV1":7}]},
		"spec":{"replicas":4,"template":{"spec":{"containers":[{"name":"log"},{"name":"vllm","image":"a","args":["x"]}]}}}}`), partObject)
	if err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string]string{
		"/spec/replicas":                           "hpa at 11:30:00Z",
		"/spec/template/spec/containers/1/image":   "kubectl at 11:00:00Z",
		"/spec/template/spec/containers/1/args/0":  "kubectl at 11:00:00Z", // the list is owned as a whole
		"/spec/template/spec/containers/0/image":   "",
		"/spec/template/spec/containers/1/command": "",
		"/status/replicas":                         "",
	} {
		tokens, _ := parsePointer(pointer)
		if got := d.setBy(tokens); got != want {
			t.Errorf("%s was set by %q, want %q", pointer, got, want)
		}
	}
}
