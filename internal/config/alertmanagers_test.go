package config

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

const withAlertmanagers = `version: 1
contexts:
  - name: a
    alertmanagers:
      - id: alerts
        url: https://am.internal/prefix
        filter: ['team="ml"', 'severity=~critical|warning']
        auth: {env: AM_READ}
        write_auth: {env: AM_WRITE}
        tls: {ca_file: /etc/ca.pem}
        poll: {interval: 20s}
`

func TestAlertmanagersBecomeSourcesAndAreWritten(t *testing.T) {
	f, err := Parse([]byte(withAlertmanagers))
	if err != nil {
		t.Fatal(err)
	}
	inv, err := f.Contexts[0].Inventory(noDefault)
	if err != nil || len(inv.Sources) != 1 {
		t.Fatalf("%+v, %v", inv.Sources, err)
	}
	s := inv.Sources[0]
	if s.Kind != AlertmanagerKind || s.URL != "https://am.internal/prefix" || s.Auth.Env != "AM_READ" || s.Write.Env != "AM_WRITE" ||
		s.Interval != 20*time.Second || s.TLS.CAFile != "/etc/ca.pem" || s.Options["filter"] != "team=\"ml\"\nseverity=~critical|warning" {
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
	a := again.Contexts[0].Alerting
	if len(a) != 1 || len(a[0].Filter) != 2 || a[0].Write == nil || a[0].Write.Env != "AM_WRITE" {
		t.Errorf("written as\n%s", text)
	}
}

func TestAlertmanagersThatAreWrong(t *testing.T) {
	for edit, says := range map[[2]string]string{
		{"id: alerts", "id: ''"}:                                  "id is missing",
		{"https://am.internal/prefix", "am.internal"}:             "url must be",
		{"https://am.internal/prefix", "https://u:p@am.internal"}: "literal secret",
		{`'team="ml"'`, "team"}:                                   "is not NAME=VALUE",
		{"write_auth: {env: AM_WRITE}", "write_auth: {}"}:         "exactly one of",
	} {
		if _, err := Parse([]byte(strings.Replace(withAlertmanagers, edit[0], edit[1], 1))); fleet.KindOf(err) == "" || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", edit[1], err)
		}
	}
}
