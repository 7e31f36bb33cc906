package config

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

const moneyFile = `version: 1
contexts:
  - name: c
    providers: [{id: openai, kind: openai, url: "https://api.openai.com/v1", models: [{name: gpt-4o}]}]
    sites: [{id: eu}]
    bills:
      - {id: openai-bill, kind: openai-costs, provider: openai, url: "https://api.openai.com/v1", auth: {env: ADMIN_KEY}, options: {days: "35"}}
      - {id: exports, kind: focus, folder: /srv/bills, poll: {interval: 10m}}
    compute:
      - {id: lambda, kind: lambda, site: eu, url: "https://cloud.lambda.ai/api/v1", auth: {env: LAMBDA_KEY}, shared_fate: {cloud: lambda}}
      - {id: own, kind: onprem, file: /srv/prices.csv}
    defaults: {interval: 5s}
`

func moneyInventory(t *testing.T, text string) fleet.Inventory {
	t.Helper()
	f, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.Pick("")
	if err != nil {
		t.Fatal(err)
	}
	inv, err := c.Inventory(func(kind string) time.Duration { return map[string]time.Duration{"openai-costs": time.Hour}[kind] })
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// Bills and accounts of machines become sources of their own, which the context's haste does not concern; written out they
// read back the same.
func TestBillsAndAccountsAreSources(t *testing.T) {
	inv := moneyInventory(t, moneyFile)
	got := map[fleet.SourceID]fleet.SourceSpec{}
	for _, s := range inv.Sources {
		got[s.ID] = s
	}
	bill := got["openai-bill"]
	if bill.Subject != (fleet.Subject{Provider: "openai", About: fleet.AboutBill}) || bill.Interval != time.Hour || bill.Timeout != 30*time.Second ||
		bill.Options["days"] != "35" || !reflect.DeepEqual(bill.Models, []fleet.ModelName{"gpt-4o"}) {
		t.Errorf("bill: %+v", bill)
	}
	if s := got["exports"]; s.File != "/srv/bills" || s.Interval != 10*time.Minute {
		t.Errorf("folder: %+v", s)
	}
	if s := got["lambda"]; s.Subject.Account != "lambda" || s.Interval != time.Minute {
		t.Errorf("account: %+v", s)
	}
	if len(inv.Accounts) != 2 || inv.Accounts[0].Site != "eu" || inv.Accounts[0].Fate["cloud"] != "lambda" {
		t.Errorf("accounts: %+v", inv.Accounts)
	}
	text, err := Write(inv)
	if err != nil {
		t.Fatal(err)
	}
	if again := moneyInventory(t, string(text)); !reflect.DeepEqual(again.Accounts, inv.Accounts) || len(again.Sources) != len(inv.Sources) {
		t.Errorf("written: %s", text)
	}
}

func TestBadBillsAreRefused(t *testing.T) {
	for name, tc := range map[string][3]string{
		"no kind":      {"kind: openai-costs, ", "", `bill "openai-bill": kind is missing`},
		"no provider":  {"provider: openai, url", "provider: nobody, url", `there is no provider "nobody"`},
		"two places":   {"folder: /srv/bills", `folder: /srv/bills, url: "https://x"`, "needs exactly one of url and folder"},
		"no place":     {", file: /srv/prices.csv", "", "needs exactly one of url and file"},
		"no such site": {"site: eu, url", "site: mars, url", `there is no site "mars"`},
		"twice":        {"id: lambda", "id: own", `"own" appears twice`},
		"a secret":     {"https://cloud.lambda.ai", "https://user:pw@cloud.lambda.ai", "literal secret"},
	} {
		text := strings.Replace(moneyFile, tc[0], tc[1], 1)
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), tc[2]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
