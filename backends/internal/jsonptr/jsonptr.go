// Package jsonptr reads and changes JSON documents by pointers (RFC 6901), as the fields of a write name them. It sends
// nothing and knows no kind of object.
package jsonptr

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"pitwall/fleet"
)

// Decode reads a document. Numbers stay as they are written.
func Decode(j fleet.JSON) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(j))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, invalid("read a document", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, invalid("read a document", fmt.Errorf("something follows it"))
	}
	return v, nil
}

// Encode writes a value; nil, which stands for absence, is nil.
func Encode(v any) fleet.JSON {
	if v == nil {
		return nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return nil // only values that Decode gave, and texts and numbers, come here
	}
	return fleet.JSON(bytes.TrimRight(b.Bytes(), "\n"))
}

// Path joins names to a pointer.
func Path(names ...string) string {
	var b strings.Builder
	for _, n := range names {
		b.WriteByte('/')
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(n, "~", "~0"), "/", "~1"))
	}
	return b.String()
}

// Names are the names that a pointer goes through.
func Names(path string) []string {
	if path == "" {
		return nil
	}
	list := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, n := range list {
		list[i] = strings.ReplaceAll(strings.ReplaceAll(n, "~1", "/"), "~0", "~")
	}
	return list
}

// Find gives what a pointer leads to.
func Find(doc any, path string) (any, bool) {
	for _, name := range Names(path) {
		switch at := doc.(type) {
		case map[string]any:
			next, ok := at[name]
			if !ok {
				return nil, false
			}
			doc = next
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(at) {
				return nil, false
			}
			doc = at[i]
		default:
			return nil, false
		}
	}
	return doc, true
}

// Text gives the text that a pointer leads to, "" where there is none.
func Text(doc any, path string) string {
	v, _ := Find(doc, path)
	s, _ := v.(string)
	return s
}

// Set is the field that gives a pointer a value; nil takes it away. Objects around it that are not there are made by who
// writes it.
func Set(doc any, path string, after any) fleet.Field {
	before, _ := Find(doc, path)
	return fleet.Field{Path: path, Before: Encode(before), After: Encode(after)}
}

// Same is a field that is only compared.
func Same(doc any, path string) fleet.Field {
	v, _ := Find(doc, path)
	return fleet.Field{Path: path, Before: Encode(v), After: Encode(v)}
}

// Holds tells whether a document holds at a pointer what a value says; nil says that nothing is there.
func Holds(doc any, path string, value fleet.JSON) bool {
	v, ok := Find(doc, path)
	if !ok || v == nil {
		return value == nil
	}
	return value != nil && Encode(v).Equal(value)
}

// Apply gives a document with a field set to its After, and objects around it made where there are none. The document
// given is not changed.
func Apply(doc any, f fleet.Field) (any, error) {
	var value any
	if f.After != nil {
		v, err := Decode(f.After)
		if err != nil {
			return nil, err
		}
		value = v
	}
	return put(doc, Names(f.Path), value, f.Path)
}

func put(doc any, at []string, value any, path string) (any, error) {
	if len(at) == 0 {
		return value, nil
	}
	switch v := doc.(type) {
	case nil:
		if value == nil {
			return doc, nil
		}
		child, err := put(nil, at[1:], value, path)
		return map[string]any{at[0]: child}, err
	case map[string]any:
		return putInObject(v, at, value, path)
	case []any:
		return putInList(v, at, value, path)
	}
	return nil, missing(path)
}

func putInObject(v map[string]any, at []string, value any, path string) (any, error) {
	next := maps.Clone(v)
	if len(at) == 1 && value == nil {
		delete(next, at[0])
		return next, nil
	}
	if v[at[0]] == nil && value == nil {
		return v, nil
	}
	child, err := put(v[at[0]], at[1:], value, path)
	next[at[0]] = child
	return next, err
}

// putInList adds at the end of a list too.
func putInList(v []any, at []string, value any, path string) (any, error) {
	i, err := strconv.Atoi(at[0])
	if err != nil || i < 0 || i > len(v) || i == len(v) && (len(at) > 1 || value == nil) {
		return nil, missing(path)
	}
	next := slices.Clone(v)
	switch {
	case i == len(v):
		return append(next, value), nil
	case len(at) == 1 && value == nil:
		return slices.Delete(next, i, i+1), nil
	}
	next[i], err = put(v[i], at[1:], value, path)
	return next, err
}

func missing(path string) error {
	return invalid("set a field", fmt.Errorf("nothing holds %s", path))
}

func invalid(op string, err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Err: err}
}

// With gives a document in which a pointer leads to a value; nil takes it away. The document given is not changed.
func With(doc any, path string, after any) any {
	f := Set(doc, path, after)
	if f.Before == nil && f.After == nil {
		return doc
	}
	next, err := Apply(doc, f)
	if err != nil {
		return doc // a pointer through a text or past a list: no field of a kind that is known
	}
	return next
}

// Typed reads a document into a typed value.
func Typed(j fleet.JSON, typed any) error {
	if err := json.Unmarshal(j, typed); err != nil {
		return invalid("read an object", err)
	}
	return nil
}

// Into reads a decoded value into a typed one.
func Into(v, typed any) error {
	return Typed(Encode(v), typed)
}
