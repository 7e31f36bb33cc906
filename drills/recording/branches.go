package recording

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
)

// member is one field of a structure; index is -1 where this program has it no more.
type member struct {
	index int
	coder coder
}

// structCoder writes the fields that changed: for each how many fields further it stands than the one before, and its difference; 0 ends.
type structCoder struct{ members []member }

func (c *structCoder) put(e *encoder, prev, cur reflect.Value) bool {
	last := -1
	for i := range c.members {
		m := &c.members[i]
		mark := len(e.out[streamForm])
		e.out[streamForm] = putUint(e.out[streamForm], uint64(i-last))
		if m.coder.put(e, prev.Field(m.index), cur.Field(m.index)) {
			last = i
		} else {
			e.out[streamForm] = e.out[streamForm][:mark]
		}
	}
	if last < 0 {
		return false
	}
	e.out[streamForm] = append(e.out[streamForm], 0)
	return true
}

func (c *structCoder) take(d *decoder, v reflect.Value) {
	for at := -1; ; {
		by := d.in[streamForm].count(len(c.members) - 1 - at)
		if by == 0 {
			return
		}
		at += by
		m := &c.members[at]
		if m.index < 0 || !v.IsValid() {
			m.coder.take(d, reflect.Value{})
		} else {
			m.coder.take(d, v.Field(m.index))
		}
	}
}

// What becomes of a value that may be unknown.
const (
	maybeChanged byte = iota // known before and after
	maybeKnown               // known now, and empty: a known 0
	maybeUnknown
	maybeNew // known now, and not empty
)

type maybeCoder struct {
	of    coder
	empty reflect.Value
}

// What was unknown counts as empty, whatever it held.
func (c maybeCoder) put(e *encoder, prev, cur reflect.Value) bool {
	was, is := prev.Field(1).Bool(), cur.Field(1).Bool()
	form := &e.out[streamForm]
	switch {
	case !is && was:
		*form = append(*form, maybeUnknown)
		return true
	case !is:
		return false
	}
	from, mark := prev.Field(0), len(*form)
	*form = append(*form, maybeChanged)
	if !was {
		from, (*form)[mark] = c.empty, maybeNew
	}
	changed := c.of.put(e, from, cur.Field(0))
	switch {
	case !changed && was:
		*form = (*form)[:mark]
		return false
	case !changed:
		(*form)[mark] = maybeKnown
	}
	return true
}

func (c maybeCoder) take(d *decoder, v reflect.Value) {
	op := d.in[streamForm].byte()
	if op > maybeNew {
		panic(errDamaged)
	}
	if v.IsValid() && op != maybeChanged {
		v.SetZero()
		v.Field(1).SetBool(op != maybeUnknown)
	}
	if op == maybeChanged || op == maybeNew {
		c.of.take(d, inside(v, 0))
	}
}

func inside(v reflect.Value, field int) reflect.Value {
	if !v.IsValid() {
		return v
	}
	return v.Field(field)
}

// What becomes of a pointer.
const (
	pointerChanged byte = iota
	pointerNew          // there was none
	pointerNil
	pointerEmpty // there was none, and what it leads to is empty
)

type pointerCoder struct {
	of    coder
	empty reflect.Value
}

func (c *pointerCoder) put(e *encoder, prev, cur reflect.Value) bool {
	form := &e.out[streamForm]
	if prev.Pointer() == cur.Pointer() {
		return false
	}
	if cur.IsNil() {
		*form = append(*form, pointerNil)
		return true
	}
	from, mark := c.empty, len(*form)
	*form = append(*form, pointerNew)
	if !prev.IsNil() {
		from = prev.Elem()
		(*form)[mark] = pointerChanged
	}
	if !c.of.put(e, from, cur.Elem()) {
		if !prev.IsNil() {
			*form = (*form)[:mark]
			return false
		}
		(*form)[mark] = pointerEmpty
	}
	return true
}

func (c *pointerCoder) take(d *decoder, v reflect.Value) {
	op := d.in[streamForm].byte()
	if op > pointerEmpty {
		panic(errDamaged)
	}
	if !v.IsValid() {
		if op == pointerChanged || op == pointerNew {
			c.of.take(d, v)
		}
		return
	}
	if op == pointerNil {
		v.SetZero()
		return
	}
	if op != pointerChanged || v.IsNil() || d.share {
		if v.IsNil() {
			d.claim(1, int(v.Type().Elem().Size()))
		}
		fresh := reflect.New(v.Type().Elem())
		if op == pointerChanged && !v.IsNil() {
			fresh.Elem().Set(v.Elem())
		}
		v.Set(fresh)
	}
	if op != pointerEmpty {
		c.of.take(d, v.Elem())
	}
}

type mapCoder struct {
	key, of coder
	t       reflect.Type
}

// put writes the whole of a map that changed: they are small. Keys go in their order, so that the same map is written the same way.
func (c *mapCoder) put(e *encoder, prev, cur reflect.Value) bool {
	if prev.Len() == cur.Len() && (cur.Len() == 0 || prev.Pointer() == cur.Pointer() || reflect.DeepEqual(prev.Interface(), cur.Interface())) {
		return false
	}
	e.out[streamForm] = putUint(e.out[streamForm], uint64(cur.Len()))
	keys := cur.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	for _, k := range keys {
		key, value := reflect.New(c.t.Key()).Elem(), reflect.New(c.t.Elem()).Elem()
		key.Set(k)
		value.Set(cur.MapIndex(k))
		e.optional(c.key, zero(c.t.Key()), key)
		e.optional(c.of, zero(c.t.Elem()), value)
	}
	return true
}

func (c *mapCoder) take(d *decoder, v reflect.Value) {
	n := d.in[streamForm].count(len(d.in[streamForm].b))
	if !v.IsValid() {
		for range n {
			d.optional(c.key, v)
			d.optional(c.of, v)
		}
		return
	}
	d.claim(n, int(c.t.Key().Size()+c.t.Elem().Size()))
	if n == 0 {
		v.SetZero()
		return
	}
	m := reflect.MakeMapWithSize(c.t, n)
	for range n {
		key, value := reflect.New(c.t.Key()).Elem(), reflect.New(c.t.Elem()).Elem()
		d.optional(c.key, key)
		d.optional(c.of, value)
		m.SetMapIndex(key, value)
	}
	v.Set(m)
}

// optional writes a difference with whether there is one.
func (e *encoder) optional(c coder, prev, cur reflect.Value) {
	mark := len(e.out[streamForm])
	e.out[streamForm] = append(e.out[streamForm], 1)
	if !c.put(e, prev, cur) {
		e.out[streamForm][mark] = 0
	}
}

func (d *decoder) optional(c coder, v reflect.Value) {
	if d.in[streamForm].byte() != 0 {
		c.take(d, v)
	}
}
