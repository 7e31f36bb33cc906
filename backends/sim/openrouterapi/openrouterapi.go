// Package openrouterapi is a simulated account of OpenRouter: the activity of completed UTC days by model, what the key may spend and
// what credit is left, in the format of the real one (OpenRouterTeam/docs openapi c26125a5). It must not import any adapter.
package openrouterapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/account"
	"pitwall/fleet"
)

// KeyName is the credential of the account, a management key, which opens nothing but the simulation.
const (
	KeyName = "PITWALL_SIM_OPENROUTER"
	key     = "simulated-management-key-of-openrouter"
)

// What the account bought, and what its key may spend in a month.
const (
	bought = 250_000
	limit  = 120_000
)

// days is how far back activity goes.
const days = 30

// System is the account for the registry.
var System = account.System{Name: "openrouter", New: func(t account.Truth) (http.Handler, error) { return New(t), nil }, Sources: sources,
	Secrets: map[string]string{KeyName: key}}

func sources(at account.Endpoint) ([]fleet.SourceSpec, []fleet.AccountSpec, error) {
	return []fleet.SourceSpec{{ID: "openrouter-costs", Kind: "openrouter-costs", URL: at.URL + "/api/v1", Interval: 15 * time.Minute,
		Timeout: 30 * time.Second, Auth: fleet.SecretRef{Env: KeyName},
		Subject: fleet.Subject{About: fleet.AboutBill, Provider: at.Provider}}}, nil, nil
}

type server struct {
	*account.Bearer
	truth account.Truth
}

type object = map[string]any

// New serves an account.
func New(t account.Truth) http.Handler {
	s := &server{truth: t, Bearer: &account.Bearer{Clock: t.Clock, Key: key, Mux: http.NewServeMux(), Refuse: refusal,
		Limit: &account.Limit{Clock: t.Clock, Burst: 20, PerSecond: 1}}}
	s.Mux.HandleFunc("GET /api/v1/key", s.key)
	s.Mux.HandleFunc("GET /api/v1/credits", s.credits)
	s.Mux.HandleFunc("GET /api/v1/activity", s.activity)
	return s
}

func refusal(status int) any {
	message := map[int]string{http.StatusUnauthorized: "Missing Authentication header", http.StatusTooManyRequests: "Rate limit exceeded",
		http.StatusNotFound: "Not Found"}[status]
	return object{"error": object{"code": status, "message": message}}
}

func (s *server) today() time.Time { return s.Clock.Now().UTC().Truncate(24 * time.Hour) }

// spent is what was charged from a time until now: the account knows of a request once it has ended.
func (s *server) spent(from time.Time) decimal.Decimal {
	sum := decimal.Zero
	for _, x := range s.truth.Items(from, s.Clock.Now(), time.Hour, func(time.Time) bool { return true }) {
		sum = sum.Add(x.Cost)
	}
	return sum
}

func (s *server) key(w http.ResponseWriter, _ *http.Request) {
	today := s.today()
	month := s.spent(today.AddDate(0, 0, 1-today.Day())).InexactFloat64()
	s.Say(w, http.StatusOK, object{"data": object{"label": "sk-or-v1-sim...001", "limit": limit, "limit_remaining": limit - month,
		"limit_reset": "monthly", "usage": s.spent(today.AddDate(0, 0, -days)).InexactFloat64(), "usage_daily": s.spent(today).InexactFloat64(),
		"usage_monthly": month, "byok_usage": 0, "is_free_tier": false, "is_management_key": true, "include_byok_in_limit": false}})
}

func (s *server) credits(w http.ResponseWriter, _ *http.Request) {
	s.Say(w, http.StatusOK, object{"data": object{"total_credits": bought,
		"total_usage": s.spent(s.today().AddDate(0, 0, -days)).InexactFloat64()}})
}

// row is one model in one day.
type row struct {
	Date       string  `json:"date"`
	Model      string  `json:"model"`
	Permaslug  string  `json:"model_permaslug"`
	Endpoint   string  `json:"endpoint_id"`
	Provider   string  `json:"provider_name"`
	Usage      float64 `json:"usage"`
	Own        float64 `json:"byok_usage_inference"`
	Requests   int64   `json:"requests"`
	Prompt     int64   `json:"prompt_tokens"`
	Completion int64   `json:"completion_tokens"`
	Reasoning  int64   `json:"reasoning_tokens"`
	Workspace  string  `json:"workspace_id,omitempty"`
}

// activity tells of the completed days before today. Prompts are counted whole, whatever part of them was cached.
func (s *server) activity(w http.ResponseWriter, r *http.Request) {
	today := s.today()
	list := []*row{}
	var last *row
	exact := decimal.Zero
	for _, x := range s.truth.Items(today.AddDate(0, 0, -days), today, 24*time.Hour, func(time.Time) bool { return true }) {
		model := strings.ToLower(s.truth.Provider) + "/" + x.Model
		date := x.At.Format(time.DateOnly)
		if last == nil || last.Date != date || last.Model != model {
			last = &row{Date: date, Model: model, Permaslug: model + "-2026-05-01", Endpoint: "11111111-2222-4333-8444-555555555555",
				Provider: s.truth.Provider}
			if r.URL.Query().Get("group_by") == "workspace" {
				last.Workspace = "ws_gateways"
			}
			list = append(list, last)
			exact = decimal.Zero
		}
		exact = exact.Add(x.Cost)
		last.Usage = exact.InexactFloat64()
		switch x.Kind {
		case account.Output:
			last.Completion += x.N
		case account.Requests:
			last.Requests += x.N
		default:
			last.Prompt += x.N
		}
	}
	s.Say(w, http.StatusOK, object{"data": list})
}
