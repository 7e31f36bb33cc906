package bedrock

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"pitwall/backends/internal/awsrig"
	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func TestRequestsAreSigned(t *testing.T) {
	s := awsrig.Serve(t, "bedrock", "eu-central-1", func(r *http.Request, _ []byte) (int, string) {
		switch {
		case r.URL.Path == "/foundation-models":
			return http.StatusOK, fixture(t, "foundation-models.json")
		case r.URL.Path == "/inference-profiles":
			return http.StatusOK, fixture(t, "inference-profiles.json")
		default:
			if !strings.Contains(r.RequestURI, "nova-lite-v1%3A0") {
				t.Errorf("asked %s", r.RequestURI)
			}
			return http.StatusOK, available
		}
	})
	for _, text := range []string{
		awsrig.ID + ":" + awsrig.Secret + ":" + awsrig.Token,
		"{\n \"Version\": 1,\n \"AccessKeyId\": \"" + awsrig.ID + "\",\n \"SecretAccessKey\": \"" + awsrig.Secret + "\",\n \"SessionToken\": \"" +
			awsrig.Token + "\",\n \"Expiration\": \"2026-11-22T10:00:00+00:00\"\n}\n",
		`{"Credentials":{"AccessKeyId":"` + awsrig.ID + `","SecretAccessKey":"` + awsrig.Secret + `","SessionToken":"` + awsrig.Token + `"}}`,
	} {
		p, err := open(t, s.URL, fleet.SourceSpec{Models: []fleet.ModelName{"amazon.nova-lite-v1:0"}}, withSecret(text)).Read(t.Context())
		if err != nil || p.Provider.Authorised != fleet.Some(true) || len(p.Notices) != 0 {
			t.Errorf("%v, %+v", err, p)
		}
	}
}

func TestUnusableCredentialsAreNotSent(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("something was sent") }))
	defer s.Close()
	for text, want := range map[string]string{
		awsrig.ID:             "without its secret",
		"two canary words":    "neither an API key nor an access key",
		"{canary":             "cannot be read",
		`{"AccessKeyId":"A"}`: "no usable AccessKeyId",
		"  ":                  "empty",
		"[default]\naws_access_key_id = " + awsrig.ID:                                                                       "neither an API key",
		`{"AccessKeyId":"A","SecretAccessKey":"canary\r\nx"}`:                                                               "no usable",
		`{"AccessKeyId":"` + awsrig.ID + `","SecretAccessKey":"` + awsrig.Secret + `","Expiration":"2026-11-22T09:13:59Z"}`: "the session token has expired at 2026-11-22 09:13:59Z",
	} {
		p, err := open(t, s.URL, fleet.SourceSpec{}, withSecret(text)).Read(t.Context())
		if fleet.KindOf(err) != fleet.KindAuth || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "nothing was sent") ||
			strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), awsrig.ID) {
			t.Errorf("%q: %v", text, err)
		}
		if p.Provider == nil || p.Provider.Authorised != fleet.Some(false) {
			t.Errorf("%q: %+v", text, p.Provider)
		}
	}
}

