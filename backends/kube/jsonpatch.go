package kube

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// operation is one step of a JSON patch (RFC 6902).
type operation struct {
	Op    string          `json:"op"`
	Path  string          `json:"path"`
	Value json.RawMessage `json:"value,omitempty"`
}

// patch writes the fields as operations on an object as it was read: first what must still hold, then what is set.
// Values are compared as the server wrote them, since it compares numbers as text.
func (a *attempt) patch(d document) ([]byte, error) {
	var tests, sets []operation
	versioned := false
	made := map[string]bool{}
	for _, f := range a.fields {
		now := valueAt(d.body, f.tokens)
		if testable(now) {
			tests = append(tests, operation{"test", f.Path, now})
		} else {
			versioned = true // the version is tested instead, in which the field was seen
		}
		if !f.changes() {
			continue
		}
		switch {
		case f.absentAfter() && now == nil:
		case f.absentAfter():
			sets = append(sets, operation{Op: "remove", Path: f.Path})
		case now != nil:
			sets = append(sets, operation{"replace", f.Path, json.RawMessage(f.After)})
		default:
			parents, err := d.parents(f.tokens, made)
			if err != nil {
				return nil, err
			}
			sets = append(append(sets, parents...), operation{"add", f.Path, json.RawMessage(f.After)})
		}
	}
	return encodePatch(append(append(a.guards(d, versioned), tests...), append(sets, a.mark()...)...))
}

// testable tells whether a test of a value means anything: there is none of absence, and one of a list with a null in it
// makes the library that API servers use panic.
func testable(v json.RawMessage) bool {
	if v == nil || !bytes.Contains(v, []byte("null")) {
		return v != nil
	}
	var decoded any
	return json.Unmarshal(v, &decoded) == nil && !hasNullItem(decoded)
}

func hasNullItem(v any) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return item == nil || hasNullItem(item) })
	case map[string]any:
		for _, field := range v {
			if hasNullItem(field) {
				return true
			}
		}
	}
	return false
}

// guards hold the patch to the object that was planned on, and where it is needed to the version that was read.
func (a *attempt) guards(d document, versioned bool) []operation {
	var list []operation
	if a.UID != "" {
		list = append(list, operation{"test", "/metadata/uid", quoted(d.meta.UID)})
	}
	if versioned {
		list = append(list, operation{"test", "/metadata/resourceVersion", quoted(d.meta.ResourceVersion)})
	}
	return list
}

func (f fieldPlace) absentAfter() bool { return isNull(f.After) }

// parents are the objects around a field that are not there yet.
func (d document) parents(tokens []string, made map[string]bool) ([]operation, error) {
	var list []operation
	for i := 1; i < len(tokens); i++ {
		path := pointerOf(tokens[:i])
		if made[path] || d.written(tokens[:i]) {
			continue
		}
		if _, number := indexOf(tokens[i]); number {
			return nil, fmt.Errorf("field %s: there is no list around it; write the list as a whole", fieldName(tokens))
		}
		made[path] = true
		list = append(list, operation{"add", path, json.RawMessage("{}")})
	}
	return list, nil
}

// mark writes the name of the change beside annotations that are written anyway. It touches nothing else: an annotation
// of a Deployment counts as a change of what is wanted, and one of a pod template replaces every pod.
func (a *attempt) mark() []operation {
	const annotations = "/metadata/annotations/"
	for _, f := range a.fields {
		if a.id != "" && a.Part == partObject && f.changes() && strings.HasPrefix(f.Path, annotations) {
			return []operation{{"add", pointerOf([]string{"metadata", "annotations", changeMark}), quoted(a.id)}}
		}
	}
	return nil
}

func quoted(s string) json.RawMessage {
	b, err := encodeJSON(s)
	if err != nil {
		return json.RawMessage(`""`)
	}
	return b
}

func encodePatch(list []operation) ([]byte, error) {
	const most = 10_000 // of the API server
	if len(list) > most {
		return nil, errors.New("it has more than 10,000 steps")
	}
	return encodeJSON(list)
}

// encodeJSON leaves values as they are: the server compares them byte by byte.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}
