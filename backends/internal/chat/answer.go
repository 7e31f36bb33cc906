package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// piece is a whole answer, or one event of a stream.
type piece struct {
	Choices []choice `json:"choices"`
	Model   string   `json:"model"`
	Usage   *struct {
		Prompt     *float64 `json:"prompt_tokens"`
		Completion *float64 `json:"completion_tokens"`
	} `json:"usage"`
	Error json.RawMessage `json:"error"`
}

type choice struct {
	Index   int     `json:"index"`
	Message *spoken `json:"message"`
	Delta   *spoken `json:"delta"`
	Finish  *string `json:"finish_reason"`
}

// spoken is what the model says: content is null where it only calls.
type spoken struct {
	Content *string `json:"content"`
	Calls   callsOf `json:"tool_calls"`
}

// callsOf reads a list of calls, and the single one that some servers stream in its place.
type callsOf []callOf

func (c *callsOf) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
		var one callOf
		err := json.Unmarshal(b, &one)
		*c = callsOf{one}
		return err
	}
	return json.Unmarshal(b, (*[]callOf)(c))
}

type callOf struct {
	Index    int `json:"index"`
	Function struct {
		Name      string    `json:"name"`
		Arguments arguments `json:"arguments"`
	} `json:"function"`
}

// arguments are JSON in a text, or the document itself where a server writes it so.
type arguments string

func (a *arguments) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*a = arguments(text)
		return nil
	}
	*a = arguments(b)
	return nil
}

// mostCalls bounds the calls of one answer.
const mostCalls = 32

// heard gathers an answer.
type heard struct {
	text   strings.Builder
	names  [][]byte
	args   [][]byte
	tokens fleet.Maybe[int]
	prompt fleet.Maybe[int]
	model  string
	finish string
	size   int
}

var (
	errNoAnswer = errors.New("the answer has no choice of a chat completion")
	errCutOff   = errors.New("the stream broke off before its end")
	errTooMuch  = errors.New("the answer is longer than 256 kB, or makes more than 32 calls")
	errInStream = errors.New("the server failed in the middle of its answer")
	errNoEvent  = errors.New("the stream has an event that is no JSON")
)

func (a *asker) fail(err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "send to " + path, Source: a.source, Err: err, Next: "nothing of it was used"}
}

// read takes a reply apart, whole or as a stream of events.
func (a *asker) read(reply *httpx.Reply) (fleet.GoldenAnswer, error) {
	h := heard{}
	if err := a.hear(&h, reply); err != nil {
		return fleet.GoldenAnswer{}, err
	}
	return h.answer(), nil
}

func (a *asker) hear(h *heard, reply *httpx.Reply) error {
	if strings.HasPrefix(reply.Header.Get("Content-Type"), "text/event-stream") {
		if err := h.stream(reply.Body); err != nil {
			return a.fail(err)
		}
		return nil
	}
	var whole piece
	if err := reply.JSON(&whole); err != nil {
		return err
	}
	if len(whole.Choices) == 0 || whole.Choices[0].Message == nil {
		return a.fail(errNoAnswer)
	}
	for i := range whole.Choices[0].Message.Calls {
		whole.Choices[0].Message.Calls[i].Index = i // only streams number them
	}
	if err := h.add(&whole); err != nil {
		return a.fail(err)
	}
	return nil
}

// stream reads events. It is whole once it says why it ended.
func (h *heard) stream(body []byte) error {
	for line := range bytes.Lines(body) {
		data, ok := bytes.CutPrefix(bytes.TrimRight(line, "\r\n"), []byte("data:"))
		if data = bytes.TrimSpace(data); !ok || len(data) == 0 || bytes.Equal(data, []byte("[DONE]")) {
			continue
		}
		var p piece
		switch {
		case json.Unmarshal(data, &p) != nil && !bytes.HasSuffix(line, []byte("\n")):
			return errCutOff
		case json.Unmarshal(data, &p) != nil:
			return errNoEvent
		case len(p.Error) > 0 && string(p.Error) != "null":
			return errInStream
		}
		if err := h.add(&p); err != nil {
			return err
		}
	}
	if h.finish == "" {
		return errCutOff
	}
	return nil
}

func (h *heard) add(p *piece) error {
	if p.Usage != nil {
		counted(&h.tokens, p.Usage.Completion)
		counted(&h.prompt, p.Usage.Prompt)
	}
	if h.model == "" {
		h.model = p.Model
	}
	for i := range p.Choices {
		c := &p.Choices[i]
		if c.Index != 0 {
			continue
		}
		if c.Finish != nil && *c.Finish != "" {
			h.finish = *c.Finish
		}
		for _, s := range []*spoken{c.Message, c.Delta} {
			if err := h.hear(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// counted takes a number of tokens that can be one.
func counted(to *fleet.Maybe[int], n *float64) {
	if n != nil && *n >= 0 && *n <= 1e9 {
		*to = fleet.Some(int(*n))
	}
}

func (h *heard) hear(s *spoken) error {
	if s == nil {
		return nil
	}
	if s.Content != nil {
		h.text.WriteString(*s.Content)
		h.size += len(*s.Content)
	}
	for _, c := range s.Calls {
		if c.Index < 0 || c.Index >= mostCalls {
			return errTooMuch
		}
		for len(h.names) <= c.Index {
			h.names, h.args = append(h.names, nil), append(h.args, nil)
		}
		h.names[c.Index] = append(h.names[c.Index], c.Function.Name...)
		h.args[c.Index] = append(h.args[c.Index], c.Function.Arguments...)
		h.size += len(c.Function.Name) + len(c.Function.Arguments)
	}
	if h.size > mostText {
		return errTooMuch
	}
	return nil
}

func (h *heard) answer() fleet.GoldenAnswer {
	a := fleet.GoldenAnswer{Text: fleet.NewUnsaid(h.text.String()), Tokens: h.tokens, Cut: h.finish == "length"}
	for i := range h.names {
		a.Calls = append(a.Calls, fleet.GoldenCalled{Name: fleet.NewUnsaid(string(h.names[i])), Arguments: fleet.NewUnsaid(string(h.args[i]))})
	}
	return a
}
