package vertexai

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const (
	listPath = "/v1beta1/publishers/google/models"
	token    = "ya29.canary-7d21"
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
	contract.Run(t, contract.Case{
		New: newReader,
		Spec: func(s *fleet.SourceSpec) {
			s.Models, s.Options = []fleet.ModelName{"google/gemini-3.5-flash"}, map[string]string{"location": "europe-west4"}
		},
		Pages: map[string]contract.Page{listPath: page(sample(t, "models"))},
		Main:  listPath,
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			r := p.Provider
			if r == nil || r.Authorised != fleet.Some(true) || !r.Latency.OK || r.Latency.V <= 0 || r.Limits != nil ||
				!reflect.DeepEqual(r.Models, []fleet.ModelName{"gemini-3.5-flash", "gemini-2.5-pro", "gemini-embedding-001"}) {
				t.Fatalf("reading %+v", r)
			}
			if want := map[fleet.ModelName][]string{"google/gemini-3.5-flash": {"europe-west4"}}; !reflect.DeepEqual(r.Regions, want) {
				t.Errorf("regions %v", r.Regions)
			}
			if len(p.Notices) != 1 || p.Notices[0].Text.String() != "its endpoint is in europe-west4" {
				t.Errorf("notices %v", p.Notices)
			}
		},
		WrongType:  page(`{"publisherModels":[{"name":17}]}`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a number was taken for a name: %+v", p.Provider) },
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal("publishers/google/models/" + text)
			return map[string]contract.Page{listPath: page(fmt.Sprintf(`{"publisherModels":[{"name":%s}]}`, q))}
		},
		Series: func(n int) contract.Page {
			return page(`{"publisherModels":[` + strings.TrimSuffix(strings.Repeat(`{"name":"m"},`, n), ",") + `]}`)
		},
	})
}

// vertex plays Vertex AI and Service Usage: answer gives a status and a body for a call, and 0 stands for 200.
type vertex struct {
	*httptest.Server
	mu    sync.Mutex
	calls []string
	heads []http.Header
}

func serve(t *testing.T, answer func(call, body string) (int, string)) *vertex {
	t.Helper()
	v := &vertex{}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := r.Method + " " + r.URL.EscapedPath()
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		v.calls, v.heads = append(v.calls, call), append(v.heads, r.Header.Clone())
		v.mu.Unlock()
		status, text := answer(call, string(body))
		if status != 0 {
			w.WriteHeader(status)
		}
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(v.Close)
	return v
}

// probe reads once with a token; the options are those of the location and these.
func (v *vertex) probe(t *testing.T, models []fleet.ModelName, options ...string) (fleet.Partial, error) {
	t.Helper()
	o := map[string]string{"location": "europe-west4"}
	for i := 0; i < len(options); i += 2 {
		o[options[i]] = options[i+1]
	}
	if _, ok := o[optQuotas]; ok {
		o[optQuotas] = v.URL
	}
	deps := contract.Deps()
	deps.Secret = func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret(token), nil }
	r, err := newReader(fleet.SourceSpec{ID: "v", URL: v.URL + "/", Auth: fleet.SecretRef{Env: "TOKEN"}, Models: models, Options: o}, deps)
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Read(t.Context())
	if strings.Contains(texts(p)+fmt.Sprint(err), "canary") {
		t.Errorf("a credential is shown: %v\n%s", err, texts(p))
	}
	return p, err
}

func texts(p fleet.Partial) string {
	var b strings.Builder
	for _, n := range p.Notices {
		b.WriteString(string(n.Level) + " " + n.Text.String() + "\n")
	}
	return b.String()
}

