package sim

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// flow lets the clock run until the test ends, for requests that take time.
func flow(t *testing.T, f *Fleet, clock *fleet.VirtualClock) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Drive(ctx, clock, 100, time.Millisecond) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

type completion struct {
	Object  string `json:"object"`
	Model   string `json:"model"`
	Choices []struct {
		Message struct{ Content string }
		Text    string
		Delta   struct{ Content string }
	} `json:"choices"`
	Usage struct {
		Prompt     int `json:"prompt_tokens"`
		Completion int `json:"completion_tokens"`
	} `json:"usage"`
}

const hello = `"messages":[{"role":"user","content":"What is up with the fleet today, and what should I do?"}]`

func TestEngineInference(t *testing.T) {
	f, clock := listen(t, Options{Engines: map[string]string{poolDR: "vllm"}})
	url := f.URL("h200-dr-r1") // stands by: nobody else's tokens are in its counters
	_, before := get(t, url+"/metrics", false)
	flow(t, f, clock)
	for _, c := range []struct{ path, body, kind string }{
		{"/v1/chat/completions", `{"model":"llama-70b","max_tokens":7,` + hello + `}`, "chat.completion"},
		{"/v1/completions", `{"model":"llama-70b","max_tokens":5,"prompt":"Once upon a time"}`, "text_completion"},
	} {
		resp, body := send(t, "POST", url+c.path, "", c.body)
		var got completion
		if err := json.Unmarshal([]byte(body), &got); err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s: %d %s", c.path, resp.StatusCode, body)
		}
		if got.Object != c.kind || got.Usage.Prompt == 0 || got.Usage.Completion == 0 ||
			len(strings.Fields(got.Choices[0].Message.Content+got.Choices[0].Text)) != got.Usage.Completion {
			t.Errorf("%s: %s", c.path, body)
		}
	}
	_, after := get(t, url+"/metrics", false)
	if d := metric(t, after, "vllm:generation_tokens_total") - metric(t, before, "vllm:generation_tokens_total"); d != 12 {
		t.Errorf("the engine's counter grew by %v, the answers have 12 tokens", d)
	}
	if d := metric(t, after, "vllm:request_success_total") - metric(t, before, "vllm:request_success_total"); d != 2 {
		t.Errorf("the engine counts %v ended requests, want 2", d)
	}
	if resp, _ := send(t, "POST", url+"/v1/completions", "", `{"model":"other","prompt":"x"}`); resp.StatusCode != 404 {
		t.Errorf("an unknown model answered %d", resp.StatusCode)
	}
}

func TestEngineStream(t *testing.T) {
	f, clock := listen(t, Options{})
	flow(t, f, clock)
	_, body := send(t, "POST", f.URL("h200-dr-r2")+"/v1/chat/completions", "",
		`{"model":"llama-70b","stream":true,"max_tokens":6,`+hello+`}`)
	tokens, done, usage := 0, false, 0
	for lines := bufio.NewScanner(strings.NewReader(body)); lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		switch {
		case !ok:
		case data == "[DONE]":
			done = true
		default:
			var c completion
			if err := json.Unmarshal([]byte(data), &c); err != nil {
				t.Fatalf("%q: %v", data, err)
			}
			if c.Choices[0].Delta.Content != "" {
				tokens++
			}
			usage = max(usage, c.Usage.Completion)
		}
	}
	if tokens != 6 || !done || usage != 6 {
		t.Errorf("%d tokens, done %v, usage %d", tokens, done, usage)
	}
}

func TestGatewayInferenceSaysWhoAnswered(t *testing.T) {
	f, clock := listen(t, Options{})
	flow(t, f, clock)
	seen := map[string]bool{}
	for range 12 {
		resp, body := send(t, "POST", f.URL("gw-1")+"/chat/completions", key, `{"model":"chat","max_tokens":4,`+hello+`}`)
		if resp.StatusCode != 200 {
			t.Fatalf("%d %s", resp.StatusCode, body)
		}
		id := resp.Header.Get("x-litellm-model-id")
		if !strings.HasPrefix(id, "chat-") || resp.Header.Get("x-litellm-model-api-base") == "" ||
			resp.Header.Get("x-litellm-version") == "" {
			t.Fatalf("headers %v", resp.Header)
		}
		seen[id] = true
	}
	if len(seen) < 2 {
		t.Errorf("twelve requests all went to %v", seen)
	}
}

