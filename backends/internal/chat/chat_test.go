package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

const key = "sk-golden-77aa"

func open(t *testing.T, h http.HandlerFunc) fleet.Asker {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	deps := fleet.Deps{Clock: fleet.SystemClock{},
		Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret(key), nil }}
	a, err := New(fleet.SourceSpec{ID: "r1", URL: s.URL + "/metrics", Auth: fleet.SecretRef{Env: "K"}}, deps, "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func says(t *testing.T, kind, body string) fleet.Asker {
	return open(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, body)
	})
}

func prompt() *fleet.GoldenPrompt {
	return &fleet.GoldenPrompt{Name: "p", MaxTokens: 64, Seed: 7, Messages: []fleet.GoldenMessage{{Role: "system", Text: fleet.NewUnsaid("Be brief.")},
		{Role: "user", Text: fleet.NewUnsaid("SECRET?")}},
		Tools: []fleet.GoldenTool{{Name: "f", Parameters: fleet.JSON(`{"type":"object"}`)}}}
}

func TestWhatIsSent(t *testing.T) {
	var got map[string]any
	a := open(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != path || r.Header.Get("Authorization") != "Bearer "+key {
			t.Errorf("%s %s %q", r.Method, r.URL.Path, r.Header.Get("Authorization"))
		}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"choices":[{"message":{"content":"4","tool_calls":null},"finish_reason":"stop"}],"usage":{"completion_tokens":1}}`)
	})
	answer, err := a.Ask(t.Context(), "llama", prompt())
	if err != nil || answer.Text.Reveal() != "4" || answer.Tokens != fleet.Some(1) || answer.Cut || len(answer.Calls) != 0 {
		t.Fatalf("%v %+v", err, answer)
	}
	body, _ := json.Marshal(got)
	want := `{"max_tokens":64,"messages":[{"content":"Be brief.","role":"system"},{"content":"SECRET?","role":"user"}],"model":"llama","seed":7,` +
		`"stream":false,"temperature":0,"tool_choice":"auto","tools":[{"function":{"name":"f","parameters":{"type":"object"}},"type":"function"}]}`
	if string(body) != want {
		t.Errorf("sent %s", body)
	}
}

func TestAnswersOfEnginesAreRead(t *testing.T) {
	event := func(body string) string { return "data: " + body + "\n\n" }
	for name, c := range map[string]struct {
		kind, body, text, calls string
		tokens                  fleet.Maybe[int]
		cut                     bool
	}{
		"call": {"application/json", `{"choices":[{"message":{"content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},
			{"function":{"name":"g","arguments":{"b":2}}}]},"finish_reason":"tool_calls"}]}`, "", `f {"a":1};g {"b":2};`, fleet.None[int](), false},
		"cut at its tokens": {"application/json", `{"choices":[{"message":{"content":"a b"},"finish_reason":"length"}],"usage":{"completion_tokens":2}}`,
			"a b", "", fleet.Some(2), true},
		"stream": {"text/event-stream; charset=utf-8", ": hello\n\n" + event(`{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}`) +
			event(`{"choices":[{"index":0,"delta":{"content":"4"},"finish_reason":null}]}`) + event(`{"choices":[{"index":0,"delta":{"content":"2"},"finish_reason":"stop"}]}`) +
			event(`{"choices":[],"usage":{"completion_tokens":2}}`) + event("[DONE]"), "42", "", fleet.Some(2), false},
		"stream of a call": {"text/event-stream", event(`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":""}}]}}]}`) +
			event(`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}}]}`) +
			event(`{"choices":[{"delta":{"tool_calls":{"index":0,"function":{"arguments":":1}"}}},"finish_reason":"tool_calls"}]}`), "", `f {"a":1};`, fleet.None[int](), false},
	} {
		p := prompt()
		p.Stream = strings.HasPrefix(name, "stream")
		got, err := says(t, c.kind, c.body).Ask(t.Context(), "m", p)
		calls := ""
		for _, x := range got.Calls {
			calls += x.Name.Reveal() + " " + x.Arguments.Reveal() + ";"
		}
		if err != nil || got.Text.Reveal() != c.text || calls != c.calls || got.Tokens != c.tokens || got.Cut != c.cut {
			t.Errorf("%s: %v %q %q %v %v", name, err, got.Text.Reveal(), calls, got.Tokens, got.Cut)
		}
	}
}

