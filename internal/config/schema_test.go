package config

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/goccy/go-yaml"
)

// valid validates a file against the schema, read back as any editor would read it.
func valid(t *testing.T, file string) error {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema openapi3.Schema
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	body, err := yaml.YAMLToJSON([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	return schema.VisitJSON(doc)
}

func TestSchemaTakesTheExampleAndRefusesWhatParseRefuses(t *testing.T) {
	if err := valid(t, Example); err != nil {
		t.Errorf("the example: %v", err)
	}
	for name, file := range map[string]string{
		"unknown key":     strings.Replace(Example, "labels: [eu, zdr]", "lables: [eu, zdr]", 1),
		"unknown version": strings.Replace(Example, "version: 1 ", "version: 7 ", 1),
		"unknown env":     strings.Replace(Example, "env: prod ", "env: production ", 1),
		"bad duration":    strings.Replace(Example, "interval: 5s", "interval: soon", 1),
		"text for number": strings.Replace(Example, "tier: 1", "tier: first", 1),
		"literal secret":  strings.Replace(Example, "auth: {file: /etc/pitwall/openai.key}", "auth: sk-canary", 1),
		"missing engine":  "version: 1\ncontexts:\n  - name: a\n    pools: [{id: p}]\n",
	} {
		if file == Example {
			t.Fatalf("%s: the example has no such place any more", name)
		}
		if valid(t, file) == nil {
			t.Errorf("%s: the schema takes it", name)
		}
		if _, err := Parse([]byte(file)); err == nil {
			t.Errorf("%s: the schema is stricter than Parse", name)
		}
	}
}