func TestProviderInferenceAndLimits(t *testing.T) {
	f, clock := listen(t, Options{})
	flow(t, f, clock)
	for name, c := range map[string]struct{ model, header string }{
		providerOpenAI:    {"gpt-4o", "x-ratelimit-remaining-tokens"},
		providerAnthropic: {"claude-sonnet-4-5", "anthropic-ratelimit-tokens-remaining"},
	} {
		url := f.URL(name)
		for _, wrong := range []string{"", "sk-other"} {
			resp, body := send(t, "GET", url+"/v1/models", wrong, "")
			if resp.StatusCode != 401 || !strings.Contains(body, "error") {
				t.Errorf("%s with key %q: %d %s", name, wrong, resp.StatusCode, body)
			}
		}
		resp, body := send(t, "GET", url+"/v1/models", key, "")
		if resp.StatusCode != 200 || !strings.Contains(body, `"`+c.model+`"`) || resp.Header.Get(c.header) == "" {
			t.Errorf("%s: %d %s %v", name, resp.StatusCode, body, resp.Header)
		}
		resp, body = send(t, "POST", url+"/v1/chat/completions", key, `{"model":"`+c.model+`","max_tokens":8,`+hello+`}`)
		if resp.StatusCode != 200 && resp.StatusCode < 500 || resp.StatusCode == 200 && resp.Header.Get(c.header) == "" {
			t.Errorf("%s: %d %s %v", name, resp.StatusCode, body, resp.Header)
		}
	}
}

func TestZombieHoldsARequestUntilItsClientGivesUp(t *testing.T) {
	f, clock := listen(t, Options{})
	if err := f.Start("F01", noon); err != nil {
		t.Fatal(err)
	}
	if err := clock.Advance(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	task := clock.Task()
	go func() { // the client's patience: a minute of the fleet's time
		defer task.Done()
		_ = task.Sleep(ctx, time.Minute)
		cancel()
	}()
	flow(t, f, clock)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.URL("b200-a-r2")+"/v1/chat/completions",
		strings.NewReader(`{"model":"llama-70b",`+hello+`}`))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err == nil {
		_ = resp.Body.Close()
		t.Fatalf("a zombie answered %d", resp.StatusCode)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the request ended with %v", err)
	}
}

func TestDriveMovesTheClock(t *testing.T) {
	f, clock := listen(t, Options{})
	task := clock.Task()
	defer task.Done()
	flow(t, f, clock)
	if err := task.Sleep(t.Context(), 3*time.Second); err != nil { // the fleet's time
		t.Fatal(err)
	}
	if got := clock.Now().Sub(noon); got != 3*time.Second {
		t.Errorf("woke after %s: a clock must not run on while somebody is at work", got)
	}
}

// BenchmarkSteadySecond is the cost of one second of the demo at speed 1: the model's own steps and one second's
// share of all polls. Under 50 ms an operation means under 5 % of a core.
func BenchmarkSteadySecond(b *testing.B) {
	clock := fleet.NewVirtualClock(noon)
	f, err := Listen(b.Context(), Options{Clock: clock})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	sources := f.Inventory().Sources
	due := make([]time.Time, len(sources))
	b.ResetTimer()
	for range b.N {
		if err := clock.Advance(b.Context(), time.Second); err != nil {
			b.Fatal(err)
		}
		for i, s := range sources {
			if clock.Now().Before(due[i]) {
				continue
			}
			due[i] = clock.Now().Add(s.Interval)
			poll(b, s)
		}
	}
}

func poll(b *testing.B, s fleet.SourceSpec) {
	b.Helper()
	paths := map[string][]string{"vllm": {"/metrics", "/health"}, "dcgm": {""}, "openai": {"/models"}, "anthropic": {"/models"},
		"litellm": {"/health/readiness", "/model/info", "/get/config/callbacks", "/metrics"}}[s.Kind]
	for _, path := range paths {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, s.URL+path, http.NoBody)
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWorldMinute is the model alone: one minute of the demo's fleet.
func BenchmarkWorldMinute(b *testing.B) {
	clock := fleet.NewVirtualClock(noon)
	f, err := Listen(b.Context(), Options{Clock: clock})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	b.ResetTimer()
	for i := range b.N {
		f.world.At(noon.Add(time.Duration(i+1)*time.Minute), func() {})
	}
}

// BenchmarkLargeWorldMinute is one minute of a fleet of 64 pools of eight GPUs and more.
func BenchmarkLargeWorldMinute(b *testing.B) {
	clock := fleet.NewVirtualClock(noon)
	f, err := Listen(b.Context(), Options{Clock: clock, Scale: 60})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	b.ResetTimer()
	for i := range b.N {
		f.world.At(noon.Add(time.Duration(i+1)*time.Minute), func() {})
	}
}
