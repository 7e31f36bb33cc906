package recording

import (
	"reflect"
	"time"

	"pitwall/fleet"
)

// What is said of a list before its elements. At most one run of elements came or went between two snapshots in most lists; where
// more changed, the elements behind are written anew.
const (
	listSame   = iota // as long as before
	listLength        // its length follows
	listCame          // length, where, how many
	listWent          // length, where, how many
)

// nearRun is the longest run that is looked for.
const nearRun = 16

// listCoder writes which elements came or went, then those that changed: how many further each stands than the one before, and its
// difference; 0 ends.
type listCoder struct {
	of    coder
	t     reflect.Type
	empty reflect.Value
	name  []int
}

func (c *listCoder) put(e *encoder, prev, cur reflect.Value) bool {
	was, is := prev.Len(), cur.Len()
	if was == is && (is == 0 || prev.Pointer() == cur.Pointer()) {
		return false
	}
	start := len(e.out[streamForm])
	at, run := c.moved(prev, cur)
	form := e.out[streamForm]
	switch {
	case run > 0:
		form = putUint(putUint(putUint(append(form, listCame), uint64(is)), uint64(at)), uint64(run))
	case run < 0:
		form = putUint(putUint(putUint(append(form, listWent), uint64(is)), uint64(at)), uint64(-run))
	case was != is:
		form = putUint(append(form, listLength), uint64(is))
	default:
		form = append(form, listSame)
	}
	e.out[streamForm] = form
	last := -1
	for i := range is {
		mark := len(e.out[streamForm])
		e.out[streamForm] = putUint(e.out[streamForm], uint64(i-last))
		if c.of.put(e, c.before(prev, i, at, run), cur.Index(i)) {
			last = i
		} else {
			e.out[streamForm] = e.out[streamForm][:mark]
		}
	}
	if last < 0 && was == is && run == 0 {
		e.out[streamForm] = e.out[streamForm][:start]
		return false
	}
	e.out[streamForm] = append(e.out[streamForm], 0)
	return true
}

// before is what stood in the place of element i, after the run came or went at a place.
func (c *listCoder) before(prev reflect.Value, i, at, run int) reflect.Value {
	switch {
	case i < at:
	case run > 0 && i < at+run:
		return c.empty
	default:
		i -= run
	}
	if i >= prev.Len() {
		return c.empty
	}
	return prev.Index(i)
}

// moved finds the first run of elements that came (run > 0) or went (run < 0), by their names; 0 where none did.
func (c *listCoder) moved(prev, cur reflect.Value) (at, run int) {
	was, is := prev.Len(), cur.Len()
	if c.name == nil {
		return 0, 0
	}
	for at < min(was, is) && c.named(prev.Index(at), cur.Index(at)) {
		at++
	}
	if at == was || at == is {
		return 0, 0
	}
	for run = 1; run <= nearRun; run++ {
		if at+run < is && c.named(prev.Index(at), cur.Index(at+run)) {
			return at, run
		}
		if at+run < was && c.named(prev.Index(at+run), cur.Index(at)) {
			return at, -run
		}
	}
	return 0, 0
}

// named tells whether two elements are the same thing by name.
func (c *listCoder) named(a, b reflect.Value) bool {
	for _, i := range c.name {
		a, b = a.Field(i), b.Field(i)
	}
	switch x := a.Addr().Interface().(type) {
	case *fleet.Safe:
		return *x == *safeAt(b)
	case *time.Time:
		return x.Equal(*timeAt(b))
	default:
		return a.String() == b.String()
	}
}

func (c *listCoder) take(d *decoder, v reflect.Value) {
	form := d.in[streamForm]
	op, was := form.byte(), 0
	if v.IsValid() {
		was = v.Len()
	}
	is, at, run := was, 0, 0
	if op != listSame {
		is = form.count(maxElements)
	}
	switch op {
	case listSame, listLength:
	case listCame:
		at, run = form.count(is), form.count(is)
	case listWent:
		at, run = form.count(maxElements), -form.count(maxElements)
	default:
		panic(errDamaged)
	}
	if v.IsValid() {
		c.prepare(d, v, is, at, run)
	}
	for i := -1; ; {
		by := form.count(maxElements)
		switch i += by; {
		case by == 0:
			return
		case !v.IsValid():
			c.of.take(d, v)
		case i >= is:
			panic(errDamaged)
		default:
			c.of.take(d, v.Index(i))
		}
	}
}

// prepare gives v its new length and puts what was before where it stands now.
func (c *listCoder) prepare(d *decoder, v reflect.Value, is, at, run int) {
	if is == v.Len() && run == 0 && !d.share {
		return
	}
	if is == 0 {
		v.SetZero()
		return
	}
	d.claim(max(is-v.Len(), 0), int(c.t.Elem().Size()))
	fresh := reflect.MakeSlice(c.t, is, is)
	if at > v.Len() || run < 0 && at-run > v.Len() {
		panic(errDamaged)
	}
	reflect.Copy(fresh, v.Slice(0, min(at, is)))
	from, to := at, at
	if run > 0 {
		to += run
	} else {
		from -= run
	}
	if to < is {
		reflect.Copy(fresh.Slice(to, is), v.Slice(from, v.Len()))
	}
	v.Set(fresh)
}
