package contract

import (
	"reflect"
	"testing"
	"unicode"
	"unicode/utf8"

	"pitwall/fleet"
)

// checkSafe walks everything that a partial reaches and looks at each text that a screen may draw.
func checkSafe(t *testing.T, p fleet.Partial) {
	t.Helper()
	walk(reflect.ValueOf(p), func(s fleet.Safe) {
		text := s.String()
		// Notices join labels with words of ours, so they may be a little longer than one label.
		if !utf8.ValidString(text) || len(text) > 2*fleet.MaxLabelBytes {
			t.Errorf("text of %d bytes, or not UTF-8, would reach a screen: %.60q", len(text), text)
		}
		for _, r := range text {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) {
				t.Errorf("unclean text would reach a screen: %.60q", text)
				return
			}
		}
	})
}

var safeType = reflect.TypeFor[fleet.Safe]()

func walk(v reflect.Value, visit func(fleet.Safe)) {
	if v.Type() == safeType {
		visit(v.Interface().(fleet.Safe))
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walk(v.Elem(), visit)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walk(v.Index(i), visit)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			walk(k, visit)
			walk(v.MapIndex(k), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				walk(v.Field(i), visit)
			}
		}
	default:
	}
}
