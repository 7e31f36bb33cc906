package strictyaml

import (
	"strings"
	"testing"
)

type sample struct {
	Name  string   `yaml:"name"`
	Parts []string `yaml:"parts"`
}

func TestStrangeFilesAreErrors(t *testing.T) {
	for body, want := range map[string]string{
		"name: a\nnaem: b":               "line 2, column 1",
		"parts: !0\nb:0:0:0:\n  0\n  -0": "no YAML",
		"name: [":                        "line 1",
		"parts: {a: 1}":                  "line 1",
		"name: a\nkey: sk-not-to-be-shown-anywhere": "unknown field",
	} {
		err := Decode([]byte(body), &sample{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "sk-not") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", body, err, want)
		}
	}
	var s sample
	if err := Decode([]byte("name: a\nparts: [b, c]"), &s); err != nil || s.Name != "a" || len(s.Parts) != 2 {
		t.Error(s, err)
	}
}
