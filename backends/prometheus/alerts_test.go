package prometheus

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pitwall/fleet"
)

func TestAlertsOfAStoresOwnRulesAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   int
	}{
		"rules that fire": {http.StatusOK, `{"status":"success","data":{"alerts":[{"labels":{"alertname":"Down"},"state":"firing",` +
			`"activeAt":"2026-11-22T09:02:30Z"}]}}`, 1},
		"no rules":         {http.StatusOK, `{"status":"success","data":{"alerts":[]}}`, 0},
		"no such endpoint": {http.StatusNotFound, "404", -1},
		"no vmalert":       {http.StatusBadRequest, `{"status":"error","error":"for accessing vmalert API set -vmalert.proxyURL"}`, -1},
		"something else":   {http.StatusOK, "<html>", -1},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/api/v1/alerts") {
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
				return
			}
			_, _ = w.Write([]byte(vectorOf(saysOf("a:1", "m", "3"))))
		}))
		p, err := read(t, open(t, fleet.SourceSpec{URL: s.URL}, toys("a:1")))
		s.Close()
		switch {
		case err != nil || len(p.Parts) != 1 || p.Parts[0].Err != nil:
			t.Errorf("%s: %+v, %v", name, p, err)
		case c.want < 0 && p.Alerts != nil, c.want >= 0 && (p.Alerts == nil || len(p.Alerts.Alerts) != c.want):
			t.Errorf("%s: alerts %+v", name, p.Alerts)
		case p.Alerts != nil && p.Alerts.SilencesRead:
			t.Errorf("%s: a store knows no silences", name)
		}
	}
}