// What is not an answer is an error without a word of the body in it.
func TestWhatIsNoAnswer(t *testing.T) {
	many := `{"choices":[{"delta":{"tool_calls":[{"index":4000000000000,"function":{"name":"PRIVATE"}}]}}]}`
	for name, c := range map[string]struct{ kind, body, says string }{
		"page":            {"text/html", "<html>PRIVATE", "not the JSON that was expected"},
		"other document":  {"application/json", `{"PRIVATE":[]}`, "no choice of a chat completion"},
		"empty choices":   {"application/json", `{"choices":[]}`, "no choice of a chat completion"},
		"no message":      {"application/json", `{"choices":[{"text":"PRIVATE"}]}`, "no choice of a chat completion"},
		"wrong type":      {"application/json", `{"choices":[{"message":{"content":{"PRIVATE":1}}}]}`, "not the JSON that was expected"},
		"deep":            {"application/json", strings.Repeat("[", 5000), "nested deeper than 64"},
		"huge":            {"application/json", `{"choices":[{"message":{"content":"` + strings.Repeat("PRIVATE ", 200_000) + `"}}]}`, "body over 1 MiB"},
		"long":            {"application/json", `{"choices":[{"message":{"content":"` + strings.Repeat("PRIVATE ", 40_000) + `"}}]}`, "longer than 256 kB"},
		"cut stream":      {"text/event-stream", `data: {"choices":[{"delta":{"content":"PRIVATE"}}]}` + "\n\n", "broke off before its end"},
		"cut event":       {"text/event-stream", `data: {"choices":[{"delta":{"content":"PRIV`, "broke off before its end"},
		"broken event":    {"text/event-stream", "data: PRIVATE\n\n", "an event that is no JSON"},
		"failing stream":  {"text/event-stream", `data: {"error":{"message":"PRIVATE"}}` + "\n\n", "failed in the middle"},
		"calls to no end": {"text/event-stream", "data: " + many + "\n\n", "more than 32 calls"},
		"empty stream":    {"text/event-stream", "", "broke off before its end"},
	} {
		_, err := says(t, c.kind, c.body).Ask(t.Context(), "m", prompt())
		if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "PRIV") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRefusalsAndFailures(t *testing.T) {
	for status, c := range map[int]struct {
		kind    fleet.Kind
		refused bool
	}{400: {fleet.KindInvalid, true}, 404: {fleet.KindNotFound, true}, 422: {fleet.KindInvalid, true}, 401: {fleet.KindAuth, false},
		403: {fleet.KindAuth, false}, 429: {fleet.KindRateLimited, false}, 503: {fleet.KindServer, false}, 302: {fleet.KindInvalid, false}} {
		a := open(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, `{"error":{"message":"PRIVATE"}}`)
		})
		got, err := a.Ask(t.Context(), "m", prompt())
		if fleet.KindOf(err) != c.kind || (got.Refused == status) != c.refused || strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("%d: %v, %+v", status, err, got)
		}
	}
	held := make(chan struct{})
	slow := open(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-held:
		case <-r.Context().Done():
		}
	})
	defer close(held)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := slow.Ask(ctx, "m", prompt()); fleet.KindOf(err) != fleet.KindTimeout {
		t.Error(err)
	}
	broken := open(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "900")
		_, _ = fmt.Fprint(w, `{"choices":[{"mess`)
	})
	if _, err := broken.Ask(t.Context(), "m", prompt()); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "broke off") {
		t.Error(err)
	}
}

// FuzzAnswer: no body makes it fail otherwise than by an error.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"choices":[{"message":{"content":"a"}}]}`), false)
	f.Add([]byte("data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":3}]}}]}\n"), true)
	f.Fuzz(func(t *testing.T, body []byte, stream bool) {
		h := heard{}
		if stream {
			_ = h.stream(body)
		} else {
			var p piece
			if json.Unmarshal(body, &p) == nil {
				_ = h.add(&p)
			}
		}
		if a := h.answer(); len(a.Text.Reveal()) > 2*mostText || len(a.Calls) > mostCalls {
			t.Errorf("%d bytes, %d calls", len(a.Text.Reveal()), len(a.Calls))
		}
	})
}
