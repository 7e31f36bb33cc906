package economics

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"pitwall/fleet"
)

func TestNoEmbeddedPriceIsInDoubt(t *testing.T) {
	for _, doubt := range embedded(t).Doubts() {
		t.Error(doubt)
	}
}

func TestDoubtsOfASiteFile(t *testing.T) {
	rows := []string{strings.Join(columns, ","), "openai,good,chat,1,0.1,1.25,4,1000",
		"openai,cheap-cache,chat,1,0.01,,4,",
		"openai,dear-write,chat,1,,2,4,", "openai,cheap-output,chat,1,,,0.5,", "openai,dear-output,chat,1,,,21,",
		"openai,vectors,embedding,1,,,0,"}
	c, err := WithOverrides([]byte(strings.Join(rows, "\n") + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, d := range c.Doubts() {
		all = append(all, d.String())
	}
	text := strings.Join(all, "\n")
	for _, want := range []string{"line 3, cheap-cache: cached input 0.01 is not 0.05 to 1 times",
		"line 4, dear-write: cache write",
		"line 5, cheap-output: output", "line 6, dear-output: output 21"} {
		if !strings.Contains(text, want) {
			t.Errorf("no doubt %q in:\n%s", want, text)
		}
	}
	if len(all) != 4 {
		t.Errorf("%d doubts, want 4:\n%s", len(all), text)
	}
	if _, ok := c.Price("openai", "dear-output"); !ok {
		t.Error("a doubted price is refused")
	}
	if n := c.MaxContext("openai", "openai/good"); n.V != 1000 {
		t.Errorf("max context %v", n)
	}
	if n := c.MaxContext("openai", "vectors"); n.OK {
		t.Errorf("max context of nothing said: %v", n)
	}
	for _, bad := range []string{"0", "-1", "many"} {
		file := rows[0] + "\nopenai,x,chat,1,,,2," + bad + "\n"
		if _, err := WithOverrides([]byte(file)); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("max_context %q: %v", bad, err)
		}
	}
}

func TestCandidatesComeFromExactToBare(t *testing.T) {
	got := candidates("bedrock/us.anthropic.claude-x-2026-01-31")
	want := []string{"bedrock/us.anthropic.claude-x-2026-01-31", "us.anthropic.claude-x-2026-01-31",
		"bedrock/us.anthropic.claude-x",
		"us.anthropic.claude-x", "anthropic.claude-x-2026-01-31", "anthropic.claude-x"}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("candidates %v, want %v", got, want)
	}
	if got := candidates("/"); len(got) != 1 {
		t.Errorf("a name of nothing has candidates %q", got)
	}
	c := embedded(t)
	dated, ok1 := c.Price("openai", "openai/gpt-4o-2024-05-13")
	plain, ok2 := c.Price("openai", "gpt-4o")
	if !ok1 || !ok2 || dated.Input.Amount().Equal(plain.Input.Amount()) {
		t.Error("a release with a price of its own must not get the price of its undated name")
	}
}

// An exact name always wins over a barer one, and no candidate is longer than the name.
func TestCandidatesOnlyGetShorter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`((us|eu|a)[./]){0,3}[a-z]{0,4}(-20[0-9]{2}-?[0-9]{2}-?[0-9]{2}){0,2}`).Draw(t, "name")
		list := candidates(name)
		if list[0] != name {
			t.Fatalf("the first candidate of %q is %q", name, list[0])
		}
		for _, c := range list[1:] {
			if len(c) >= len(name) || c == "" {
				t.Fatalf("candidate %q of %q", c, name)
			}
		}
	})
}

func TestCostIsExact(t *testing.T) {
	p := fleet.Price{Input: usd(t, "2.5"), CachedIn: fleet.Some(usd(t, "1.25")), Output: usd(t, "10")}
	for _, c := range []struct {
		u    Usage
		want string
	}{
		{Usage{Input: 4000, Cached: 6000, Output: 1000}, "0.0275"},
		{Usage{Input: 1}, "0.0000025"},
		{Usage{CacheWrite: 1_000_000}, "2.5"},
		{Usage{}, "0"},
	} {
		if got := Cost(c.u, p); !got.Amount().Equal(decimal.RequireFromString(c.want)) || got.Currency() != fleet.USD {
			t.Errorf("Cost(%+v) = %s %s, want %s", c.u, got.Amount(), got.Currency(), c.want)
		}
	}
	p.CacheWrite = fleet.Some(usd(t, "3"))
	if got := Cost(Usage{CacheWrite: 1_000_000}, p); got.Float() != 3 {
		t.Errorf("cache write at its own price: %v", got.Amount())
	}
}

