package wire

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/world"
)

// anthropicBills serves the two reports of an organisation's Usage and Cost API.
func (s *server) anthropicBills(p *world.Provider) {
	b := &bills{server: s, p: p, perMin: mostAnthropic}
	b.guarded("/v1/organizations/usage_report/messages", refuseAnthropic, b.anthropicUsage)
	b.guarded("/v1/organizations/cost_report", refuseAnthropic, b.anthropicCosts)
}

func failAnthropic(w http.ResponseWriter, status int, kind, message string) {
	respond(w, status, object{"type": "error", "error": object{"type": kind, "message": message}, "request_id": "req_simulated"})
}

// refuseAnthropic calls an ordinary key invalid here, as the real one does.
func refuseAnthropic(w http.ResponseWriter, status, _ int) {
	if status == http.StatusTooManyRequests {
		failAnthropic(w, status, "rate_limit_error", "This request would exceed your organization's rate limit for this endpoint.")
		return
	}
	failAnthropic(w, http.StatusUnauthorized, "authentication_error", "invalid x-api-key")
}

func badAnthropic(w http.ResponseWriter, message string) {
	failAnthropic(w, http.StatusBadRequest, "invalid_request_error", message)
}

func anthropicWindow(q url.Values, now time.Time, grains map[string]grain) (w window, fault string) {
	width := q.Get("bucket_width")
	if width == "" {
		width = "1d"
	}
	g, ok := grains[width]
	if !ok {
		return w, "bucket_width: Input should be one of the allowed widths"
	}
	from, err := time.Parse(time.RFC3339, q.Get("starting_at"))
	if err != nil {
		return w, "starting_at: Field required, an RFC 3339 time"
	}
	w = window{from: from.UTC().Truncate(g.width), to: now.UTC(), width: g.width, limit: g.usual}
	if text := q.Get("ending_at"); text != "" {
		to, err := time.Parse(time.RFC3339, text)
		if err != nil || !to.After(from) {
			return w, "ending_at: must be after starting_at"
		}
		if to.Before(w.to) {
			w.to = to.UTC()
		}
	}
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > g.most {
			return w, "limit: Input should be less than or equal to " + strconv.Itoa(g.most)
		}
		w.limit = n
	}
	return w, ""
}

func (b *bills) anthropicPage(w http.ResponseWriter, r *http.Request, grains map[string]grain, dimensions []string,
	results func([]world.Served, map[string]bool) []object,
) {
	if r.Header.Get("anthropic-version") == "" {
		badAnthropic(w, "anthropic-version: header is required")
		return
	}
	q := r.URL.Query()
	win, fault := anthropicWindow(q, b.o.Clock.Now(), grains)
	by := map[string]bool{}
	for _, name := range q["group_by[]"] {
		if !slices.Contains(dimensions, name) {
			fault = "group_by: Input should be one of " + strings.Join(dimensions, ", ")
		}
		by[name] = true
	}
	starts, next, err := win.slice(q.Get("page"))
	if err != nil && fault == "" {
		fault = "page: invalid"
	}
	if fault != "" {
		badAnthropic(w, fault)
		return
	}
	data := []object{}
	for _, at := range starts {
		end := at.Add(win.width)
		rows := slices.DeleteFunc(b.served(at, end, reported(reportLag)), func(s world.Served) bool {
			models := q["models[]"]
			return len(models) > 0 && !slices.Contains(models, b.billed(s.Model))
		})
		data = append(data, object{"starting_at": at.Format(time.RFC3339), "ending_at": end.Format(time.RFC3339), "results": results(rows, by)})
	}
	respond(w, http.StatusOK, object{"data": data, "has_more": next != "", "next_page": orNull(next)})
}

// claudeRow is what the reports tell rows apart by.
type claudeRow struct{ model, workspace, key, tier string }

func tierOf(s world.Served) string {
	if s.Tier == "" {
		return "standard"
	}
	return s.Tier
}

