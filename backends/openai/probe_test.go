package openai

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

// ask reads once from a server that answers with body, and returns the request that it saw.
func ask(t *testing.T, kind, path, body string, spec fleet.SourceSpec) (fleet.Partial, *http.Request, error) {
	t.Helper()
	var seen *http.Request
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Clone(context.Background())
		if body == "" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = w.Write([]byte(body))
	}))
	defer s.Close()
	spec.URL = s.URL + path
	r, err := connector(t, kind).NewReader(spec, contract.Deps())
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Read(t.Context())
	return p, seen, err
}

func keyed() fleet.SourceSpec {
	return fleet.SourceSpec{ID: "p", Auth: fleet.SecretRef{Env: "KEY"}}
}

func TestPathAndHeaders(t *testing.T) {
	for path, want := range map[string]string{
		"": "/v1/models", "/": "/v1/models", "/v1": "/v1/models", "/v1/": "/v1/models",
		"/openai/v1": "/openai/v1/models", "/v1beta/openai": "/v1beta/openai/models", "/vendor": "/vendor/v1/models", "/api/v2": "/api/v2/models",
	} {
		_, seen, err := ask(t, "openai", path, list("m"), keyed())
		if err != nil || seen.URL.Path != want || seen.Method != http.MethodGet {
			t.Errorf("%q: %s %s, want %s (%v)", path, seen.Method, seen.URL.Path, want, err)
		}
		if !strings.HasPrefix(seen.Header.Get("Authorization"), "Bearer ") || seen.Header.Get("X-Api-Key") != "" {
			t.Errorf("openai headers: %v", seen.Header)
		}
	}
	_, seen, err := ask(t, "anthropic", "", list("m"), keyed())
	if err != nil || seen.Header.Get("X-Api-Key") == "" || seen.Header.Get("Authorization") != "" ||
		seen.Header.Get("Anthropic-Version") != "2023-06-01" || seen.URL.RequestURI() != "/v1/models?limit=1000" {
		t.Errorf("anthropic: %s %v (%v)", seen.URL, seen.Header, err)
	}
}

func TestARefusedKeyIsAReadingToo(t *testing.T) {
	p, _, err := ask(t, "openai", "", "", keyed())
	if fleet.KindOf(err) != fleet.KindAuth || p.Provider == nil || p.Provider.Authorised != fleet.Some(false) {
		t.Errorf("%v, %+v", err, p.Provider)
	}
}

func TestWithoutAKeyNothingIsProven(t *testing.T) {
	p, seen, err := ask(t, "openai", "", list("m"), fleet.SourceSpec{ID: "p"})
	if err != nil || p.Provider.Authorised.OK || seen.Header.Get("Authorization") != "" {
		t.Errorf("%v, %+v, %v", err, p.Provider, seen.Header)
	}
}

func TestShapesOfLists(t *testing.T) {
	p, _, err := ask(t, "openai", "", ` [{"id":"a/b"},{"id":"c"}]`, keyed())
	if err != nil || len(p.Provider.Models) != 2 || p.Provider.Models[0] != "a/b" {
		t.Errorf("bare array: %v, %+v", err, p.Provider)
	}
	p, _, err = ask(t, "openai", "", `{"data":[]}`, keyed())
	if err != nil || len(p.Provider.Models) != 0 || p.Provider.Authorised != fleet.Some(true) {
		t.Errorf("empty list: %v, %+v", err, p.Provider)
	}
	for _, body := range []string{`{}`, `{"error":{"message":"x"}}`, `{"data":null}`, `{"data":[{}]}`, `[{"id":""}]`, `17`,
		strings.Repeat("[", 100) + strings.Repeat("]", 100)} {
		if _, _, err := ask(t, "openai", "", body, keyed()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%.40s: %v", body, err)
		}
	}
}

func TestMissingModelsAreRemarked(t *testing.T) {
	spec := keyed()
	spec.Models = []fleet.ModelName{"here", "gone\x1b[2J"}
	p, _, err := ask(t, "openai", "", list("here"), spec)
	if err != nil || len(p.Notices) != 1 || p.Notices[0].Level != fleet.LevelWarn {
		t.Fatalf("%v, %+v", err, p.Notices)
	}
	if got := p.Notices[0].Text.String(); !strings.Contains(got, "gone^[[2J") {
		t.Errorf("notice %q", got)
	}
}

func TestUnknownWindowIsRefused(t *testing.T) {
	spec := keyed()
	spec.URL, spec.Options = "https://api.example/v1", map[string]string{OptionRequestsWindow: "week"}
	_, err := connector(t, "openai").NewReader(spec, contract.Deps())
	if fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("%v", err)
	}
}
