package litellm

import (
	"net/http"
	"net/http/httptest"
	"strconv"
)

// fakeSpending is what the fake counts of money.
type fakeSpending struct {
	pages      int // of a day's activity
	aggregated bool
	answer     string // in place of the true one
	status     int
	budgets    bool // some are configured
}

func (r *fakeReplica) money(w *httptest.ResponseRecorder, req *http.Request) {
	s := &r.gw.spending
	switch {
	case !r.gw.hasDB && req.URL.Path != budgetsPath:
		answer(w, 500, map[string]any{"detail": map[string]any{"error": "No DB Connected"}})
	case req.URL.Path == budgetsPath && !s.budgets:
		answer(w, 500, map[string]any{"error": map[string]any{"message": "No provider budget config found " + canary}})
	case req.URL.Path == budgetsPath:
		answer(w, 200, map[string]any{"providers": map[string]any{
			"openai": map[string]any{"budget_limit": 100.0, "time_period": "1d", "spend": 12.5, "budget_reset_at": "2026-08-21T00:00:00+00:00"},
			"azure":  map[string]any{"budget_limit": nil, "time_period": nil, "spend": nil, "budget_reset_at": nil},
		}})
	case s.status != 0 || s.answer != "":
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(max(s.status, 200))
		w.WriteString(s.answer)
	default:
		page, _ := strconv.Atoi(req.URL.Query().Get("page"))
		answer(w, 200, activityPage(req.URL.Query().Get("start_date"), page, max(s.pages, 1)))
	}
}

// activityPage is $1.50 of chat and $0.50 of spare.
func activityPage(date string, page, pages int) map[string]any {
	sum := func(v float64) map[string]any {
		return map[string]any{"spend": v, "prompt_tokens": 10, "completion_tokens": 5, "cache_read_input_tokens": 0,
			"cache_creation_input_tokens": 0, "total_tokens": 15, "successful_requests": 3, "failed_requests": 0, "api_requests": 3}
	}
	of := func(v float64) map[string]any {
		return map[string]any{"metrics": sum(v), "metadata": map[string]any{}, "api_key_breakdown": map[string]any{
			canary: map[string]any{"metrics": sum(v), "metadata": map[string]any{"key_alias": canary}}}}
	}
	return map[string]any{
		"results": []any{map[string]any{"date": date, "metrics": sum(2), "breakdown": map[string]any{
			"models":       map[string]any{"openai/model-a": of(1.25), "openai/model-b": of(0.75)},
			"model_groups": map[string]any{"chat": of(1.5), "spare": of(0.5)},
			"api_keys":     map[string]any{canary: of(2)}}}},
		"metadata": map[string]any{"total_spend": 2.0 * float64(pages), "page": page, "total_pages": pages, "has_more": page < pages},
	}
}
