// Package googleapi is a simulated project of Google Cloud: the billing export behind BigQuery, counts of Cloud Monitoring and
// instances of Compute Engine, in the formats of the real ones, with their lag, pages and limits. It must not import any adapter.
package googleapi

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/account"
	"pitwall/fleet"
)

// The credential of the project: an access token as `gcloud auth print-access-token` gives one. Tokens that the key of this
// service account signed are taken too.
const (
	KeyName = "PITWALL_SIM_GOOGLE"
	token   = "simulated-token-of-google"
	// Robot and RobotKey are the service account and the id of its key.
	Robot    = "pitwall@simulated.iam.gserviceaccount.com"
	RobotKey = "0000000000000000000000000000000000000007"
)

// What the project has.
const (
	project = "simulated"
	table   = project + ".billing.gcp_billing_export_v1_000000_000000_000007"
)

// System is the account for the registry.
var System = account.System{Name: "google", New: func(t account.Truth) (http.Handler, error) { return New(t), nil },
	Sources: sources, Secrets: map[string]string{KeyName: token}}

func sources(at account.Endpoint) ([]fleet.SourceSpec, []fleet.AccountSpec, error) {
	one := func(kind string, every time.Duration, about fleet.Subject, options map[string]string) fleet.SourceSpec {
		options["project"] = project
		return fleet.SourceSpec{ID: fleet.SourceID(kind), Kind: kind, URL: at.URL, Interval: every, Timeout: 30 * time.Second,
			Auth: fleet.SecretRef{Env: KeyName}, Subject: about, Options: options}
	}
	var list []fleet.SourceSpec
	if at.Provider != "" {
		bill := fleet.Subject{About: fleet.AboutBill, Provider: at.Provider}
		list = append(list, one("google-costs", 6*time.Hour, bill, map[string]string{"table": table}),
			one("vertex-usage", 5*time.Minute, bill, map[string]string{}))
	}
	if at.Site == "" {
		return list, nil, nil
	}
	list = append(list, one("gce", time.Minute, fleet.Subject{Account: "google"}, map[string]string{}))
	return list, []fleet.AccountSpec{{ID: "google", Kind: "gce", Site: at.Site}}, nil
}

// Server is a running project.
type Server struct {
	truth account.Truth
	mux   *http.ServeMux
	limit *account.Limit

	mu    sync.Mutex
	jobs  []*job
	spent decimal.Decimal
}

// callsPerSecond is what one user may ask of BigQuery.
const callsPerSecond = 100

// New serves a project.
func New(t account.Truth) *Server {
	s := &Server{truth: t, mux: http.NewServeMux(), limit: &account.Limit{Clock: t.Clock, Burst: callsPerSecond, PerSecond: callsPerSecond}}
	s.mux.HandleFunc("POST /bigquery/v2/projects/"+project+"/queries", s.query)
	s.mux.HandleFunc("GET /bigquery/v2/projects/"+project+"/queries/{job}", s.results)
	s.mux.HandleFunc("GET /v3/projects/"+project+"/timeSeries", s.timeSeries)
	s.mux.HandleFunc("GET /compute/v1/projects/"+project+"/aggregated/instances", s.instances)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "NOT_FOUND", "notFound", "Requested entity was not found.")
	})
	return s
}

// Spent is what the queries have cost so far, in US dollars.
func (s *Server) Spent() decimal.Decimal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.spent
}

type object = map[string]any

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.truth.Clock.Now().UTC().Format(http.TimeFormat))
	given, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer || given != token && !signed(given) {
		w.Header().Set("Www-Authenticate", `Bearer realm="https://accounts.google.com/", error="invalid_token"`)
		refuse(w, http.StatusUnauthorized, "UNAUTHENTICATED", "authError",
			"Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.")
		return
	}
	if ok, _ := s.limit.May(1); !ok {
		if strings.HasPrefix(r.URL.Path, "/bigquery/") {
			refuse(w, http.StatusForbidden, "PERMISSION_DENIED", "rateLimitExceeded",
				"Exceeded rate limits: too many api requests per user per method.")
		} else {
			refuse(w, http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "rateLimitExceeded", "Quota exceeded for quota metric 'Queries'.")
		}
		return
	}
	s.mux.ServeHTTP(w, r)
}

// signed tells the tokens of the service account: whose they are and by which key. The signature itself is not checked.
func signed(given string) bool {
	parts := strings.Split(given, ".")
	if len(parts) != 3 || parts[2] == "" {
		return false
	}
	var head, claims map[string]any
	for i, into := range []*map[string]any{&head, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(text, into) != nil {
			return false
		}
	}
	return head["alg"] == "RS256" && head["kid"] == RobotKey && claims["iss"] == Robot && claims["sub"] == Robot
}

// refuse answers in the form of both generations of Google's APIs.
func refuse(w http.ResponseWriter, status int, word, reason, message string) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(object{"error": object{"code": status, "message": message, "status": word,
		"errors": []object{{"message": message, "domain": "global", "reason": reason}}}})
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(body) // the client hung up
}