// workspaceOf is null for the default workspace, where the gateways' key is.
func workspaceOf(s world.Served) string {
	if s.Past {
		return "wrkspc_research"
	}
	return ""
}

func (b *bills) anthropicUsage(w http.ResponseWriter, r *http.Request) {
	b.anthropicPage(w, r, map[string]grain{"1m": {time.Minute, 60, 1440}, "1h": {time.Hour, 24, 168}, "1d": {24 * time.Hour, 7, 31}},
		[]string{"api_key_id", "workspace_id", "model", "service_tier", "context_window", "inference_geo", "account_id",
			"service_account_id"}, b.claudeUsage)
}

func (b *bills) claudeUsage(rows []world.Served, by map[string]bool) []object {
	keys, of := sums(rows, func(s world.Served) (row claudeRow) {
		if by["model"] {
			row.model = b.billed(s.Model)
		}
		if by["workspace_id"] {
			row.workspace = workspaceOf(s)
		}
		if by["api_key_id"] {
			row.key, _ = keyOf(s)
			row.key = "api" + row.key
		}
		if by["service_tier"] {
			row.tier = tierOf(s)
		}
		return row
	})
	list := []object{}
	for _, k := range keys {
		sum := total(of[k])
		list = append(list, object{"uncached_input_tokens": sum.Input, "cache_read_input_tokens": sum.CacheRead,
			"cache_creation": object{"ephemeral_5m_input_tokens": sum.CacheWrite, "ephemeral_1h_input_tokens": 0},
			"output_tokens":  sum.Output, "server_tool_use": object{"web_search_requests": 0}, "api_key_id": orNull(k.key),
			"workspace_id": orNull(k.workspace), "model": orNull(k.model), "service_tier": orNull(k.tier),
			"context_window": when(by, "context_window", "0-200k"), "inference_geo": when(by, "inference_geo", "global"),
			"account_id": nil, "service_account_id": nil})
	}
	return list
}

func (b *bills) anthropicCosts(w http.ResponseWriter, r *http.Request) {
	b.anthropicPage(w, r, map[string]grain{"1d": {24 * time.Hour, 7, 31}}, []string{"workspace_id", "description"}, b.claudeCosts)
}

// claudeCosts are amounts in cents with five decimals, as strings.
func (b *bills) claudeCosts(rows []world.Served, by map[string]bool) []object {
	var order []costLine
	cents := map[costLine]decimal.Decimal{}
	for _, s := range rows {
		for _, k := range b.buckets(s.Model, s.Tokens) {
			if k.tokens == 0 {
				continue
			}
			var row costLine
			if by["workspace_id"] {
				row.workspace = workspaceOf(s)
			}
			if by["description"] {
				row.model, row.tier, row.item, row.use = b.billed(s.Model), tierOf(s), k.item, k.join
			}
			if _, known := cents[row]; !known {
				order = append(order, row)
			}
			cents[row] = cents[row].Add(k.cost(s.Tier).Shift(2))
		}
	}
	list := []object{}
	for _, row := range order {
		o := object{"currency": "USD", "amount": cents[row].Round(5).String(), "workspace_id": orNull(row.workspace),
			"description": nil, "cost_type": nil, "model": orNull(row.model), "service_tier": orNull(row.tier), "token_type": orNull(row.use),
			"context_window": when(by, "description", "0-200k"), "inference_geo": when(by, "description", "global")}
		if by["description"] {
			o["description"], o["cost_type"] = describe(row), "tokens"
		}
		list = append(list, o)
	}
	return list
}

type costLine struct {
	claudeRow
	item, use string
}

// describe is the text of a line: "Claude Sonnet 4 5 Usage - Cached Input Tokens".
func describe(row costLine) string {
	words := strings.Fields(strings.ReplaceAll(row.model, "-", " ") + " Usage - " + row.item + " Tokens")
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	text := strings.Join(words, " ")
	if row.tier == world.TierBatch {
		text += " (Batch)"
	}
	return text
}
