package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pitwall/fleet"
)

const mapFile = `version: 1
contexts:
  - name: a
    clusters: [{name: prod, kubeconfig: /nowhere}]
    gateways:
      - id: g
        kind: litellm
%s        options: {configmap: gw/litellm/config.yaml, workload: Deployment/proxy}
%s`

const mapReplicas = "        replicas: [{id: r1, url: \"http://h:4000\"}, {id: r2, url: \"http://i:4000\"}]\n"

// A gateway whose config file is in a ConfigMap has a cluster and replicas of its own.
func TestAGatewayWithAConfigMapKeepsItsReplicas(t *testing.T) {
	f, err := Parse(fmt.Appendf(nil, mapFile, "        cluster: prod\n", mapReplicas))
	if err != nil {
		t.Fatal(err)
	}
	inv, err := f.Contexts[0].Inventory(noDefault)
	if err != nil {
		t.Fatal(err)
	}
	g := inv.Gateways[0]
	if len(g.Replicas) != 2 || g.Replicas[0].URL != "http://h:4000" || g.Cluster != "prod" || g.Options[fleet.OptionConfigMap] == "" {
		t.Errorf("read %+v", g)
	}
	for _, s := range inv.Sources {
		if s.Kind == "litellm" && s.Options[fleet.OptionCluster] != "" {
			t.Errorf("%s is read through the cluster", s.ID)
		}
	}
	body, err := Write(inv)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(body)
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	if got, err := again.Contexts[0].Inventory(noDefault); err != nil || !reflect.DeepEqual(got.Gateways, inv.Gateways) {
		t.Errorf("written and read again it is %+v, %v", got.Gateways, err)
	}
	for _, bad := range [][2]string{{"", mapReplicas}, {"        cluster: prod\n", ""}, {"        cluster: prod\n        file: {path: /x}\n", mapReplicas}} {
		if _, err := Parse(fmt.Appendf(nil, mapFile, bad[0], bad[1])); err == nil || !strings.Contains(err.Error(), "in a ConfigMap") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// A gateway that follows its file by itself needs no command that makes it read the file again.
func TestAFileThatIsFollowedNeedsNoReload(t *testing.T) {
	const file = "version: 1\ncontexts:\n  - name: a\n    gateways:\n      - id: g\n        kind: %s\n        file: {path: /etc/router.yaml}\n" +
		"        replicas: [{id: r1, url: \"http://h:8001\"}]\n"
	f, err := Parse(fmt.Appendf(nil, file, "production-stack"))
	if err != nil {
		t.Fatal(err)
	}
	inv, err := f.Contexts[0].Inventory(noDefault)
	if err != nil || inv.Gateways[0].File.Path != "/etc/router.yaml" {
		t.Errorf("%+v, %v", inv, err)
	}
	if _, err := Parse(fmt.Appendf(nil, file, "litellm")); err == nil || !strings.Contains(err.Error(), "reload is missing") {
		t.Errorf("%v", err)
	}
}
