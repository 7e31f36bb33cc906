//go:build real

package real_test

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/test/kubesuite"
	"pitwall/test/servers"
)

// planes bounds how many control planes run at once: more of them starve whatever is timed beside them, and most of their tests
// wait for one another's cores.
var planes = make(chan struct{}, 4)

// newCluster starts a control plane with some nodes; it ends with the test.
func newCluster(t *testing.T, o servers.Options, nodes int) *servers.Cluster {
	t.Helper()
	planes <- struct{}{}
	t.Cleanup(func() { <-planes })
	began := time.Now()
	c, err := servers.StartCluster(t.Context(), o)
	started(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(c.Tails(1500))
		}
		c.Close()
	})
	t.Logf("the control plane works after %s", time.Since(began).Round(10*time.Millisecond))
	for i := range nodes {
		if err := c.AddNode(t.Context(), servers.GPUNode(i, 8, "NVIDIA-H100-80GB-HBM3")); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// serves makes a Deployment and waits for its replicas.
func serves(t *testing.T, c *servers.Cluster, s servers.Serving) {
	t.Helper()
	if err := c.Serve(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := c.AwaitReady(ctx, s.Namespace, s.Name); err != nil {
		t.Fatal(err)
	}
}

// TestKubernetes holds the suite against the real API server: what this server answers is what the suite must ask for.
func TestKubernetes(t *testing.T) {
	t.Parallel()
	const lines, port = 20, 8000
	var log []string
	for i := range lines {
		log = append(log, kubesuite.LogLine(i+1, lines))
	}
	c := newCluster(t, servers.Options{Namespace: "serving", Log: log}, 3)
	echo := &http.Server{Handler: kubesuite.Echo(), ReadHeaderTimeout: 5 * time.Second}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = echo.Serve(listener) }()
	t.Cleanup(func() { _ = echo.Close() })
	c.Route("*:"+strconv.Itoa(port), listener.Addr().String())

	elsewhere := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "elsewhere"}}
	if _, err := c.Client.CoreV1().Namespaces().Create(t.Context(), elsewhere, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	serves(t, c, servers.Serving{Namespace: "serving", Name: "chat", Model: "llama-70b", Replicas: 4, GPUs: 2})
	serves(t, c, servers.Serving{Namespace: "elsewhere", Name: "embed", Model: "e5", Replicas: 2, GPUs: 1})
	kubesuite.Run(t, kubesuite.Server{
		URL: c.URL, CA: c.CA,
		Tokens:    kubesuite.Users{Admin: c.Admin.Token, Viewer: c.Viewer.Token, Scoped: c.Scoped.Token, Nobody: c.Nobody.Token},
		Names:     kubesuite.Users{Admin: c.Admin.Name, Viewer: c.Viewer.Name, Scoped: c.Scoped.Name, Nobody: c.Nobody.Name},
		Namespace: "serving", Deployment: "chat", Elsewhere: "elsewhere", Port: port, Log: lines,
		Can: kubesuite.Capabilities{Create: true, Apply: true, Tables: true, OpenAPI: true, Secrets: true, Owners: true, Roll: true,
			Custom: true, Define: true, Budgets: true, Shared: true},
		Expire: func(t *testing.T) {
			if err := c.Forget(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
	})
}
