package config

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

const rulesOf = `version: 1
freezes:
  - {name: year end, from: 2026-12-20, to: "2027-01-04 06:00", tz: Europe/Berlin, envs: [prod], reason: books are closed}
  - {name: weekends, weekly: ["Fri 18:00 - Mon 06:00", "Wed 00:00 - Wed 01:30"], routes: [chat], pools: [own], reason: one on call}
blocking_alerts:
  - {name: PaymentsDown, reason: ask the desk}
  - {name: pages, match: ['severity="page"'], envs: [stage], reason: somebody is called}
policy:
  severities:
    IL-22: {lower_to: warn, reason: we step by 20 since 2025}
    IL-04: {lower_to: OVR, reason: ratings are low by a third}
contexts:
  - name: eu
    pools: [{id: own, engine: vllm}]
    gateways: [{id: edge, kind: litellm, replicas: [{id: gw, url: "http://gw:4000"}]}]
    routes: [{id: chat, gateway: edge, targets: [{id: own, pool: own}]}]
  - name: us
    env: stage
`

func TestSiteRulesHoldInEveryContext(t *testing.T) {
	f, err := Parse([]byte(rulesOf))
	if err != nil {
		t.Fatal(err)
	}
	for i := range f.Contexts {
		inv, err := f.Contexts[i].Inventory(noDefault)
		if err != nil {
			t.Fatal(err)
		}
		holdsRules(t, inv.Rules)
	}
	inv := inventoryOf(t, rulesOf)
	text, err := Write(inv)
	if err != nil {
		t.Fatal(err)
	}
	holdsRules(t, inventoryOf(t, string(text)).Rules)
}

func holdsRules(t *testing.T, r fleet.SiteRules) {
	t.Helper()
	if len(r.Freezes) != 2 || len(r.Blocking) != 2 || len(r.Policy) != 2 {
		t.Fatalf("%+v", r)
	}
	year, week := r.Freezes[0], r.Freezes[1]
	if !year.From.Equal(time.Date(2026, 12, 19, 23, 0, 0, 0, time.UTC)) || !year.To.Equal(time.Date(2027, 1, 4, 5, 0, 0, 0, time.UTC)) ||
		year.Reason != "books are closed" || year.Scope.In(fleet.EnvStage) || !year.Scope.In(fleet.EnvProd) {
		t.Errorf("%+v", year)
	}
	if len(week.Weekly) != 2 || week.Weekly[0] != (fleet.Weekly{From: (4*24 + 18) * 60, To: 6 * 60}) || week.Weekly[1].To != (2*24+1)*60+30 ||
		week.Scope.Covers([]fleet.RouteID{"other"}, nil) || !week.Scope.Covers(nil, []fleet.PoolID{"own"}) {
		t.Errorf("%+v", week)
	}
	if m := r.Blocking[0].Match; len(m) != 1 || m[0] != (fleet.Matcher{Name: "alertname", Value: "PaymentsDown"}) {
		t.Errorf("%+v", r.Blocking[0])
	}
	if m := r.Blocking[1].Match; len(m) != 1 || m[0].Name != "severity" || !r.Blocking[1].Scope.In(fleet.EnvStage) {
		t.Errorf("%+v", r.Blocking[1])
	}
	if p := r.Policy[0]; p != (fleet.PolicyRule{Interlock: "IL-04", LowerTo: "OVR", Reason: "ratings are low by a third"}) {
		t.Errorf("%+v", p)
	}
	if p := r.Policy[1]; p.LowerTo != "WARN" {
		t.Errorf("%+v", p)
	}
}

func TestSiteRulesThatCannotHoldAreRefused(t *testing.T) {
	for _, x := range []struct{ old, new, says string }{
		{"from: 2026-12-20", "from: 2026-13-20", `"2026-13-20" is no time`},
		{"from: 2026-12-20", "from: 2027-12-20", "it ends at 2027-01-04 05:00Z, which is not after its begin"},
		{"from: 2026-12-20, ", "", `from: "" is no time`},
		{"Fri 18:00 - Mon 06:00", "Fri 18:00", "is not DAY HH:MM - DAY HH:MM"},
		{"Fri 18:00 - Mon 06:00", "Fre 18:00 - Mon 06:00", "is not DAY HH:MM - DAY HH:MM"},
		{"Fri 18:00 - Mon 06:00", "Fri 24:01 - Mon 06:00", "is not DAY HH:MM - DAY HH:MM"},
		{"Wed 00:00 - Wed 01:30", "Wed 00:00 - Wed 00:00", "never or always"},
		{"tz: Europe/Berlin", "tz: Europe/Berln", "is no time zone"},
		{"envs: [prod]", "envs: [production]", "is none of prod, stage, dev"},
		{"routes: [chat]", "routes: [chta]", `there is no route "chta"`},
		{"pools: [own]", "pools: [won]", `there is no pool "won"`},
		{", reason: one on call", `, reason: ""`, `freeze "weekends": a reason`},
		{"name: weekends", "name: year end", "appears twice"},
		{"weekly: [", "from: 2026-12-20, to: 2026-12-21, weekly: [", "either from and to, or weekly"},
		{`severity="page"`, `severity`, "is not NAME=VALUE"},
		{`severity="page"`, `severity=~".*"`, "it would be active with every alert"},
		{"IL-22: {", "IL-99: {", "IL-99: there is no such interlock"},
		{"IL-22: {", "IL-01: {", "IL-01: it cannot be lowered: all that it says is HARD"},
		{"IL-22: {", "IL-35: {", "there is nothing to lower"},
		{"lower_to: OVR", "lower_to: HARD", "it can be WARN, or OVR"},
		{"IL-22: {lower_to: warn", "IL-35: {lower_to: OVR", "would raise it"},
		{", reason: we step by 20 since 2025", ", reason: so", "it needs a reason"},
	} {
		text := strings.Replace(rulesOf, x.old, x.new, 1)
		if text == rulesOf {
			t.Fatalf("%q is not in the file", x.old)
		}
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s -> %s: %v, want %q", x.old, x.new, err, x.says)
		}
	}
}

// The example's rules are comments: taken out of them they hold.
func TestRulesOfTheExampleCanBeTakenAsTheyAre(t *testing.T) {
	before, rest, _ := strings.Cut(Example, "# freezes:")
	rules, after, _ := strings.Cut(rest, "\ncontexts:")
	text := before + "freezes:" + strings.ReplaceAll(strings.ReplaceAll(rules, "\n# ", "\n"), "\nAlerts", "\n# Alerts")
	text = strings.ReplaceAll(text, "\nInterlocks", "\n# Interlocks") + "\ncontexts:" + after
	inv := inventoryOf(t, text)
	if len(inv.Rules.Freezes) != 2 || len(inv.Rules.Blocking) != 1 || len(inv.Rules.Policy) != 1 {
		t.Errorf("%+v", inv.Rules)
	}
}
