package config

import (
	"encoding/json"
	"reflect"
	"strings"
)

// node is one part of a JSON Schema; only what this file needs.
type node struct {
	Schema     string           `json:"$schema,omitempty"`
	Title      string           `json:"title,omitempty"`
	Type       string           `json:"type,omitempty"`
	Enum       []any            `json:"enum,omitempty"`
	Pattern    string           `json:"pattern,omitempty"`
	Required   []string         `json:"required,omitempty"`
	Properties map[string]*node `json:"properties,omitempty"`
	Items      *node            `json:"items,omitempty"`
	AnyOf      []*node          `json:"anyOf,omitempty"` // a list, or the only one without it
	// Additional is false where keys are known, and the values' schema where they are free.
	Additional any `json:"additionalProperties,omitempty"`
}

// durations are written as Go reads them: 5s, 2m, 1h30m.
const durations = `^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$`

// enums are the fields of few values, as Type.key.
var enums = map[string][]any{
	"File.version": {Version},
	"File.theme":   {"default", "okabe", "contrast", "mono"},
	"File.glyphs":  {"auto", "ascii", "utf8"},
	"Context.env":  {"prod", "stage", "dev"},

	"StatusFeed.kind":     {"statuspage", "google-status", "aws-status", "azure-status", "openrouter-status"},
	"RoutePolicy.pattern": {"easy-local", "api-primary", "core-local"},

	"GoldenMessage.role": {"system", "user", "assistant"},
}

// Schema is the JSON Schema (2020-12) of the configuration file, for editors. It comes from the types that the file
// is read into, so that it cannot fall behind them. References between parts and ranges are checked by Parse alone.
func Schema() ([]byte, error) {
	root := describe(reflect.TypeFor[File]())
	root.Schema, root.Title = "https://json-schema.org/draft/2020-12/schema", "pitwall configuration"
	b, err := json.MarshalIndent(root, "", "  ")
	return append(b, '\n'), err
}

func describe(t reflect.Type) *node {
	if t == reflect.TypeFor[Duration]() {
		return &node{Type: "string", Pattern: durations}
	}
	if t == reflect.TypeFor[StatusFeeds]() {
		one := describe(t.Elem())
		return &node{AnyOf: []*node{one, {Type: "array", Items: one}}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return describe(t.Elem())
	case reflect.Struct:
		return object(t)
	case reflect.Slice:
		return &node{Type: "array", Items: describe(t.Elem())}
	case reflect.Interface:
		return &node{} // any value
	case reflect.Map:
		return &node{Type: "object", Additional: describe(t.Elem())}
	case reflect.Bool:
		return &node{Type: "boolean"}
	case reflect.Int:
		return &node{Type: "integer"}
	case reflect.Float64:
		return &node{Type: "number"}
	default:
		return &node{Type: "string"}
	}
}

func object(t reflect.Type) *node {
	n := &node{Type: "object", Properties: map[string]*node{}, Additional: false}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue // not of the file
		}
		key, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		child := describe(f.Type)
		child.Enum = enums[t.Name()+"."+key]
		n.Properties[key] = child
		if options != "omitempty" {
			n.Required = append(n.Required, key)
		}
	}
	return n
}
