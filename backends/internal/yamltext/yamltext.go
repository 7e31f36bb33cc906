// Package yamltext changes single values in the text of a YAML document, so that comments, order and spelling of all else
// stay. Every result is read again, and refused where it does not mean exactly what was wanted. It is pure.
package yamltext

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"sigs.k8s.io/yaml"
	goyaml "sigs.k8s.io/yaml/goyaml.v2"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// Decode gives the meaning of a text, as Kubernetes reads YAML. Numbers stay as they are written. A text of which that
// reader would keep one of two values by chance is refused.
func Decode(text string) (any, error) {
	body, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("it is not valid YAML: %w", err)
	}
	doc, err := jsonptr.Decode(body)
	if err != nil {
		return nil, err
	}
	var asWritten any
	if err := goyaml.Unmarshal([]byte(text), &asWritten); err != nil {
		return nil, fmt.Errorf("it is not valid YAML: %w", err)
	}
	if names(asWritten) != names(doc) {
		return nil, errors.New("two names of one mapping in it mean the same (a number or a truth value and its quoted text)")
	}
	return doc, nil
}

// names counts the names of all mappings in a document. JSON has only texts for names, so those that differ in YAML by
// their type alone (0, 00 in octal, "0") become one.
func names(doc any) int {
	n := 0
	switch v := doc.(type) {
	case map[any]any:
		n = len(v)
		for _, under := range v {
			n += names(under)
		}
	case map[string]any:
		n = len(v)
		for _, under := range v {
			n += names(under)
		}
	case []any:
		for _, under := range v {
			n += names(under)
		}
	}
	return n
}

// Edit is one value that shall stand at a JSON pointer. Objects around it that are not there are made.
type Edit struct {
	Path string
	To   any // a text, a number, a truth value, or objects of these
}

// errByHand says what is left where the text is written in a way in which no value can be changed alone.
var errByHand = errors.New("it is written in a way in which the value cannot be changed alone (anchors, aliases or unusual " +
	"quoting); change it by hand")

// Set gives the text with values set. The error is a sentence on what is in the way.
func Set(text string, edits []Edit) (string, error) {
	want, err := Decode(text)
	if err != nil {
		return "", err
	}
	for _, e := range edits {
		if text, err = set(text, e); err != nil {
			return "", fmt.Errorf("%s cannot be set: %w", fleet.Quote(e.Path), err)
		}
		if want, err = jsonptr.Apply(want, fleet.Field{Path: e.Path, After: jsonptr.Encode(e.To)}); err != nil {
			return "", errByHand // the two readers of YAML do not agree on what the text holds
		}
	}
	got, err := Decode(text)
	if err != nil || !reflect.DeepEqual(got, want) {
		return "", errByHand
	}
	return text, nil
}

func set(text string, e Edit) (out string, err error) {
	defer func() { // the YAML library is fed with whatever an object holds; its faults must not end the console
		if r := recover(); r != nil {
			out, err = "", errByHand
		}
	}()
	file, err := parser.ParseBytes(PlainLines([]byte(text)), 0)
	if err != nil {
		return "", fmt.Errorf("it is not valid YAML: %w", err)
	}
	if len(file.Docs) != 1 {
		return "", fmt.Errorf("it holds %d YAML documents", len(file.Docs))
	}
	t := source(text)
	at, rest := descend(file.Docs[0].Body, jsonptr.Names(e.Path))
	if len(rest) == 0 {
		return t.replace(at, e.To)
	}
	value := e.To
	for i := len(rest) - 1; i > 0; i-- {
		value = map[string]any{rest[i]: value}
	}
	return t.insert(at, rest[0], value)
}

// PlainLines takes the carriage returns off line ends, which the YAML library counts as lines of their own after comments.
// Lines and columns of what is left are those of the text.
func PlainLines(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }

// descend follows names as far as the document goes, and gives those that are left.
func descend(at ast.Node, names []string) (ast.Node, []string) {
	for i, name := range names {
		next := Under(at, name)
		if next == nil {
			return at, names[i:]
		}
		at = next
	}
	return at, nil
}

// Under is what stands under a name in this very mapping or list, not in one merged into it; nil where nothing does.
func Under(node ast.Node, name string) ast.Node {
	switch n := Unwrap(node).(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			if v.Key.GetToken().Value == name {
				return v.Value
			}
		}
	case *ast.MappingValueNode:
		if n.Key.GetToken().Value == name {
			return n.Value
		}
	case *ast.SequenceNode:
		for i, v := range n.Values {
			if fmt.Sprint(i) == name {
				return v
			}
		}
	}
	return nil
}

// Unwrap takes the node behind an anchor or a tag.
func Unwrap(node ast.Node) ast.Node {
	for {
		switch n := node.(type) {
		case *ast.AnchorNode:
			node = n.Value
		case *ast.TagNode:
			node = n.Value
		default:
			return node
		}
	}
}

// entries are the keys of a mapping with their values.
func entries(node ast.Node) []*ast.MappingValueNode {
	switch n := Unwrap(node).(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

// written is a value on one line: in the spelling of a text that was there, where it was quoted, else as plain as it can be.
func written(value any, quote byte) string {
	text, isText := value.(string)
	switch {
	case !isText:
		return string(jsonptr.Encode(value))
	case quote == '\'' && !strings.ContainsAny(text, "\n\r\t"):
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case quote == 0 && isPlain(text):
		return text
	}
	return string(jsonptr.Encode(text)) // a JSON text is a YAML text
}

// isPlain tells that a text means itself without quotes, inside of brackets too.
func isPlain(text string) bool {
	if strings.ContainsAny(text, "{}[],&*#?|<>=!%@`\"'\\\n\r\t") || strings.Contains(text, ": ") || strings.HasSuffix(text, ":") {
		return false
	}
	doc, err := Decode(text)
	got, ok := doc.(string)
	return err == nil && ok && got == text
}
