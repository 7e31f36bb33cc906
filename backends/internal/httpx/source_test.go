package httpx

import "testing"

func TestRoot(t *testing.T) {
	for raw, want := range map[string][2]string{
		"http://h:1":                       {"http://h:1", ""},
		"http://h:1/":                      {"http://h:1", ""},
		"http://h:1/metrics":               {"http://h:1", ""},
		"http://h:1/metrics/":              {"http://h:1", ""},
		"http://h:1/a/metrics?model=x%20y": {"http://h:1/a", "x y"},
		"http://h:1/a%2Fb/metrics":         {"http://h:1/a%2Fb", ""},
		"http://h:1?model=z":               {"http://h:1", "z"},
		"http://h:1/other":                 {"http://h:1/other", ""},
		"http://h:1/p/metrics":             {"http://h:1", ""},
		"://":                              {"://", ""},
	} {
		base, query := Root(raw, "/p/metrics", "/metrics")
		if base != want[0] || query.Get("model") != want[1] {
			t.Errorf("%s: %s and %v, want %v", raw, base, query, want)
		}
	}
}
