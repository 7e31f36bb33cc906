package drills

import (
	"os"
	"strings"
	"testing"

	"pitwall/fleet"
)

func TestThePackIsSound(t *testing.T) {
	list, err := Pack()
	if err != nil || len(list) == 0 {
		t.Fatal(len(list), err)
	}
	for i, s := range list {
		if i > 0 && s.Level < list[i-1].Level {
			t.Errorf("%s comes after a harder one", s.ID)
		}
	}
}

func TestEverythingWrongWithAScenarioIsSaidAtOnce(t *testing.T) {
	good, err := os.ReadFile("pack/brownout.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string][2]string{
		"unknown field":                   {"level: 2", "level: 2\ngrade: 3"},
		"level is 9":                      {"level: 2", "level: 9"},
		"at least misleads":               {"level: 2", "level: 3"},
		"is no time such as":              {"baseline: 3m", "baseline: soon"},
		"is before the begin":             {"baseline: 3m", "baseline: -3m"},
		"begins at 1h0m0s, after the end": {"- {at: 1m, cause", "- {at: 60m, cause"},
		"ends before it begins":           {"until: 16m", "until: 30s"},
		"is none of [alert":               {"channel: manager", "channel: pigeon"},
		"there is no theory":              {"theory: provider}", "theory: moon}"},
		"no theory is true":               {", right: true", ""},
		"comes before the one above":      {"- {at: 8m, tell", "- {at: 1m, tell"},
		"2 of mark, theory, run":          {"{at: 3m, mark: \"p95 of openai rises, mixed 5xx\"}", "{at: 3m, mark: x, tell: y}"},
		"is NaN, not 0 to":                {"early: 0.05", "early: .nan"},
		"par needs":                       {"detect: 2m", "detect: 9m"},
		"teaching.hints has 2":            {"    - Look at the targets of chat, not at the route as a whole.\n", ""},
	} {
		text := strings.Replace(string(good), change[0], change[1], 1)
		if text == string(good) {
			t.Fatalf("%q is not in the file", change[0])
		}
		if _, err := Read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) || fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%v, want %q", err, want)
		}
	}
	two := strings.NewReplacer("level: 2", "level: 9", "minutes: 24", "minutes: 0").Replace(string(good))
	if _, err := Read([]byte(two)); err == nil || !strings.Contains(err.Error(), "level is 9") || !strings.Contains(err.Error(), "minutes is 0") {
		t.Errorf("both are to be said: %v", err)
	}
	if _, err := Read(make([]byte, MostBytes+1)); err == nil {
		t.Error("a file without end was read")
	}
}

func FuzzScenario(f *testing.F) {
	good, err := os.ReadFile("pack/brownout.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("id: x\nfaults: [{at: 1m, set: {a: .nan}}]\n"))
	f.Add([]byte("faults: &a [*a]"))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := Read(body)
		switch {
		case err == nil && (s.Minutes < 1 || len(s.Faults) == 0):
			t.Errorf("%+v passed", s)
		case err != nil:
			for _, line := range fleet.Sentences(err, 40) {
				if !fleet.IsClean(line.String()) {
					t.Errorf("%q", line)
				}
			}
		}
	})
}
