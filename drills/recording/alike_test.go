package recording

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// alike says where two values differ by more than a recording may lose; "" where nowhere.
func alike(path string, a, b reflect.Value) string {
	switch kindOf(a.Type()) {
	case kindMeasured, kindMoney:
		least := 1.0 / 2048
		if kindOf(a.Type()) == kindMoney {
			least = 1e-7
		}
		return near(path, a.Float(), b.Float(), least)
	case kindTime:
		x, y := *timeAt(a), *timeAt(b)
		if x.IsZero() == y.IsZero() && x.Sub(y).Abs() < time.Millisecond {
			return ""
		}
	case kindDuration:
		if by := time.Duration(a.Int() - b.Int()).Abs(); by < time.Microsecond || by < time.Millisecond && a.Int() > int64(time.Second) {
			return ""
		}
	case kindDecimal:
		if decimalAt(a).Equal(*decimalAt(b)) {
			return ""
		}
	case kindTrend:
		return alikeTrend(path, trendAt(a), trendAt(b))
	case kindMaybe:
		if !a.Field(1).Bool() && !b.Field(1).Bool() {
			return ""
		}
		return alikeParts(path, a, b)
	case kindStruct:
		return alikeParts(path, a, b)
	case kindPointer:
		if a.IsNil() || b.IsNil() {
			if a.IsNil() && b.IsNil() {
				return ""
			}
			break
		}
		return alike(path, a.Elem(), b.Elem())
	case kindList:
		if a.Len() != b.Len() {
			return fmt.Sprintf("%s has %d elements, not %d", path, b.Len(), a.Len())
		}
		for i := range a.Len() {
			if d := alike(path+"["+strconv.Itoa(i)+"]", a.Index(i), b.Index(i)); d != "" {
				return d
			}
		}
		return ""
	case kindMap:
		return alikeMap(path, a, b)
	default:
		if a.Equal(b) {
			return ""
		}
	}
	return fmt.Sprintf("%s is %v, not %v", path, b, a)
}

func alikeParts(path string, a, b reflect.Value) string {
	for i := range a.NumField() {
		if f := a.Type().Field(i); f.IsExported() {
			if d := alike(path+"."+f.Name, a.Field(i), b.Field(i)); d != "" {
				return d
			}
		}
	}
	return ""
}

func alikeMap(path string, a, b reflect.Value) string {
	if a.Len() != b.Len() {
		return fmt.Sprintf("%s has %d keys, not %d", path, b.Len(), a.Len())
	}
	for _, k := range a.MapKeys() {
		x, y := reflect.New(a.Type().Elem()).Elem(), reflect.New(a.Type().Elem()).Elem()
		if !b.MapIndex(k).IsValid() {
			return fmt.Sprintf("%s has no %v", path, k)
		}
		x.Set(a.MapIndex(k))
		y.Set(b.MapIndex(k))
		if d := alike(fmt.Sprintf("%s[%v]", path, k), x, y); d != "" {
			return d
		}
	}
	return ""
}

func alikeTrend(path string, a, b *fleet.Trend) string {
	if len(a.V) != len(b.V) || len(a.V) > 0 && (a.Step != b.Step || !a.End.Equal(b.End)) {
		return fmt.Sprintf("%s has %d points of %v up to %v, not %d of %v up to %v", path, len(b.V), b.Step, b.End, len(a.V), a.Step, a.End)
	}
	for i := range a.V {
		if d := near(path+" point "+strconv.Itoa(i), a.V[i], b.V[i], 1.0/256); d != "" {
			return d
		}
	}
	return ""
}

func near(path string, a, b, least float64) string {
	if a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= least*math.Abs(a) {
		return ""
	}
	return fmt.Sprintf("%s is %v, not %v", path, b, a)
}

// clone copies a value with all that it reaches, but for the points of trends, which snapshots share.
func clone(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch kindOf(v.Type()) {
	case kindStruct, kindMaybe:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(clone(v.Field(i)))
			}
		}
	case kindPointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(clone(v.Elem()))
		}
	case kindList:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				out.Index(i).Set(clone(v.Index(i)))
			}
		}
	case kindMap:
		if !v.IsNil() {
			out.Set(reflect.MakeMap(v.Type()))
			for _, k := range v.MapKeys() {
				out.SetMapIndex(k, clone(v.MapIndex(k)))
			}
		}
	}
	return out
}

