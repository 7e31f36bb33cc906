//go:build real

package real_test

import (
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"pitwall/backends/portkey"
	"pitwall/fleet"
	"pitwall/test/servers"
)

// newPortkey starts an open-source gateway, which ends with the test.
func newPortkey(t *testing.T) *servers.Portkey {
	t.Helper()
	p, err := servers.StartPortkey(t.Context())
	started(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(p.Tail(2000))
		}
		p.Close()
	})
	return p
}

// upstream is a provider that answers, or fails with a status, and counts.
type upstream struct {
	*httptest.Server
	served atomic.Int64
}

func newUpstream(t *testing.T, status int) *upstream {
	t.Helper()
	u := &upstream{}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		u.served.Add(1)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if status != http.StatusOK {
			_, _ = io.WriteString(w, `{"error":{"message":"it fails for a test","type":"server_error","code":"x"}}`)
			return
		}
		_, _ = io.WriteString(w, `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",`+
			`"message":{"role":"assistant","content":"ok"}}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`)
	}))
	t.Cleanup(u.Close)
	return u
}

func (u *upstream) target(more string) string {
	return `{"provider":"openai","api_key":"k","custom_host":"` + u.URL + `/v1"` + more + `}`
}

// chat sends requests that carry a config, and gives the last status and which target the gateway names.
func chat(t *testing.T, p *servers.Portkey, config string, times int) (status int, target string) {
	t.Helper()
	for range times {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+"/v1/chat/completions",
			strings.NewReader(`{"model":"m","messages":[{"role":"user","content":"hi"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("x-portkey-config", config)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, res.Body)
		if err = errors.Join(err, res.Body.Close()); err != nil {
			t.Fatal(err)
		}
		status, target = res.StatusCode, res.Header.Get("x-portkey-last-used-option-index")
	}
	return status, target
}

func balanced(targets ...string) string {
	return `{"strategy":{"mode":"loadbalance"},"targets":[` + strings.Join(targets, ",") + `]}`
}

// TestPortkeysGatewayIsWhatTheConnectorSays reads the real open-source gateway, and holds the connector to how it behaves: its
// weights are those of each request's header, and it has no call that tells or changes any.
func TestPortkeysGatewayIsWhatTheConnectorSays(t *testing.T) {
	t.Parallel()
	p := newPortkey(t)
	t.Run("read", func(t *testing.T) { readsPortkey(t, p) })
	t.Run("no API", func(t *testing.T) {
		for _, path := range []string{"/configs", "/configs/pc-a", "/metrics", "/health", "/v1/configs"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode < 400 {
				t.Errorf("GET %s: %d: there is something to read", path, res.StatusCode)
			}
		}
	})
	t.Run("weights", func(t *testing.T) { weighsByHeader(t, p) })
	t.Run("nested", func(t *testing.T) {
		a, b := newUpstream(t, 500), newUpstream(t, 200)
		config := `{"strategy":{"mode":"fallback"},"targets":[` + balanced(a.target(""), a.target("")) + `,` + balanced(a.target(`,"weight":0`), b.target("")) + `]}`
		if status, target := chat(t, p, config, 1); status != 200 || target != "config.targets[1].targets[1]" {
			t.Errorf("status %d by %s", status, target)
		}
		limited := strings.Replace(config, `"fallback"`, `"fallback","on_status_codes":[429]`, 1)
		if status, _ := chat(t, p, limited, 1); status != 500 {
			t.Errorf("a failure that is not on the list of the fallback was answered with %d", status)
		}
	})
	t.Run("dead", func(t *testing.T) { // which keeps its share
		dead, b := newUpstream(t, 503), newUpstream(t, 200)
		chat(t, p, balanced(dead.target(""), b.target("")), 60)
		if dead.served.Load() < 10 || b.served.Load() < 10 {
			t.Errorf("one that fails has %d of 60, the other %d", dead.served.Load(), b.served.Load())
		}
	})
}

func readsPortkey(t *testing.T, p *servers.Portkey) {
	for _, c := range portkey.Connectors() {
		if c.Kind != portkey.KindGateway {
			continue
		}
		r, err := c.NewReader(fleet.SourceSpec{ID: "oss", Kind: c.Kind, URL: p.URL}, fleet.Deps{Clock: fleet.SystemClock{}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		g := got.Gateway
		if got.Health != fleet.Some(true) || g.Mode != fleet.GatewayModeNone || len(g.Routing) != 0 ||
			!strings.Contains(g.ModeWhy.String(), "x-portkey-config") || c.NewWriter != nil {
			t.Errorf("read %+v", got)
		}
	}
}

// weighsByHeader sends what the connector relies on of weights: shares by the sum, 1 where none is written, 0 for none, fractions
// as whole numbers.
func weighsByHeader(t *testing.T, p *servers.Portkey) {
	const n = 300
	for _, x := range []struct {
		first, second string
		share         float64
	}{{"0.9", "0.1", .9}, {"90", "10", .9}, {"", "3", .25}, {"0", "1", 0}, {"5", "0", 1}} {
		t.Run(x.first+" to "+x.second, func(t *testing.T) {
			a, b := newUpstream(t, 200), newUpstream(t, 200)
			of := func(w string) string {
				if w == "" {
					return ""
				}
				return `,"weight":` + w
			}
			chat(t, p, balanced(a.target(of(x.first)), b.target(of(x.second))), n)
			if a.served.Load()+b.served.Load() != n {
				t.Fatalf("%d and %d of %d", a.served.Load(), b.served.Load(), n)
			}
			room := 6 * math.Sqrt(x.share*(1-x.share)/n) // of a fair choice; a wrong answer in a thousand million runs
			if got := float64(a.served.Load()) / n; math.Abs(got-x.share) > room {
				t.Errorf("the first has %.2f, want %.2f", got, x.share)
			}
		})
	}
	a := newUpstream(t, 200)
	if status, _ := chat(t, p, balanced(a.target(`,"weight":0`), a.target(`,"weight":0`)), 1); status < 500 || a.served.Load() != 0 {
		t.Errorf("with all weights 0 it answers %d", status)
	}
}

// TestPitwallSaysWhatCanBeDoneOfPortkeysGateway types at pitwall: the gateway is shown as it is, and a shift is refused.
func TestPitwallSaysWhatCanBeDoneOfPortkeysGateway(t *testing.T) {
	t.Parallel()
	p := newPortkey(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "pitwall.yaml")
	hosted := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"success":true,"data":[]}`) // a control plane beside it, so that something can be written
	}))
	defer hosted.Close()
	write(t, path, fill(t, "testdata/portkey.yaml", map[string]string{"Gateway": p.URL, "Hosted": hosted.URL}), 0o600)
	op := program{flags: []string{"--config", path, "--state-dir", filepath.Join(dir, "state")}}
	if g := op.snapshot(t).Gateways[0]; g.State != fleet.StateOK || g.Writable != fleet.Some(false) || !strings.Contains(g.WritableWhy.String(), "clients") {
		t.Errorf("%+v", g)
	}
	r := op.run(t, "shift", "chat", "own=50", "rented=50")
	if why := strings.Join(strings.Fields(r.out), " "); r.code != 3 || !strings.Contains(why, "change that header where they set it") {
		t.Errorf("a shift ended with %d\n%s%s", r.code, r.out, r.errs)
	}
}
