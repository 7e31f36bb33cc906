package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"pitwall/fleet"
)

// fieldPlace is one field of a write with its pointer cut into tokens.
type fieldPlace struct {
	fleet.Field
	tokens []string
}

// changes tells a field that is set from one that is only compared.
func (f fieldPlace) changes() bool { return !f.Before.Equal(f.After) }

// fieldsOf reads the fields of a write, all of which must be well formed.
func fieldsOf(w fleet.ObjectWrite) ([]fieldPlace, error) {
	list := make([]fieldPlace, 0, len(w.Fields))
	for _, f := range w.Fields {
		tokens, err := parsePointer(f.Path)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", fleet.Quote(f.Path), err)
		}
		for _, v := range []fleet.JSON{f.Before, f.After} {
			if len(v) > 0 && !json.Valid(v) {
				return nil, fmt.Errorf("field %s: its value is no JSON", fieldName(tokens))
			}
		}
		list = append(list, fieldPlace{f, tokens})
	}
	return list, nil
}

// document is an object as it was read, or its part "scale".
type document struct {
	body []byte
	part string
	meta struct {
		UID             string         `json:"uid"`
		ResourceVersion string         `json:"resourceVersion"`
		Deleted         string         `json:"deletionTimestamp"`
		Managers        []managerEntry `json:"managedFields"`
	}
}

func newDocument(body []byte, part string) (document, error) {
	d := document{body: body, part: part}
	err := json.Unmarshal(body, &struct {
		Metadata any `json:"metadata"`
	}{&d.meta})
	return d, err
}

// readPart is the part of which a write is compared. The status is in the object itself, which takes no right of its own.
func readPart(part string) string {
	if part == partScale {
		return partScale
	}
	return partObject
}

// at is the value of a field, nil where there is none. A Scale leaves its number out where that is 0.
func (d document) at(tokens []string) json.RawMessage {
	v := valueAt(d.body, tokens)
	if v == nil && d.isSize(tokens) {
		return json.RawMessage("0")
	}
	return v
}

func (d document) isSize(tokens []string) bool {
	return d.part == partScale && pointerOf(tokens) == "/spec/replicas"
}

// written tells whether the document has a value at a place, so that a patch can replace it.
func (d document) written(tokens []string) bool { return valueAt(d.body, tokens) != nil }

// stand compares a document with the fields of a write. Where it is neither before nor after, odd is the first field
// that does not hold what was there before.
func (d document) stand(fields []fieldPlace) (s fleet.Standing, odd *fieldPlace) {
	before, after := true, true
	for i := range fields {
		f, now := &fields[i], d.at(fields[i].tokens)
		if !fleet.JSON(now).Equal(f.Before) {
			before = false
			if odd == nil {
				odd = f
			}
		}
		after = after && fleet.JSON(now).Equal(f.After)
	}
	switch {
	case after:
		return fleet.StandsAfter, odd
	case before:
		return fleet.StandsBefore, nil
	}
	return fleet.StandsForeign, odd
}

// Stand implements fleet.Objects. A pod that is to be evicted stands after once it is being deleted.
func (o *objects) Stand(ctx context.Context, w fleet.ObjectWrite) (fleet.Standing, error) {
	op := "compare " + called(w.API, w.Object)
	fields, err := fieldsOf(w)
	if err != nil {
		return "", o.invalid(op, err)
	}
	d, err := o.document(ctx, w)
	switch {
	case fleet.KindOf(err) == fleet.KindNotFound && !errors.Is(err, errUnserved):
		return fleet.StandsGone, nil
	case err != nil:
		return "", err
	case w.UID != "" && d.meta.UID != w.UID:
		return fleet.StandsGone, nil
	}
	if w.Verb == fleet.WriteEvict {
		if d.meta.Deleted != "" {
			return fleet.StandsAfter, nil
		}
		return fleet.StandsBefore, nil
	}
	s, _ := d.stand(fields)
	return s, nil
}

// document reads what a write is compared with.
func (a *access) document(ctx context.Context, w fleet.ObjectWrite) (document, error) {
	part := readPart(w.Part)
	body, err := a.read(ctx, w.API, w.Object, part)
	if err != nil {
		return document{}, err
	}
	d, err := newDocument(body, part)
	if err != nil {
		return d, &fleet.Error{Kind: fleet.KindInvalid, Op: "read " + called(w.API, w.Object), Source: a.set.spec.ID,
			Err: reason{"the answer is no object", err}, Next: "nothing of it was used"}
	}
	return d, nil
}
