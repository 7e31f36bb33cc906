package recording

import (
	"fmt"
	"reflect"
)

// coder writes and reads values of one shape.
type coder interface {
	// put writes how cur differs from prev, and tells whether it does; where not, nothing is written. prev and cur can be addressed.
	put(e *encoder, prev, cur reflect.Value) bool
	// take reads a difference and makes v, which holds the value before, the value after. An invalid v only passes over it.
	take(d *decoder, v reflect.Value)
}

// bind makes the coder of a described shape for a type of this program. A nil type, or one that is of another kind now, makes a coder
// that passes over the data.
func bind(shapes []shape, t reflect.Type) (coder, error) {
	b := binder{shapes: shapes, known: map[bound]*link{}}
	c := b.bind(0, t)
	return c, b.err
}

type bound struct {
	shape int
	t     reflect.Type
}

// link stands for a coder that is still being made, since types can hold themselves.
type link struct{ coder }

type binder struct {
	shapes []shape
	known  map[bound]*link
	err    error
}

func (b *binder) bind(n int, t reflect.Type) coder {
	if n < 0 || n >= len(b.shapes) {
		b.err = fmt.Errorf("its description names a form %d that it does not have", n)
		return boolCoder{}
	}
	s := b.shapes[n]
	if t != nil && !fits(s.Kind, t) {
		t = nil
	}
	if l, ok := b.known[bound{n, t}]; ok {
		if l.coder != nil {
			return l.coder
		}
		return l
	}
	l := &link{}
	b.known[bound{n, t}] = l
	l.coder = b.make(s, t)
	return l.coder
}

// fits tells whether data of a kind can be put into a type. Money and other figures differ in precision only.
func fits(kind string, t reflect.Type) bool {
	own := kindOf(t)
	return own == kind || own == kindMoney && kind == kindMeasured || own == kindMeasured && kind == kindMoney
}

// leaves are the coders of shapes that have no parts.
var leaves = map[string]coder{
	kindBool: boolCoder{}, kindInt: intCoder{}, kindUint: uintCoder{}, kindMeasured: floatCoder{bitsMeasured},
	kindMoney: floatCoder{bitsMoney}, kindText: textCoder{}, kindSafe: safeCoder{}, kindTime: timeCoder{},
	kindDuration: durationCoder{}, kindDecimal: decimalCoder{}, kindTrend: trendCoder{},
}

func (b *binder) make(s shape, t reflect.Type) coder {
	switch s.Kind {
	case kindMaybe:
		of := part(t, func() reflect.Type { return t.Field(0).Type })
		return maybeCoder{b.bind(s.Of, of), zero(of)}
	case kindPointer:
		return &pointerCoder{of: b.bind(s.Of, element(t)), empty: zero(element(t))}
	case kindList:
		return &listCoder{of: b.bind(s.Of, element(t)), t: t, empty: zero(element(t)), name: firstField(element(t))}
	case kindMap:
		return &mapCoder{key: b.bind(s.Key, part(t, func() reflect.Type { return t.Key() })), of: b.bind(s.Of, element(t)), t: t}
	case kindStruct:
		return b.structure(s, t)
	}
	c, known := leaves[s.Kind]
	if !known {
		b.err = fmt.Errorf("its description names a kind %q that is not known here", s.Kind)
		return boolCoder{}
	}
	return c
}

func (b *binder) structure(s shape, t reflect.Type) coder {
	c := &structCoder{}
	for _, f := range s.Fields {
		m := member{index: -1}
		var of reflect.Type
		if t != nil {
			if own, ok := t.FieldByName(f.Name); ok && own.IsExported() && len(own.Index) == 1 && fits(b.kind(f.Of), own.Type) {
				m.index, of = own.Index[0], own.Type
			}
		}
		m.coder = b.bind(f.Of, of)
		c.members = append(c.members, m)
	}
	return c
}

func (b *binder) kind(n int) string {
	if n < 0 || n >= len(b.shapes) {
		return ""
	}
	return b.shapes[n].Kind
}

// part is a type that belongs to another, nil where that is not there.
func part(t reflect.Type, of func() reflect.Type) reflect.Type {
	if t == nil {
		return nil
	}
	return of()
}

func element(t reflect.Type) reflect.Type { return part(t, func() reflect.Type { return t.Elem() }) }

// zero is an empty value that can be addressed and is never changed.
func zero(t reflect.Type) reflect.Value {
	if t == nil {
		return reflect.Value{}
	}
	return reflect.New(t).Elem()
}

// firstField is the way to what names an element of a list, as far as its first fields are structures; nil where nothing does.
func firstField(t reflect.Type) (way []int) {
	for t != nil && kindOf(t) == kindStruct && t.NumField() > 0 && t.Field(0).IsExported() {
		way, t = append(way, 0), t.Field(0).Type
	}
	if t == nil || len(way) == 0 || kindOf(t) != kindText && kindOf(t) != kindTime && kindOf(t) != kindSafe {
		return nil
	}
	return way
}
