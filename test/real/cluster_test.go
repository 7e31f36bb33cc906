//go:build real

package real_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitwall/backends/sim"
	"pitwall/fleet"
	"pitwall/test/servers"
)

// audited is one line of the API server's audit log, as far as it is asked here.
type audited struct {
	AuditID, Verb, RequestURI, UserAgent string

	User           struct{ Username string }
	ObjectRef      struct{ Resource, Subresource string }
	ResponseStatus struct{ Code int }
}

// asked is what a user sent to the API server, by its own account.
func asked(t *testing.T, c *servers.Cluster, user string) []audited {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.Dir, "audit.log"))
	if err != nil {
		t.Fatal(err)
	}
	var list []audited
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var a audited
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			continue // the last line may be half written
		}
		if a.User.Username == user {
			list = append(list, a)
		}
	}
	return list
}

// TestPlainPitwallFindsWhatAClusterServes with a kubeconfig and nothing else: the engine is found by its pod and read
// through the pod proxy, and the API server's own log says that nothing but reading was asked of it.
func TestPlainPitwallFindsWhatAClusterServes(t *testing.T) {
	t.Parallel()
	engines, err := sim.Listen(context.Background(), sim.Options{Clock: fleet.SystemClock{}, Mode: fleet.ModeLive})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engines.Close() })
	c := newCluster(t, servers.Options{Audit: true}, 2)
	c.Route("*:8000", strings.TrimPrefix(engines.URL("b200-a-r1"), "http://"))
	serves(t, c, servers.Serving{Namespace: "serving", Name: "chat", Model: "llama-70b", Replicas: 2, GPUs: 4})
	for _, u := range []servers.User{c.Viewer, c.Scoped} {
		t.Run(u.Name, func(t *testing.T) {
			p := program{flags: []string{"--state-dir", t.TempDir()}, environ: []string{"KUBECONFIG=" + u.Kubeconfig}}
			r := p.run(t, "discover")
			t.Logf("exit %d\n%s\n%s", r.code, r.out, r.errs)
			if !strings.Contains(r.out, "chat") || !strings.Contains(r.out, "vllm") {
				t.Errorf("the Deployment was not found")
			}
			s := p.snapshot(t)
			if len(s.Clusters) != 1 || len(s.Clusters[0].Pods) < 2 {
				t.Errorf("clusters %+v", s.Clusters)
			}
			proxied := 0
			for _, a := range asked(t, c, u.Name) {
				reads := a.Verb == "get" || a.Verb == "list" || a.Verb == "watch"
				review := a.Verb == "create" && strings.HasPrefix(a.ObjectRef.Resource, "selfsubject")
				if !reads && !review {
					t.Errorf("%s %s was sent", a.Verb, a.RequestURI)
				}
				if a.ObjectRef.Subresource == "proxy" && a.ResponseStatus.Code == 200 {
					proxied++
				}
			}
			if proxied == 0 {
				t.Error("nothing was read through the pod proxy")
			}
		})
	}
}
