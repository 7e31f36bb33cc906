package config

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func TestTheRunbookOfTheExample(t *testing.T) {
	inv := inventoryOf(t, Example)
	if len(inv.Runbooks) != 1 {
		t.Fatalf("%d runbooks", len(inv.Runbooks))
	}
	r := inv.Runbooks[0]
	if r.Name != "lose-b200" || r.Pool != "b200-a" || r.Split != "cheapest" || !strings.Contains(r.When, "F2") || len(r.Routes) != 1 || len(r.To) != 1 ||
		r.Leave.Points != 25 || r.Leave.Every != time.Minute || r.Leave.MinRequests != 50 || r.Return.Soak != 10*time.Minute || r.Settle != (fleet.RunbookStage{}) {
		t.Errorf("%+v", r)
	}
}

func TestRunbooksAreWrittenAndReadBack(t *testing.T) {
	inv := inventoryOf(t, Example)
	inv.Runbooks = append(inv.Runbooks,
		fleet.Runbook{Name: "site", Site: "fra1", Warm: []fleet.PoolID{"h200-dr"}, Settle: fleet.RunbookStage{Soak: time.Minute}},
		fleet.Runbook{Name: "account", Provider: "openai", Split: "fastest"},
		fleet.Runbook{Name: "member", When: "it is: odd # and \"quoted\"", Route: "chat", Targets: []fleet.TargetID{"b200-a"}, To: []string{"openai"}})
	text, err := Write(inv)
	if err != nil {
		t.Fatal(err)
	}
	again := inventoryOf(t, string(text)).Runbooks
	if len(again) != 4 {
		t.Fatalf("%d runbooks come back:\n%s", len(again), text)
	}
	for i, want := range inv.Runbooks {
		got := again[i]
		if got.Name != want.Name || got.When != want.When || got.Site != want.Site || got.Provider != want.Provider || got.Pool != want.Pool ||
			got.Route != want.Route || len(got.Targets) != len(want.Targets) || len(got.Warm) != len(want.Warm) || got.Split != want.Split ||
			got.Leave != want.Leave || got.Settle != want.Settle || got.Return != want.Return || len(got.To) != len(want.To) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestBadRunbooksAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"{from: {pool: a}}":                                                            "runbook: id is missing",
		"{name: x}":                                                                    "runbook x: from needs exactly one of pool, provider, site, route",
		"{name: x, from: {pool: a, site: b}}":                                          "exactly one of pool, provider, site, route",
		"{name: x, from: {route: a}}":                                                  "route and targets belong together",
		"{name: x, from: {pool: a, targets: [b]}}":                                     "route and targets belong together",
		"{name: x, from: {pool: a}, split: evenly}":                                    "split \"evenly\" is none of balanced, cheapest, fastest",
		"{name: x, from: {pool: a}, stages: {leave: {points: 101}}}":                   "stages: leave: points are 0 to 100",
		"{name: x, from: {pool: a}, stages: {return: {min_requests: -1}}}":             "stages: return: points are 0 to 100, and nothing is negative",
		"{name: x, from: {pool: a}, stages: {settle: {soak: -1s}}}":                    "",
		"{name: x, from: {pool: a}, stages: {leave: {every: soon}}}":                   "no duration",
		"{name: x, from: {pool: a}, stages: {cool: {points: 1}}}":                      "unknown field \"cool\"",
		"{name: x, from: {pool: a}, form: 1}":                                          "unknown field \"form\"",
		"{name: x, from: {pool: a}}, {name: x, from: {pool: b}}":                       "runbook \"x\" appears twice",
		"{name: x, from: {pool: a}, to: b}":                                            "line 3",
		"{name: x, from: {pool: a}, stages: {leave: {points: 5}, warm: {pool: dr}}}":   "line 3",
		"{name: x, from: {pool: a}, split: cheapest, stages: {leave: {points: none}}}": "line 3",
	} {
		_, err := Parse([]byte("version: 1\ncontexts:\n  - {name: a, runbooks: [" + text + "]}\n"))
		if err == nil || !strings.Contains(err.Error(), strings.ReplaceAll(want, "line 3", "line 3")) {
			t.Errorf("%s\ngot  %v\nwant %q in it", text, err, want)
		}
	}
}

func TestTheSchemaTakesTheRunbooksThatParseTakes(t *testing.T) {
	head := "version: 1\ncontexts:\n  - name: a\n    runbooks:\n      - "
	if err := valid(t, head+"{name: x, from: {site: a}, split: fastest, to: [b], stages: {warm: [dr], return: {points: 5, every: 2m}}}\n"); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"{name: x, from: {pool: a}, split: evenly}", "{name: x}", "{name: x, from: {pol: a}}", "{name: x, from: {pool: a}, stages: {leave: {every: 5}}}"} {
		if valid(t, head+bad+"\n") == nil {
			t.Errorf("the schema takes %s", bad)
		}
	}
}
