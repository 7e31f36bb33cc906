package config

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

const withOrchestrators = `version: 1
contexts:
  - name: a
    sites: [{id: fra1}]
    orchestrators:
      - id: bento
        kind: bentocloud
        url: https://acme.cloud.bentoml.com
        site: fra1
        options: {cluster: default}
        auth: {env: BENTO_READ}
        write_auth: {env: BENTO_WRITE}
        poll: {interval: 20s}
`

func TestOrchestratorsBecomeSourcesAndAreWritten(t *testing.T) {
	f, err := Parse([]byte(withOrchestrators))
	if err != nil {
		t.Fatal(err)
	}
	inv, err := f.Contexts[0].Inventory(noDefault)
	if err != nil || len(inv.Sources) != 1 {
		t.Fatalf("%+v, %v", inv.Sources, err)
	}
	s := inv.Sources[0]
	if s.Kind != "bentocloud" || s.Subject.Cluster != "bento" || s.Auth.Env != "BENTO_READ" || s.Write.Env != "BENTO_WRITE" ||
		s.Interval != 20*time.Second || s.Options["site"] != "fra1" || s.Options["cluster"] != "default" {
		t.Errorf("%+v", s)
	}
	text, err := Write(inv)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	list := again.Contexts[0].Runs
	if len(list) != 1 || list[0].Site != "fra1" || list[0].Write == nil || len(list[0].Options) != 1 || len(again.Contexts[0].Clusters) != 0 {
		t.Errorf("written as\n%s", text)
	}
}

func TestOrchestratorsThatAreWrong(t *testing.T) {
	for edit, says := range map[[2]string]string{
		{"id: bento", "id: ''"}:                                      "id is missing",
		{"kind: bentocloud", "kind: kubernetes"}:                     "belongs under clusters",
		{"kind: bentocloud", "kind: ''"}:                             "kind is missing",
		{"https://acme.cloud.bentoml.com", "acme"}:                   "url must be",
		{"site: fra1\n        options", "site: no\n        options"}: `"no"`,
		{"{cluster: default}", "{site: fra1}"}:                       "write it as site",
		{"auth: {env: BENTO_READ}", "auth: {}"}:                      "exactly one of",
	} {
		if _, err := Parse([]byte(strings.Replace(withOrchestrators, edit[0], edit[1], 1))); fleet.KindOf(err) == "" || !strings.Contains(err.Error(), says) {
			t.Errorf("%q gives %v, not %q", edit[1], err, says)
		}
	}
}
