package openrouter

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

func fixture(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestContract(t *testing.T) {
	page := func(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }
	contract.Run(t, contract.Case{
		New:  newReader,
		Spec: func(s *fleet.SourceSpec) { s.Models = []fleet.ModelName{"z-ai/glm-5"} },
		Path: "/api/v1",
		Pages: map[string]contract.Page{
			"/api/v1/key":                         page(fixture(t, "key.json")),
			"/api/v1/models/user":                 page(fixture(t, "models.json")),
			"/api/v1/models/z-ai/glm-5/endpoints": page(fixture(t, "endpoints.json")),
		},
		Main: "/api/v1/key",
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			r := p.Provider
			if r == nil || r.Authorised != fleet.Some(true) || !r.Latency.OK || len(r.Limits) != 1 {
				t.Fatalf("reading %+v", r)
			}
			if want := []fleet.ModelName{"anthropic/claude-opus-4.6", "z-ai/glm-5", "z-ai/glm-5:free", "openrouter/auto"}; !reflect.DeepEqual(r.Models, want) {
				t.Errorf("models %v", r.Models)
			}
			l := r.Limits[0]
			l.Reset = fleet.None[time.Time]()
			if want := (fleet.Limit{Kind: fleet.LimitCredit, Max: fleet.Some(100.0), Remaining: fleet.Some(12.5), At: contract.Start()}); l != want {
				t.Errorf("limit %+v", l)
			}
			if got := r.Regions["z-ai/glm-5"]; !slices.Equal(got, []string{fleet.Anywhere}) {
				t.Errorf("regions %v", got)
			}
			if len(p.Notices) != 1 || p.Notices[0].Level != fleet.LevelInfo {
				t.Errorf("notices %s", said(p.Notices))
			}
		},
		WrongType: page(`{"data":{"limit":"many","limit_remaining":7}}`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			if len(p.Provider.Limits) != 1 || p.Provider.Limits[0].Max.OK {
				t.Errorf("a word was taken for a number: %+v", p.Provider.Limits)
			}
		},
		Hostile: func(text string) map[string]contract.Page {
			b, _ := json.Marshal(text)
			q := string(b)
			return map[string]contract.Page{
				"/api/v1/key":                         page(`{"data":{"label":` + q + `,"limit_reset":` + q + `,"expires_at":` + q + `,"limit":3}}`),
				"/api/v1/models/user":                 page(`{"data":[{"id":` + q + `}]}`),
				"/api/v1/models/z-ai/glm-5/endpoints": page(`{"data":{"endpoints":[{"name":` + q + `,"tag":` + q + `,"uptime_last_5m":1}]}}`),
			}
		},
		Series: func(n int) contract.Page {
			return page(`{"data":{"limit":1,"more":[` + strings.TrimSuffix(strings.Repeat("1,", n), ",") + `]}}`)
		},
	})
}

// ask reads once from a server; answers replace or add to the good ones.
func ask(t *testing.T, spec fleet.SourceSpec, answers map[string]*contract.Answer) (fleet.Partial, *contract.Asked, error) {
	t.Helper()
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		if a, ok := answers[path]; ok {
			return a
		}
		for suffix, name := range map[string]string{"/key": "key.json", "/models/user": "models.json", "/endpoints": "endpoints.json"} {
			if strings.HasSuffix(path, suffix) {
				return &contract.Answer{Body: fixture(t, name)}
			}
		}
		return nil
	})
	spec.URL, spec.Auth = s.URL, fleet.SecretRef{Env: "KEY"}
	p, err := contract.Open(t, Connector(), spec, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	return p, s, err
}

func said(notices []fleet.Notice) string {
	var all []string
	for _, n := range notices {
		all = append(all, string(n.Level)+" "+n.Text.String())
	}
	return strings.Join(all, "\n")
}

func credit(t *testing.T, body string, more map[string]*contract.Answer) (fleet.Partial, fleet.Limit) {
	t.Helper()
	answers := map[string]*contract.Answer{"/api/v1/key": {Body: body}}
	for path, a := range more {
		answers[path] = a
	}
	p, _, err := ask(t, fleet.SourceSpec{}, answers)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Provider.Limits) == 0 {
		return p, fleet.Limit{}
	}
	return p, p.Provider.Limits[0]
}

