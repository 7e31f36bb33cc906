package golden

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

// FuzzJudge: whatever is answered, the reason is clean, short, and without a word of it.
func FuzzJudge(f *testing.F) {
	for _, text := range []string{`{"a":{"b":"PRIVATE"}}`, "```json\n{\"a\":1}\n```", `[1,{"PRIVATE":null}]`, "PRIVATE", `{"a":1e999999}`} {
		f.Add(text, "/a/b")
	}
	f.Fuzz(func(t *testing.T, text, path string) {
		if strings.Contains(path, "PRIVATE") {
			t.Skip()
		}
		answer := fleet.GoldenAnswer{Text: fleet.NewUnsaid(text), Calls: []fleet.GoldenCalled{{Name: fleet.NewUnsaid("f"), Arguments: fleet.NewUnsaid(text)}}}
		document := &fleet.GoldenJSON{Values: []fleet.GoldenValue{{Path: path, Value: fleet.JSON(`"x"`)}}, Subset: fleet.JSON(`{"a":{"b":[1]}}`)}
		for _, e := range []fleet.GoldenExpect{{JSON: document}, {Call: &fleet.GoldenCall{Name: "f", Arguments: document}}, exactly("y"), {Regex: "^z$"}} {
			p := fleet.GoldenPrompt{Name: "p", Expect: e}
			_, why := Judge(&p, &answer)
			if said := why.String(); len(said) > 500 || !fleet.IsClean(said) || strings.Contains(said, "PRIVATE") {
				t.Errorf("%q", said)
			}
		}
	})
}
