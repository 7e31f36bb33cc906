package kube

import (
	"encoding/json"
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"
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

func TestSameJSON(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"1", "1.0", true}, {"100", "1e2", true}, {"0.5", "5e-1", true}, {"-0", "0", true}, {"0e5", "0", true}, {"1", "-1", false},
		{"9007199254740993", "9007199254740992", false}, {"1e999999999", "1e999999999", true}, {"1e999999999", "1e999999998", false},
		{`{"a":1,"b":[2,3]}`, ` { "b" : [2.0, 3], "a":1 } `, true}, {`{"a":1,"b":null}`, `{"a":1}`, true}, {`{"a":1}`, `{"c":null,"a":1}`, true},
		{`{"a":1}`, `{"a":1,"b":false}`, false}, {"[1,2]", "[2,1]", false}, {"[1,null]", "[1]", false}, {`"1"`, "1", false},
		{"null", "", true}, {"", "", true}, {"null", "0", false}, {"", `""`, false}, {`"a\u003cb"`, `"a<b"`, true}, {"true", "true", true},
		{"{", "{", false}, {"[]", "{}", false},
	} {
		if got := sameJSON([]byte(c.a), []byte(c.b)); got != c.same {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
		if got := sameJSON([]byte(c.b), []byte(c.a)); got != c.same {
			t.Errorf("%s and %s: %v", c.b, c.a, got)
		}
	}
}

func TestNumbersAreComparedByValue(t *testing.T) {
	number := rapid.Custom(func(t *rapid.T) string {
		s := rapid.SampledFrom([]string{"", "-"}).Draw(t, "sign") + fmt.Sprint(rapid.IntRange(0, 1200).Draw(t, "whole"))
		if rapid.Bool().Draw(t, "part") {
			s += fmt.Sprintf(".%0*d", rapid.IntRange(1, 4).Draw(t, "width"), rapid.IntRange(0, 9).Draw(t, "digits"))
		}
		if rapid.Bool().Draw(t, "power") {
			s += fmt.Sprintf("e%+d", rapid.IntRange(-3, 3).Draw(t, "exponent"))
		}
		return s
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		x, _ := new(big.Rat).SetString(a)
		y, _ := new(big.Rat).SetString(b)
		if !json.Valid([]byte(a)) || sameJSON([]byte(a), []byte(b)) != (x.Cmp(y) == 0) {
			t.Fatalf("%s and %s", a, b)
		}
		if z := x.FloatString(12); !sameJSON([]byte(a), []byte(z)) {
			t.Fatalf("%s and %s", a, z)
		}
	})
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
