// Package meterwords tells from the words of a bill what was used: from line items, meters, SKUs and units, as providers of
// models write them.
// It must not guess: what no word tells is not known.
package meterwords

import (
	"strings"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Kind is what a line item or meter counts: "gpt-5, cached input", "USE1-MP:USE1_output_tokens_standard-Units".
func Kind(words string) fleet.UsageKind {
	s := strings.ToLower(words)
	has := func(list ...string) bool {
		for _, w := range list {
			if strings.Contains(s, w) {
				return true
			}
		}
		return false
	}
	output := has("output", "outp", "completion", "generated", "out tokens")
	input := has("input", "inp", "prompt", "in tokens")
	switch {
	case has("web search", "web_search", "file search", "code execution", "code_execution", "tool call", "code interpreter", "grounding"):
		return fleet.UseToolCalls
	case has("storage"):
		return fleet.UseStorage
	case has("cache", "cchd", "caching"):
		return cache(has)
	case has("audio", " aud "):
		return sided(input, output, fleet.UseAudioIn, fleet.UseAudioOut)
	case has("image") && has("token"):
		return sided(input, output, fleet.UseImageIn, fleet.UseImageOut)
	case has("video"):
		return fleet.UseVideoSeconds
	case has("provisioned", "ptu", "model unit", "hosting"):
		return fleet.UseHours
	case output:
		return fleet.UseOutput
	case input:
		return fleet.UseInput
	case has("request"):
		return fleet.UseRequests
	default:
		return fleet.UseUnknown
	}
}

// cache parts reading a cache from writing one, and its two lifetimes.
func cache(has func(...string) bool) fleet.UsageKind {
	switch {
	case !has("write", "creation", "wrt"):
		return fleet.UseCacheRead
	case has("1h", "1 h", "one hour", "60m"):
		return fleet.UseCacheWrite1h
	default:
		return fleet.UseCacheWrite5m
	}
}

func sided(input, output bool, in, out fleet.UsageKind) fleet.UsageKind {
	switch {
	case output && !input:
		return out
	case input && !output:
		return in
	default:
		return fleet.UseUnknown
	}
}

// Tier is the tier of service that the words name; "" for none.
func Tier(words string) string {
	s := strings.ToLower(words)
	for _, t := range []string{"batch", "flex", "priority"} {
		if strings.Contains(s, t) {
			return t
		}
	}
	return ""
}

// Unit reads a unit such as "1K Tokens", "1000_tokens", "Tokens" or "10 Hours": what it counts, and how much one of it is
// in the unit of that kind. of is what the words around it say. known is false for a unit that is none of a kind.
func Unit(unit string, of fleet.UsageKind) (kind fleet.UsageKind, factor decimal.Decimal, known bool) {
	s := strings.ToLower(strings.TrimSpace(strings.ReplaceAll(unit, "_", " ")))
	factor, word := leading(s)
	switch {
	case strings.HasPrefix(word, "token"), word == "" && s != "":
		return of, factor, of.IsTokens()
	case strings.HasPrefix(word, "request"), strings.HasPrefix(word, "call"), strings.HasPrefix(word, "quer"):
		if of != fleet.UseToolCalls {
			of = fleet.UseRequests
		}
		return of, factor, true
	case strings.HasPrefix(word, "hour"), word == "hrs", word == "hr":
		return fleet.UseHours, factor, true
	case strings.HasPrefix(word, "image"):
		return fleet.UseImages, factor, true
	case strings.HasPrefix(word, "character"):
		return fleet.UseCharacters, factor, true
	case strings.HasPrefix(word, "second"), word == "duration seconds":
		return seconds(of, factor)
	case word == "duration minutes", strings.HasPrefix(word, "minute"):
		return seconds(of, factor.Mul(decimal.NewFromInt(60)))
	case word == "gibibyte hours", word == "gib-hours":
		return fleet.UseStorage, factor, true
	default:
		return of, factor, false
	}
}

// seconds are those of audio or video; of what is neither they are of no kind.
func seconds(of fleet.UsageKind, factor decimal.Decimal) (fleet.UsageKind, decimal.Decimal, bool) {
	switch of {
	case fleet.UseVideoSeconds:
		return of, factor, true
	case fleet.UseAudioIn, fleet.UseAudioOut, fleet.UseAudioSeconds:
		return fleet.UseAudioSeconds, factor, true
	default:
		return of, factor, false
	}
}

// leading parts "1K Tokens" into 1000 and "tokens".
func leading(s string) (decimal.Decimal, string) {
	one := decimal.NewFromInt(1)
	end := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != ',' && r != '.' })
	factor := one
	if end > 0 {
		d, err := decimal.NewFromString(strings.ReplaceAll(s[:end], ",", ""))
		if err != nil || d.Sign() <= 0 || len(s[:end]) > len("1,000,000,000") {
			return one, s
		}
		factor, s = d, s[end:]
	}
	if s = strings.TrimSpace(s); len(s) > 1 && s[1] == ' ' || len(s) == 1 {
		switch s[0] {
		case 'k':
			return factor.Mul(decimal.NewFromInt(1000)), strings.TrimSpace(s[1:])
		case 'm':
			return factor.Mul(decimal.NewFromInt(1_000_000)), strings.TrimSpace(s[1:])
		}
	}
	return factor, s
}
