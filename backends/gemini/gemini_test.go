package gemini

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

const listPath = "/v1beta/models"

func sample(t testing.TB) string {
	t.Helper()
	body, err := os.ReadFile("testdata/models.json")
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
			s.Models = []fleet.ModelName{"gemini-3.5-flash", "models/gemini-embedding-001"}
		},
		Pages: map[string]contract.Page{listPath: page(sample(t))},
		Main:  listPath,
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			r := p.Provider
			if r == nil || r.Authorised != fleet.Some(true) || !r.Latency.OK || r.Latency.V <= 0 || r.Limits != nil ||
				!reflect.DeepEqual(r.Models, []fleet.ModelName{"gemini-3.5-flash", "gemini-embedding-001"}) {
				t.Fatalf("reading %+v", r)
			}
			if want := map[fleet.ModelName][]string{"gemini-3.5-flash": {fleet.Anywhere}, "models/gemini-embedding-001": {fleet.Anywhere}}; !reflect.DeepEqual(r.Regions, want) {
				t.Errorf("regions %v", r.Regions)
			}
			if len(p.Notices) != 1 || p.Notices[0].Level != fleet.LevelInfo || !strings.Contains(p.Notices[0].Text.String(), "no residency") {
				t.Errorf("notices %v", p.Notices)
			}
		},
		WrongType:  page(`{"models":[{"name":17}]}`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a number was taken for a name: %+v", p.Provider) },
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal("models/" + text)
			return map[string]contract.Page{listPath: page(fmt.Sprintf(`{"models":[{"name":%s}]}`, q))}
		},
		Series: func(n int) contract.Page {
			return page(`{"models":[` + strings.TrimSuffix(strings.Repeat(`{"name":"models/m"},`, n), ",") + `]}`)
		},
	})
}

// probe reads once from a server.
func probe(t *testing.T, path string, spec fleet.SourceSpec, answer http.HandlerFunc) (fleet.Partial, error) {
	t.Helper()
	s := httptest.NewServer(answer)
	defer s.Close()
	spec.URL = s.URL + path
	return contract.Open(t, Connector(), spec, contract.Deps().Clock).Read(t.Context())
}

func keyed() fleet.SourceSpec { return fleet.SourceSpec{ID: "g", Auth: fleet.SecretRef{Env: "KEY"}} }

func TestWhatIsAsked(t *testing.T) {
	for path, want := range map[string]string{"": listPath, "/": listPath, "/v1beta": listPath, "/v1": "/v1/models", "/v1beta/openai/": listPath,
		"/proxy": "/proxy/v1beta/models"} {
		var seen *http.Request
		_, err := probe(t, path, keyed(), func(w http.ResponseWriter, r *http.Request) {
			seen = r.Clone(t.Context())
			_, _ = w.Write([]byte(sample(t)))
		})
		if err != nil || seen.URL.Path != want || seen.Method != http.MethodGet || seen.Header.Get("X-Goog-Api-Key") == "" ||
			seen.Header.Get("Authorization") != "" || seen.URL.RawQuery != "pageSize=1000" {
			t.Errorf("%q: %s %s %v, %v", path, seen.Method, seen.URL, seen.Header, err)
		}
	}
}

// A key that is not valid is refused with 400, and is a refused key all the same.
func TestARefusedKeyIsAReadingToo(t *testing.T) {
	p, err := probe(t, "", keyed(), func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"error":{"code":400,"message":"API key not valid: %s","status":"INVALID_ARGUMENT",`+
			`"details":[{"reason":"API_KEY_INVALID"}]}}`, r.Header.Get("X-Goog-Api-Key"))
	})
	if fleet.KindOf(err) != fleet.KindAuth || p.Provider == nil || p.Provider.Authorised != fleet.Some(false) ||
		strings.Contains(err.Error(), "contract-secret") {
		t.Errorf("%v, %+v", err, p.Provider)
	}
	p, err = probe(t, "", keyed(), func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":{"status":"INVALID_ARGUMENT"}}`))
	})
	if fleet.KindOf(err) != fleet.KindInvalid || p.Provider != nil {
		t.Errorf("another 400: %v, %+v", err, p.Provider)
	}
}

func TestWithoutAKeyNothingIsProven(t *testing.T) {
	p, err := probe(t, "", fleet.SourceSpec{ID: "g"}, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(sample(t))) })
	if err != nil || p.Provider.Authorised.OK {
		t.Errorf("%v, %+v", err, p.Provider)
	}
}

func TestListsThatAreNone(t *testing.T) {
	for _, body := range []string{`{}`, `{"models":[{}]}`, `{"models":[{"name":"models/"}]}`, `{"models":["a"]}`, `{"error":{"code":503}}`, `{"data":[{"id":"x"}]}`,
		`{"models":[{"name":"models/a"}],"nextPageToken":"on and on"}`} {
		if p, err := probe(t, "", keyed(), func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }); fleet.KindOf(err) != fleet.KindInvalid || p.Provider != nil {
			t.Errorf("%s: %v, %+v", body, err, p.Provider)
		}
	}
}

func TestMissingModelsAreRemarked(t *testing.T) {
	spec := keyed()
	spec.Models = []fleet.ModelName{"gemini-3.5-flash", "gemini-1.0\x1b[2J"}
	p, err := probe(t, "", spec, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(sample(t))) })
	if err != nil || len(p.Notices) != 2 || p.Notices[0].Level != fleet.LevelWarn || !strings.Contains(p.Notices[0].Text.String(), "gemini-1.0^[[2J") {
		t.Errorf("%v, %+v", err, p.Notices)
	}
}

func TestUnknownOptionsAreRefused(t *testing.T) {
	spec := keyed()
	spec.URL, spec.Options = "https://api.example", map[string]string{"region": "eu"}
	if _, err := newReader(spec, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "region") {
		t.Errorf("%v", err)
	}
}

func FuzzModels(f *testing.F) {
	f.Add(sample(f))
	f.Add(`{"models":[{"name":"models/a"}],"nextPageToken":"x"}`)
	f.Add(`{"error":{"code":400,"details":[{"reason":"API_KEY_INVALID"}]}}`)
	spec := keyed()
	spec.URL = "http://gemini.example"
	opened, err := newReader(spec, contract.Deps())
	if err != nil {
		f.Fatal(err)
	}
	r := opened.(*reader)
	f.Fuzz(func(t *testing.T, text string) {
		list, err := r.listing(func(context.Context, string) (*httpx.Reply, error) { return &httpx.Reply{Body: []byte(text)}, nil }).Read(t.Context())
		if err != nil {
			return
		}
		names, err := r.models(list)
		if err == nil && (len(names) != len(list.Items) || slices.Contains(names, "")) {
			t.Errorf("%d names of %d models: %q", len(names), len(list.Items), names)
		}
	})
}
