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
