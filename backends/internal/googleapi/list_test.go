package googleapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// listing reads a list from a server that answers each page token with a body.
func listing(t *testing.T, page func(token string) string) (List, error) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("pageSize") != "2" {
			t.Errorf("asked %s", r.URL)
		}
		_, _ = w.Write([]byte(page(r.URL.Query().Get("pageToken"))))
	}))
	defer s.Close()
	client, err := httpx.New(httpx.Options{Source: "g", Base: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	return Listing{Source: "g", Path: "/v1/things", Query: url.Values{"pageSize": {"2"}}, Key: "things", Pages: 3,
		Get: func(ctx context.Context, path string) (*httpx.Reply, error) {
			return client.Do(ctx, http.MethodGet, path, nil)
		}}.Read(t.Context())
}

func TestAllPagesAreRead(t *testing.T) {
	l, err := listing(t, func(token string) string {
		return map[string]string{"": `{"things":[1,2],"nextPageToken":"a&b=c"}`, "a&b=c": `{"nextPageToken":"d"}`, "d": `{"things":[3]}`}[token]
	})
	if err != nil || len(l.Items) != 3 || string(l.Items[2]) != "3" || !l.Named || l.First == l.Last {
		t.Errorf("%+v, %v", l, err)
	}
	if l, err = listing(t, func(string) string { return `{}` }); err != nil || l.Named || l.Items != nil {
		t.Errorf("an empty list: %+v, %v", l, err)
	}
}

func TestBadPagesAreRefused(t *testing.T) {
	for name, x := range map[string]struct{ body, says string }{
		"no end":           {`{"things":[1],"nextPageToken":"again"}`, "more than 3 pages"},
		"an error in 200":  {`{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"canary-7d21"}}`, "RESOURCE_EXHAUSTED"},
		"an error of text": {`{"error":"canary-7d21"}`, "without a status"},
		"no list":          {`{"things":{"a":1}}`, "its things cannot be read"},
		"no token":         {`{"things":[],"nextPageToken":7}`, "its nextPageToken cannot be read"},
		"no object":        {`[]`, "not the JSON"},
		"deep":             {strings.Repeat(`{"a":`, 80) + "1" + strings.Repeat("}", 80), "nested"},
	} {
		l, err := listing(t, func(string) string { return x.body })
		if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), x.says) || strings.Contains(err.Error(), "canary") || l.Items != nil {
			t.Errorf("%s: %+v, %v", name, l.Items, err)
		}
	}
}

func TestRefusalsAreExplainedWithoutTheirMessage(t *testing.T) {
	const message = "API key not valid: canary-7d21 User location is not supported for the API use."
	for _, x := range []struct {
		status       int
		word, reason string
		kind         fleet.Kind
		says         string
	}{
		{400, "INVALID_ARGUMENT", "API_KEY_INVALID", fleet.KindAuth, "API_KEY_INVALID; set or renew the key"},
		{400, "FAILED_PRECONDITION", "", fleet.KindInvalid, "where this machine is"},
		{403, "PERMISSION_DENIED", "SERVICE_DISABLED", fleet.KindAuth, "switch the API on"},
		{403, "PERMISSION_DENIED", "USER_PROJECT_DENIED", fleet.KindAuth, "serviceusage.services.use"},
		{403, "PERMISSION_DENIED", "", fleet.KindAuth, "PERMISSION_DENIED"},
		{429, "RESOURCE_EXHAUSTED", "canary-7d21", fleet.KindRateLimited, "RESOURCE_EXHAUSTED"},
		{500, "canary-7d21", "", fleet.KindServer, "500"},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(x.status)
			_, _ = fmt.Fprintf(w, `{"error":{"status":%q,"message":%q,"details":[{"@type":"x"},{"reason":%q}]}}`, x.word, message, x.reason)
		}))
		client, err := httpx.New(httpx.Options{Source: "g", Base: s.URL, Auth: fleet.SecretRef{Env: "K"}, Deps: fleet.Deps{
			Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) {
				return fleet.NewSecret("canary-7d21"), nil
			}}})
		if err != nil {
			t.Fatal(err)
		}
		reply, err := client.Do(t.Context(), http.MethodGet, "/v1", nil)
		err = Explained(reply, err)
		if fleet.KindOf(err) != x.kind || !strings.Contains(err.Error(), x.says) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%d %s %s: %v", x.status, x.word, x.reason, err)
		}
		s.Close()
	}
	plain := errors.New("no answer")
	if !errors.Is(Explained(nil, plain), plain) || Explained(&httpx.Reply{}, nil) != nil {
		t.Error("what is no refusal is changed")
	}
}