func TestConfiguredModelsAreProvenByCounting(t *testing.T) {
	count := func(model string) string {
		return "POST /v1/projects/acme/locations/europe-west4/publishers/google/models/" + model + ":countTokens"
	}
	v := serve(t, func(call, body string) (int, string) {
		switch {
		case call == "GET "+listPath:
			return 0, sample(t, "models")
		case call == "GET /v1beta1/publishers/anthropic/models":
			return 0, `{"publisherModels":[{"name":"publishers/anthropic/models/claude-opus-5"},{"name":"publishers/anthropic/models/claude-opus-5"}]}`
		case call == count("gemini-3.5-flash") && body == `{"contents":[{"role":"user","parts":[{"text":"ping"}]}]}`:
			return 0, `{"totalTokens":1}`
		}
		return 404, `{"error":{"code":404,"status":"NOT_FOUND","message":"no access with ` + token + `"}}`
	})
	p, err := v.probe(t, []fleet.ModelName{"gemini-3.5-flash", "publishers/google/models/gemini-2.5-pro", "google/gemini-2.5-pro", "gemini-embedding-001",
		"claude-opus-5@default", "claude-9"}, "project", "acme", "publishers", "google, anthropic")
	if err != nil || p.Provider.Authorised != fleet.Some(true) || p.Provider.Latency.V <= 0 {
		t.Fatalf("%v, %+v", err, p.Provider)
	}
	if want := []fleet.ModelName{"gemini-3.5-flash", "gemini-embedding-001", "claude-opus-5"}; !reflect.DeepEqual(p.Provider.Models, want) {
		t.Errorf("models %v", p.Provider.Models)
	}
	if got := texts(p); !strings.Contains(got, "model publishers/google/models/gemini-2.5-pro cannot be called in europe-west4") || !strings.Contains(got, "NOT_FOUND") ||
		!strings.Contains(got, "model claude-9 is not on the list") || strings.Count(got, "\n") != 3 {
		t.Errorf("it says\n%s", got)
	}
	if want := []string{"GET " + listPath, "GET /v1beta1/publishers/anthropic/models", count("gemini-3.5-flash"), count("gemini-2.5-pro")}; !slices.Equal(v.calls, want) {
		t.Errorf("it was asked %q", v.calls)
	}
}

// A credential that may list models and call none is refused for what it is there for.
func TestWithoutTheRightToCallItIsRefused(t *testing.T) {
	for status, want := range map[int]fleet.Maybe[bool]{403: fleet.Some(false), 404: fleet.Some(true), 429: fleet.Some(true), 500: fleet.Some(true), 400: fleet.Some(true)} {
		v := serve(t, func(call, _ string) (int, string) {
			if strings.HasPrefix(call, "POST") {
				return status, `{"error":{"code":0,"status":"PERMISSION_DENIED","message":"no"}}`
			}
			return 0, sample(t, "models")
		})
		p, err := v.probe(t, []fleet.ModelName{"gemini-3.5-flash"}, "project", "acme")
		if (fleet.KindOf(err) == fleet.KindAuth) != (status == 403) || p.Provider.Authorised != want || status == 403 && !strings.Contains(err.Error(), "PERMISSION_DENIED") {
			t.Errorf("%d: %v, %+v", status, err, p.Provider)
		}
	}
}

func TestRefusalsAreReadings(t *testing.T) {
	for status, says := range map[int]string{401: "not valid any more; tokens of Google live", 403: "option quota_project"} {
		v := serve(t, func(string, string) (int, string) {
			return status, `{"error":{"status":"PERMISSION_DENIED","message":"` + token + `","details":[{"reason":"SERVICE_DISABLED"}]}}`
		})
		p, err := v.probe(t, nil)
		if fleet.KindOf(err) != fleet.KindAuth || p.Provider == nil || p.Provider.Authorised != fleet.Some(false) || !strings.Contains(err.Error(), says) {
			t.Errorf("%d: %v, %+v", status, err, p.Provider)
		}
	}
}

func TestListsThatAreNone(t *testing.T) {
	for _, body := range []string{`{}`, `{"publisherModels":[{}]}`, `{"publisherModels":[{"name":"publishers/google/models/"}]}`, `{"error":{"code":503,"status":"UNAVAILABLE"}}`,
		`{"publisherModels":[{"name":"a"}],"nextPageToken":"on and on"}`, `{"models":[]}`} {
		v := serve(t, func(string, string) (int, string) { return 0, body })
		if p, err := v.probe(t, nil); fleet.KindOf(err) != fleet.KindInvalid || p.Provider != nil {
			t.Errorf("%s: %v", body, err)
		}
		if len(v.calls) > mostPages {
			t.Errorf("%s: asked %d times", body, len(v.calls))
		}
	}
}

