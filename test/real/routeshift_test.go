//go:build real

package real_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/test/servers"
)

// TestPitwallPlansOnARouteOfACluster is the program itself on gateways whose routes are objects of a cluster: what a user writes into
// the configuration is read, planned on and checked. A gateway that a test plays takes the route over; nothing serves behind it, so
// that a shift is refused for want of a member that is proven to work.
func TestPitwallPlansOnARouteOfACluster(t *testing.T) {
	t.Parallel()
	s := site{newCluster(t, servers.Options{Namespace: "serving"}, 0), t}
	defineRoutes(t, s.Cluster)
	const path = "/apis/gateway.networking.k8s.io/v1/namespaces/serving/httproutes"
	if err := post(t, s.Cluster, path, `{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: chat}, spec: {parentRefs: [{name: gw}], rules: [{backendRefs: [{name: v1, port: 80, weight: 90}, {name: v2, port: 80, weight: 10}]}]}}`); err != nil {
		t.Fatal(err)
	}
	weights := playedGateway(t, s.Cluster, path+"/chat")
	config := filepath.Join(t.TempDir(), "pitwall.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, `version: 1
contexts:
- name: bed
  env: stage
  clusters: [{name: c, kubeconfig: %q, discover: false}]
  gateways: [{id: edge, kind: gateway-api, cluster: c, options: {namespaces: serving}, poll: {interval: 2s}}]
`, s.Admin.Kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	op := s.operator(s.Admin)
	op.flags = append(op.flags, "--config", config)
	until(t, time.Minute, "the gateway takes it", func() bool {
		out := op.run(t, "snapshot", "--once", "-o", "json").out
		return strings.Contains(out, `"serving/chat"`) && !strings.Contains(out, "has said nothing")
	})
	shift := []string{"shift", "serving/chat", "v1=60", "v2=40", "--dry-run"}
	if r := op.must(t, 3, shift...); !strings.Contains(r.out, "90/10 -> 60/40") || !strings.Contains(r.out, "1/1 replica holds its weights") ||
		!strings.Contains(r.out, "through objects of cluster c") || !strings.Contains(r.errs, "IL-01") {
		t.Errorf("%s%s", r.out, r.errs)
	}
	if got, _, err := weights(t.Context()); err != nil || got != "[{90} {10}]" {
		t.Errorf("a plan has written: %s, %v", got, err)
	}
	if r := op.must(t, 0, "doctor"); !strings.Contains(r.out, "gateway-api  ok") {
		t.Errorf("%s%s", r.out, r.errs)
	}
}