// Costs of parts add up to the cost of the whole, to the last digit.
func TestCostsAddUp(t *testing.T) {
	p := fleet.Price{Input: usd(t, "0.15"), CachedIn: fleet.Some(usd(t, "0.075")), Output: usd(t, "0.6")}
	rapid.Check(t, func(t *rapid.T) {
		sum, whole := fleet.Money{}, Usage{}
		for range rapid.IntRange(1, 20).Draw(t, "parts") {
			u := Usage{Input: rapid.Int64Range(0, 1e12).Draw(t, "in"), Cached: rapid.Int64Range(0, 1e12).Draw(t, "cached"),
				Output: rapid.Int64Range(0, 1e12).Draw(t, "out")}
			whole = Usage{Input: whole.Input + u.Input, Cached: whole.Cached + u.Cached, Output: whole.Output + u.Output}
			var err error
			if sum, err = sum.Add(Cost(u, p)); err != nil {
				t.Fatal(err)
			}
		}
		if !sum.Amount().Equal(Cost(whole, p).Amount()) {
			t.Fatalf("parts cost %s, the whole %s", sum.Amount(), Cost(whole, p).Amount())
		}
	})
}

func TestBlended(t *testing.T) {
	p := fleet.Price{Input: usd(t, "2"), CachedIn: fleet.Some(usd(t, "1")), Output: usd(t, "8")}
	if b := Blended(2, 1, 1, p); math.Abs(float64(b.V)-13.0/4) > 1e-9 {
		t.Errorf("blended %v, want 3.25", b)
	}
	if b := Blended(0, 0, 0, p); b.OK {
		t.Errorf("a price of no tokens: %v", b)
	}
}

func TestGPUHours(t *testing.T) {
	list, err := GPUHours()
	if err != nil || len(list) < 30 {
		t.Fatalf("%d offers, %v", len(list), err)
	}
	seen := map[string]bool{}
	for _, g := range list {
		key := g.Provider + "/" + g.Offer
		if v := g.Price.Float(); seen[key] || v < 0.1 || v > 30 || g.GPUs < 1 || g.GPU == "" || g.Source == "" || g.Pricing == "" {
			t.Errorf("%s: %+v", key, g)
		}
		seen[key] = true
	}
	g, ok := GPUOffer("AWS", "P5.48xlarge")
	if !ok || !g.Price.Amount().Equal(decimal.RequireFromString("6.88")) || g.GPUs != 8 {
		t.Errorf("aws p5.48xlarge: %+v %v", g, ok)
	}
	if _, ok := GPUOffer("aws", "p5"); ok {
		t.Error("something like an offer is taken for it")
	}
}

// The embedded prices are those of the recorded price map, where it is at hand.
func TestPricesEqualTheRecordedMap(t *testing.T) {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for root != "/" {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		root = filepath.Dir(root)
	}
	body, err := os.ReadFile(filepath.Join(root, "../shared/data/billing/litellm_prices_subset_2026-08-01.json"))
	if err != nil {
		t.Skip("the recorded price map is not beside this checkout")
	}
	var rows map[string]struct {
		In  *float64 `json:"input_cost_per_token"`
		Out *float64 `json:"output_cost_per_token"`
	}
	if err := json.Unmarshal(body, &rows); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for key, p := range embedded(t).prices {
		row, ok := rows[key.model]
		if !ok || row.In == nil || row.Out == nil || key.kind != "openai" && key.kind != "anthropic" {
			continue
		}
		compared++
		if math.Abs(*row.In*1e6-p.Input.Float()) > 1e-9 || math.Abs(*row.Out*1e6-p.Output.Float()) > 1e-9 {
			t.Errorf("%s: %v in, %v out; recorded %v, %v", key.model, p.Input.Float(), p.Output.Float(), *row.In*1e6,
				*row.Out*1e6)
		}
	}
	if compared < 100 {
		t.Errorf("only %d prices were compared", compared)
	}
}
