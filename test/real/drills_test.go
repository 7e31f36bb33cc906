//go:build real

package real_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// Every scenario of the pack is played as its notes say: nothing harms, the reference is gold, what tempts is punished.
func TestEveryScenarioTeachesWhatItSays(t *testing.T) {
	list, err := exec.CommandContext(t.Context(), binary, "drill", "list").Output()
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Split(strings.TrimSpace(string(list)), "\n")[1:]
	if len(names) == 0 {
		t.Fatal("no scenario")
	}
	for _, line := range names {
		name := strings.Fields(line)[0]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := exec.CommandContext(t.Context(), binary, "drill", "rehearse", name, "-o", "json").CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%.4000s", err, out)
			}
			var r struct {
				Good, Bad struct{ Total float64 }
			}
			if err := json.Unmarshal(out, &r); err != nil {
				t.Fatal(err)
			}
			if r.Good.Total < 85 || r.Bad.Total >= 70 {
				t.Errorf("reference %.1f, tempting %.1f", r.Good.Total, r.Bad.Total)
			}
		})
	}
}
