package wire

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/world"
)

// openAIBills serves costs, usage, the spend limit and alerts of an organisation (openai/openai-openapi f85dbe2).
func (s *server) openAIBills(p *world.Provider) {
	b := &bills{server: s, p: p, perMin: mostOpenAI}
	b.guarded("/v1/organization/costs", refuseOpenAI, b.openAICosts)
	b.guarded("/v1/organization/usage/completions", refuseOpenAI, b.openAIUsage)
	for _, kind := range []string{"embeddings", "moderations", "images", "audio_speeches", "audio_transcriptions", "vector_stores",
		"code_interpreter_sessions", "file_search_calls", "web_search_calls"} {
		b.guarded("/v1/organization/usage/"+kind, refuseOpenAI, b.openAINothing)
	}
	b.guarded("/v1/organization/spend_limit", refuseOpenAI, b.openAILimit)
	b.guarded("/v1/organization/spend_alerts", refuseOpenAI, b.openAIAlerts)
}

func refuseOpenAI(w http.ResponseWriter, status, _ int) {
	kind, message, code := "invalid_request_error", "Incorrect API key provided.", any("invalid_api_key")
	switch status {
	case http.StatusForbidden:
		message, code = "You have insufficient permissions for this operation. Missing scopes: api.usage.read. Check that you have the "+
			"correct role in your organization, and if you're using a restricted API key, that it has the necessary scopes.", nil
	case http.StatusTooManyRequests:
		kind, message, code = "requests", "Rate limit reached for this endpoint.", "rate_limit_exceeded"
	}
	respond(w, status, object{"error": object{"message": message, "type": kind, "param": nil, "code": code}})
}

func badOpenAI(w http.ResponseWriter, param, message string) {
	respond(w, http.StatusBadRequest, object{"error": object{"message": message, "type": "invalid_request_error", "param": param,
		"code": "invalid_value"}})
}

// openAIWindow reads the time that is asked about; "" is no fault.
func (b *bills) openAIWindow(q url.Values, grains map[string]grain) (w window, param, fault string) {
	g, ok := grains[q.Get("bucket_width")]
	if q.Get("bucket_width") == "" {
		g, ok = grains["1d"], true
	}
	if !ok {
		return w, "bucket_width", "Invalid bucket_width"
	}
	start, err := strconv.ParseInt(q.Get("start_time"), 10, 64)
	if err != nil || start < 0 || start > 1<<40 {
		return w, "start_time", "start_time is required and is a time in Unix seconds"
	}
	w = window{from: time.Unix(start, 0).UTC().Truncate(g.width), to: b.o.Clock.Now().UTC(), width: g.width, limit: g.usual}
	if text := q.Get("end_time"); text != "" {
		end, err := strconv.ParseInt(text, 10, 64)
		if err != nil || end <= start {
			return w, "end_time", "end_time must be after start_time"
		}
		if to := time.Unix(end, 0).UTC(); to.Before(w.to) {
			w.to = to
		}
	}
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > g.most {
			return w, "limit", fmt.Sprintf("limit must be between 1 and %d", g.most)
		}
		w.limit = n
	}
	return w, "", ""
}

// openAIPage answers with the buckets of a page, whose results one fills.
func (b *bills) openAIPage(w http.ResponseWriter, r *http.Request, grains map[string]grain, dimensions []string,
	known func(now, at time.Time) bool, results func([]world.Served, map[string]bool) []object,
) {
	q := r.URL.Query()
	win, param, fault := b.openAIWindow(q, grains)
	if fault != "" {
		badOpenAI(w, param, fault)
		return
	}
	by := map[string]bool{}
	for _, name := range many(q, "group_by") {
		if !slices.Contains(dimensions, name) {
			badOpenAI(w, "group_by", "Invalid group_by: "+name)
			return
		}
		by[name] = true
	}
	starts, next, err := win.slice(q.Get("page"))
	if err != nil {
		badOpenAI(w, "page", "Invalid page")
		return
	}
	data := []object{}
	for _, at := range starts {
		end := at.Add(win.width)
		rows := slices.DeleteFunc(b.served(at, end, known), func(s world.Served) bool { return !b.wanted(q, s) })
		data = append(data, object{"object": "bucket", "start_time": at.Unix(), "end_time": end.Unix(), "results": results(rows, by)})
	}
	respond(w, http.StatusOK, object{"object": "page", "data": data, "has_more": next != "", "next_page": orNull(next)})
}

