package httpx

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pitwall/fleet"
)

var start = time.Date(2026, 11, 22, 9, 14, 0, 0, time.UTC)

const key = "sk-test-5a1d"

func deps() fleet.Deps {
	return fleet.Deps{Clock: fleet.NewVirtualClock(start),
		Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret(key), nil }}
}

func client(t *testing.T, base string, change func(*Options)) *Client {
	t.Helper()
	opt := Options{Source: "src", Base: base, Deps: deps()}
	if change != nil {
		change(&opt)
	}
	c, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// expect checks the kind of an error, that its text holds the words, is one clean line and holds no secret.
func expect(t *testing.T, err error, kind fleet.Kind, words ...string) {
	t.Helper()
	if fleet.KindOf(err) != kind {
		t.Errorf("kind %q, want %q: %v", fleet.KindOf(err), kind, err)
		return
	}
	text := err.Error()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q does not say %q", text, w)
		}
	}
	if !fleet.IsClean(text) || strings.Contains(text, key) || strings.Contains(text, "token=") {
		t.Errorf("not fit for a screen: %q", text)
	}
}

func TestJSONBothWays(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", start.Format(http.TimeFormat))
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"method":%q,"path":%q,"auth":%q,"type":%q}`, r.Method, r.URL.RequestURI(),
			r.Header.Get("Authorization"), r.Header.Get("Content-Type"))
	})
	c := client(t, s.URL+"/prefix/", func(o *Options) { o.Auth = fleet.SecretRef{Env: "K"} })
	r, err := c.Do(t.Context(), http.MethodPost, "/model/update?x=1", map[string]int{"weight": 3})
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Method, Path, Auth, Type string }
	if err := r.JSON(&got); err != nil {
		t.Fatal(err)
	}
	if got.Method != "POST" || got.Path != "/prefix/model/update?x=1" || got.Auth != "Bearer "+key ||
		got.Type != "application/json" {
		t.Errorf("%+v", got)
	}
	if r.Status != 201 || !r.ServerTime.OK || !r.ServerTime.V.Equal(start) || r.Took <= 0 {
		t.Errorf("%+v", r)
	}
	expect(t, r.JSON(&[]int{}), fleet.KindInvalid, "not the JSON")
}

func TestEmptyPathKeepsTheBaseAsItIs(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, r.URL.RequestURI()) })
	r, err := client(t, s.URL+"/metrics?collect=gpu", nil).Get(t.Context(), "", "")
	if err != nil || string(r.Body) != "/metrics?collect=gpu" {
		t.Errorf("%s, %v", r.Body, err)
	}
	_, err = client(t, s.URL, nil).Get(t.Context(), "metrics", "")
	expect(t, err, fleet.KindInvalid, "slash")
}

func TestStatusToKind(t *testing.T) {
	for status, want := range map[int]fleet.Kind{
		401: fleet.KindAuth, 403: fleet.KindAuth, 404: fleet.KindNotFound, 408: fleet.KindTimeout, 409: fleet.KindConflict,
		412: fleet.KindConflict, 429: fleet.KindRateLimited, 400: fleet.KindInvalid, 422: fleet.KindInvalid,
		405: fleet.KindUnsupported, 500: fleet.KindServer, 503: fleet.KindServer, 529: fleet.KindServer,
		304: fleet.KindInvalid,
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			if status != 304 {
				_, _ = w.Write([]byte("why"))
			}
		})
		r, err := client(t, s.URL, nil).Do(t.Context(), http.MethodGet, "/p?token=x", nil)
		expect(t, err, want, "read /p from src", fmt.Sprint(status))
		if r == nil || r.Status != status || status != 304 && string(r.Body) != "why" {
			t.Errorf("%d: the reply must come with the error: %+v", status, r)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	date := start.Add(-time.Hour) // the server's clock is wrong, the advice is right
	for value, want := range map[string]time.Duration{
		"7": 7 * time.Second, "0.5": 500 * time.Millisecond, "-3": 0, "": 0, "soon": 0, "NaN": maxRetry, "1e30": maxRetry,
		date.Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second,
		date.Add(-time.Minute).Format(http.TimeFormat):     0,
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", date.Format(http.TimeFormat))
			w.Header().Set("Retry-After", value)
			w.WriteHeader(429)
		})
		_, err := client(t, s.URL, nil).Get(t.Context(), "/p", "")
		if got := fleet.RetryAfter(err); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

func TestRedirects(t *testing.T) {
	var other atomic.Int32
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { other.Add(1) })
	var written atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/metrics":
			http.Redirect(w, r, "/metrics/", http.StatusTemporaryRedirect)
		case "/twice":
			http.Redirect(w, r, "/metrics", http.StatusFound)
		case "/away":
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		case "/write":
			http.Redirect(w, r, "/written", http.StatusTemporaryRedirect)
		case "/written":
			written.Add(1)
		default:
			_, _ = w.Write([]byte("page " + r.Header.Get("Authorization")))
		}
	})
	c := client(t, s.URL, func(o *Options) { o.Auth = fleet.SecretRef{Env: "K"} })
	if r, err := c.Get(t.Context(), "/metrics", ""); err != nil || string(r.Body) != "page Bearer "+key {
		t.Errorf("one redirect on the same host: %v", err)
	}
	_, err := c.Get(t.Context(), "/twice", "")
	expect(t, err, fleet.KindInvalid, "elsewhere")
	_, err = c.Get(t.Context(), "/away", "")
	expect(t, err, fleet.KindInvalid, "elsewhere")
	_, err = c.Do(t.Context(), http.MethodPost, "/write", 1)
	expect(t, err, fleet.KindInvalid, "send to /write")
	if other.Load() != 0 || written.Load() != 0 {
		t.Errorf("%d requests went to another host, %d writes were redirected", other.Load(), written.Load())
	}
}

func TestCredentialIsReadAtEachCall(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Header.Get("X-Api-Key"))) })
	var seen []string
	n := 0
	c := client(t, s.URL, func(o *Options) {
		o.Auth, o.Header = fleet.SecretRef{File: "f"}, "x-api-key"
		o.Deps.Secret = func(context.Context, fleet.SecretRef) (fleet.Secret, error) {
			n++
			return fleet.NewSecret(fmt.Sprintf("k%d\n", n)), nil
		}
	})
	for range 2 {
		r, err := c.Get(t.Context(), "/", "")
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, string(r.Body))
	}
	if strings.Join(seen, " ") != "k1 k2" {
		t.Errorf("sent %q", seen)
	}
}

func TestBadCredentialsSendNothing(t *testing.T) {
	var asked atomic.Int32
	s := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	own := &fleet.Error{Kind: fleet.KindAuth, Op: "open the credential", Next: "chmod 600"}
	for name, open := range map[string]func() (fleet.Secret, error){
		"empty":     func() (fleet.Secret, error) { return fleet.NewSecret(" \n"), nil },
		"two lines": func() (fleet.Secret, error) { return fleet.NewSecret(key + "\r\nX-Evil: 1"), nil },
		"unread":    func() (fleet.Secret, error) { return fleet.Secret{}, errors.New("open /x/" + key) },
		"own error": func() (fleet.Secret, error) { return fleet.Secret{}, own },
	} {
		c := client(t, s.URL, func(o *Options) {
			o.Auth = fleet.SecretRef{File: "f"}
			o.Deps.Secret = func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return open() }
		})
		_, err := c.Get(t.Context(), "/", "")
		expect(t, err, fleet.KindAuth)
		if name == "own error" && !errors.Is(err, own) {
			t.Errorf("the opener's words were lost: %v", err)
		}
	}
	if asked.Load() != 0 {
		t.Error("something was sent")
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	var peers sync.Map
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		peers.Store(r.RemoteAddr, true)
		_, _ = w.Write([]byte(strings.Repeat("x", 100_000)))
	})
	c := client(t, s.URL, nil)
	for range 5 {
		if _, err := c.Get(t.Context(), "/", ""); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	peers.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d connections for 5 calls", n)
	}
}

func TestAnAnswerThatStillHoldsIsNoFailure(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"a"` && r.Header.Get("If-Modified-Since") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if r.URL.Path == "/rude" {
			w.WriteHeader(http.StatusNotModified) // to a question that had no condition
			return
		}
		w.Header().Set("ETag", `"a"`)
		w.Header().Set("Last-Modified", "Sun, 22 Nov 2026 09:00:00 GMT")
		_, _ = w.Write([]byte("x"))
	})
	c := client(t, s.URL, nil)
	first, err := c.GetNewer(t.Context(), "/p", "", Validator{})
	if err != nil || string(first.Body) != "x" {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := c.GetNewer(t.Context(), "/p", "", ValidatorOf(first))
	if err != nil || again.Status != http.StatusNotModified {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := c.GetNewer(t.Context(), "/rude", "", Validator{}); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("304 to no condition: %v", err)
	}
}
