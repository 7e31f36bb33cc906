// Package awsrig plays services of AWS in tests: it computes each signature anew.
package awsrig

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pitwall/fleet"
)

// The access key that the tests sign with.
const (
	ID     = "AKIAPITWALLEXAMPLE00" //nolint:gosec // of nobody
	Secret = "canary/secret+4f1e"
	Token  = "canary-session-77aa"
)

// Verify computes the signature of a request anew, by the published rules and by code that shares nothing with the signer.
func Verify(t testing.TB, r *http.Request, body []byte, service, region string) {
	t.Helper()
	parts := regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([A-Z0-9]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9]+)/aws4_request, ` +
		`SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$`).
		FindStringSubmatch(r.Header.Get("Authorization"))
	if parts == nil {
		t.Fatalf("not signed: %q", r.Header.Get("Authorization"))
	}
	if parts[1] != ID || parts[3] != region || parts[4] != service {
		t.Errorf("scope %v", parts[1:5])
	}
	names := strings.Split(parts[5], ";")
	for _, needed := range []string{"host", "x-amz-date", "x-amz-security-token"} {
		if !slices.Contains(names, needed) {
			t.Errorf("%s is not signed", needed)
		}
	}
	var headers strings.Builder
	for _, n := range names {
		v := r.Header.Get(n)
		if n == "host" {
			v = r.Host
		}
		headers.WriteString(n + ":" + v + "\n")
	}
	var path []string
	for _, segment := range strings.Split(r.URL.EscapedPath(), "/") {
		path = append(path, strings.ReplaceAll(url.QueryEscape(segment), "+", "%20"))
	}
	sum := func(b []byte) string { s := sha256.Sum256(b); return hex.EncodeToString(s[:]) }
	mac := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	canonical := strings.Join([]string{r.Method, strings.Join(path, "/"), r.URL.Query().Encode(), headers.String(), parts[5], sum(body)}, "\n")
	toSign := strings.Join([]string{"AWS4-HMAC-SHA256", r.Header.Get("X-Amz-Date"),
		strings.Join([]string{parts[2], parts[3], parts[4], "aws4_request"}, "/"), sum([]byte(canonical))}, "\n")
	key := []byte("AWS4" + Secret)
	for _, part := range []string{parts[2], parts[3], parts[4], "aws4_request"} {
		key = mac(key, part)
	}
	if want := hex.EncodeToString(mac(key, toSign)); want != parts[6] {
		t.Errorf("%s %s: signature %s, want %s", r.Method, r.URL, parts[6], want)
	}
}

// Serve verifies every request and keeps the last answer's worth of them.
func Serve(t testing.TB, service, region string, answer func(*http.Request, []byte) (int, string)) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		Verify(t, r, body, service, region)
		for name, values := range r.Header {
			if strings.Contains(strings.Join(values, " "), Secret) {
				t.Errorf("the secret was sent in %s", name)
			}
		}
		status, text := answer(r, body)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(s.Close)
	return s
}

// Deps are the dependencies of the contract suite with the rig's access key.
func Deps(clock fleet.Clock) fleet.Deps {
	return fleet.Deps{Clock: clock, Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) {
		return fleet.NewSecret(ID + ":" + Secret + ":" + Token), nil
	}}
}
