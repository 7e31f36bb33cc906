package config

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestASharedNamespaceReachesItsCluster(t *testing.T) {
	const file = "version: 1\ncontexts:\n- name: a\n  clusters:\n  - {context: c, shared_namespace: %s}\n"
	f, err := Parse([]byte(fmt.Sprintf(file, "pitwall")))
	if err != nil {
		t.Fatal(err)
	}
	inv, err := f.Contexts[0].Inventory(func(string) time.Duration { return time.Second })
	if err != nil || len(inv.Sources) != 1 || inv.Sources[0].Options["shared_namespace"] != "pitwall" {
		t.Errorf("%+v, %v", inv.Sources, err)
	}
	for _, bad := range []string{"../kube-system", "Pitwall", "-x", strings.Repeat("a", 64)} {
		if _, err := Parse([]byte(fmt.Sprintf(file, bad))); err == nil || !strings.Contains(err.Error(), "no name of a namespace") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestAGatewayOfObjectsHasAClusterAndNoReplicas(t *testing.T) {
	const file = "version: 1\ncontexts:\n- name: a\n  clusters:\n  - {context: c}\n  gateways:\n  - {id: edge, kind: gateway-api, %s}\n"
	f, err := Parse([]byte(fmt.Sprintf(file, "cluster: c, options: {namespaces: serving}")))
	if err != nil {
		t.Fatal(err)
	}
	inv, err := f.Contexts[0].Inventory(func(string) time.Duration { return time.Second })
	if err != nil || len(inv.Gateways) != 1 || inv.Gateways[0].Cluster != "c" || len(inv.Gateways[0].Replicas) != 1 {
		t.Fatalf("%+v, %v", inv.Gateways, err)
	}
	last := inv.Sources[len(inv.Sources)-1]
	if last.Subject.GatewayReplica != "edge" || last.Options["cluster"] != "c" || last.Options["namespaces"] != "serving" {
		t.Errorf("%+v", last)
	}
	for bad, says := range map[string]string{
		"cluster: d": `"d"`,
		"cluster: c, replicas: [{id: r, url: 'http://r'}]": "a cluster and replicas",
		"cluster: c, file: {path: /x}":                     "a cluster and a file",
		"settle: 3s":                                       "replicas are missing",
	} {
		if _, err := Parse([]byte(fmt.Sprintf(file, bad))); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