// Each refusal is put into words that say what to do, and none of them shows what AWS repeats of the request.
func TestRefusals(t *testing.T) {
	const behind = "Sun, 22 Nov 2026 09:24:00 GMT"
	for _, c := range []struct {
		status     int
		kind, body string
		want       fleet.Kind
		words      string
	}{
		{403, "RequestTimeTooSkewed", `{"message":"The difference is too large"}`, fleet.KindInvalid, "the clocks differ, ours is 10m0s behind"},
		{403, "InvalidSignatureException:http://internal.amazon.com/", `{"message":"Signature expired: 20261122T091400Z is now earlier than canary"}`,
			fleet.KindInvalid, "the clocks differ"},
		{400, "", `{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"Signature not yet current: canary"}`, fleet.KindInvalid, "the clocks differ"},
		{403, "InvalidSignatureException", `{"message":"The Canonical String for this request should have been canary"}`, fleet.KindAuth, "does not fit"},
		{403, "ExpiredTokenException", `{"message":"The security token included in the request is expired"}`, fleet.KindAuth, "the session token has expired"},
		{403, "UnrecognizedClientException", `{"message":"The security token included in the request is invalid canary"}`, fleet.KindAuth, "does not know this access key id"},
		{403, "AccessDeniedException", `{"message":"User: canary is not authorized to perform: bedrock:ListFoundationModels on resource: x"}`,
			fleet.KindUnsupported, "the key is accepted and lacks the right bedrock:ListFoundationModels"},
		{403, "AccessDeniedException", `{"Message":"Authentication failed: Please make sure your API Key is valid. canary"}`, fleet.KindAuth, "403"},
		{400, "ThrottlingException", `{"message":"Rate exceeded"}`, fleet.KindRateLimited, "400"},
		{400, "LimitExceededException", `{"Message":"You made too many calls in a short period of time"}`, fleet.KindRateLimited, "400"},
		{400, "ValidationException", `{"message":"canary"}`, fleet.KindInvalid, "400: ValidationException"},
		{500, "\x1b[2Jcanary", `canary`, fleet.KindServer, "500"},
	} {
		s := awsrig.Serve(t, "bedrock", "eu-central-1", func(*http.Request, []byte) (int, string) { return c.status, c.body })
		inner := s.Config.Handler
		s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", behind)
			if c.kind != "" {
				w.Header()["X-Amzn-Errortype"] = []string{strings.ReplaceAll(c.kind, "\x1b", "")}
			}
			inner.ServeHTTP(w, r)
		})
		p, err := open(t, s.URL, fleet.SourceSpec{}, withSecret(awsrig.ID+":"+awsrig.Secret+":"+awsrig.Token)).Read(t.Context())
		if fleet.KindOf(err) != c.want || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v", c.kind, err)
		}
		if strings.Contains(err.Error(), "canary") || !fleet.IsClean(err.Error()) {
			t.Errorf("%s shows what it must not: %v", c.kind, err)
		}
		if refused := p.Provider != nil; refused != (c.want == fleet.KindAuth) {
			t.Errorf("%s: %+v", c.kind, p.Provider)
		}
	}
}

func TestQuotasByOption(t *testing.T) {
	lists := contract.ServeAnswers(t, func(path string) *contract.Answer {
		switch path {
		case "/foundation-models":
			return &contract.Answer{Body: fixture(t, "foundation-models.json")}
		case "/inference-profiles":
			return &contract.Answer{Body: fixture(t, "inference-profiles.json")}
		}
		return &contract.Answer{Body: available}
	})
	pages := 0
	quotas := awsrig.Serve(t, "servicequotas", "eu-central-1", func(r *http.Request, body []byte) (int, string) {
		pages++
		if r.Header.Get("X-Amz-Target") != "ServiceQuotasV20190624.ListServiceQuotas" || r.Header.Get("Content-Type") != "application/x-amz-json-1.1" ||
			!bytes.Contains(body, []byte(`"ServiceCode":"bedrock"`)) {
			t.Errorf("%v %s", r.Header, body)
		}
		if bytes.Contains(body, []byte(`"page-2"`)) {
			return http.StatusOK, fixture(t, "quotas-2.json")
		}
		return http.StatusOK, fixture(t, "quotas-1.json")
	})
	spec := fleet.SourceSpec{Models: []fleet.ModelName{"eu.anthropic.claude-sonnet-5", "amazon.nova-lite-v1:0", "meta.llama3-1-8b-instruct-v1:0"},
		Options: map[string]string{OptionQuotas: "yes", OptionQuotasURL: quotas.URL}}
	r := open(t, lists.URL, spec, withSecret(awsrig.ID+":"+awsrig.Secret+":"+awsrig.Token))
	for range 3 {
		p, err := r.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []fleet.Limit{{Kind: fleet.LimitTPM, Max: fleet.Some(2e6)}}
		if !slices.Equal(p.Provider.Limits, want) {
			t.Errorf("limits %+v", p.Provider.Limits)
		}
		if !strings.Contains(said(p.Notices), "INFO model meta.llama3-1-8b-instruct-v1:0 has no applied quota") {
			t.Errorf("notices %s", said(p.Notices))
		}
	}
	if pages != 2 {
		t.Errorf("%d pages were asked for in one hour", pages)
	}
}

// An API key of Bedrock is not shown to another service; its quotas stay unknown and the probe goes on.
func TestQuotasAreNotAskedWithAnAPIKey(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the key was sent elsewhere") }))
	defer other.Close()
	spec := fleet.SourceSpec{Options: map[string]string{OptionQuotas: "yes", OptionQuotasURL: other.URL}}
	p, _, err := answers(t, spec, nil)
	if err != nil || len(p.Provider.Limits) != 0 || !strings.Contains(said(p.Notices), "an API key of Bedrock is not taken by servicequotas") {
		t.Errorf("%v, %+v, %s", err, p.Provider, said(p.Notices))
	}
}
