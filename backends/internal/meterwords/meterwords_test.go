package meterwords

import (
	"testing"

	"pitwall/fleet"
)

func TestKindsOfMeters(t *testing.T) {
	for words, want := range map[string]fleet.UsageKind{
		"input_tokens": fleet.UseInput, "cached input": fleet.UseCacheRead, " output": fleet.UseOutput, "Cache Read Input Tokens": fleet.UseCacheRead,
		"USE1-MP:USE1_output_tokens_standard-Units": fleet.UseOutput, "USE1-MP:USE1_InputTokenCount-Units": fleet.UseInput,
		"USE1-CacheWriteInputTokenCount": fleet.UseCacheWrite5m, "Cache Write Tokens 1h": fleet.UseCacheWrite1h,
		"gpt 4o 0806 Inp glbl Tokens": fleet.UseInput, "gpt 4o 0806 cchd Inp glbl": fleet.UseCacheRead, "gpt 4o Outp glbl": fleet.UseOutput,
		"audio input tokens": fleet.UseAudioIn, "image output tokens": fleet.UseImageOut, "web search calls": fleet.UseToolCalls,
		"Provisioned Managed PTU": fleet.UseHours, "Support (Developer)": fleet.UseUnknown, "": fleet.UseUnknown, "audio": fleet.UseUnknown,
		"Gemini context caching storage": fleet.UseStorage, "gpt 4o rt aud Inp glbl Tokens": fleet.UseAudioIn,
	} {
		if got := Kind(words); got != want {
			t.Errorf("%q counts %q, want %q", words, got, want)
		}
	}
	if Tier("gpt-5 Batch input") != "batch" || Tier("gpt-5, input") != "" {
		t.Error("the tier is another")
	}
}

func TestUnitsOfKinds(t *testing.T) {
	for _, x := range []struct {
		unit   string
		of     fleet.UsageKind
		want   fleet.UsageKind
		factor string
		known  bool
	}{
		{"Tokens", fleet.UseInput, fleet.UseInput, "1", true}, {"1K Tokens", fleet.UseOutput, fleet.UseOutput, "1000", true},
		{"1000_tokens", fleet.UseInput, fleet.UseInput, "1000", true}, {"1M Tokens", fleet.UseInput, fleet.UseInput, "1000000", true},
		{"1,000 tokens", fleet.UseInput, fleet.UseInput, "1000", true}, {"10 Hours", fleet.UseUnknown, fleet.UseHours, "10", true},
		{"Tokens", fleet.UseUnknown, fleet.UseUnknown, "1", false}, {"Units", fleet.UseInput, fleet.UseInput, "1", false},
		{"duration_minutes", fleet.UseVideoSeconds, fleet.UseVideoSeconds, "60", true}, {"Seconds", fleet.UseUnknown, fleet.UseUnknown, "1", false},
		{"Requests", fleet.UseUnknown, fleet.UseRequests, "1", true}, {"Calls", fleet.UseToolCalls, fleet.UseToolCalls, "1", true},
		{"", fleet.UseInput, fleet.UseInput, "1", false}, {"99999999999999999999 tokens", fleet.UseInput, fleet.UseInput, "1", false},
	} {
		if kind, factor, known := Unit(x.unit, x.of); kind != x.want || known != x.known || factor.String() != x.factor {
			t.Errorf("%q of %q: %q times %s, %v", x.unit, x.of, kind, factor, known)
		}
	}
}

// Azure counts in "1K" and "10K" alone, where the meter says of what.
func TestAUnitWithoutAWordIsThatOfItsMeter(t *testing.T) {
	if kind, factor, known := Unit("10K", fleet.UseOutput); kind != fleet.UseOutput || factor.String() != "10000" || !known {
		t.Errorf("%q, %s, %v", kind, factor, known)
	}
	if _, _, known := Unit("1K", fleet.UseUnknown); known {
		t.Error("a thousand of nothing is known")
	}
}
