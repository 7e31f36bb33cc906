package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	"pitwall/backends/sim/world"
)

type object = map[string]any

func respond(w http.ResponseWriter, status int, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"error":{"message":"the answer could not be written"}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client hung up
}

// appendJSON prints what was made of the world; it always can be.
func appendJSON(b []byte, body any) []byte {
	out, err := json.Marshal(body)
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, out...)
}

// fail answers in the error form of OpenAI and LiteLLM.
func fail(w http.ResponseWriter, status int, kind, message string) {
	respond(w, status, object{"error": object{
		"message": message, "type": kind, "param": nil, "code": fmt.Sprint(status),
	}})
}

// completionRequest is what of a request the simulator looks at.
type completionRequest struct {
	Model    string `json:"model"`
	Prompt   any    `json:"prompt"`
	Messages []struct {
		Role    string `json:"role"`
		Content any    `json:"content"`
	} `json:"messages"`
	Tools []struct {
		Function struct {
			Name       string `json:"name"`
			Parameters struct {
				Properties map[string]struct {
					Type string `json:"type"`
				} `json:"properties"`
			} `json:"parameters"`
		} `json:"function"`
	} `json:"tools"`
	MaxTokens           int  `json:"max_tokens"`
	MaxCompletionTokens int  `json:"max_completion_tokens"`
	Stream              bool `json:"stream"`
}

func readCompletion(r *http.Request) (completionRequest, error) {
	var q completionRequest
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return q, err
	}
	if err := json.Unmarshal(body, &q); err != nil {
		return q, err
	}
	if q.Model == "" {
		return q, errors.New("model: field required")
	}
	if q.Prompt == nil && len(q.Messages) == 0 {
		return q, errors.New("messages: field required")
	}
	return q, nil
}

// ask estimates four characters a token, as people do.
func (q completionRequest) ask() world.Ask {
	chars := 0
	for _, m := range q.Messages {
		chars += len(fmt.Sprint(m.Content)) + 12
	}
	if q.Prompt != nil {
		chars += len(fmt.Sprint(q.Prompt))
	}
	return world.Ask{Prompt: max(chars/4, 1), MaxTokens: max(q.MaxTokens, q.MaxCompletionTokens), Stream: q.Stream}
}

// completions serves one inference path of an engine. wrong tells whether its model answers wrongly now.
func (s *server) completions(path string, chat bool, model string, wrong func() bool, ask func(world.Ask) *world.Call) {
	s.mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		q, err := readCompletion(r)
		if err != nil {
			fail(w, http.StatusBadRequest, "BadRequestError", err.Error())
			return
		}
		if q.Model != model {
			fail(w, http.StatusNotFound, "NotFoundError", "The model "+q.Model+" does not exist.")
			return
		}
		unsound := false
		s.look(func() { unsound = wrong() })
		a := answer{s: s, chat: chat, model: model, stream: q.Stream, reply: q.reply(unsound)}
		want := q.ask()
		want.Output = len(a.reply.words)
		a.serve(w, r, func() *world.Call { return ask(want) })
	})
}

// answer is one inference answer, whole or as a stream of events.
type answer struct {
	s      *server
	chat   bool
	model  string
	stream bool
	reply  reply
	header func(c *world.Call, h http.Header) // sets headers before the first byte
	flaw   world.Flaw                         // of the stream
}

// tick is how often a waiting answer looks at the world.
const tick = 50 * time.Millisecond

// words is what answers say, again and again.
var words = strings.Fields("the fleet is simulated and so is this answer")

// serve starts a call and answers as its tokens come. The waiting is done on the clock, so a client in the same
// process must not hold a virtual clock meanwhile.
func (a *answer) serve(w http.ResponseWriter, r *http.Request, start func() *world.Call) {
	task := a.s.o.Clock.Task()
	defer task.Done()
	running := a.s.o.World
	var c *world.Call
	running.At(a.s.o.Clock.Now(), func() { c = start() })
	sent := 0
	for {
		var done world.Call
		made, ended := 0, false
		running.At(a.s.o.Clock.Now(), func() {
			done, made, ended = *c, running.Progress(c), c.Ended
			a.flaw = running.Flaw(c)
		})
		if ended && done.Status != http.StatusOK {
			a.refuse(w, &done, sent)
			return
		}
		if a.stream && made > sent {
			sent = a.chunk(w, &done, sent, made)
		}
		if ended {
			a.finish(w, &done)
			return
		}
		if task.Sleep(r.Context(), tick) != nil {
			running.At(a.s.o.Clock.Now(), func() { running.GiveUp(c) })
			return
		}
	}
}

func (a *answer) headers(w http.ResponseWriter, c *world.Call) {
	if a.header != nil {
		a.header(c, w.Header())
	}
}

