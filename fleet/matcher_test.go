package fleet

import "testing"

func TestMatchers(t *testing.T) {
	labels := map[string]string{"alertname": "Down", "pool": "a"}
	for text, want := range map[string]bool{`alertname=Down`: true, `alertname="Down"`: true, `alertname=down`: false, `pool=~a|b`: true,
		`pool=~""`: false, `alertname=~Do`: false, `alertname=~Do.+`: true, `pool!~"b.*"`: true, `pool!=a`: false} {
		m, err := ParseMatcher(text)
		if err != nil {
			t.Fatal(err)
		}
		match, err := CompileMatchers([]Matcher{{Name: "alertname", Value: ".+", Regex: true}, m})
		if err != nil {
			t.Fatal(err)
		}
		if match(labels) != want {
			t.Errorf("%s: %v", text, !want)
		}
		if again, err := ParseMatcher(m.Raw()); err != nil || again != m {
			t.Errorf("%s is written as %s, read as %+v, %v", text, m.Raw(), again, err)
		}
	}
	for _, text := range []string{"", "=x", "alertname", "a~b", "a=~(", `a="x`, "a!b"} {
		if m, err := ParseMatcher(text); KindOf(err) != KindInvalid {
			t.Errorf("%q is read as %+v, %v", text, m, err)
		}
	}
}

func FuzzParseMatcher(f *testing.F) {
	f.Add(`a="b"`)
	f.Add(`pool!~"x\"\n|"`)
	f.Fuzz(func(_ *testing.T, text string) {
		m, err := ParseMatcher(text)
		if err != nil {
			return
		}
		_, _ = CompileMatchers([]Matcher{m})
		_ = m.Text()
	})
}
