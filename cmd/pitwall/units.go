package main

import (
	"reflect"
	"strings"
	"time"

	"pitwall/fleet"
)

// unitOf names the unit of each type that is one. Money carries its currency itself.
var unitOf = map[reflect.Type]string{
	reflect.TypeFor[fleet.Ratio]():      "1 (0.87 is 87 %)",
	reflect.TypeFor[fleet.Seconds]():    "s",
	reflect.TypeFor[fleet.Rate]():       "1/s",
	reflect.TypeFor[fleet.TokenRate]():  "tok/s",
	reflect.TypeFor[fleet.Count]():      "count",
	reflect.TypeFor[fleet.Tokens]():     "tok",
	reflect.TypeFor[fleet.Bytes]():      "B",
	reflect.TypeFor[fleet.Watts]():      "W",
	reflect.TypeFor[fleet.Celsius]():    "degC",
	reflect.TypeFor[fleet.USDPerHour](): "USD/h",
	reflect.TypeFor[fleet.USDPerMTok](): "USD/1M tok",
	reflect.TypeFor[time.Duration]():    "ns",
}

// units says for each field that has a unit, as Type.Field, which one it is. It goes by the types, so that a new
// figure cannot be left out.
func units(v any) map[string]string {
	out := map[string]string{"Trends.*": "that of the figure of the same name in Load"}
	addUnits(reflect.TypeOf(v), out, map[reflect.Type]bool{})
	return out
}

func addUnits(t reflect.Type, out map[string]string, done map[reflect.Type]bool) {
	t = inner(t)
	if t.Kind() != reflect.Struct || done[t] {
		return
	}
	done[t] = true
	for i := range t.NumField() {
		field := t.Field(i)
		if !field.IsExported() {
			continue
		}
		if unit, ok := unitOf[inner(field.Type)]; ok {
			out[t.Name()+"."+field.Name] = unit
			continue
		}
		addUnits(field.Type, out, done)
	}
}

// inner is the type inside pointers, lists, maps and Maybe.
func inner(t reflect.Type) reflect.Type {
	for {
		switch {
		case t.Kind() == reflect.Pointer, t.Kind() == reflect.Slice, t.Kind() == reflect.Array, t.Kind() == reflect.Map:
			t = t.Elem()
		case t.Kind() == reflect.Struct && strings.HasPrefix(t.Name(), "Maybe["):
			t = t.Field(0).Type
		default:
			return t
		}
	}
}
