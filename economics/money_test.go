package economics

import (
	"math"
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
		"line 5, cheap-output: output", "line 6, dear-output: output 21 is not 0.8 to 20 times the input price 1"} {
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