// wanted applies the filters.
func (b *bills) wanted(q url.Values, s world.Served) bool {
	key, project := keyOf(s)
	for name, value := range map[string]string{"models": b.billed(s.Model), "api_key_ids": key, "project_ids": project} {
		if list := many(q, name); len(list) > 0 && !slices.Contains(list, value) {
			return false
		}
	}
	return q.Get("batch") == "" || q.Get("batch") == strconv.FormatBool(s.Tier == world.TierBatch)
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// when gives a value of a dimension that was asked for, else null.
func when(by map[string]bool, name string, v any) any {
	if by[name] {
		return v
	}
	return nil
}

type costRow struct{ line, project, key string }

func (b *bills) openAICosts(w http.ResponseWriter, r *http.Request) {
	b.openAIPage(w, r, map[string]grain{"1d": {24 * time.Hour, 7, 180}}, []string{"project_id", "line_item", "api_key_id"}, charged,
		b.costResults)
}

// costResults are the lines of a day. Amounts are dollars in floating point, as they are sent.
func (b *bills) costResults(rows []world.Served, by map[string]bool) []object {
	amounts, tokens := map[costRow]decimal.Decimal{}, map[costRow]int64{}
	var order []costRow
	for _, s := range rows {
		key, project := keyOf(s)
		for _, k := range b.buckets(s.Model, s.Tokens) {
			if k.tokens == 0 {
				continue
			}
			var row costRow
			if by["line_item"] {
				row.line = b.billed(s.Model) + ", " + map[bool]string{true: "batch "}[s.Tier == world.TierBatch] + k.item
			}
			if by["project_id"] {
				row.project = project
			}
			if by["api_key_id"] {
				row.key = key
			}
			if _, known := tokens[row]; !known {
				order = append(order, row)
			}
			amounts[row] = amounts[row].Add(k.cost(s.Tier))
			tokens[row] += k.tokens
		}
	}
	list := []object{}
	for _, row := range order {
		quantity, unit := any(nil), any(nil)
		if by["line_item"] {
			quantity, unit = tokens[row], "tokens"
		}
		list = append(list, object{"object": "organization.costs.result",
			"amount":    object{"value": amounts[row].InexactFloat64(), "currency": "usd"},
			"line_item": orNull(row.line), "project_id": orNull(row.project), "api_key_id": orNull(row.key),
			"quantity": quantity, "quantity_unit": unit})
	}
	return list
}

type usageRow struct {
	model, project, key string
	batch               bool
}

func (b *bills) openAIUsage(w http.ResponseWriter, r *http.Request) {
	b.openAIPage(w, r, map[string]grain{"1m": {time.Minute, 60, 1440}, "1h": {time.Hour, 24, 168}, "1d": {24 * time.Hour, 7, 31}},
		[]string{"project_id", "user_id", "api_key_id", "model", "batch", "service_tier", "api_source"}, reported(usageLag), b.usageResults)
}

// openAINothing answers of what nobody uses: buckets without results.
func (b *bills) openAINothing(w http.ResponseWriter, r *http.Request) {
	b.openAIPage(w, r, map[string]grain{"1m": {time.Minute, 60, 1440}, "1h": {time.Hour, 24, 168}, "1d": {24 * time.Hour, 7, 31}},
		[]string{"project_id", "user_id", "api_key_id", "model", "source", "size"}, reported(usageLag),
		func([]world.Served, map[string]bool) []object { return []object{} })
}

func (b *bills) usageResults(rows []world.Served, by map[string]bool) []object {
	keys, of := sums(rows, func(s world.Served) (row usageRow) {
		key, project := keyOf(s)
		if by["model"] {
			row.model = b.billed(s.Model)
		}
		if by["project_id"] {
			row.project = project
		}
		if by["api_key_id"] {
			row.key = key
		}
		row.batch = by["batch"] && s.Tier == world.TierBatch
		return row
	})
	list := []object{}
	for _, k := range keys {
		sum := total(of[k])
		list = append(list, object{"object": "organization.usage.completions.result", "input_tokens": sum.Prompt(),
			"input_cached_tokens": sum.CacheRead, "input_cache_write_tokens": sum.CacheWrite, "input_uncached_tokens": sum.Input,
			"output_tokens": sum.Output, "num_model_requests": sum.Requests, "input_audio_tokens": 0, "output_audio_tokens": 0,
			"project_id": orNull(k.project), "user_id": nil, "api_key_id": orNull(k.key), "model": orNull(k.model),
			"batch": when(by, "batch", k.batch), "service_tier": when(by, "service_tier", "default")})
	}
	return list
}

// monthLimit is the hard limit of the organisation in cents, and alertAt where it wants a mail. Interlocks hold plans against
// both: they are above what the whole fleet's load costs in a month of its dearest model.
const (
	monthLimit = 150_000_000
	alertAt    = 120_000_000
)

// openAILimit is in force when the month has used it up.
func (b *bills) openAILimit(w http.ResponseWriter, _ *http.Request) {
	now := b.o.Clock.Now()
	sum := decimal.Zero
	for _, s := range b.served(monthOf(now), now, func(_, _ time.Time) bool { return true }) {
		sum = sum.Add(b.p.Spec.Charge(s))
	}
	state := "inactive"
	if sum.Shift(2).GreaterThanOrEqual(decimal.NewFromInt(monthLimit)) {
		state = "enforcing"
	}
	respond(w, http.StatusOK, object{"object": "organization.spend_limit", "threshold_amount": monthLimit, "currency": "USD",
		"interval": "month", "enforcement": object{"status": state}})
}

func (b *bills) openAIAlerts(w http.ResponseWriter, _ *http.Request) {
	const id = "alert_1"
	respond(w, http.StatusOK, object{"object": "list", "first_id": id, "last_id": id, "has_more": false, "data": []object{{
		"id": id, "object": "organization.spend_alert", "threshold_amount": alertAt, "currency": "USD", "interval": "month",
		"notification_channel": object{"type": "email", "recipients": []string{"finops@example.com"}, "subject_prefix": nil}}}})
}
