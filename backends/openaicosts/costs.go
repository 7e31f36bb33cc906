package openaicosts

import (
	"strings"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/bills"
	"pitwall/fleet"
)

// cost is one result of the costs of a day: dollars, by the specification as a number, since July 2026 also as a text of a decimal
// number of 128 bits.
type cost struct {
	Amount *struct {
		Value    bills.Either `json:"value"`
		Currency bills.Word   `json:"currency"`
	} `json:"amount"`
	Item     bills.Word   `json:"line_item"`
	Project  bills.Word   `json:"project_id"`
	Key      bills.Word   `json:"api_key_id"`
	Quantity bills.Number `json:"quantity"`
	Unit     bills.Word   `json:"quantity_unit"`
}

func (c *cost) line(at fleet.Span, odd *bills.Odd) fleet.BillLine {
	l := fleet.BillLine{Stream: fleet.StreamBilled, Span: at, Item: fleet.Label(string(c.Item)), Unit: fleet.Label(string(c.Unit)),
		Project: string(c.Project), Key: bills.KeyID(c.Key)}
	if c.Amount != nil {
		l.Cost = bills.Money(c.Amount.Value.Maybe, string(c.Amount.Currency))
	}
	if !l.Cost.OK {
		odd.Say(fleet.Text("an amount of the costs is no number of dollars with a currency: what its line costs is unknown"))
	}
	model, kind := split(string(c.Item))
	l.Model, l.Tier = fleet.ModelName(model), tierOf(kind)
	var factor decimal.Decimal
	if l.Use, factor = useOf(strings.ToLower(model), strings.ReplaceAll(strings.ToLower(kind), "_", " "), string(c.Unit)); c.Unit != "" {
		if l.Quantity = c.Quantity.Maybe; l.Quantity.OK {
			l.Quantity.V = l.Quantity.V.Mul(factor)
		}
	}
	if c.Quantity.Odd {
		odd.Say(fleet.Text("a quantity of the costs is no number: it is unknown"))
	}
	bills.Sign(&l)
	return l
}

// split parts "gpt-5, input_tokens" at its last comma. What has none names no model.
func split(item string) (model, kind string) {
	i := strings.LastIndexByte(item, ',')
	if i < 0 {
		return "", item
	}
	return strings.TrimSpace(item[:i]), strings.TrimSpace(item[i+1:])
}

func tierOf(kind string) string {
	for _, tier := range []string{"batch", "flex", "priority"} {
		if strings.Contains(strings.ToLower(kind), tier) {
			return tier
		}
	}
	return ""
}

// useOf is what a line item counts and by how much its quantity is multiplied. Units are an open set: what is not known stays as
// it is written.
func useOf(model, kind, unit string) (fleet.UsageKind, decimal.Decimal) {
	one := decimal.NewFromInt(1)
	switch unit {
	case "tokens", "":
		return wordsOf(kind), one
	case "1000_tokens":
		if use := wordsOf(kind); use.IsTokens() {
			return use, decimal.NewFromInt(1000)
		}
		return fleet.UseUnknown, one
	case "images":
		return fleet.UseImages, one
	case "characters":
		return fleet.UseCharacters, one
	case "gibibyte_hours":
		return fleet.UseStorage, one
	}
	seconds, ok := map[string]int64{"duration_seconds": 1, "duration_minutes": 60, "duration_hours": 3600}[unit]
	switch words := model + " " + kind; {
	case !ok:
		return fleet.UseUnknown, one
	case has(words, "sora", "video"):
		return fleet.UseVideoSeconds, decimal.NewFromInt(seconds)
	case has(words, "audio", "whisper", "transcri", "speech", "tts"):
		return fleet.UseAudioSeconds, decimal.NewFromInt(seconds)
	default:
		return fleet.UseUnknown, one
	}
}

// wordsOf is what the words of a line item that counts tokens say.
func wordsOf(kind string) fleet.UsageKind {
	in, out := has(kind, "input"), has(kind, "output")
	switch {
	case has(kind, "cache write", "cache creation"):
		return fleet.UseCacheWrite5m
	case has(kind, "cached"):
		return fleet.UseCacheRead
	case has(kind, "search", "tool call", "code interpreter"):
		return fleet.UseToolCalls
	case in == out:
		return fleet.UseUnknown
	case has(kind, "audio"):
		return either(in, fleet.UseAudioIn, fleet.UseAudioOut)
	case has(kind, "image"):
		return either(in, fleet.UseImageIn, fleet.UseImageOut)
	default:
		return either(in, fleet.UseInput, fleet.UseOutput)
	}
}

func either(first bool, a, b fleet.UsageKind) fleet.UsageKind {
	if first {
		return a
	}
	return b
}

func has(text string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}
