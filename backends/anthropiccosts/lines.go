package anthropiccosts

import (
	"pitwall/backends/internal/bills"
	"pitwall/fleet"
)

// cost is one result of the cost report: cents, with fractions, as a text. Of keys it knows nothing.
type cost struct {
	Amount      bills.Quoted `json:"amount"`
	Currency    bills.Word   `json:"currency"`
	Workspace   bills.Word   `json:"workspace_id"` // none is the default one
	Description bills.Word   `json:"description"`
	Type        bills.Word   `json:"cost_type"`
	Model       bills.Word   `json:"model"`
	Token       bills.Word   `json:"token_type"`
	Tier        bills.Word   `json:"service_tier"`
	Geo         bills.Word   `json:"inference_geo"`
}

func (c *cost) line(at fleet.Span, odd *bills.Odd) fleet.BillLine {
	l := fleet.BillLine{Stream: fleet.StreamBilled, Span: at, Model: fleet.ModelName(c.Model), Use: c.use(),
		Item: fleet.Label(string(c.Description)), Tier: string(c.Tier), Project: string(c.Workspace), Region: region(c.Geo)}
	dollars := c.Amount.Maybe
	if dollars.OK {
		const cents = -2
		dollars.V = dollars.V.Shift(cents)
	}
	if l.Cost = bills.Money(dollars, string(c.Currency)); !l.Cost.OK {
		odd.Say(fleet.Text("an amount of the cost report is no text of cents with a currency: what its line costs is unknown"))
	}
	bills.Sign(&l)
	return l
}

// use is by the names of the fields of usage, which token types repeat.
func (c *cost) use() fleet.UsageKind {
	switch c.Type {
	case "web_search", "code_execution":
		return fleet.UseToolCalls
	case "tokens":
	default:
		return fleet.UseUnknown
	}
	switch c.Token {
	case "uncached_input_tokens":
		return fleet.UseInput
	case "cache_read_input_tokens":
		return fleet.UseCacheRead
	case "cache_creation.ephemeral_5m_input_tokens":
		return fleet.UseCacheWrite5m
	case "cache_creation.ephemeral_1h_input_tokens":
		return fleet.UseCacheWrite1h
	case "output_tokens":
		return fleet.UseOutput
	default:
		return fleet.UseUnknown
	}
}

func region(geo bills.Word) string {
	if geo == "not_available" {
		return ""
	}
	return string(geo)
}

// messages is one result of the usage report. Its counters are apart from each other: input holds nothing of the cache.
type messages struct {
	Input    bills.Number `json:"uncached_input_tokens"`
	Creation struct {
		Short bills.Number `json:"ephemeral_5m_input_tokens"`
		Long  bills.Number `json:"ephemeral_1h_input_tokens"`
	} `json:"cache_creation"`
	Read   bills.Number `json:"cache_read_input_tokens"`
	Output bills.Number `json:"output_tokens"`
	Tools  struct {
		Searches bills.Number `json:"web_search_requests"`
	} `json:"server_tool_use"`
	Key       bills.Word `json:"api_key_id"` // none for the console
	Workspace bills.Word `json:"workspace_id"`
	Model     bills.Word `json:"model"`
	Tier      bills.Word `json:"service_tier"`
	Context   bills.Word `json:"context_window"`
	Geo       bills.Word `json:"inference_geo"`
}

func (m *messages) lines(at fleet.Span, odd *bills.Odd) []fleet.BillLine {
	c := bills.Counted{Odd: odd, Line: fleet.BillLine{Stream: fleet.StreamReported, Span: at, Model: fleet.ModelName(m.Model),
		Item: fleet.Label(string(m.Context)), Tier: string(m.Tier), Project: string(m.Workspace), Key: bills.KeyID(m.Key), Region: region(m.Geo)}}
	c.Put(fleet.UseInput, m.Input)
	c.Put(fleet.UseCacheWrite5m, m.Creation.Short)
	c.Put(fleet.UseCacheWrite1h, m.Creation.Long)
	c.Put(fleet.UseCacheRead, m.Read)
	c.Put(fleet.UseOutput, m.Output)
	c.Line.Item = fleet.Text("web search requests")
	c.Put(fleet.UseToolCalls, m.Tools.Searches)
	return c.Lines
}
