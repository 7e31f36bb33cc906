package chat

import (
	"context"
	"net/http"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// Prober sends probes to one address. It differs from an asker in what it wants to know: when the answer begins, how it ends,
// who gives it.
type Prober struct {
	asker
	path string
}

// Manner is how a request is written.
type Manner struct {
	JSON     bool // a JSON object is asked for by response_format too
	NewLimit bool // the limit of tokens is called max_completion_tokens
}

// Heard is an answer with what came around it.
type Heard struct {
	fleet.GoldenAnswer
	Prompt  fleet.Maybe[int] // tokens
	Finish  string           // raw
	Model   string           // that answered, raw
	FirstAt time.Time        // when the first byte of the answer came
	// ServerTime is the Date of the answer.
	ServerTime fleet.Maybe[time.Time]
}

// At opens a prober of one address of a source. It connects to nothing.
func At(spec fleet.SourceSpec, end fleet.ProbeEnd, deps fleet.Deps) (*Prober, error) {
	deps.Via = end.Via
	opt := httpx.For(spec, end.URL, deps)
	opt.MaxBody = mostBody
	client, err := httpx.New(opt)
	if err != nil {
		return nil, err
	}
	path := end.Path
	return &Prober{asker{client, spec.ID}, path}, nil
}

// Probe sends one request as a stream and waits for its end.
func (p *Prober) Probe(ctx context.Context, model fleet.ModelName, prompt *fleet.GoldenPrompt, m Manner) (Heard, error) {
	defer p.client.Close()
	q := requestOf(model, prompt)
	q.Temperature, q.Seed = nil, nil // some models take none
	if m.NewLimit {
		q.MaxTokens, q.NewLimit = 0, q.MaxTokens
	}
	if m.JSON {
		q.Format = &format{"json_object"}
	}
	reply, err := p.client.Do(ctx, http.MethodPost, p.path, q)
	if err != nil {
		out := Heard{}
		if reply != nil { // it refused before it worked on it, whatever the status
			out.Refused = reply.Status
		}
		return out, err
	}
	var h heard
	if err := p.hear(&h, reply); err != nil {
		return Heard{}, err
	}
	return Heard{GoldenAnswer: h.answer(), Prompt: h.prompt, Finish: h.finish, Model: h.model, FirstAt: reply.FirstAt,
		ServerTime: reply.ServerTime}, nil
}
