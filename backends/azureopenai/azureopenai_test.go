package azureopenai

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const (
	modelsPath      = "/openai/models"
	deploymentsPath = "/openai/deployments"
)

func sample(t testing.TB, name string) string {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func page(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }

func TestContract(t *testing.T) {
	main := page(sample(t, "models"))
	main.Header = http.Header{"X-Ms-Region": {"Sweden Central"}, "X-Ratelimit-Limit-Requests": {"60"}, "X-Ratelimit-Remaining-Requests": {"59"},
		"X-Ratelimit-Remaining-Tokens": {"49000"}}
	contract.Run(t, contract.Case{
		New: newReader,
		Spec: func(s *fleet.SourceSpec) {
			s.Models, s.Options = []fleet.ModelName{"chat", "embed"}, map[string]string{"location": "swedencentral"}
		},
		Path:  "/openai",
		Pages: map[string]contract.Page{modelsPath: main, deploymentsPath: page(sample(t, "deployments"))},
		Main:  modelsPath,
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			r := p.Provider
			if r == nil || r.Authorised != fleet.Some(true) || !r.Latency.OK || r.Latency.V <= 0 ||
				!reflect.DeepEqual(r.Models, []fleet.ModelName{"chat", "embed"}) {
				t.Fatalf("reading %+v", r)
			}
			want := []fleet.Limit{{Kind: fleet.LimitRPM, Max: fleet.Some(60.0), Remaining: fleet.Some(59.0), At: contract.Start()},
				{Kind: fleet.LimitTPM, Remaining: fleet.Some(49000.0), At: contract.Start()}}
			if !reflect.DeepEqual(r.Limits, want) {
				t.Errorf("limits %+v", r.Limits)
			}
			if len(p.Notices) != 1 || p.Notices[0].Text.String() != "the resource is in swedencentral" {
				t.Errorf("notices %v", p.Notices)
			}
		},
		WrongType:  page(`{"object":"list","data":[{"id":17}]}`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a number was taken for a name: %+v", p.Provider) },
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			list := fmt.Sprintf(`{"data":[{"id":%s},{"id":"x"}]}`, q)
			return map[string]contract.Page{modelsPath: page(list), deploymentsPath: page(list)}
		},
		Series: func(n int) contract.Page {
			return page(`{"data":[` + strings.TrimSuffix(strings.Repeat(`{"id":"m"},`, n), ",") + `]}`)
		},
	})
}

func TestAddressesAndCredentials(t *testing.T) {
	for _, x := range []struct {
		url     string
		options map[string]string
		path    string
		query   string
		header  string
	}{
		{"", nil, modelsPath, "api-version=2024-10-21", "Api-Key"},
		{"/", map[string]string{"api_version": "2025-04-01-preview"}, modelsPath, "api-version=2025-04-01-preview", "Api-Key"},
		{"/openai/v1/", nil, "/openai/v1/models", "", "Api-Key"},
		{"/openai/v1", map[string]string{"api_version": "2024-10-21"}, modelsPath, "api-version=2024-10-21", "Api-Key"},
		{"", map[string]string{"api_version": "v1", "credential": "token"}, "/openai/v1/models", "", "Authorization"},
	} {
		var seen http.Header
		s := contract.ServeAnswers(t, func(path string) *contract.Answer {
			switch path {
			case x.path:
				return &contract.Answer{Body: sample(t, "models")}
			case deploymentsPath:
				return &contract.Answer{Body: sample(t, "deployments")}
			}
			return nil
		})
		inner := s.Config.Handler
		s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen = r.Header.Clone()
			inner.ServeHTTP(w, r)
		})
		r := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL + x.url, Options: x.options, Auth: fleet.SecretRef{Env: "KEY"}}, contract.Deps().Clock)
		p, err := r.Read(t.Context())
		if err != nil || s.Query(x.path) != x.query || len(p.Provider.Models) != 2 || seen.Get(x.header) == "" ||
			(seen.Get("Api-Key") == "") == (seen.Get("Authorization") == "") {
			t.Errorf("%s %v: %v, %q, %v", x.url, x.options, err, s.Query(x.path), seen)
		}
		s.Only(t, "GET "+x.path, "GET "+deploymentsPath)
	}
}

