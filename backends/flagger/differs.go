package flagger

import (
	"maps"
	"reflect"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/podspec"
)

// differs tells whether target and primary run different things.
func (s *scene) differs() bool {
	return s.primary != nil && !reflect.DeepEqual(runs(s.target.Template), runs(s.primary.Template))
}

// runs is what the pods of a template run, without what Flagger gives the primary: another name behind what it copies of
// configuration and in rules of placement, and a mark of its own.
func runs(t podspec.Template) any {
	marks := map[string]string{}
	maps.Copy(marks, t.Pod().Annotations)
	maps.DeleteFunc(marks, func(name, _ string) bool { return name == "flagger-id" || strings.Contains(name, "toolkit.fluxcd.io") })
	spec, _ := jsonptr.Find(t.Doc(), "/spec")
	return []any{marks, common(spec)}
}

// common takes the suffix of the primary off every text.
func common(v any) any {
	switch x := v.(type) {
	case string:
		return strings.TrimSuffix(x, "-primary")
	case []any:
		list := make([]any, len(x))
		for i := range x {
			list[i] = common(x[i])
		}
		return list
	case map[string]any:
		all := make(map[string]any, len(x))
		for name, part := range x {
			all[name] = common(part)
		}
		return all
	}
	return v
}
