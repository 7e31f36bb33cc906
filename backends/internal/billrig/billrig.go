// Package billrig plays providers of bills to the tests of their readers: answers by path and query, and what was asked, held
// against the providers' own descriptions where these lie beside the checkout. It must not know any reader.
package billrig

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/shopspring/decimal"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

// key is what readers send, unless Key says otherwise.
const key = "sk-admin-billrig-7d2c"

// Rig is a provider.
type Rig struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []Exchange
	secret string
}

// Exchange is one call and its answer.
type Exchange struct {
	Path   string
	Query  url.Values
	Header http.Header
	Status int
	Answer string
}

// Serve starts a provider. answer gives a status, 0 for 200, and a body; an empty body without a status is 404.
func Serve(t testing.TB, answer func(path string, q url.Values) (int, string)) *Rig {
	t.Helper()
	s := &Rig{secret: key}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, body := answer(r.URL.Path, r.URL.Query())
		switch {
		case status != 0:
		case body == "":
			status = http.StatusNotFound
		default:
			status = http.StatusOK
		}
		s.mu.Lock()
		s.asked = append(s.asked, Exchange{r.URL.Path, r.URL.Query(), r.Header.Clone(), status, body})
		s.mu.Unlock()
		if status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "7")
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // a client that hung up is no fault
	}))
	t.Cleanup(s.Close)
	return s
}

// Key changes the credential that readers have from now on.
func (s *Rig) Key(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secret = secret
}

// Asked are the calls of a path, "" for all, in their order.
func (s *Rig) Asked(path string) (out []Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.asked {
		if path == "" || e.Path == path {
			out = append(out, e)
		}
	}
	return out
}

// Open makes a reader of the provider on a clock.
func (s *Rig) Open(t testing.TB, c fleet.Connector, clock fleet.Clock, change ...func(*fleet.SourceSpec, *fleet.Deps)) fleet.Reader {
	t.Helper()
	deps := contract.Deps()
	deps.Clock = clock
	deps.Secret = func(context.Context, fleet.SecretRef) (fleet.Secret, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return fleet.NewSecret(s.secret), nil
	}
	spec := fleet.SourceSpec{ID: "bill", URL: s.URL + "/v1", Auth: fleet.SecretRef{Env: "KEY"}}
	for _, f := range change {
		f(&spec, &deps)
	}
	r, err := c.NewReader(spec, deps)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Read reads once and fails where that fails.
func Read(t testing.TB, r fleet.Reader) fleet.Partial {
	t.Helper()
	p, err := r.Read(t.Context())
	if err != nil || p.Bill == nil {
		t.Fatalf("no bill: %v", err)
	}
	return p
}

// Said are the notices of a reading, a line each.
func Said(p fleet.Partial) string {
	var b strings.Builder
	for _, n := range p.Notices {
		b.WriteString(n.Text.String() + "\n")
	}
	return b.String()
}

// Shared reads a file of data/billing or data/gateways beside the checkout, or skips the test. It is called by tests two folders deep.
func Shared(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not beside this checkout", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// Fits holds calls and their good answers against a description. A name in brackets is the same name without. Paths that it does not
// describe are refused, but for those in without.
func (s *Rig) Fits(t testing.TB, description []byte, prefix string, without ...string) (checked map[string]bool) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(description)
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	checked = map[string]bool{}
calls:
	for _, e := range s.Asked("") {
		path := strings.TrimPrefix(e.Path, prefix)
		for _, w := range without {
			if strings.HasPrefix(path, w) {
				continue calls
			}
		}
		q := strings.ReplaceAll(e.Query.Encode(), "%5B%5D", "")
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path+"?"+q, nil)
		req.Header = e.Header
		route, params, err := router.FindRoute(req)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
		in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route, Options: options}
		if err := openapi3filter.ValidateRequest(t.Context(), in); err != nil {
			t.Errorf("%s?%s: %v", path, q, err)
		}
		out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: e.Status,
			Header: http.Header{"Content-Type": {"application/json"}}, Options: options}
		out.SetBodyBytes([]byte(e.Answer))
		if err := openapi3filter.ValidateResponse(t.Context(), out); err != nil {
			t.Errorf("%s answered %s: %v", path, e.Answer, err)
		}
		checked[path] = true
	}
	return checked
}

// Sum adds the quantities of the lines that fit; unknown where one of them is.
func Sum(lines []fleet.BillLine, fits func(*fleet.BillLine) bool) fleet.Maybe[decimal.Decimal] {
	total := decimal.Decimal{}
	for i := range lines {
		if !fits(&lines[i]) {
			continue
		}
		if !lines[i].Quantity.OK {
			return fleet.None[decimal.Decimal]()
		}
		total = total.Add(lines[i].Quantity.V)
	}
	return fleet.Some(total)
}

// Noon is the noon of a day of November 2026.
func Noon(day int) time.Time { return time.Date(2026, 11, day, 12, 0, 0, 0, time.UTC) }
