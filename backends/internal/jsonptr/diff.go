package jsonptr

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"pitwall/fleet"
)

// Diff is the fields that make one value of another, as few and as small as they can be, so that what somebody else
// changes beside them stays. A field inside of a named item of a list comes with the name as a guard, one of a flag's
// value with the flag: an item that moved meanwhile is not mistaken for another. path is where the value is.
func Diff(path string, before, after any) []fleet.Field {
	if reflect.DeepEqual(before, after) {
		return nil
	}
	switch b := before.(type) {
	case map[string]any:
		if a, ok := after.(map[string]any); ok {
			return diffObjects(path, b, a)
		}
	case []any:
		if a, ok := after.([]any); ok {
			return diffLists(path, b, a)
		}
	}
	return []fleet.Field{{Path: path, Before: Encode(before), After: Encode(after)}}
}

func diffObjects(path string, before, after map[string]any) []fleet.Field {
	all := maps.Clone(before)
	maps.Copy(all, after)
	var list []fleet.Field
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, Diff(path+Path(name), before[name], after[name])...)
	}
	return list
}

// diffLists goes item by item where that is less than the whole list, which is replaced otherwise: where named items are
// others, or where something was put in between so that most of them moved.
func diffLists(path string, before, after []any) []fleet.Field {
	both, moved := min(len(before), len(after)), 0
	named := true
	for i := range both {
		named = named && nameOf(before[i]) == nameOf(after[i])
		if nameOf(before[i]) == "" && !reflect.DeepEqual(before[i], after[i]) {
			moved++
		}
	}
	if !named || len(before) != len(after) && 2*moved > both {
		return []fleet.Field{{Path: path, Before: Encode(before), After: Encode(after)}}
	}
	var list []fleet.Field
	for i := range both {
		changed := Diff(at(path, i), before[i], after[i])
		if len(changed) > 0 {
			list = append(list, guard(path, before, after, i)...)
		}
		list = append(list, changed...)
	}
	for i := both; i < len(after); i++ {
		list = append(list, fleet.Field{Path: at(path, i), After: Encode(after[i])})
	}
	for i := len(before) - 1; i >= both; i-- {
		list = append(list, fleet.Field{Path: at(path, i), Before: Encode(before[i])})
	}
	return list
}

// guard is what tells that the item is still the one that was meant.
func guard(path string, before, after []any, i int) []fleet.Field {
	if n := nameOf(before[i]); n != "" {
		return []fleet.Field{{Path: at(path, i) + "/name", Before: Encode(n), After: Encode(n)}}
	}
	if i == 0 {
		return nil
	}
	flag, _ := before[i-1].(string)
	if strings.HasPrefix(flag, "-") && before[i-1] == after[i-1] {
		return []fleet.Field{{Path: at(path, i-1), Before: Encode(flag), After: Encode(flag)}}
	}
	return nil
}

func nameOf(item any) string {
	m, _ := item.(map[string]any)
	s, _ := m["name"].(string)
	return s
}

func at(path string, i int) string { return path + "/" + strconv.Itoa(i) }