// changer changes values at random, each kind in the ways that it can.
type changer struct {
	rng *rand.Rand
	at  time.Time
	n   int
}

func (c *changer) leaf(v reflect.Value) {
	c.n++
	switch kindOf(v.Type()) {
	case kindBool:
		v.SetBool(!v.Bool())
	case kindInt:
		v.SetInt(int64(c.rng.IntN(1 << 20)))
	case kindUint:
		v.SetUint(c.rng.Uint64())
	case kindMeasured, kindMoney:
		v.SetFloat([]float64{c.rng.NormFloat64(), math.NaN(), math.Inf(1), 0, -1e300, 1e-300, float64(c.rng.IntN(500))}[c.rng.IntN(7)])
	case kindText:
		v.SetString([]string{"", "a", "new " + strconv.Itoa(c.n), "\x1b[2J\xff"}[c.rng.IntN(4)])
	case kindSafe:
		*safeAt(v) = fleet.Label("line " + strconv.Itoa(c.rng.IntN(9)))
	case kindTime:
		*timeAt(v) = []time.Time{{}, c.at, c.at.Add(-time.Duration(c.rng.IntN(5)) * time.Second)}[c.rng.IntN(3)]
	case kindDuration:
		v.SetInt(c.rng.Int64N(int64(time.Hour)))
	case kindDecimal:
		*decimalAt(v) = decimal.New(c.rng.Int64N(1e9), -6)
	case kindTrend:
		c.trend(trendAt(v))
	}
}

func (c *changer) trend(t *fleet.Trend) {
	const step = 10 * time.Second
	switch c.rng.IntN(4) {
	case 0:
		*t = fleet.Trend{}
	case 1:
		*t = fleet.Trend{Step: step, End: c.at.Truncate(step), V: []float64{1, c.rng.Float64(), math.NaN(), c.rng.Float64()}}
	default:
		by := 1 + c.rng.IntN(3)
		if len(t.V) == 0 || t.End.After(c.at) {
			return
		}
		for range by {
			t.V = append(t.V, c.rng.Float64())
		}
		t.End = t.End.Add(time.Duration(by) * t.Step)
		if c.rng.IntN(2) == 0 {
			t.V = t.V[min(by, len(t.V)-by):]
		}
	}
}

// some changes a few places of a value.
func (c *changer) some(v reflect.Value, depth int) {
	switch kindOf(v.Type()) {
	case kindStruct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && c.rng.IntN(4) == 0 {
				c.some(v.Field(i), depth+1)
			}
		}
	case kindMaybe:
		v.Field(1).SetBool(c.rng.IntN(3) > 0)
		if v.Field(1).Bool() {
			c.some(v.Field(0), depth+1)
		} else {
			v.Field(0).SetZero()
		}
	case kindPointer:
		switch {
		case v.IsNil() && depth < 12:
			v.Set(reflect.New(v.Type().Elem()))
		case c.rng.IntN(5) == 0:
			v.SetZero()
		default:
			c.some(v.Elem(), depth+1)
		}
	case kindList:
		c.list(v, depth)
	case kindMap:
		c.dict(v, depth)
	default:
		c.leaf(v)
	}
}

func (c *changer) list(v reflect.Value, depth int) {
	n := v.Len()
	switch at := c.rng.IntN(n + 1); c.rng.IntN(5) {
	case 0: // one comes
		if depth > 12 || n > 20 {
			return
		}
		one := reflect.New(v.Type().Elem()).Elem()
		c.some(one, depth+1)
		fresh := reflect.MakeSlice(v.Type(), 0, n+1)
		fresh = reflect.AppendSlice(fresh, v.Slice(0, at))
		fresh = reflect.Append(fresh, one)
		v.Set(reflect.AppendSlice(fresh, v.Slice(at, n)))
	case 1: // some go
		to := min(n, at+1+c.rng.IntN(3))
		fresh := reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, n), v.Slice(0, at))
		v.Set(reflect.AppendSlice(fresh, v.Slice(to, n)))
	default:
		for i := range n {
			if c.rng.IntN(3) == 0 {
				c.some(v.Index(i), depth+1)
			}
		}
	}
}

func (c *changer) dict(v reflect.Value, depth int) {
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
	c.some(key, depth+1)
	c.some(value, depth+1)
	if c.rng.IntN(3) == 0 {
		value = reflect.Value{} // which takes the key away
	}
	v.SetMapIndex(key, value)
}
