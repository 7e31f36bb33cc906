package chat

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"pitwall/fleet"
)

// A probe says less than a golden prompt, asks for the form where that is wanted, and hears more.
func TestAProbeIsSentAndHeard(t *testing.T) {
	var got map[string]any
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/chat/completions" || r.Header.Get("Authorization") != "Bearer "+key {
			t.Errorf("%s %q", r.URL.Path, r.Header.Get("Authorization"))
		}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, `data: {"model":"m-0813","choices":[{"delta":{"content":"{}"}}]}`+"\n\n"+
			`data: {"model":"m-0813","choices":[{"delta":{},"finish_reason":"stop"}]}`+"\n\n"+
			`data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":2}}`+"\n\ndata: [DONE]\n\n")
	}))
	t.Cleanup(s.Close)
	deps := fleet.Deps{Clock: fleet.SystemClock{},
		Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret(key), nil }}
	p, err := At(fleet.SourceSpec{ID: "probe/x", Auth: fleet.SecretRef{Env: "K"}}, fleet.ProbeEnd{URL: s.URL + "/v1", Path: "/chat/completions"}, deps)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	h, err := p.Probe(t.Context(), "m", &fleet.GoldenPrompt{MaxTokens: 64, Seed: 3, Stream: true}, Manner{JSON: true, NewLimit: true})
	if err != nil || h.Text.Reveal() != "{}" || h.Prompt != fleet.Some(11) || h.Tokens != fleet.Some(2) || h.Finish != "stop" || h.Model != "m-0813" ||
		h.FirstAt.Before(began) || !h.ServerTime.OK {
		t.Errorf("%v %+v", err, h)
	}
	body, _ := json.Marshal(got)
	want := `{"max_completion_tokens":64,"messages":null,"model":"m","response_format":{"type":"json_object"},"stream":true,"stream_options":{"include_usage":true}}`
	if string(body) != want {
		t.Errorf("sent %s", body)
	}
}
