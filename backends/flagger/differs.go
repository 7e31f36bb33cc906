package flagger

import (
	"reflect"
	"strings"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/podspec"
)

const restartMark = "kubectl.kubernetes.io/restartedAt"

// differs tells whether the target runs something else than the primary.
func (s *scene) differs() bool {
	return s.primary != nil && (!reflect.DeepEqual(runs(s.target.Template), runs(s.primary.Template)) ||
		marks(s.target.Template, s.primary.Template))
}

// runs is what the pods of a template run, without what Flagger gives the primary: another name behind what it copies of
// configuration and in rules of placement.
func runs(t podspec.Template) any {
	spec, _ := jsonptr.Find(t.Doc(), "/spec")
	return common(spec)
}

// marks tells whether the target has an annotation that the primary has not. That the primary has more is no difference: it is
// marked by Flagger, and by whoever restarts the pods that serve.
func marks(target, primary podspec.Template) bool {
	has := primary.Pod().Annotations
	for name, value := range target.Pod().Annotations {
		switch {
		case name == "flagger-id" || strings.Contains(name, "toolkit.fluxcd.io") || has[name] == value:
		case name == restartMark && isLater(has[name], value): // restarted since
		default:
			return true
		}
	}
	return false
}

func isLater(a, b string) bool {
	x, err := time.Parse(time.RFC3339, a)
	y, errOther := time.Parse(time.RFC3339, b)
	return err == nil && errOther == nil && x.After(y)
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
