package focus

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

// Each export is known by its first row, whatever its name is, and they may all lie in one folder.
func TestExportsOfProviders(t *testing.T) {
	for name, want := range map[string]struct{ format, lines string }{
		"openai-costs.csv": {"OpenAI costs", `
billed|openai|11-02T00+24h0m0s|gpt-5|uncached_in|usage||proj_a|gpt-5, input_tokens|2000|0.00383598 USD
billed|openai|11-02T00+24h0m0s|sora-2|video_seconds|usage||proj_a|sora-2, video seconds|120|12 USD
`},
		"openai-usage.tsv": {"OpenAI usage", `
reported|openai|11-01T00+24h0m0s|gpt-5|cache_read|usage|batch|proj_a||200|-
reported|openai|11-01T00+24h0m0s|gpt-5|out|usage|batch|proj_a||50|-
reported|openai|11-01T00+24h0m0s|gpt-5|requests|usage|batch|proj_a||3|-
reported|openai|11-01T00+24h0m0s|gpt-5|uncached_in|usage|batch|proj_a||800|-
`},
		"anthropic-costs.csv": {"Anthropic costs", `
billed|anthropic|11-01T00+24h0m0s|Claude Haiku 4.5|cache_read|usage||Default|input_cache_read|-|0.1 USD|list 1
billed|anthropic|11-01T00+24h0m0s|Claude Haiku 4.5|out|usage|batch|Default|output|-|0.02 USD|list 0.04
`},
		"anthropic-usage.csv": {"Anthropic usage", `
reported|anthropic|11-01T00+24h0m0s|claude-haiku-4-5|cache_read|usage||Default||300|-
reported|anthropic|11-01T00+24h0m0s|claude-haiku-4-5|cache_write_1h|usage||Default||40|-
reported|anthropic|11-01T00+24h0m0s|claude-haiku-4-5|out|usage||Default||7|-
reported|anthropic|11-01T00+24h0m0s|claude-haiku-4-5|uncached_in|usage||Default||100|-
`},
		"openrouter.csv": {"OpenRouter activity", `
billed|openrouter|11-01T00+4h0m0s|openai/gpt-oss-120b||usage|||standard|-|0.0123 USD
reported|openrouter|11-01T00+4h0m0s|openai/gpt-oss-120b|cache_read|usage||||389|-
reported|openrouter|11-01T00+4h0m0s|openai/gpt-oss-120b|out|usage||||137|-
reported|openrouter|11-01T00+4h0m0s|openai/gpt-oss-120b|uncached_in|usage||||10000|-
`},
		"cost-explorer.csv": {"AWS Cost Explorer", `
billed|bedrock|11-01T00+24h0m0s|||usage|||Amazon Bedrock|-|0.25 USD
billed|bedrock|11-01T00+24h0m0s|Claude Sonnet 4.6||usage|||Claude Sonnet 4.6 (Amazon Bedrock Edition)|-|10.5 USD
billed|bedrock|11-02T00+24h0m0s|Claude Sonnet 4.6||usage|||Claude Sonnet 4.6 (Amazon Bedrock Edition)|-|11 USD
`},
		"azure-ea.csv": {"Azure costs", `
billed|azure|11-01T00+24h0m0s||uncached_in|usage||sub-1|Azure OpenAI gpt 4o 0806 Inp glbl Tokens|12500|30.5 EUR
billed|azure|11-01T00+1h0m0s||uncached_in|credit||sub-1|Azure OpenAI gpt 4o 0806 Inp glbl Tokens|-|-2 EUR
`},
		"azure-german.csv": {"Azure costs", `
billed|azure|11-01T00+24h0m0s||out|usage||sub-1|Azure OpenAI gpt 4o Outp glbl|2000|4 EUR
`},
		"opencost.csv": {"OpenCost allocation", `
capacity||11-01T00+24h0m0s|||usage||web|frontend|0GPU hours|0.5 USD
capacity||11-01T00+24h0m0s|llama-70b||usage||serving|llama|48GPU hours|30.75 USD
`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, "x"+name[strings.IndexByte(name, '.'):], fixture(t, name))
			b := bill(t, dir, fleet.SourceSpec{})
			same(t, told(b), want.lines)
			if b.Files[0].Format.String() != want.format {
				t.Errorf("%+v", b.Files[0])
			}
		})
	}
}

// A day that an export lists empty is a day without use; a day that it does not list is not known.
func TestEmptyDaysAreCovered(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.csv", fixture(t, "openai-costs.csv"))
	b := bill(t, dir, fleet.SourceSpec{})
	if len(b.Covers) != 1 || b.Covers[0].From.Format("01-02") != "11-01" || b.Covers[0].To.Format("01-02") != "11-04" {
		t.Errorf("%v", b.Covers)
	}
	if b.Watermark.Format("01-02") != "11-03" {
		t.Errorf("the newest data ends at %v", b.Watermark)
	}
}

// Where providers are covered by different times, no time is said of all of them: each line speaks for its own.
func TestFilesOfSeveralProvidersAnswerForThemselves(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.csv", fixture(t, "openai-costs.csv"))
	put(t, dir, "b.csv", fixture(t, "anthropic-costs.csv"))
	if b := bill(t, dir, fleet.SourceSpec{}); len(b.Covers) != 0 || len(b.Lines) != 4 || len(b.Files) != 2 {
		t.Errorf("%+v", b)
	}
}

// One row of Cost Explorer on the first of a month is a day or a month: nobody can tell.
func TestOneDateOfCostExplorerIsNoDay(t *testing.T) {
	dir := t.TempDir()
	lines := strings.SplitN(fixture(t, "cost-explorer.csv"), "\n", 4)
	put(t, dir, "a.csv", strings.Join(lines[:3], "\n")+"\n")
	if b := bill(t, dir, fleet.SourceSpec{}); len(b.Lines) != 0 || !strings.Contains(b.Files[0].Why.String(), "may be a day or a month") {
		t.Errorf("%+v", b)
	}
	put(t, dir, "a.csv", strings.Join(lines[:3], "\n")+"\n"+strings.Replace(lines[2], "11-01", "12-01", 1)+"\n")
	if b := bill(t, dir, fleet.SourceSpec{}); len(b.Lines) != 4 || b.Lines[0].Span.To.Format("01-02") != "12-01" {
		t.Errorf("months: %s", told(b))
	}
}

// Secrets and addresses of people that an export holds beside the money are not kept.
func TestNothingBesideTheMoneyIsKept(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.csv", strings.ReplaceAll(fixture(t, "openai-costs.csv"), "someone@example.com", "sk-admin-canary"))
	put(t, dir, "b.csv", strings.ReplaceAll(fixture(t, "anthropic-costs.csv"), "demo-key", "sk-admin-canary"))
	for _, l := range bill(t, dir, fleet.SourceSpec{}).Lines {
		if s := l.Key + l.Project + l.Team + l.Item.String() + string(l.Model); strings.Contains(s, "canary") {
			t.Errorf("%+v", l)
		}
	}
}
