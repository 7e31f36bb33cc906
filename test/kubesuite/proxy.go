package kubesuite

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// echoed is what Echo saw.
type echoed struct {
	Method, Path, Query, Host string
	Header                    http.Header
	Body                      string
}

// Echo answers with what it was asked, as JSON. A path /status/CODE answers with that status instead.
func Echo() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		var code int
		if _, err := fmt.Sscan(r.PathValue("code"), &code); err != nil || code < 200 || code > 599 {
			code = http.StatusTeapot
		}
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "the pod says no")
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("X-Pod-Says", "hello")
		_ = json.NewEncoder(w).Encode(echoed{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Host, r.Header, string(body)})
	})
	return mux
}

func checkProxy(t *testing.T, c *clients) {
	t.Run("not allowed", c.proxiesNotAllowed)
	t.Run("no such pod", c.proxiesNoSuchPod)
	if c.Port == 0 {
		return
	}
	t.Run("path and query", c.proxiesPathAndQuery)
	t.Run("without a slash", c.proxiesWithoutASlash)
	t.Run("headers", c.proxiesHeaders)
	t.Run("answer", c.proxiesAnswer)
	t.Run("scheme", c.proxiesScheme)
	t.Run("nobody listens", c.proxiesNobodyListens)
	t.Run("post", c.proxiesPost)
}

// proxyPath is the path of the proxy to a pod.
func (c *clients) proxyPath(pod corev1.Pod) string {
	return fmt.Sprintf("%s/%s:%d/proxy", c.podsPath(), pod.Name, c.Port)
}

// echo asks a pod through the proxy as the viewer.
func (c *clients) echo(t *testing.T, q request) echoed {
	t.Helper()
	q.Token = c.Tokens.Viewer
	var e echoed
	c.ask(t, q).want(t, http.StatusOK).read(t, &e)
	return e
}

func (c *clients) proxiesNotAllowed(t *testing.T) {
	pod := c.pod(t)
	base := c.proxyPath(pod)
	c.ask(t, request{Path: base + "/metrics", Token: c.Tokens.Nobody, Accept: jsonType}).
		refusal(t, http.StatusForbidden, metav1.StatusReasonForbidden, `cannot get resource "pods/proxy"`)
	c.ask(t, request{Method: http.MethodPost, Path: base + "/metrics", Token: c.Tokens.Viewer, Accept: jsonType}).
		refusal(t, http.StatusForbidden, metav1.StatusReasonForbidden, `cannot create resource "pods/proxy"`)
}

func (c *clients) proxiesNoSuchPod(t *testing.T) {
	c.get(t, c.podsPath()+"/no-such:8000/proxy/metrics").refusal(t, http.StatusNotFound, metav1.StatusReasonNotFound, "no-such")
}

func (c *clients) proxiesPathAndQuery(t *testing.T) {
	pod := c.pod(t)
	base := c.proxyPath(pod)
	for path, want := range map[string]string{
		"/metrics": "/metrics", "/metrics/": "/metrics/", "/": "/", "/a/b%20c/d": "/a/b%20c/d", "/v1/models": "/v1/models",
	} {
		e := c.echo(t, request{Path: base + path + "?match%5B%5D=up&x=1+2", Accept: "text/plain"})
		given := must(url.ParseQuery(e.Query))(t)
		if e.Path != want || e.Method != http.MethodGet || given.Get("match[]") != "up" || given.Get("x") != "1 2" {
			t.Errorf("%s arrives as %s %s?%s", path, e.Method, e.Path, e.Query)
		}
	}
}

func (c *clients) proxiesWithoutASlash(t *testing.T) {
	pod := c.pod(t)
	base := c.proxyPath(pod)
	a := c.ask(t, request{Path: base, Token: c.Tokens.Viewer})
	if a.Code != http.StatusMovedPermanently || !strings.HasSuffix(a.Header.Get("Location"), "/proxy/") {
		t.Errorf("%s to %q", a, a.Header.Get("Location"))
	}
}

func (c *clients) proxiesHeaders(t *testing.T) {
	pod := c.pod(t)
	base := c.proxyPath(pod)
	e := c.echo(t, request{Path: base + "/headers", Accept: "application/openmetrics-text", Header: map[string]string{
		"X-Litellm-Api-Key": "sk-suite", "X-Forwarded-For": "192.0.2.7", "X-Trace": "abc", "User-Agent": "suite/1"}})
	if got := e.Header.Get("Authorization"); got != "" {
		t.Error("the token of the API server reaches the pod")
	}
	for name, want := range map[string]string{"X-Litellm-Api-Key": "sk-suite", "X-Trace": "abc", "User-Agent": "suite/1",
		"Accept": "application/openmetrics-text"} {
		if got := e.Header.Get(name); got != want {
			t.Errorf("%s arrives as %q", name, got)
		}
	}
	if e.Header.Get("X-Forwarded-Uri") == "" || e.Header.Get("X-Forwarded-For") == "" {
		t.Errorf("%v", e.Header)
	}
}

func (c *clients) proxiesAnswer(t *testing.T) {
	pod := c.pod(t)
	base := c.proxyPath(pod)
	a := c.ask(t, request{Path: base + "/x", Token: c.Tokens.Viewer}).want(t, http.StatusOK)
	if a.Header.Get("X-Pod-Says") != "hello" || a.Header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("%v", a.Header)
	}
	a = c.ask(t, request{Path: base + "/status/503", Token: c.Tokens.Viewer}).want(t, http.StatusServiceUnavailable)
	if string(a.Body) != "the pod says no" {
		t.Errorf("the pod's own refusal is changed: %s", a)
	}
}

func (c *clients) proxiesScheme(t *testing.T) {
	pod := c.pod(t)
	e := c.echo(t, request{Path: fmt.Sprintf("%s/http:%s:%d/proxy/s", c.podsPath(), pod.Name, c.Port)})
	if e.Path != "/s" {
		t.Errorf("%+v", e)
	}
	a := c.ask(t, request{Path: fmt.Sprintf("%s/https:%s:%d/proxy/s", c.podsPath(), pod.Name, c.Port), Token: c.Tokens.Viewer})
	a.refusal(t, http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable, "error trying to reach service")
}

func (c *clients) proxiesNobodyListens(t *testing.T) {
	pod := c.pod(t)
	c.ask(t, request{Path: fmt.Sprintf("%s/%s:%d/proxy/metrics", c.podsPath(), pod.Name, 1), Token: c.Tokens.Viewer, Accept: jsonType}).
		refusal(t, http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable, "error trying to reach service")
}

func (c *clients) proxiesPost(t *testing.T) {
	pod := c.pod(t)
	base := c.proxyPath(pod)
	a := c.ask(t, request{Method: http.MethodPost, Path: base + "/post", Token: c.Tokens.Admin, Type: jsonType, Body: `{"a":1}`})
	var e echoed
	a.want(t, http.StatusOK).read(t, &e)
	if e.Method != http.MethodPost || e.Body != `{"a":1}` || e.Header.Get("Content-Type") != jsonType {
		t.Errorf("%+v", e)
	}
}
