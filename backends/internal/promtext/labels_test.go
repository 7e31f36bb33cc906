package promtext

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestLabels(t *testing.T) {
	for raw, want := range map[string]string{
		`a="1",b="2"`:            "a=1 b=2",
		` a = "1" , b="2",`:      "a=1 b=2",
		`a="x\"y\\",b="\n"`:      "a=x\"y\\ b=\n",
		`a="",b="}{,="`:          "a= b=}{,=",
		``:                       "",
		`a="é\q"`:                "a=éq",
		`a="open`:                "",
		`a`:                      "",
		`a=`:                     "",
		`a="1"b="2"`:             "a=1 b=2",
		`ends_in_slash="\\\\\\"`: `ends_in_slash=\\\`,
	} {
		var got []string
		l := Labels(raw)
		for {
			name, value, rest, ok := l.Next()
			if !ok {
				break
			}
			got = append(got, string(name)+"="+Decode(value))
			l = rest
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
	if l := Labels(`a="1",aa="2"`); l.Value("aa") != "2" || l.Value("b") != "" || l.Raw("b") != nil {
		t.Error("labels are found by their whole name")
	}
}

// What an exporter escapes comes back as it was.
func TestLabelsRoundTrip(t *testing.T) {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		line := "running{x=\"" + escape.Replace(a) + "\",y=\"" + escape.Replace(b) + "\"} 1\n"
		var p Page
		if err := table().Parse([]byte(line), &p); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if l := p.Samples[0].Labels; l.Value("x") != a || l.Value("y") != b {
			t.Fatalf("%q, %q became %q, %q", a, b, l.Value("x"), l.Value("y"))
		}
	})
}
