package workloads

import (
	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// sheet is the object as the writes drafted so far leave it, and the fields of the next one.
type sheet struct {
	s      *scene
	doc    any
	fields []fleet.Field
}

func (s *scene) sheet() *sheet { return &sheet{s: s, doc: s.doc} }

// set gives one field a value; nil takes it away.
func (e *sheet) set(path string, value any) {
	f := jsonptr.Set(e.doc, path, value)
	if f.Before.Equal(f.After) {
		return
	}
	e.fields = append(e.fields, f)
	e.doc = jsonptr.With(e.doc, path, value)
}

// back gives one field the value that it had at first.
func (e *sheet) back(path string) {
	was, _ := jsonptr.Find(e.s.doc, path)
	e.set(path, was)
}

// replace sets a part of the object to another one, by its smallest fields.
func (e *sheet) replace(path string, after any) {
	before, _ := jsonptr.Find(e.doc, path)
	e.fields = append(e.fields, jsonptr.Diff(path, before, after)...)
	e.doc = jsonptr.With(e.doc, path, after)
}

// changes tells whether the next write would change anything.
func (e *sheet) changes() bool {
	for _, f := range e.fields {
		if !f.Before.Equal(f.After) {
			return true
		}
	}
	return false
}

// write is the next write; the sheet goes on after it.
func (e *sheet) write(text fleet.Safe) fleet.ObjectWrite {
	w := e.s.write(e.fields, text)
	e.fields = nil
	return w
}

func (s *scene) write(fields []fleet.Field, text fleet.Safe) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: s.ref, API: s.kind, UID: s.out.UID, Verb: fleet.WriteSet, Fields: fields, Text: text}
}
