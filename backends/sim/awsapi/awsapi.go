// Package awsapi is a simulated account of AWS: days of Cost Explorer, counts of CloudWatch and machines of EC2, in the formats of
// the real ones, with their lag, pages, throttles and prices of calls. It must not import any adapter.
package awsapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/account"
	"pitwall/fleet"
)

// The credential of the account.
const (
	KeyName = "PITWALL_SIM_AWS"
	keyID   = "AKIASIMULATED0000007"
	secret  = "simulated/secret+access/key"
)

// region is where the account has everything.
const region = "us-east-1"

// System is the account for the registry.
var System = account.System{Name: "aws", New: func(t account.Truth) (http.Handler, error) { return New(t), nil },
	Sources: sources, Secrets: map[string]string{KeyName: keyID + ":" + secret}}

func sources(at account.Endpoint) ([]fleet.SourceSpec, []fleet.AccountSpec, error) {
	one := func(id, kind string, every time.Duration, about fleet.Subject) fleet.SourceSpec {
		return fleet.SourceSpec{ID: fleet.SourceID(id), Kind: kind, URL: at.URL, Interval: every, Timeout: min(every*3/4, 30*time.Second),
			Auth: fleet.SecretRef{Env: KeyName}, Subject: about, Options: map[string]string{"region": region}}
	}
	var list []fleet.SourceSpec
	if at.Provider != "" {
		bill := fleet.Subject{About: fleet.AboutBill, Provider: at.Provider}
		list = append(list, one("aws-costs", "aws-costs", 6*time.Hour, bill), one("aws-usage", "bedrock-usage", 5*time.Minute, bill))
	}
	if at.Site == "" {
		return list, nil, nil
	}
	list = append(list, one("aws-machines", "ec2", time.Minute, fleet.Subject{Account: "aws"}))
	return list, []fleet.AccountSpec{{ID: "aws", Kind: "ec2", Site: at.Site}}, nil
}

// Server is a running account.
type Server struct {
	truth  account.Truth
	limits map[string]*account.Limit // by service

	mu    sync.Mutex
	spent decimal.Decimal
}

// New serves an account. Its limits are those of a new account: a few calls at once, and some in a second.
func New(t account.Truth) *Server {
	limit := func(burst, rate float64) *account.Limit {
		return &account.Limit{Clock: t.Clock, Burst: burst, PerSecond: rate}
	}
	return &Server{truth: t, limits: map[string]*account.Limit{"ce": limit(5, 1), "monitoring": limit(50, 50), "ec2": limit(100, 20)}}
}

// Spent is what the calls have cost so far, in US dollars.
func (s *Server) Spent() decimal.Decimal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.spent
}

func (s *Server) spend(price decimal.Decimal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spent = s.spent.Add(price)
}

// calls are what is answered in JSON, by target.
var calls = map[string]struct {
	service, version string
	do               func(*Server, *json.Decoder) (any, *fault)
}{
	"AWSInsightsIndexService.GetCostAndUsage":     {"ce", "1.1", (*Server).costAndUsage},
	"GraniteServiceVersion20100801.ListMetrics":   {"monitoring", "1.0", (*Server).listMetrics},
	"GraniteServiceVersion20100801.GetMetricData": {"monitoring", "1.0", (*Server).metricData},
}

// fault is a refusal in AWS's words.
type fault struct {
	status        int
	code, message string
}

func invalid(format string, args ...any) *fault {
	return &fault{http.StatusBadRequest, "ValidationException", fmt.Sprintf(format, args...)}
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.truth.Clock.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("X-Amzn-Requestid", "00000000-0000-4000-8000-000000000000")
	target := r.Header.Get("X-Amz-Target")
	if target == "" {
		s.machines(w, r)
		return
	}
	call, known := calls[target]
	kind := "application/x-amz-json-" + call.version
	if !known {
		refuse(w, "application/x-amz-json-1.1", &fault{http.StatusBadRequest, "UnknownOperationException", ""})
		return
	}
	if bad := s.guard(r, call.service); bad != nil {
		refuse(w, kind, bad)
		return
	}
	if r.Header.Get("Content-Type") != kind {
		refuse(w, kind, &fault{http.StatusBadRequest, "SerializationException", "Unsupported content type"})
		return
	}
	answer, bad := call.do(s, json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)))
	if bad != nil {
		refuse(w, kind, bad)
		return
	}
	w.Header().Set("Content-Type", kind)
	_ = json.NewEncoder(w).Encode(answer) // the client hung up
}

func refuse(w http.ResponseWriter, kind string, bad *fault) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("X-Amzn-Errortype", bad.code)
	w.WriteHeader(bad.status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": bad.code, "message": bad.message})
}

// signature is the header of Signature Version 4.
var signature = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([A-Z0-9]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9]+)/aws4_request, ` +
	`SignedHeaders=([a-z0-9;-]+), Signature=[0-9a-f]{64}$`)

// skew is how far the clocks may be apart.
const skew = 5 * time.Minute

// guard checks who asks, for which service, and how often. The signature itself is not computed.
func (s *Server) guard(r *http.Request, service string) *fault {
	found := signature.FindStringSubmatch(r.Header.Get("Authorization"))
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	switch {
	case r.Header.Get("Authorization") == "":
		return &fault{http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token"}
	case found == nil || err != nil:
		return &fault{http.StatusForbidden, "IncompleteSignatureException", "Authorization header requires 'Credential' parameter."}
	case found[1] != keyID:
		return &fault{http.StatusBadRequest, "UnrecognizedClientException", "The security token included in the request is invalid."}
	case found[4] != service || found[3] != region || found[2] != at.Format("20060102") || !strings.Contains(found[5], "host;"):
		return &fault{http.StatusBadRequest, "InvalidSignatureException", "Credential should be scoped to a valid region."}
	}
	if off := s.truth.Clock.Now().Sub(at); off > skew || off < -skew {
		return &fault{http.StatusBadRequest, "InvalidSignatureException", "Signature expired: " +
			at.Format("20060102T150405Z") + " is now earlier"}
	}
	if ok, _ := s.limits[service].May(1); !ok {
		return &fault{http.StatusBadRequest, "ThrottlingException", "Rate exceeded"}
	}
	return nil
}
