package httpx

import (
	"io"
	"net/http"
	"testing"

	"pitwall/fleet"
)

// What signs is the last to touch a request: it sees the body and the type that are sent, and nothing else carries the key.
func TestASignerSeesWhatIsSent(t *testing.T) {
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Signature") != r.Method+" "+string(body)+" application/x-amz-json-1.1" && r.Method == http.MethodPost {
			t.Errorf("signed %q, sent %q", r.Header.Get("Signature"), body)
		}
		if r.Method == http.MethodGet && r.Header.Get("Signature") != "GET" {
			t.Errorf("signed %q", r.Header.Get("Signature"))
		}
		if r.Header.Get("Authorization") != "" {
			t.Error("the key was sent as it is")
		}
	})
	refuse := false
	c := client(t, s.URL, func(o *Options) {
		o.Auth, o.Type = fleet.SecretRef{Env: "KEY"}, "application/x-amz-json-1.1"
		o.Sign = func(req *http.Request, body []byte, credential fleet.Secret) error {
			if credential.Reveal() != key {
				t.Error("another credential")
			}
			if refuse {
				return &fleet.Error{Kind: fleet.KindAuth, Op: "use the credential"}
			}
			req.Header.Set("Signature", req.Method+" "+string(body)+" "+req.Header.Get("Content-Type"))
			return nil
		}
	})
	if _, err := c.Do(t.Context(), http.MethodPost, "/", map[string]int{"a": 1}); err != nil {
		t.Error(err)
	}
	if _, err := c.Get(t.Context(), "/", ""); err != nil {
		t.Error(err)
	}
	refuse = true
	if _, err := c.Get(t.Context(), "/", ""); fleet.KindOf(err) != fleet.KindAuth {
		t.Errorf("%v", err)
	}
}
