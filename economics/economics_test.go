package economics

import (
	"math"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func usd(t *testing.T, s string) fleet.Money {
	t.Helper()
	m, err := fleet.ParseMoney(s, fleet.USD)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func embedded(t *testing.T) *Catalogue {
	t.Helper()
	c, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCatalogueCoversTheProvidersWithSourceAndDate(t *testing.T) {
	c := embedded(t)
	if c.Len() < 200 {
		t.Errorf("%d models, want at least 200", c.Len())
	}
	kinds := map[string]int{}
	for k, s := range c.sheets {
		kinds[k.kind]++
		for _, r := range s.Rates {
			p := r.Price
			if p.Source == "" || p.AsOf.IsZero() {
				t.Errorf("%s/%s has no source or date", k.kind, k.model)
			}
			in := p.Input.Float()
			if p.Input.Currency() != "" && in <= 0 || p.CachedIn.OK && p.CachedIn.V.Float() > in {
				t.Errorf("%s/%s: input %v, cached %v", k.kind, k.model, in, p.CachedIn.V)
			}
		}
		for _, u := range s.Units {
			if u.Source == "" || u.AsOf.IsZero() || !u.Price.Amount().IsPositive() {
				t.Errorf("%s/%s: %+v", k.kind, k.model, u)
			}
		}
		if len(s.Rates)+len(s.Units) == 0 {
			t.Errorf("%s/%s has no price at all", k.kind, k.model)
		}
	}
	for _, kind := range []string{"openai", "anthropic", "google", "bedrock", "vertex", "azure", "together", "openrouter"} {
		if kinds[kind] == 0 {
			t.Errorf("no price of %s", kind)
		}
	}
}

func TestPriceIsFoundByNameAndNeverGuessed(t *testing.T) {
	c := embedded(t)
	for name, tc := range map[string]struct {
		kind, model, input string
	}{
		"exact":            {"openai", "gpt-4o", "2.5"},
		"provider prefix":  {"openai", "openai/gpt-4o", "2.5"},
		"date suffix":      {"openai", "gpt-4o-2099-01-01", "2.5"},
		"other kind":       {"anthropic", "gpt-4o", ""},
		"unknown":          {"openai", "gpt-4o-but-larger", ""},
		"own model":        {"vllm", "llama-70b", ""},
		"prefix and other": {"openai", "mistral/nothing", ""},
		"bedrock by id":    {"bedrock", "anthropic.claude-opus-5", "5"},
		"bedrock profile":  {"bedrock", "eu.anthropic.claude-sonnet-5", "2.2"},
		"bedrock by gateway and ARN": {"bedrock",
			"arn:aws:bedrock:eu-central-1:1:inference-profile/eu.anthropic.claude-sonnet-5", "2.2"},
		"together":                   {"together", "deepseek-ai/DeepSeek-V3", "1.25"},
		"together by gateway":        {"together", "together_ai/deepseek-ai/DeepSeek-V3", "1.25"},
		"openrouter":                 {"openrouter", "z-ai/glm-5", "0.8"},
		"openrouter by gateway":      {"openrouter", "openrouter/z-ai/glm-5", "0.8"},
		"openrouter, a free variant": {"openrouter", "z-ai/glm-5:free", ""},
		"openrouter, another's name": {"openrouter", "glm-5", ""},
	} {
		p, ok := c.Price(tc.kind, fleet.ModelName(tc.model))
		if ok != (tc.input != "") || ok && !p.Input.Amount().Equal(usd(t, tc.input).Amount()) {
			t.Errorf("%s: got %v %v, want %q", name, p.Input.Amount(), ok, tc.input)
		}
	}
}

// The kinds of the configuration find their prices, whatever the price list calls the provider.
func TestKindsFindThePricesOfTheirList(t *testing.T) {
	c := embedded(t)
	for kind, tc := range map[string]struct{ list, model, row string }{
		"gemini":       {"google", "models/gemini-2.5-pro", "gemini-2.5-pro"},
		"vertex-ai":    {"vertex", "publishers/anthropic/models/claude-opus-5@default", "claude-opus-5@default"},
		"azure-openai": {"azure", "gpt-5.1", "gpt-5.1"},
	} {
		sheet := c.sheets[modelKey{tc.list, tc.row}]
		if sheet == nil {
			t.Errorf("%s is not listed", tc.row)
			continue
		}
		want, listed := sheet.Standard()
		got, ok := c.Price(kind, fleet.ModelName(tc.model))
		if !listed || !ok || !got.Input.Amount().Equal(want.Input.Amount()) || !got.Output.Amount().Equal(want.Output.Amount()) {
			t.Errorf("%s: %+v, %v; the list of %s has %+v, %v", kind, got, ok, tc.list, want, listed)
		}
		if limit := c.MaxContext(kind, fleet.ModelName(tc.model)); !limit.OK || limit != sheet.MaxContext {
			t.Errorf("%s: max context %v", kind, limit)
		}
		if p, ok := c.Price(kind, "my-deployment"); ok {
			t.Errorf("%s: a price was guessed: %+v", kind, p)
		}
	}
	c, err := WithOverrides([]byte("# as of 2026-11-01\n" + strings.Join(columns, ",") + "\ngemini,gemini-2.5-pro,chat,9,,,9,\n"))
	if err != nil {
		t.Fatal(err)
	}
	own, _ := c.Price("gemini", "gemini-2.5-pro")
	other, _ := c.Price("google", "gemini-2.5-pro")
	if !own.Input.Amount().Equal(usd(t, "9").Amount()) || other.Input.Amount().Equal(usd(t, "9").Amount()) {
		t.Errorf("own row %v, row of the list %v", own.Input, other.Input)
	}
}

func TestASiteFileWinsAndABadOneIsRefusedByLine(t *testing.T) {
	head := strings.Join(columns, ",") + "\n"
	c, err := WithOverrides([]byte("# as of 2026-11-01\n" + head + "openai,gpt-4o,chat,2.00,,,8.00,\nopenai,house-model,chat,1,,,2,\n"))
	if err != nil {
		t.Fatal(err)
	}
	p, _ := c.Price("openai", "gpt-4o")
	if !p.Input.Amount().Equal(usd(t, "2").Amount()) || !p.AsOf.Equal(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("override: %+v", p)
	}
	if _, ok := c.Price("openai", "house-model"); !ok {
		t.Error("a new model is not priced")
	}
	for name, file := range map[string]string{
		"negative":      head + "openai,x,chat,-1,,,2,\n",
		"no number":     head + "openai,x,chat,cheap,,,2,\n",
		"short row":     head + "openai,x\n",
		"cached dearer": head + "openai,x,chat,1,2,,2,\n",
		"bad date":      "# yesterday\n" + head,
	} {
		if _, err := WithOverrides([]byte(file)); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestBurn(t *testing.T) {
	p := fleet.Price{Input: usd(t, "2.50"), CachedIn: fleet.Some(usd(t, "1.25")), Output: usd(t, "10")}
	got := float64(Metered(MixOf(1400, 400, 0, 200), p)) // (2,500 + 500 + 2,000) micro-dollars a second
	if math.Abs(got-18) > 1e-9 {
		t.Errorf("metered: got %v $/h, want 18", got)
	}
	if got := Capacity(16, 4); got != 64 {
		t.Errorf("capacity: got %v", got)
	}
	if a := Allocated(36, 10_000); !a.OK || math.Abs(float64(a.V)-1) > 1e-9 {
		t.Errorf("allocated: got %v, want $1 per 1M tokens", a)
	}
	if a := Allocated(36, 0); a.OK {
		t.Errorf("idle capacity has a price per token: %v", a)
	}
}

func FuzzWithOverrides(f *testing.F) {
	f.Add([]byte(strings.Join(columns, ",") + "\nopenai,x,chat,1,,,2,\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := WithOverrides(file)
		if err == nil && c.Len() < 200 {
			t.Fatal("a site file removed embedded prices")
		}
	})
}
