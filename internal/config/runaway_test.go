package config

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

func TestTheRuleOfRunawaySpend(t *testing.T) {
	const head = "version: 1\ncontexts:\n  - name: a\n    runaway: "
	for text, want := range map[string]string{`{usd_per_hour: "0"}`: "must be more than 0", `{usd_per_hour: "much"}`: "usd_per_hour",
		`{times: 1.2}`: "must be between 1.5", `{times: -3}`: "must be between 1.5", `{times: 5000}`: "must be between 1.5"} {
		if _, err := Parse([]byte(head + text + "\n")); err == nil || !strings.Contains(err.Error(), "runaway: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for text, want := range map[string]fleet.RunawayRule{`{}`: {Floor: 10, Times: 3}, `{usd_per_hour: "25.5", times: 4}`: {Floor: 25.5, Times: 4}} {
		f, err := Parse([]byte(head + text + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		rule, err := runaway(f.Contexts[0].Runaway)
		if err != nil || rule.WithDefaults() != want {
			t.Errorf("%s: %+v, %v", text, rule, err)
		}
	}
}
