package focus

import (
	"pitwall/backends/internal/billfolder"
	"pitwall/backends/internal/sheet"
	"pitwall/fleet"
)

// anthropicUses are the token types of Anthropic's exports.
var anthropicUses = map[string]fleet.UsageKind{
	"input_no_cache": fleet.UseInput, "input_cache_read": fleet.UseCacheRead, "input_cache_write_5m": fleet.UseCacheWrite5m,
	"input_cache_write_1h": fleet.UseCacheWrite1h, "output": fleet.UseOutput, "web_search": fleet.UseToolCalls,
	"code_execution": fleet.UseToolCalls,
}

// anthropicCosts recognises the cost export of the Claude console, which is in dollars, unlike the API with its cents.
func (r rules) anthropicCosts(h sheet.Head) (billfolder.Table, error) {
	if !h.Has("usage_date_utc", "token_type", "cost_usd") {
		return nil, nil
	}
	return &anthropicCosts{rules: r, timed: timed{from: h.Column("usage_date_utc")}, model: h.Column("model"),
		workspace: h.Column("workspace"), key: h.Column("api_key_id"), usage: h.Column("usage_type"), kind: h.Column("token_type"),
		cost: h.Column("cost_usd"), list: h.Column("list_price_usd"), region: h.Column("inference_geo"), cause: h.Column("cost_type")}, nil
}

type anthropicCosts struct {
	rules
	timed
	model, workspace, key, usage, kind, cost, list, region, cause sheet.Column
}

func (x *anthropicCosts) Title() string          { return "Anthropic costs" }
func (x *anthropicCosts) End(*sheet.Tally) error { return nil }

func (x *anthropicCosts) Row(row [][]byte, tally *sheet.Tally) error {
	from, to, err := x.of(row)
	if err != nil {
		return err
	}
	cost, ok := sheet.ParseAmount(x.cost.Of(row))
	if !ok || !cost.OK {
		return errAmount
	}
	list, _ := sheet.ParseAmount(x.list.Of(row))
	kind := x.kind.Of(row)
	if len(kind) == 0 {
		kind = x.cause.Of(row)
	}
	k := sheet.Key{From: from, To: to, Stream: fleet.StreamBilled, Charge: fleet.ChargeUsage, Provider: x.rules.whose(tally, "Anthropic"),
		Project: tally.Word(x.workspace.Of(row)), Model: tally.Word(x.model.Of(row)), Item: tally.Word(kind),
		Use: anthropicUses[string(kind)], API: tally.Word(x.key.Of(row)), Region: tally.Word(place(x.region.Of(row))),
		Currency: tally.Word(usd), Tier: tally.Word(tier(x.usage.Of(row)))}
	return tally.Add(k, sheet.Amount{}, cost, list)
}

// place is a region; that none is told is none.
func place(geo []byte) []byte {
	if string(geo) == "not_available" {
		return nil
	}
	return geo
}

// tier is the tier of service of a type of usage: messages are the standard one.
func tier(usage []byte) []byte {
	switch string(usage) {
	case "message", "standard":
		return nil
	default:
		return usage
	}
}

// anthropicUsage recognises the export of tokens of the Claude console. Its counts contain nothing of each other.
func (r rules) anthropicUsage(h sheet.Head) (billfolder.Table, error) {
	if !h.Has("usage_date_utc", "usage_input_tokens_no_cache", "usage_output_tokens") {
		return nil, nil
	}
	x := &usage{title: "Anthropic usage", rules: r, provider: "Anthropic", timed: timed{from: h.Column("usage_date_utc")},
		model: h.Column("model_version", "model"), project: h.Column("workspace"), key: h.Column("api_key_id"), region: h.Column("inference_geo"),
		batch: h.Column("usage_type")}
	x.counts = counts{
		{column: h.Column("usage_input_tokens_no_cache"), use: fleet.UseInput},
		{column: h.Column("usage_input_tokens_cache_read"), use: fleet.UseCacheRead},
		{column: h.Column("usage_input_tokens_cache_write_5m"), use: fleet.UseCacheWrite5m},
		{column: h.Column("usage_input_tokens_cache_write_1h"), use: fleet.UseCacheWrite1h},
		{column: h.Column("usage_output_tokens"), use: fleet.UseOutput},
		{column: h.Column("web_search_count"), use: fleet.UseToolCalls},
	}
	return x, nil
}

// openRouter recognises OpenRouter's export of activity: one row a request. Cached tokens are part of the prompt's.
func (r rules) openRouter(h sheet.Head) (billfolder.Table, error) {
	if !h.Has("created_at", "cost_total", "model_permaslug") {
		return nil, nil
	}
	cached := h.Column("tokens_cached")
	x := &openRouter{cost: h.Column("cost_total"), model: h.Column("model_permaslug"), variant: h.Column("variant"),
		key: h.Column("api_key_name")}
	x.usage = usage{title: "OpenRouter activity", rules: r, provider: "OpenRouter", timed: timed{from: h.Column("created_at")},
		model: x.model, key: x.key}
	x.usage.counts = counts{
		{column: h.Column("tokens_prompt"), use: fleet.UseInput, less: []sheet.Column{cached}},
		{column: cached, use: fleet.UseCacheRead}, {column: h.Column("tokens_completion"), use: fleet.UseOutput},
	}
	return x, nil
}

type openRouter struct {
	usage
	cost, model, variant, key sheet.Column
}

func (x *openRouter) Row(row [][]byte, tally *sheet.Tally) error {
	from, to, err := x.of(row)
	if err != nil {
		return err
	}
	cost, ok := sheet.ParseAmount(x.cost.Of(row))
	if !ok || !cost.OK {
		return errAmount
	}
	if err := x.usage.Row(row, tally); err != nil {
		return err
	}
	return tally.Add(sheet.Key{From: from, To: to, Stream: fleet.StreamBilled, Charge: fleet.ChargeUsage,
		Provider: x.whose(tally, "OpenRouter"), Model: tally.Word(x.model.Of(row)), Item: tally.Word(x.variant.Of(row)),
		API: tally.Word(x.key.Of(row)), Currency: tally.Word(usd)}, sheet.Amount{}, cost, sheet.Amount{})
}
