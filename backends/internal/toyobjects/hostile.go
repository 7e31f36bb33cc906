package toyobjects

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// nonsense is what no server gives, or none should: wrong types, nothing, numbers without sense, text that moves a cursor.
var nonsense = []any{nil, "a\x1b[31m\u202e\nb", json.Number("-1"), json.Number("9223372036854775807"), true, []any{nil},
	[]any{map[string]any{"name": "a\x1b", "type": "Ready"}, map[string]any{"name": "a\x1b", "type": "Ready"}}, map[string]any{"a\x1b": nil}}

// Withstands puts nonsense in the place of each value of the first object of each kind of a cluster, one at a time, and tells
// where an orchestrator panics, gives text that may not reach a screen, or drafts, of the object itself, what does not fit to
// what is there or is not taken back exactly.
func Withstands(t *testing.T, o fleet.Orchestrator, c *Cluster, kind fleet.ObjectKind, ref fleet.ObjectRef, wants ...fleet.Want) {
	t.Helper()
	seen := map[string]bool{}
	for _, at := range slices.Clone(c.order) {
		if seen[at.resource] {
			continue
		}
		seen[at.resource] = true
		was := c.documents[at]
		for _, path := range paths(was, "") {
			for _, value := range nonsense {
				c.documents[at] = put(was, path, value)
				tried := wants
				if at.resource != kind.Resource {
					tried = nil
				}
				withstands(t, o, c, kind, ref, tried, at.resource+" "+at.name+" "+path+" = "+string(jsonptr.Encode(value)))
			}
		}
		c.documents[at] = was
	}
	withstands(t, o, c, kind, ref, wants, "as it is")
}

// Nonsense puts nonsense in the place of each value of the first object of each kind of the cluster, one at a time, and has each
// tried. What the try writes is taken back.
func (c *Cluster) Nonsense(try func(what string)) {
	seen := map[string]bool{}
	for _, at := range slices.Clone(c.order) {
		if seen[at.resource] {
			continue
		}
		seen[at.resource] = true
		was := maps.Clone(c.documents)
		for _, path := range paths(was[at], "") {
			for _, value := range nonsense {
				c.documents[at] = put(was[at], path, value)
				try(at.resource + " " + at.name + " " + path + " = " + string(jsonptr.Encode(value)))
				c.documents = maps.Clone(was)
			}
		}
	}
	try("as it is")
}

// put sets a value, null too, which takes nothing away.
func put(doc any, path string, value any) any {
	if value != nil {
		return jsonptr.With(doc, path, value)
	}
	const mark = "to be null"
	body := jsonptr.Encode(jsonptr.With(doc, path, mark))
	next, err := jsonptr.Decode(slices.Concat(body[:index(body, mark)], []byte("null"), body[index(body, mark)+len(mark)+2:]))
	if err != nil {
		panic(err)
	}
	return next
}

func index(body []byte, mark string) int {
	for i := range body {
		if i+len(mark)+2 <= len(body) && string(body[i:i+len(mark)+2]) == strconv.Quote(mark) {
			return i
		}
	}
	panic("no mark in " + string(body))
}

// paths are the pointers to all values inside of a document but its identity, by which it is found.
func paths(v any, at string) []string {
	var list []string
	switch x := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(x)) {
			path := at + jsonptr.Path(name)
			if path == "/metadata/name" || path == "/metadata/namespace" || path == "/metadata" {
				continue
			}
			list = append(append(list, path), paths(x[name], path)...)
		}
	case []any:
		for i := range x {
			path := at + "/" + strconv.Itoa(i)
			list = append(append(list, path), paths(x[i], path)...)
		}
	}
	return list
}

const patience = 10 * time.Second

func withstands(t *testing.T, o fleet.Orchestrator, c *Cluster, kind fleet.ObjectKind, ref fleet.ObjectRef, wants []fleet.Want,
	what string) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s: %v", what, p)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := o.Rollout(ctx, c, kind, ref)
	if err != nil {
		clean(t, err, what)
		return
	}
	if (r.Phase == fleet.RolloutStuck || r.Phase == fleet.RolloutFailed) && r.Why.IsEmpty() || r.Phase == "" {
		t.Errorf("%s: %q without a reason", what, r.Phase)
	}
	for _, w := range wants {
		d, err := o.Draft(ctx, c, r, w)
		if err != nil {
			clean(t, err, what+", "+string(w.Do))
			continue
		}
		goesBack(ctx, t, c, d, what+", "+string(w.Do))
	}
}

func clean(t *testing.T, err error, what string) {
	t.Helper()
	var known *fleet.Error
	if !errors.As(err, &known) {
		t.Errorf("%s: an error of no kind: %v", what, err)
	}
	if !fleet.IsClean(known.Op) {
		t.Errorf("%s: an error that may not reach a screen: %q", what, known.Op)
	}
}

// goesBack makes the writes of a draft and takes them back.
func goesBack(ctx context.Context, t *testing.T, c *Cluster, d fleet.Draft, what string) {
	t.Helper()
	before := maps.Clone(c.documents)
	defer func() { c.documents = before }()
	c.documents = maps.Clone(before)
	var made []fleet.ObjectWrite
	for _, s := range d.Stages {
		for _, w := range s.Writes {
			if err := c.Write(ctx, w, "", false); err != nil {
				t.Errorf("%s: %s: %v", what, w.Text, err)
				return
			}
			made = append(made, w)
		}
	}
	if !d.NoUndo.IsEmpty() {
		return
	}
	for _, w := range slices.Backward(made) {
		back, ok := w.Inverse()
		if !ok {
			return
		}
		if err := c.Write(ctx, back, "", false); err != nil {
			t.Errorf("%s: %s: %v", what, back.Text, err)
			return
		}
	}
	for at, was := range before {
		if got, want := string(jsonptr.Encode(said(c.documents[at]))), string(jsonptr.Encode(said(was))); got != want {
			t.Errorf("%s: taken back, %s %s is\n%s\nand was\n%s", what, at.resource, at.name, got, want)
		}
	}
}

// said leaves out nulls and objects that hold nothing, which say what absence says.
func said(v any) any {
	switch x := v.(type) {
	case map[string]any:
		all := map[string]any{}
		for name, part := range x {
			if part = said(part); part != nil {
				all[name] = part
			}
		}
		if len(all) == 0 {
			return nil
		}
		return all
	case []any:
		list := []any{}
		for _, part := range x {
			if part = said(part); part != nil {
				list = append(list, part)
			}
		}
		return list
	}
	return v
}