func TestBadOptionsAreRefused(t *testing.T) {
	for name, o := range map[string]map[string]string{
		"unknown":      {"region": "x"},
		"version":      {"api_version": "latest&x=1"},
		"credential":   {"credential": "entra"},
		"half":         {"arm_url": "https://management.azure.com"},
		"no token":     {"arm_url": "https://management.azure.com", "arm_resource": resourceID},
		"two tokens":   {"arm_url": "https://management.azure.com", "arm_resource": resourceID, "arm_token_env": "A", "arm_token_file": "/b"},
		"no resource":  {"arm_url": "https://management.azure.com", "arm_resource": "/subscriptions/s/../x", "arm_token_env": "A"},
		"bad address":  {"arm_url": "management.azure.com", "arm_resource": resourceID, "arm_token_env": "A"},
		"metadata":     {"arm_url": "http://169.254.169.254", "arm_resource": resourceID, "arm_token_env": "A"},
		"with a query": {"arm_url": "https://management.azure.com", "arm_resource": resourceID + "?x=1", "arm_token_env": "A"},
	} {
		if r, err := newReader(fleet.SourceSpec{ID: "a", URL: "https://acme.openai.azure.com", Options: o}, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
}

// ask reads once from a server with these answers.
func ask(t *testing.T, spec fleet.SourceSpec, answers map[string]contract.Answer) (fleet.Partial, error) {
	t.Helper()
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		if a, ok := answers[path]; ok {
			return &a
		}
		return nil
	})
	spec.URL, spec.Auth = s.URL, fleet.SecretRef{Env: "KEY"}
	return contract.Open(t, Connector(), spec, contract.Deps().Clock).Read(t.Context())
}

func TestARefusedKeyIsAReadingToo(t *testing.T) {
	p, err := ask(t, fleet.SourceSpec{}, map[string]contract.Answer{modelsPath: {Status: 403,
		Body: `{"error":{"code":"AuthenticationTypeDisabled","message":"Key contract-secret-1f9b is disabled"}}`}})
	if fleet.KindOf(err) != fleet.KindAuth || p.Provider == nil || p.Provider.Authorised != fleet.Some(false) ||
		!strings.Contains(err.Error(), "AuthenticationTypeDisabled") || strings.Contains(err.Error(), "contract-secret") {
		t.Errorf("%v, %+v", err, p.Provider)
	}
	p, err = ask(t, fleet.SourceSpec{}, map[string]contract.Answer{modelsPath: {Status: 401, Body: `{"error":{"code":"401","message":"token expired"}}`}})
	if fleet.KindOf(err) != fleet.KindAuth || !strings.Contains(err.Error(), "expired") || p.Provider.Authorised != fleet.Some(false) {
		t.Errorf("%v", err)
	}
}

// Later versions of the API do not list deployments with a key: the key is proven all the same.
func TestWithoutAListOfDeploymentsTheyAreUnknown(t *testing.T) {
	for name, answer := range map[string]contract.Answer{"gone": {Status: 404}, "refused": {Status: 401}, "an error in 200": {Body: `{"error":{"code":"x"}}`},
		"no name": {Body: `{"data":[{"model":"gpt"}]}`}} {
		p, err := ask(t, fleet.SourceSpec{Models: []fleet.ModelName{"chat"}}, map[string]contract.Answer{modelsPath: {Body: sample(t, "models")}, deploymentsPath: answer})
		if err != nil || p.Provider.Authorised != fleet.Some(true) || p.Provider.Models != nil || len(p.Notices) != 1 ||
			!strings.Contains(p.Notices[0].Text.String(), "not known: its deployments") {
			t.Errorf("%s: %v, %+v, %v", name, err, p.Provider, p.Notices)
		}
	}
}

func TestBodiesOfErrorsInGoodAnswersAreRefused(t *testing.T) {
	for _, body := range []string{`{"error":{"code":"429"}}`, `{}`, `{"value":[]}`, `{"data":null}`} {
		if p, err := ask(t, fleet.SourceSpec{}, map[string]contract.Answer{modelsPath: {Body: body}}); fleet.KindOf(err) != fleet.KindInvalid || p.Provider != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}
