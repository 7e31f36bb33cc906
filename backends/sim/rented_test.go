package sim

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// begin puts a cause in, and lets it be felt.
func begin(t *testing.T, f *Fleet, clock *fleet.VirtualClock, x Injection) {
	t.Helper()
	x.At = clock.Now()
	if err := f.Inject(x); err != nil {
		t.Fatal(err)
	}
	if err := clock.Advance(t.Context(), 2*time.Second); err != nil {
		t.Fatal(err)
	}
}

// What is wrong with a rented account is told by its status codes and bodies.
func TestIllAccountsOverTheWire(t *testing.T) {
	f, clock := listen(t, Options{})
	list := func(provider string) (int, string) {
		resp, body := get(t, f.URL(provider)+"/v1/models", true)
		return resp.StatusCode, body
	}
	if status, body := list(providerOpenAI); status != 200 || !strings.Contains(body, `"gpt-4o"`) {
		t.Fatalf("before: %d %s", status, body)
	}
	begin(t, f, clock, Injection{ID: "F36", On: "openai/gpt-4o"})
	if status, body := list(providerOpenAI); status != 200 || strings.Contains(body, `"gpt-4o"`) || !strings.Contains(body, "gpt-4o-mini") {
		t.Errorf("retired: %d %s", status, body)
	}
	begin(t, f, clock, Injection{ID: "F35", On: providerAnthropic, Magnitudes: map[string]float64{"status": 403}})
	if status, body := list(providerAnthropic); status != 403 || !strings.Contains(body, "invalid_api_key") {
		t.Errorf("key revoked: %d %s", status, body)
	}
	begin(t, f, clock, Injection{ID: "F33"})
	for _, p := range []string{providerOpenAI, providerAnthropic} {
		if status, body := list(p); status != 502 || !strings.HasPrefix(body, "<html>") {
			t.Errorf("behind one edge: %s answers %d %s", p, status, body)
		}
	}
}

// What is wrong in a gateway is told by its admin interface, its alerts, or by neither.
func TestIllGatewaysOverTheWire(t *testing.T) {
	f, clock := listen(t, Options{})
	url := f.URL("gw-1")
	member := func() (in float64, base string) {
		_, body := get(t, url+"/model/info?litellm_model_id=chat-openai", true)
		var got struct {
			Data []struct {
				Params struct {
					Base string `json:"api_base"`
				} `json:"litellm_params"`
				Info struct {
					In float64 `json:"input_cost_per_token"`
				} `json:"model_info"`
			}
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil || len(got.Data) != 1 {
			t.Fatalf("%v: %s", err, body)
		}
		return got.Data[0].Info.In, got.Data[0].Params.Base
	}
	in, _ := member()
	begin(t, f, clock, Injection{ID: "F38"})
	begin(t, f, clock, Injection{ID: "F31"})
	if err := clock.Advance(t.Context(), 31*time.Second); err != nil { // all replicas have looked
		t.Fatal(err)
	}
	if cheap, base := member(); cheap < 0.09*in || cheap > 0.11*in || !strings.Contains(base, "us-east-1") {
		t.Errorf("a token costs %g after %g, at %s", cheap, in, base)
	}
	begin(t, f, clock, Injection{ID: "F30", On: "gw-2"})
	if _, body := get(t, f.URL(AlertmanagerName)+"/api/v2/alerts", false); !strings.Contains(body, "UnexpectedEgress") || !strings.Contains(body, `"gw-2"`) {
		t.Errorf("no alert of the egress: %s", body)
	}
	begin(t, f, clock, Injection{ID: "F26"})
	if resp, _ := get(t, url+"/health/readiness", false); resp.StatusCode != 503 {
		t.Errorf("without its database it is ready: %d", resp.StatusCode)
	}
	if resp, body := send(t, "PATCH", url+"/model/chat-openai/update", key, `{}`); resp.StatusCode != 500 || !strings.Contains(body, "database") {
		t.Errorf("it saves: %d %s", resp.StatusCode, body)
	}
}

func TestBrokenStreamsOverTheWire(t *testing.T) {
	const body = `{"model":"gpt-4o-mini","stream":true,"max_tokens":40,` + hello + `}`
	all := []string{"cut", "malformed", "unended"}
	for _, kind := range all {
		t.Run(kind, func(t *testing.T) {
			f, clock := listen(t, Options{})
			m := map[string]float64{"stall": 0}
			for _, k := range all {
				m[k] = 0
			}
			m[kind] = 1
			begin(t, f, clock, Injection{ID: "F41", On: providerOpenAI, Magnitudes: m})
			flow(t, f, clock)
			resp, got := send(t, "POST", f.URL(providerOpenAI)+"/v1/chat/completions", key, body)
			if resp.StatusCode != 200 {
				t.Fatalf("%d %s", resp.StatusCode, got)
			}
			bad := 0
			for _, line := range strings.Split(got, "\n") {
				if data, ok := strings.CutPrefix(line, "data: "); ok && data != "[DONE]" && !json.Valid([]byte(data)) {
					bad++
				}
			}
			done, finished := strings.Contains(got, "[DONE]"), strings.Contains(got, `"finish_reason":"`)
			want := map[string][3]bool{"cut": {}, "malformed": {true, true, true}, "unended": {false, true, false}}[kind]
			if done != want[0] || finished != want[1] || (bad == 1) != want[2] {
				t.Errorf("done %v, finished %v, %d bad events: %s", done, finished, bad, got)
			}
		})
	}
}
