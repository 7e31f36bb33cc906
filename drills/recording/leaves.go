package recording

import (
	"math"
	"reflect"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

type boolCoder struct{}

func (boolCoder) put(_ *encoder, prev, cur reflect.Value) bool { return prev.Bool() != cur.Bool() }

func (boolCoder) take(_ *decoder, v reflect.Value) {
	if v.IsValid() {
		v.SetBool(!v.Bool())
	}
}

type intCoder struct{}

func (intCoder) put(e *encoder, prev, cur reflect.Value) bool {
	return e.whole(prev.Int(), cur.Int())
}

func (intCoder) take(d *decoder, v reflect.Value) {
	by := d.whole()
	if v.IsValid() {
		v.SetInt(v.Int() + by)
	}
}

type uintCoder struct{}

func (uintCoder) put(e *encoder, prev, cur reflect.Value) bool {
	return e.whole(int64(prev.Uint()), int64(cur.Uint()))
}

func (uintCoder) take(d *decoder, v reflect.Value) {
	by := d.whole()
	if v.IsValid() {
		v.SetUint(v.Uint() + uint64(by))
	}
}

func (e *encoder) whole(prev, cur int64) bool {
	if prev == cur {
		return false
	}
	e.out[streamNumbers] = putUint(e.out[streamNumbers], zigzag(cur-prev))
	return true
}

func (d *decoder) whole() int64 { return unzigzag(d.in[streamNumbers].uint()) }

type floatCoder struct{ bits uint }

func (c floatCoder) put(e *encoder, prev, cur reflect.Value) bool {
	a, b := prev.Float(), cur.Float()
	if sameFloat(a, b, c.bits) {
		return false
	}
	e.out[streamNumbers] = putFloat(e.out[streamNumbers], a, b, c.bits)
	return true
}

func (c floatCoder) take(d *decoder, v reflect.Value) {
	from := math.NaN()
	if v.IsValid() {
		from = v.Float()
	}
	if x := takeFloat(d.in[streamNumbers], from, c.bits); v.IsValid() {
		v.SetFloat(x)
	}
}

type textCoder struct{}

func (textCoder) put(e *encoder, prev, cur reflect.Value) bool {
	s := cur.String()
	if prev.String() == s {
		return false
	}
	e.text(s)
	return true
}

func (textCoder) take(d *decoder, v reflect.Value) {
	if t := d.text(); v.IsValid() {
		v.SetString(t.raw)
	}
}

type safeCoder struct{}

func (safeCoder) put(e *encoder, prev, cur reflect.Value) bool {
	s := safeAt(cur).String()
	if safeAt(prev).String() == s {
		return false
	}
	e.text(s)
	return true
}

// What is in a file was made by anybody: a line of it is made safe again.
func (safeCoder) take(d *decoder, v reflect.Value) {
	if t := d.text(); v.IsValid() {
		*safeAt(v) = t.line
	}
}

func safeAt(v reflect.Value) *fleet.Safe { return v.Addr().Interface().(*fleet.Safe) }

type timeCoder struct{}

func (timeCoder) put(e *encoder, prev, cur reflect.Value) bool {
	a, b := timeAt(prev), timeAt(cur)
	if *a == *b || a.IsZero() == b.IsZero() && a.UnixMilli() == b.UnixMilli() {
		return false
	}
	e.time(*b)
	return true
}

func (timeCoder) take(d *decoder, v reflect.Value) {
	if t := d.time(); v.IsValid() {
		*timeAt(v) = t
	}
}

func timeAt(v reflect.Value) *time.Time { return v.Addr().Interface().(*time.Time) }

type durationCoder struct{}

// A duration is kept in microseconds below a second and in milliseconds beyond. The code is twice the number, with one for milliseconds.
func durationCode(d time.Duration) int64 {
	if d.Abs() < time.Second {
		return d.Round(time.Microsecond).Microseconds() << 1
	}
	return d.Round(time.Millisecond).Milliseconds()<<1 | 1
}

func (durationCoder) put(e *encoder, prev, cur reflect.Value) bool {
	a, b := time.Duration(prev.Int()), time.Duration(cur.Int())
	if a == b || durationCode(a) == durationCode(b) {
		return false
	}
	e.out[streamNumbers] = putUint(e.out[streamNumbers], zigzag(durationCode(b)))
	return true
}

func (durationCoder) take(d *decoder, v reflect.Value) {
	code := d.whole()
	if !v.IsValid() {
		return
	}
	if code&1 == 1 {
		v.SetInt((code >> 1) * int64(time.Millisecond))
		return
	}
	v.SetInt((code >> 1) * int64(time.Microsecond))
}

type decimalCoder struct{}

func (decimalCoder) put(e *encoder, prev, cur reflect.Value) bool {
	a, b := decimalAt(prev), decimalAt(cur)
	if *a == *b || a.Equal(*b) {
		return false
	}
	e.text(b.String())
	return true
}

func (decimalCoder) take(d *decoder, v reflect.Value) {
	t := d.text()
	if !v.IsValid() {
		return
	}
	x, err := decimal.NewFromString(t.raw)
	if err != nil {
		panic(errDamaged)
	}
	*decimalAt(v) = x
}

func decimalAt(v reflect.Value) *decimal.Decimal { return v.Addr().Interface().(*decimal.Decimal) }