func TestCredit(t *testing.T) {
	for body, want := range map[string]string{
		`{"data":{"limit":null,"limit_remaining":null}}`: "",
		`{"data":{}}`: "",
		`{"data":{"limit":10,"limit_remaining":-0.5}}`:       "0 of 10",
		`{"data":{"limit":10,"limit_remaining":99}}`:         "nonsense",
		`{"data":{"limit":-10,"limit_remaining":-10}}`:       "nonsense",
		`{"data":{"limit":10,"limit_remaining":"lots"}}`:     "nonsense - of 10",
		`{"data":{"limit":1e999}}`:                           "nonsense",
		`{"data":{"is_management_key":true}}`:                "25 of 40",
		`{"data":{"limit":10,"limit_remaining":5,"x":[{}]}}`: "5 of 10",
	} {
		p, l := credit(t, body, map[string]*contract.Answer{"/api/v1/credits": {Body: `{"data":{"total_credits":40,"total_usage":15}}`}})
		got := ""
		if strings.Contains(said(p.Notices), "is nonsense") {
			got = "nonsense"
		}
		if l.Max.OK || l.Remaining.OK {
			left := "-"
			if l.Remaining.OK {
				left = fmt.Sprint(l.Remaining.V)
			}
			got = strings.TrimSpace(fmt.Sprintf("%s %s of %g", got, left, l.Max.V))
		}
		if got != want {
			t.Errorf("%s: %q, want %q (%s)", body, got, want, said(p.Notices))
		}
	}
	end := time.Now().Add(72 * time.Hour).UTC().Format(time.RFC3339) // the server of the test tells the real time
	p, l := credit(t, `{"data":{"is_management_key":true,"is_free_tier":true,"expires_at":"`+end+`"}}`,
		map[string]*contract.Answer{"/api/v1/credits": {Body: `{"data":{"total_credits":"many"}}`}})
	for _, want := range []string{"WARN this is a management key", "INFO nothing was ever paid", "WARN the key expires on "} {
		if !strings.Contains(said(p.Notices), want) {
			t.Errorf("%q is not said: %s", want, said(p.Notices))
		}
	}
	if l.Max.OK || l.Remaining.OK {
		t.Errorf("%+v", l)
	}
}

func TestTheLimitBeginsAnewByTheServersClock(t *testing.T) {
	server := time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC) // a Thursday
	ours := server.Add(time.Hour)
	for every, want := range map[string]time.Duration{"daily": 30 * time.Minute, "monthly": 30 * time.Minute, "weekly": 72*time.Hour + 30*time.Minute, "": -1, "hourly": -1} {
		got := rented.ResetAt(every, server, ours)
		if got.OK != (want >= 0) || got.OK && !got.V.Equal(ours.Add(want)) {
			t.Errorf("%q: %v", every, got)
		}
	}
}

func TestRefusalsInsideOfA200(t *testing.T) {
	for body, want := range map[string]fleet.Kind{
		`{"error":{"code":401,"message":"canary"}}`: fleet.KindAuth, `{"error":{"code":500,"message":"canary"}}`: fleet.KindInvalid,
		`{"error":{"code":"x"}}`: fleet.KindInvalid, `{}`: fleet.KindInvalid, `{"data":null}`: fleet.KindInvalid, `[]`: fleet.KindInvalid, `{"data":7}`: fleet.KindInvalid,
	} {
		p, s, err := ask(t, fleet.SourceSpec{}, map[string]*contract.Answer{"/api/v1/key": {Body: body}})
		if fleet.KindOf(err) != want || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", body, err)
		}
		if refused := p.Provider != nil && p.Provider.Authorised == fleet.Some(false); refused != (want == fleet.KindAuth) {
			t.Errorf("%s: %+v", body, p.Provider)
		}
		s.Only(t, "GET /api/v1/key")
	}
}

