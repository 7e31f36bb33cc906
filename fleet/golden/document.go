package golden

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"pitwall/fleet"
)

// mostDepth bounds the nesting of a document from outside.
const mostDepth = 64

// decode reads one JSON document and nothing behind it. Numbers stay as they are written.
func decode(text string) (any, bool) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if tooDeep(text) || dec.Decode(&v) != nil {
		return nil, false
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, false
	}
	return v, true
}

// tooDeep counts brackets, those in strings too: a document that is asked for is far from the bound.
func tooDeep(text string) bool {
	depth := 0
	for _, c := range []byte(text) {
		switch c {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if depth > mostDepth {
			return true
		}
	}
	return false
}

// unfenced takes a document out of the one fence that models like to put around it.
func unfenced(text string) string {
	text = strings.TrimSpace(text)
	inner, ok := strings.CutPrefix(text, "```")
	if !ok {
		return text
	}
	first, rest, ok := strings.Cut(inner, "\n")
	if lang := strings.TrimSpace(first); !ok || lang != "" && !strings.EqualFold(lang, "json") {
		return text
	}
	body, ok := strings.CutSuffix(strings.TrimSpace(rest), "```")
	if !ok {
		return text
	}
	return body
}

// differs says where a document is not as expected, "" where it is.
func differs(e *fleet.GoldenJSON, doc any) fleet.Safe {
	for _, v := range e.Values {
		asked, ok := decode(string(v.Value))
		if !ok {
			continue // the configuration wrote it
		}
		got, there := find(doc, v.Path)
		switch {
		case !there:
			return fleet.Concat(fleet.Text("there is no value at "), where(v.Path))
		case !same(got, asked):
			return mismatch(v.Path, got, asked)
		}
	}
	if len(e.Subset) == 0 {
		return fleet.Safe{}
	}
	asked, _ := decode(string(e.Subset))
	return lacks("", doc, asked)
}

// lacks says where a value lacks what is asked of it: members of objects may be more, all else is equal.
func lacks(path string, got, asked any) fleet.Safe {
	want, ok := asked.(map[string]any)
	if !ok {
		if same(got, asked) {
			return fleet.Safe{}
		}
		return mismatch(path, got, asked)
	}
	have, ok := got.(map[string]any)
	if !ok {
		return mismatch(path, got, asked)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		at := path + "/" + escaped.Replace(name)
		value, there := have[name]
		if !there {
			return fleet.Concat(fleet.Text("there is no value at "), where(at))
		}
		if why := lacks(at, value, want[name]); !why.IsEmpty() {
			return why
		}
	}
	return fleet.Safe{}
}

var (
	escaped   = strings.NewReplacer("~", "~0", "/", "~1")
	unescaped = strings.NewReplacer("~1", "/", "~0", "~")
)

// find reads the value at a JSON pointer.
func find(doc any, path string) (any, bool) {
	if path == "" {
		return doc, true
	}
	for _, part := range strings.Split(path, "/")[1:] {
		part = unescaped.Replace(part)
		switch v := doc.(type) {
		case map[string]any:
			next, ok := v[part]
			if !ok {
				return nil, false
			}
			doc = next
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) || strconv.Itoa(i) != part {
				return nil, false
			}
			doc = v[i]
		default:
			return nil, false
		}
	}
	return doc, true
}

// same compares by value: numbers as numbers, objects without order.
func same(a, b any) bool {
	x, err := json.Marshal(a)
	if err != nil {
		return false
	}
	y, err := json.Marshal(b)
	return err == nil && (bytes.Equal(x, y) || fleet.JSON(x).Equal(y))
}

// mismatch says that a value is another one. Of values only numbers, truth and null are told: the rest is the model's words.
func mismatch(path string, got, asked any) fleet.Safe {
	at := where(path)
	x, plain := told(got)
	y, both := told(asked)
	switch {
	case plain && both:
		return fleet.Textf("value at %s is %s, asked %s", at, x, y)
	case kind(got) == kind(asked):
		return fleet.Textf("value at %s is another %s than asked", at, kind(got))
	}
	return fleet.Textf("value at %s is %s, asked %s", at, article(got), article(asked))
}

func told(v any) (fleet.Safe, bool) {
	switch v := v.(type) {
	case nil:
		return fleet.Text("null"), true
	case bool:
		if v {
			return fleet.Text("true"), true
		}
		return fleet.Text("false"), true
	case json.Number:
		if len(v) > mostDigits {
			return fleet.Text("a number"), true
		}
		return fleet.Label(v.String()), true
	default:
		return fleet.Safe{}, false
	}
}

// mostDigits bounds a number that is shown: a longer one could be words in digits.
const mostDigits = 24

func kind(v any) fleet.Safe {
	switch v.(type) {
	case nil:
		return fleet.Text("null")
	case bool:
		return fleet.Text("truth value")
	case json.Number:
		return fleet.Text("number")
	case string:
		return fleet.Text("text")
	case []any:
		return fleet.Text("list")
	default:
		return fleet.Text("object")
	}
}

func article(v any) fleet.Safe {
	if text, plain := told(v); plain {
		return text
	}
	if _, object := v.(map[string]any); object {
		return fleet.Text("an object")
	}
	return fleet.Concat(fleet.Text("a "), kind(v))
}

// mostPath bounds a pointer that is shown.
const mostPath = 80

// where is a pointer for people; "" is the document itself.
func where(path string) fleet.Safe {
	if path == "" {
		return fleet.Text("the top")
	}
	if len(path) > mostPath {
		path = path[:mostPath] + "..."
	}
	return fleet.Label(path)
}
