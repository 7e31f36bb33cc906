package kubesuite

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

const (
	jsonType     = "application/json"
	protobufType = "application/vnd.kubernetes.protobuf"
)

// clients are the ways in which the server is asked: bare requests, whose every byte is seen, and client-go.
type clients struct {
	Server
	http *http.Client
}

func newClients(t *testing.T, s Server) *clients {
	t.Helper()
	carrier := transport()
	if len(s.CA) > 0 {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(s.CA) {
			t.Fatal("the CA of the server is no PEM")
		}
		carrier.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
		carrier.ForceAttemptHTTP2 = true
	}
	t.Cleanup(carrier.CloseIdleConnections)
	return &clients{Server: s, http: &http.Client{Transport: carrier, // redirects are the server's, and looked at
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// config is client-go's way in. Protobuf is asked for, with JSON for what has none.
func (c *clients) config(token string) *rest.Config {
	return &rest.Config{Host: c.URL, BearerToken: token, QPS: -1, TLSClientConfig: rest.TLSClientConfig{CAData: c.CA},
		WarningHandler: rest.NoWarnings{}, ContentConfig: rest.ContentConfig{
			ContentType: protobufType, AcceptContentTypes: protobufType + "," + jsonType}}
}

func (c *clients) typed(t *testing.T, token string) *kubernetes.Clientset {
	t.Helper()
	return must(kubernetes.NewForConfig(c.config(token)))(t)
}

func (c *clients) dynamic(t *testing.T, token string) *dynamic.DynamicClient {
	t.Helper()
	return must(dynamic.NewForConfig(rest.CopyConfig(c.config(token))))(t)
}

func (c *clients) metadata(t *testing.T, token string) metadata.Interface {
	t.Helper()
	return must(metadata.NewForConfig(c.config(token)))(t)
}

// request is one bare request. An empty Token sends no Authorization.
type request struct {
	Method, Path, Token, Accept, Type string
	Body                              string
	Header                            map[string]string
}

// answer is what came back.
type answer struct {
	request
	Code   int
	Header http.Header
	Body   []byte
}

// open sends a request and leaves the body to the caller.
func (c *clients) open(ctx context.Context, t *testing.T, q request) *http.Response {
	t.Helper()
	method := q.Method
	if method == "" {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(ctx, method, c.URL+q.Path, strings.NewReader(q.Body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Accept": q.Accept, "Content-Type": q.Type} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if q.Token != "" {
		req.Header.Set("Authorization", "Bearer "+q.Token)
	}
	for name, value := range q.Header {
		req.Header.Set(name, value)
	}
	res, err := c.http.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, q.Path, err)
	}
	return res
}

// ask sends a request and reads the whole answer.
func (c *clients) ask(t *testing.T, q request) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	res := c.open(ctx, t, q)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", q.Method, q.Path, err)
	}
	return answer{request: q, Code: res.StatusCode, Header: res.Header, Body: body}
}

// get asks as the administrator.
func (c *clients) get(t *testing.T, path string) answer {
	t.Helper()
	return c.ask(t, request{Path: path, Token: c.Tokens.Admin, Accept: jsonType})
}

// patch sends a patch as the administrator.
func (c *clients) patch(t *testing.T, kind, path, body string) answer {
	t.Helper()
	return c.ask(t, request{Method: http.MethodPatch, Path: path, Token: c.Tokens.Admin, Accept: jsonType, Type: kind, Body: body})
}

func (a answer) String() string {
	return fmt.Sprintf("%s %s: %d %s\n%.600s", a.Method, a.Path, a.Code, a.Header.Get("Content-Type"), a.Body)
}

// want fails unless the status is the given one.
func (a answer) want(t *testing.T, code int) answer {
	t.Helper()
	if a.Code != code {
		t.Fatalf("status %d, want %d: %s", a.Code, code, a)
	}
	return a
}

// read decodes the body into a value.
func (a answer) read(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal(a.Body, into); err != nil {
		t.Fatalf("%v: %s", err, a)
	}
}

// refusal is the Status object of a failed request; it must be whole and say what the code and reason say.
func (a answer) refusal(t *testing.T, code int, reason metav1.StatusReason, parts ...string) metav1.Status {
	t.Helper()
	a.want(t, code)
	var s metav1.Status
	a.read(t, &s)
	if s.Kind != "Status" || s.APIVersion != "v1" || s.Status != metav1.StatusFailure || int(s.Code) != code {
		t.Errorf("no Status of a failure: %s", a)
	}
	if s.Reason != reason {
		t.Errorf("reason %q, want %q: %s", s.Reason, reason, a)
	}
	for _, part := range parts {
		if !strings.Contains(s.Message, part) {
			t.Errorf("the message lacks %q: %s", part, s.Message)
		}
	}
	return s
}

// pods lists the pods of the namespace with some parameters.
func (c *clients) pods(t *testing.T, query string) corev1.PodList {
	t.Helper()
	var list corev1.PodList
	c.get(t, c.podsPath()+query).want(t, http.StatusOK).read(t, &list)
	return list
}

// deployment reads the Deployment.
func (c *clients) deployment(t *testing.T) appsv1.Deployment {
	t.Helper()
	var d appsv1.Deployment
	c.get(t, c.deploymentPath()).want(t, http.StatusOK).read(t, &d)
	return d
}

// pod is any pod of the Deployment.
func (c *clients) pod(t *testing.T) corev1.Pod {
	t.Helper()
	list := c.pods(t, "?labelSelector=app%3D"+c.Deployment)
	if len(list.Items) == 0 {
		t.Fatalf("the Deployment %s has no pods", c.Deployment)
	}
	return list.Items[0]
}

func (c *clients) podsPath() string { return "/api/v1/namespaces/" + c.Namespace + "/pods" }

func (c *clients) deploymentPath() string {
	return "/apis/apps/v1/namespaces/" + c.Namespace + "/deployments/" + c.Deployment
}

// must turns an error into the end of the test.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// protobuf tells whether a body has the prefix of Kubernetes' protobuf.
func protobuf(body []byte) bool { return bytes.HasPrefix(body, []byte("k8s\x00")) }
