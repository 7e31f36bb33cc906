// Package azureapi is a simulated subscription of Azure: days of Cost Management, counts of Azure Monitor, virtual machines and their
// retail prices, in the formats of the real ones, with their lag, pages and rations. It must not import any adapter.
package azureapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"pitwall/backends/sim/account"
	"pitwall/fleet"
)

// The credential of the account: a token as `az account get-access-token` gives one.
const (
	KeyName = "PITWALL_SIM_AZURE"
	token   = "simulated-token-of-entra-id"
)

// What the account has.
const (
	subscription = "00000000-0000-0000-0000-000000000007"
	scope        = "/subscriptions/" + subscription
	resource     = scope + "/resourceGroups/models/providers/Microsoft.CognitiveServices/accounts/pitwall"
	location     = "eastus"
)

// System is the account for the registry.
var System = account.System{Name: "azure", New: func(t account.Truth) (http.Handler, error) { return New(t), nil },
	Sources: sources, Secrets: map[string]string{KeyName: token}}

func sources(at account.Endpoint) ([]fleet.SourceSpec, []fleet.AccountSpec, error) {
	one := func(kind string, every time.Duration, about fleet.Subject, options map[string]string) fleet.SourceSpec {
		return fleet.SourceSpec{ID: fleet.SourceID(kind), Kind: kind, URL: at.URL, Interval: every, Timeout: 30 * time.Second,
			Auth: fleet.SecretRef{Env: KeyName}, Subject: about, Options: options}
	}
	var list []fleet.SourceSpec
	if at.Provider != "" {
		bill := fleet.Subject{About: fleet.AboutBill, Provider: at.Provider}
		list = append(list, one("azure-costs", 4*time.Hour, bill, map[string]string{"scope": scope}),
			one("azure-usage", 5*time.Minute, bill, map[string]string{"resource": resource}))
	}
	if at.Site == "" {
		return list, nil, nil
	}
	list = append(list, one("azure-vms", 2*time.Minute, fleet.Subject{Account: "azure"},
		map[string]string{"subscription": subscription, "prices_url": at.URL}))
	return list, []fleet.AccountSpec{{ID: "azure", Kind: "azure-vms", Site: at.Site}}, nil
}

// Server is a running account.
type Server struct {
	truth   account.Truth
	mux     *http.ServeMux
	rations []ration
}

// ration is one of the limits of Cost Management, in units of query.
type ration struct {
	limit *account.Limit
	per   time.Duration
}

// New serves an account.
func New(t account.Truth) *Server {
	s := &Server{truth: t, mux: http.NewServeMux()}
	for _, r := range []struct {
		per  time.Duration
		most float64
	}{{10 * time.Second, 12}, {time.Minute, 60}, {time.Hour, 600}} {
		s.rations = append(s.rations, ration{&account.Limit{Clock: t.Clock, Burst: r.most, PerSecond: r.most / r.per.Seconds()}, r.per})
	}
	s.mux.HandleFunc("POST "+scope+"/providers/Microsoft.CostManagement/query", s.costs)
	s.mux.HandleFunc("GET "+resource+"/providers/Microsoft.Insights/metrics", s.metrics)
	s.mux.HandleFunc("GET "+scope+"/providers/Microsoft.Compute/virtualMachines", s.machines)
	s.mux.HandleFunc("GET "+scope+"/providers/Microsoft.Compute/virtualMachineScaleSets", s.scaleSets)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "ResourceNotFound", "The Resource was not found.")
	})
	return s
}

type object = map[string]any

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.truth.Clock.Now().UTC().Format(http.TimeFormat))
	switch auth := r.Header.Get("Authorization"); {
	case strings.HasPrefix(r.URL.Path, "/api/retail/"): // is for everybody
		s.retail(w, r)
	case auth == "":
		w.Header().Set("Www-Authenticate", `Bearer authorization_uri="https://login.microsoftonline.com/common", error="invalid_token"`)
		refuse(w, http.StatusUnauthorized, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
	case auth != "Bearer "+token:
		refuse(w, http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token is invalid.")
	case r.URL.Query().Get("api-version") == "":
		refuse(w, http.StatusBadRequest, "MissingApiVersionParameter",
			"The api-version query parameter (?api-version=) is required for all requests.")
	default:
		s.mux.ServeHTTP(w, r)
	}
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(object{"error": object{"code": code, "message": message}})
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(body) // the client hung up
}

// link is the address of a further page.
func link(r *http.Request, name string, n int) string {
	u, q := *r.URL, r.URL.Query()
	q.Set(name, fmt.Sprint(n))
	u.Scheme, u.Host, u.RawQuery = "http", r.Host, q.Encode()
	return u.String()
}
