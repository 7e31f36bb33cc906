package config

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

const discounted = `version: 1
contexts:
  - name: a
    providers:
      - id: p
        kind: openai
        discounts:
          - {multiplier: "0.85"}
          - {multiplier: 0.7, models: [gpt-4o, gpt-5]}
`

func TestDiscountsAreReadAndWritten(t *testing.T) {
	f, err := Parse([]byte(discounted))
	if err != nil {
		t.Fatal(err)
	}
	inv, err := f.Contexts[0].Inventory(noDefault)
	if err != nil {
		t.Fatal(err)
	}
	p := &inv.Providers[0]
	for model, want := range map[fleet.ModelName]string{"gpt-4o": "0.7", "gpt-5": "0.7", "gpt-4.1": "0.85"} {
		if got := p.Factor(model).String(); got != want {
			t.Errorf("%s: times %s, want %s", model, got, want)
		}
	}
	back := providerOf(inv, *p).Discounts
	if len(back) != 2 || back[0].Multiplier != "0.85" || strings.Join(back[1].Models, " ") != "gpt-4o gpt-5" {
		t.Errorf("written as %+v", back)
	}
}

func TestBadDiscountsAreRefused(t *testing.T) {
	for bad, want := range map[string]string{`"85"`: `multiplier "85" is not above 0 and at most 1.5; "0.85" takes 15% off`,
		`"0"`: "is not above 0", `"-0.5"`: "is not above 0", `"15%"`: "is not above 0", `"1e-999999999"`: "is not above 0"} {
		_, err := Parse([]byte(strings.Replace(discounted, `"0.85"`, bad, 1)))
		if err == nil || !strings.Contains(err.Error(), `provider "p": discount 1: `) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if _, err := Parse([]byte(strings.Replace(discounted, "gpt-5]", `""]`, 1))); err == nil {
		t.Error("a discount for a model without a name was taken")
	}
}