// Without the list of the key, the list of all models is read, and said to be that.
func TestModelsOfEverybodyStandIn(t *testing.T) {
	p, s, err := ask(t, fleet.SourceSpec{Models: []fleet.ModelName{"openrouter/z-ai/glm-5", "gone/model"}}, map[string]*contract.Answer{
		"/api/v1/models/user": {Status: http.StatusForbidden}, "/api/v1/models": {Body: fixture(t, "models.json")},
		"/api/v1/models/gone/model/endpoints": {Status: http.StatusNotFound}})
	if err != nil || len(p.Provider.Models) != 4 {
		t.Fatalf("%v, %+v", err, p.Provider)
	}
	for _, want := range []string{"not known: which models this key may call", "model gone/model is not on the list", "the endpoints of gone/model"} {
		if !strings.Contains(said(p.Notices), want) {
			t.Errorf("%q is not said: %s", want, said(p.Notices))
		}
	}
	s.Only(t, "GET /api/v1/key", "GET /api/v1/models/user", "GET /api/v1/models", "GET /api/v1/models/z-ai/glm-5/endpoints", "GET /api/v1/models/gone/model/endpoints")
	p, _, err = ask(t, fleet.SourceSpec{}, map[string]*contract.Answer{"/api/v1/models/user": {Status: 500}, "/api/v1/models": {Body: `{"error":{}}`}})
	if err != nil || p.Provider.Models != nil || len(p.Provider.Limits) != 1 {
		t.Errorf("the credit is lost with the models: %v, %+v", err, p.Provider)
	}
}

func TestEndpointsThatDoPoorly(t *testing.T) {
	for body, want := range map[string]string{
		`{"data":{"endpoints":[]}}`: "nobody serves it now",
		`{"data":{}}`:               "no list of its endpoints",
		`{"data":{"endpoints":[{"status":-1},{"status":-10}]}}`:                                                          "all of its 2 endpoints are marked as down or degraded",
		`{"data":{"endpoints":[{"status":0,"uptime_last_5m":91.25},{"uptime_last_30m":50}]}}`:                            "the best of its 2 endpoints answered less than 95% of all requests lately",
		`{"data":{"endpoints":[{"status":0,"uptime_last_5m":4,"uptime_last_30m":1},{"status":0,"uptime_last_30m":99}]}}`: "",
		`{"data":{"endpoints":[{"status":0,"uptime_last_5m":null,"uptime_last_30m":null}]}}`:                             "",
		`{"data":{"endpoints":[{"status":0,"uptime_last_5m":-3,"uptime_last_30m":900}]}}`:                                "",
	} {
		p, _, err := ask(t, fleet.SourceSpec{Models: []fleet.ModelName{"z-ai/glm-5"}}, map[string]*contract.Answer{"/api/v1/models/z-ai/glm-5/endpoints": {Body: body}})
		if err != nil {
			t.Fatal(err)
		}
		if got := said(p.Notices[1:]); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q", body, got)
		}
	}
}

func TestOptions(t *testing.T) {
	spec := fleet.SourceSpec{Models: []fleet.ModelName{"z-ai/glm-5", "openrouter/auto"}, Options: map[string]string{OptionZDR: "yes", OptionPinned: "yes"}}
	p, s, err := ask(t, spec, map[string]*contract.Answer{"/api/v1/endpoints/zdr": {Body: `{"data":[{"model_id":"z-ai/glm-5","tag":"novita/fp8"}]}`}})
	if err != nil || p.Provider.Regions != nil || said(p.Notices) != "WARN model z-ai/glm-5: 1 of 2 endpoints keep no data; only a setting of the account or of each request keeps to these" {
		t.Errorf("%v, %v, %s", err, p.Provider.Regions, said(p.Notices))
	}
	s.Only(t, "GET /api/v1/key", "GET /api/v1/models/user", "GET /api/v1/endpoints/zdr", "GET /api/v1/models/z-ai/glm-5/endpoints")
	p, _, _ = ask(t, spec, map[string]*contract.Answer{"/api/v1/endpoints/zdr": {Body: `{"data":[]}`}})
	if !strings.Contains(said(p.Notices), "none of its endpoints is listed as keeping no data") {
		t.Error(said(p.Notices))
	}
	if _, err := newReader(fleet.SourceSpec{URL: "https://openrouter.ai/api/v1", Options: map[string]string{OptionZDR: "perhaps"}}, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("%v", err)
	}
	for url, want := range map[string]string{"https://openrouter.ai/api/v1": fleet.Anywhere, "https://EU.openrouter.ai/api/v1": "eu", "https://us.openrouter.ai": "us", "https://proxy.example": fleet.Anywhere} {
		if got := placeOf(url); got != want {
			t.Errorf("%s: %s", url, got)
		}
	}
}

// No part of the key or of its owner that the answer repeats is kept.
func TestNothingOfTheKeyIsKept(t *testing.T) {
	p, _, err := ask(t, fleet.SourceSpec{Models: []fleet.ModelName{"z-ai/glm-5"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%+v %+v", p, *p.Provider); strings.Contains(text, "canary") {
		t.Errorf("kept: %s", text)
	}
}
