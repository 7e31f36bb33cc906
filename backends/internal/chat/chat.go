// Package chat asks one prompt of a server that speaks the chat route of OpenAI's API, which the engines have in common.
// It must not ask anything else, retry, keep an answer, or let a word of one into an error.
package chat

import (
	"context"
	"encoding/json"
	"net/http"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// path of the route, behind the address of the server.
const path = "/v1/chat/completions"

// mostBody bounds one answer: what is asked for is a few hundred tokens.
const mostBody = 1 << 20

// mostText bounds the text of an answer in bytes, with those of its calls.
const mostText = 256 << 10

type asker struct {
	client *httpx.Client
	source fleet.SourceID
}

// New opens what asks the server of a source, whose url may have one of the given paths of pages behind it.
func New(spec fleet.SourceSpec, deps fleet.Deps, pages ...string) (fleet.Asker, error) {
	base, _ := httpx.Root(spec.URL, pages...)
	opt := httpx.For(spec, base, deps)
	opt.MaxBody = mostBody
	client, err := httpx.New(opt)
	if err != nil {
		return nil, err
	}
	return &asker{client, spec.ID}, nil
}

// Opener gives a connector what opens askers of its kind.
func Opener(pages ...string) func(fleet.SourceSpec, fleet.Deps) (fleet.Asker, error) {
	return func(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Asker, error) { return New(spec, deps, pages...) }
}

// Ask implements fleet.Asker.
func (a *asker) Ask(ctx context.Context, model fleet.ModelName, p *fleet.GoldenPrompt) (fleet.GoldenAnswer, error) {
	defer a.client.Close()
	reply, err := a.client.Do(ctx, http.MethodPost, path, requestOf(model, p))
	if err != nil {
		out := fleet.GoldenAnswer{}
		if reply != nil && refuses(reply.Status) {
			out.Refused = reply.Status
		}
		return out, err
	}
	return a.read(reply)
}

// refuses tells statuses that say that the request itself is not taken, from those of load, of rights and of failures.
func refuses(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusProxyAuthRequired:
		return false
	}
	return status >= http.StatusBadRequest && status < http.StatusInternalServerError
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type function struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
}

type tool struct {
	Type     string   `json:"type"`
	Function function `json:"function"`
}

type request struct {
	Model       string         `json:"model"`
	Messages    []message      `json:"messages"`
	Tools       []tool         `json:"tools,omitempty"`
	ToolChoice  string         `json:"tool_choice,omitempty"`
	MaxTokens   int            `json:"max_tokens,omitempty"`
	NewLimit    int            `json:"max_completion_tokens,omitempty"`
	Temperature *float64       `json:"temperature,omitempty"`
	Seed        *int           `json:"seed,omitempty"`
	Stream      bool           `json:"stream"`
	Options     *streamOptions `json:"stream_options,omitempty"`
	Format      *format        `json:"response_format,omitempty"`
}

type format struct {
	Type string `json:"type"`
}

type streamOptions struct {
	Usage bool `json:"include_usage"`
}

func requestOf(model fleet.ModelName, p *fleet.GoldenPrompt) request {
	q := request{Model: string(model), MaxTokens: p.MaxTokens, Temperature: &p.Temperature, Seed: &p.Seed, Stream: p.Stream}
	for _, m := range p.Messages {
		q.Messages = append(q.Messages, message{m.Role, m.Text.Reveal()})
	}
	for _, t := range p.Tools {
		q.Tools = append(q.Tools, tool{"function", function{t.Name, t.Description, json.RawMessage(t.Parameters)}})
	}
	if len(q.Tools) > 0 {
		q.ToolChoice = "auto" // trtllm-serve takes none where nothing is said
	}
	if p.Stream {
		q.Options = &streamOptions{Usage: true}
	}
	return q
}
