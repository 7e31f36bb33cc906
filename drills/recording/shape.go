package recording

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Kinds of shapes, as files name them.
const (
	kindBool     = "bool"
	kindInt      = "int"
	kindUint     = "uint"
	kindMeasured = "measured"
	kindMoney    = "money"
	kindText     = "text"
	kindSafe     = "line"
	kindTime     = "time"
	kindDuration = "duration"
	kindDecimal  = "decimal"
	kindTrend    = "trend"
	kindMaybe    = "maybe"
	kindPointer  = "pointer"
	kindList     = "list"
	kindMap      = "map"
	kindStruct   = "struct"
)

// shape is the form of one type, as a file describes it. Types are named by their place in the list of shapes.
type shape struct {
	Kind   string  `json:"k"`
	Of     int     `json:"of,omitempty"`  // element of a maybe, pointer, list or map
	Key    int     `json:"key,omitempty"` // of a map
	Fields []field `json:"f,omitempty"`
}

type field struct {
	Name string `json:"n"`
	Of   int    `json:"of"`
}

// describe is the form of a type and of all that it reaches.
func describe(t reflect.Type) []shape {
	d := describer{at: map[reflect.Type]int{}}
	d.place(t)
	return d.shapes
}

type describer struct {
	shapes []shape
	at     map[reflect.Type]int
}

func (d *describer) place(t reflect.Type) int {
	if n, known := d.at[t]; known {
		return n
	}
	n := len(d.shapes)
	d.at[t] = n
	d.shapes = append(d.shapes, shape{})
	s := shape{Kind: kindOf(t)}
	switch s.Kind {
	case kindMaybe:
		s.Of = d.place(t.Field(0).Type)
	case kindPointer, kindList:
		s.Of = d.place(t.Elem())
	case kindMap:
		s.Key, s.Of = d.place(t.Key()), d.place(t.Elem())
	case kindStruct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() {
				s.Fields = append(s.Fields, field{f.Name, d.place(f.Type)})
			}
		}
	}
	d.shapes[n] = s
	return n
}

// own are the kinds of types that are kept in a way of their own.
var own = map[reflect.Type]string{
	reflect.TypeFor[fleet.Safe](): kindSafe, reflect.TypeFor[time.Time](): kindTime, reflect.TypeFor[time.Duration](): kindDuration,
	reflect.TypeFor[decimal.Decimal](): kindDecimal, reflect.TypeFor[fleet.Trend](): kindTrend,
	// Figures that people add up.
	reflect.TypeFor[fleet.Dollars](): kindMoney, reflect.TypeFor[fleet.USDPerHour](): kindMoney,
	reflect.TypeFor[fleet.USDPerMTok](): kindMoney,
}

// plain are the kinds of all others.
var plain = map[reflect.Kind]string{
	reflect.Bool: kindBool, reflect.Int: kindInt, reflect.Int8: kindInt, reflect.Int16: kindInt, reflect.Int32: kindInt,
	reflect.Int64: kindInt, reflect.Uint: kindUint, reflect.Uint8: kindUint, reflect.Uint16: kindUint, reflect.Uint32: kindUint,
	reflect.Uint64: kindUint, reflect.Float32: kindMeasured, reflect.Float64: kindMeasured, reflect.String: kindText,
	reflect.Pointer: kindPointer, reflect.Slice: kindList, reflect.Map: kindMap, reflect.Struct: kindStruct,
}

// kindOf is the kind of a type. A type that cannot be kept is a fault of this program, which its tests find.
func kindOf(t reflect.Type) string {
	if kind, is := own[t]; is {
		return kind
	}
	kind, is := plain[t.Kind()]
	switch {
	case !is:
		panic(fmt.Sprintf("recording: a %s cannot be kept", t))
	case kind == kindStruct && strings.HasPrefix(t.Name(), "Maybe["):
		return kindMaybe
	}
	return kind
}