func (a *answer) refuse(w http.ResponseWriter, c *world.Call, sent int) {
	if sent > 0 {
		return // the stream just ends
	}
	a.headers(w, c)
	status := c.Status
	switch c.Reason {
	case "":
	case world.ReasonEdge:
		edgeError(w)
		return
	default:
		turnAway(w, status, c.Reason)
		return
	}
	switch status {
	case http.StatusTooManyRequests:
		if c.Deployment == "" && a.s.o.isGateway(a.s.name) {
			fail(w, status, "None", a.s.noDeployments(c.Route))
			return
		}
		fail(w, status, "rate_limit_exceeded", "Rate limit reached for "+a.model)
	case http.StatusBadRequest:
		fail(w, status, "invalid_request_error", "You passed in model="+c.Route+". There are no healthy deployments for this model")
	case http.StatusUnauthorized:
		fail(w, status, "auth_error", "Authentication Error, Can't reach database server")
	case http.StatusForbidden:
		fail(w, status, "permission_denied", "All deployments of "+c.Route+" are blocked")
	case http.StatusRequestTimeout:
		fail(w, status, "timeout", "Request timed out.")
	default:
		fail(w, status, "server_error", "The server had an error processing your request.")
	}
}

func (o *Options) isGateway(name string) bool {
	for _, g := range o.World.Gateways {
		if g.Name == name {
			return true
		}
	}
	return false
}

func (a *answer) id(c *world.Call) string {
	if a.chat {
		return fmt.Sprintf("chatcmpl-%010x", uint64(c.Start*1e3))
	}
	return fmt.Sprintf("cmpl-%010x", uint64(c.Start*1e3))
}

func text(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(words[i%len(words)])
	}
	return b.String()
}

func (a *answer) base(c *world.Call, kind string, choice object) object {
	created := a.s.o.World.Spec.Start.Add(time.Duration(c.Start * float64(time.Second))).Unix()
	return object{"id": a.id(c), "object": kind, "created": created, "model": a.model, "choices": []object{choice}}
}

func (a *answer) chunk(w http.ResponseWriter, c *world.Call, from, to int) int {
	if from == 0 {
		a.headers(w, c)
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	}
	step := 1
	if a.s.o.Coalesce {
		step = to - from
	}
	for i := from; i < to; i += step {
		choice := object{"index": 0, "finish_reason": nil}
		kind := "text_completion"
		if a.chat {
			kind = "chat.completion.chunk"
			choice["delta"] = object{"content": a.said(i, i+step)}
		} else {
			choice["text"] = a.said(i, i+step)
		}
		if a.flaw == world.FlawMalformed && i <= badEvent && badEvent < i+step {
			_, _ = io.WriteString(w, "data: {\"id\":\"chatcmpl-\n\n") // the client hung up
			continue
		}
		event(w, a.base(c, kind, choice))
	}
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	return to
}

// badEvent is which event of a malformed stream is no JSON.
const badEvent = 9

func event(w io.Writer, body object) {
	b, err := json.Marshal(body)
	if err == nil {
		_, _ = fmt.Fprintf(w, "data: %s\n\n", b) // the client hung up
	}
}

func (a *answer) finish(w http.ResponseWriter, c *world.Call) {
	reason := "stop"
	switch {
	case c.Output < len(a.reply.words):
		reason = "length"
	case a.reply.call != nil:
		reason = "tool_calls"
	}
	usage := object{"prompt_tokens": c.Prompt, "completion_tokens": c.Output, "total_tokens": c.Prompt + c.Output}
	if a.stream {
		choice := object{"index": 0, "finish_reason": reason, "delta": object{}}
		if a.reply.call != nil {
			call := maps.Clone(a.reply.call)
			call["index"] = 0
			choice["delta"] = object{"tool_calls": []object{call}}
		}
		kind := "chat.completion.chunk"
		if !a.chat {
			kind, choice = "text_completion", object{"index": 0, "finish_reason": reason, "text": ""}
		}
		last := a.base(c, kind, choice)
		last["usage"] = usage
		event(w, last)
		if a.flaw == world.FlawUnended {
			return
		}
		_, _ = io.WriteString(w, "data: [DONE]\n\n") // the client hung up
		return
	}
	a.headers(w, c)
	choice := object{"index": 0, "finish_reason": reason, "logprobs": nil}
	kind := "text_completion"
	if a.chat {
		kind = "chat.completion"
		message := object{"role": "assistant", "content": a.said(0, c.Output)}
		if a.reply.call != nil {
			message["content"], message["tool_calls"] = nil, []object{a.reply.call}
		}
		choice["message"] = message
	} else {
		choice["text"] = a.said(0, c.Output)
	}
	body := a.base(c, kind, choice)
	body["usage"] = usage
	respond(w, http.StatusOK, body)
}
