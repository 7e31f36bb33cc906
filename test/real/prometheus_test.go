//go:build real

package real_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pitwall/backends/sim"
	"pitwall/fleet"
	"pitwall/test/servers"
)

// newPrometheus starts a Prometheus, which ends with the test.
func newPrometheus(t *testing.T, o servers.PrometheusOptions) *servers.Prometheus {
	t.Helper()
	p, err := servers.StartPrometheus(t.Context(), o)
	started(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(p.Tail(2000))
		}
		p.Close()
	})
	return p
}

// newAlertmanager starts an Alertmanager, which ends with the test.
func newAlertmanager(t *testing.T) *servers.Alertmanager {
	t.Helper()
	a, err := servers.StartAlertmanager(t.Context())
	started(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(a.Tail(2000))
		}
		a.Close()
	})
	return a
}

// started skips the test where a program is missing, and fails it where the program failed.
func started(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, servers.ErrMissing) {
		lacks(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// page reads a JSON page of a real server.
func page(t *testing.T, address string, into any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		t.Fatalf("%s: %v", address, err)
	}
}

// TestARealPrometheusScrapesTheSimulator and finds its rules and alerts going where they should.
func TestARealPrometheusScrapesTheSimulator(t *testing.T) {
	t.Parallel()
	engines, err := sim.Listen(context.Background(), sim.Options{Clock: fleet.SystemClock{}, Mode: fleet.ModeLive})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engines.Close() })
	alerts := newAlertmanager(t)
	target := strings.TrimPrefix(engines.URL("b200-a-r1"), "http://")
	p := newPrometheus(t, servers.PrometheusOptions{Alertmanager: alerts.Address(),
		Scrapes: []servers.Scrape{{Job: "vllm", Targets: []string{target}, Labels: map[string]string{"pool": "b200-a"}}},
		Rules: `groups: [{name: pool, rules: [{alert: PoolIsThere, expr: "up{pool='b200-a'} == 1", labels: {severity: page}}]}]
`})
	until(t, time.Minute, "the engine is scraped", func() bool {
		var answer struct {
			Data struct {
				Result []struct {
					Metric map[string]string
					Value  [2]any
				}
			}
		}
		page(t, p.URL+"/api/v1/query?query="+url.QueryEscape(`vllm:num_requests_running{pool="b200-a"}`), &answer)
		return len(answer.Data.Result) > 0 && answer.Data.Result[0].Metric["instance"] == target
	})
	until(t, time.Minute, "the alert arrives", func() bool {
		var list []struct {
			Labels map[string]string
			Status struct{ State string }
		}
		page(t, alerts.URL+"/api/v2/alerts", &list)
		return len(list) == 1 && list[0].Labels["alertname"] == "PoolIsThere" && list[0].Status.State == "active"
	})
}
