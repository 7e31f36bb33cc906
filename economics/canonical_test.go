package economics

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

func TestStreamsAreJoinedByTheCataloguesOwnName(t *testing.T) {
	c := embedded(t)
	for want, x := range map[string]struct {
		kind  string
		names []string
	}{
		"gpt-4o": {"openai", []string{"gpt-4o", "GPT-4o", "openai/gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-2024-05-13, input", "gpt-4o-2024-08-06, input_tokens",
			"gpt-4o, cached input", "gpt-4o-2024-08-06, input, batch"}},
		"gpt-5":      {"openai", []string{"gpt-5-2026-01-01, input_tokens", "gpt-5-2025-08-07"}},
		"gpt-5-nano": {"openai", []string{"gpt-5-nano-2025-08-07, output_tokens"}},
		"sora-2":     {"openai", []string{"sora-2", "openai/sora-2", "sora-2, video_seconds"}},
		"anthropic.claude-sonnet-4-6": {"bedrock", []string{"anthropic.claude-sonnet-4-6", "us.anthropic.claude-sonnet-4-6",
			"global.anthropic.claude-sonnet-4-6", "Claude Sonnet 4.6 (Amazon Bedrock Edition)", "bedrock/eu.anthropic.claude-sonnet-4-6",
			"arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-6"}},
		"anthropic.claude-sonnet-4-5-20250929-v1:0": {"bedrock", []string{"anthropic.claude-sonnet-4-5-20250929-v1:0",
			"arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0", "Claude Sonnet 4.5 (Amazon Bedrock Edition)"}},
		"anthropic.claude-3-5-sonnet-20240620-v1:0": {"bedrock", []string{"Claude 3.5 Sonnet (Amazon Bedrock Edition)"}},
		"anthropic.claude-3-5-sonnet-20241022-v2:0": {"bedrock", []string{"Claude 3.5 Sonnet v2 (Amazon Bedrock Edition)"}},
		"claude-opus-4-8":           {"anthropic", []string{"claude-opus-4-8", "anthropic/claude-opus-4-8", "claude-opus-4-8-20260501", "Claude Opus 4.8"}},
		"gemini-2.5-pro":            {"gemini", []string{"models/gemini-2.5-pro", "gemini/gemini-2.5-pro"}},
		"claude-opus-5":             {"vertex-ai", []string{"publishers/anthropic/models/claude-opus-5@default", "claude-opus-5"}},
		"gpt-5.1":                   {"azure-openai", []string{"gpt-5.1", "azure/gpt-5.1", "eu/gpt-5.1", "gpt-5.1-2025-11-13"}},
		"deepseek-ai/DeepSeek-V3":   {"together", []string{"together_ai/deepseek-ai/DeepSeek-V3", "deepseek-ai/deepseek-v3"}},
		"anthropic/claude-opus-4.5": {"openrouter", []string{"openrouter/anthropic/claude-opus-4.5", "anthropic/claude-opus-4.5"}},
		"house, model":              {"openai", []string{"house, model, input_tokens"}},
		"llama-70b":                 {"vllm", []string{"llama-70b"}},
		"arn:aws:bedrock:eu-central-1:1:application-inference-profile/x1y2": {"bedrock",
			[]string{"arn:aws:bedrock:eu-central-1:1:application-inference-profile/x1y2"}},
		"gpt-4o-but-larger": {"openai", []string{"gpt-4o-but-larger"}},
		"":                  {"openai", []string{""}},
		", input":           {"openai", []string{", input"}},
	} {
		for _, name := range x.names {
			if got := c.Canonical(x.kind, fleet.ModelName(name)); string(got) != want {
				t.Errorf("%s %q is %q, want %q", x.kind, name, got, want)
			}
		}
	}
}

// The names of one model are one, whichever of them is asked for; models of different price on the same terms that are
// joined are releases or regions of one.
func TestCanonicalNamesStandForThemselves(t *testing.T) {
	c := embedded(t)
	joined := map[string]int{}
	for key := range c.sheets {
		name := c.Canonical(key.kind, fleet.ModelName(key.model))
		if c.sheets[modelKey{key.kind, string(name)}] == nil || c.Canonical(key.kind, name) != name {
			t.Errorf("%s %q stands as %q", key.kind, key.model, name)
		}
		joined[key.kind+" "+string(name)]++
	}
	if len(joined) < 700 || len(joined) >= len(c.sheets) {
		t.Errorf("%d names for %d models", len(joined), len(c.sheets))
	}
}

func FuzzCanonical(f *testing.F) {
	for _, name := range []string{"gpt-5-2026-01-01, input_tokens", "Claude Sonnet 4.6 (Amazon Bedrock Edition)", "arn:aws:bedrock:::x/us.a.b",
		"a,,b", "us.us.eu/anthropic.x-2026-01-01-v1:0@default"} {
		f.Add("bedrock", name)
		f.Add("openai", name)
	}
	c, err := Embedded()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, kind, name string) {
		got := c.Canonical(kind, fleet.ModelName(name))
		own := c.sheets[modelKey{kind, string(got)}] != nil || c.sheets[modelKey{listed[kind], string(got)}] != nil
		if !own && !strings.HasPrefix(name, string(got)) {
			t.Fatalf("%s %q is neither listed nor as written: %q", kind, name, got)
		}
		if again := c.Canonical(kind, got); again != got {
			t.Fatalf("%s %q is %q, and that is %q", kind, name, got, again)
		}
	})
}