// A credential file that is no service account's key is not followed, and not sent as if it were a token.
func TestKeyFilesAreSignedWith(t *testing.T) {
	v := serve(t, func(string, string) (int, string) { return 0, sample(t, "models") })
	deps := contract.Deps()
	deps.Secret = func(context.Context, fleet.SecretRef) (fleet.Secret, error) {
		return fleet.NewSecret(`{"type":"authorized_user","refresh_token":"` + token + `"}`), nil
	}
	r, err := newReader(fleet.SourceSpec{ID: "v", URL: v.URL, Auth: fleet.SecretRef{File: "key.json"}, Options: map[string]string{"location": "eu"}}, deps)
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Read(t.Context())
	if fleet.KindOf(err) != fleet.KindAuth || !strings.Contains(err.Error(), "service_account") || strings.Contains(err.Error(), "canary") || len(v.calls) != 0 {
		t.Errorf("%v, %+v, asked %q", err, p.Provider, v.calls)
	}
}

func TestWhoPaysIsSaid(t *testing.T) {
	v := serve(t, func(string, string) (int, string) { return 0, sample(t, "models") })
	for _, options := range [][]string{nil, {"quota_project", "acme-ops"}} {
		v.heads = nil
		if _, err := v.probe(t, nil, options...); err != nil || len(v.heads) != 1 || (v.heads[0].Get("X-Goog-User-Project") == "acme-ops") != (options != nil) ||
			v.heads[0].Get("Authorization") != "Bearer "+token {
			t.Errorf("%v: %v, %v", options, err, v.heads)
		}
	}
}

func TestUrlAndLocationMustFit(t *testing.T) {
	for address, location := range map[string]string{"https://europe-west4-aiplatform.googleapis.com": "europe-west4", "https://aiplatform.googleapis.com/": "global",
		"https://aiplatform.eu.rep.googleapis.com": "eu", "https://proxy.example/vertex": "us-central1"} {
		spec := fleet.SourceSpec{ID: "v", URL: address, Options: map[string]string{"location": location}}
		if _, err := newReader(spec, contract.Deps()); err != nil {
			t.Errorf("%s in %s: %v", address, location, err)
		}
		spec.Options = map[string]string{"location": "asia-east1"}
		_, err := newReader(spec, contract.Deps())
		if ours := strings.Contains(address, "googleapis"); ours != (fleet.KindOf(err) == fleet.KindInvalid) || ours && !strings.Contains(err.Error(), "asia-east1") {
			t.Errorf("%s: %v", address, err)
		}
	}
	for name, o := range map[string]map[string]string{"none": nil, "a path": {"location": "../x"}, "unknown": {"location": "eu", "region": "eu"},
		"publishers": {"location": "eu", "publishers": "google/x"}, "no publisher": {"location": "eu", "publishers": ","}, "project": {"location": "eu", "project": "a/b"},
		"quotas": {"location": "eu", "quotas_url": "https://serviceusage.googleapis.com"}, "payer": {"location": "eu", "quota_project": "a\nb"}} {
		if _, err := newReader(fleet.SourceSpec{ID: "v", URL: "https://proxy.example", Options: o}, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestResidencyIsSaid(t *testing.T) {
	for location, want := range map[string]string{"global": "no residency", "eu": "residency of the whole only", "europe-west4": "its endpoint is in europe-west4"} {
		s := settings{location: location}
		where := map[string]string{"global": fleet.Anywhere}[location]
		if where == "" {
			where = location
		}
		if got := s.regions([]fleet.ModelName{"m"}); !reflect.DeepEqual(got, map[fleet.ModelName][]string{"m": {where}}) {
			t.Errorf("%s: %v", location, got)
		}
		if n := s.place(); !strings.HasSuffix(n.Text.String(), want) || n.Level != fleet.LevelInfo {
			t.Errorf("%s: %s", location, n.Text)
		}
	}
}
