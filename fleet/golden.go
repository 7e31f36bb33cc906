package fleet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"time"
)

// Unsaid is what people or models say to each other: text of prompts and answers. It goes to the model and to what judges
// it, and nowhere else: printed, logged or marshalled it is a digest.
type Unsaid struct{ text string }

// NewUnsaid wraps a text.
func NewUnsaid(text string) Unsaid { return Unsaid{text} }

// Reveal returns the text for the one place that sends it, or judges it.
func (u Unsaid) Reveal() string { return u.text }

// Digest identifies a text without telling it: the first eight hexadecimal digits of its SHA-256.
func (u Unsaid) Digest() string { return shortDigest([]byte(u.text)) }

// String is for fmt. It and the three below are the doors through which a text could leave by accident.
func (u Unsaid) String() string { return "text#" + u.Digest() }

// GoString is for %#v.
func (u Unsaid) GoString() string { return u.String() }

// MarshalText is for JSON and YAML.
func (u Unsaid) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// LogValue is for slog.
func (u Unsaid) LogValue() slog.Value { return slog.StringValue(u.String()) }

func shortDigest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:4])
}

// GoldenPrompt is a question whose right answer is known. It is sent to new replicas before they get more weight.
type GoldenPrompt struct {
	Name string
	// Pools, Models and Routes say which pools it is for; where all are empty it is for every one.
	Pools  []PoolID
	Models []ModelName
	Routes []RouteID

	Messages    []GoldenMessage
	Tools       []GoldenTool
	MaxTokens   int
	Temperature float64
	Seed        int
	Stream      bool
	Timeout     time.Duration
	Repeat      int // how often it is asked of a replica
	Pass        int // how many of these answers must be right
	Expect      GoldenExpect
}

// GoldenMessage is one message of a prompt.
type GoldenMessage struct {
	Role string // system, user or assistant
	Text Unsaid
}

// GoldenTool is a function that the model may call.
type GoldenTool struct {
	Name, Description string
	Parameters        JSON // a JSON schema; nil for none
}

// GoldenExpect is what an answer must be like. All that is set must hold.
type GoldenExpect struct {
	Exact    Maybe[Unsaid] // the text without space around it
	Contains []Unsaid
	Regex    string
	JSON     *GoldenJSON // the text is a JSON document, alone or in one fence
	Call     *GoldenCall
	Length   GoldenLength
}

// GoldenJSON is what a document must hold.
type GoldenJSON struct {
	Values []GoldenValue
	Subset JSON // members that it must have with these values; lists must be equal. nil for none
}

// GoldenValue is the value at a JSON pointer.
type GoldenValue struct {
	Path  string
	Value JSON
}

// GoldenCall is a tool call that the answer must make.
type GoldenCall struct {
	Name      string
	Arguments *GoldenJSON // nil for any
}

// GoldenLength bounds an answer; 0 is no bound.
type GoldenLength struct {
	MinTokens, MaxTokens, MinCharacters, MaxCharacters int
}

// Digest identifies all that a prompt says, without telling it.
func (p *GoldenPrompt) Digest() string {
	var b []byte
	add := func(format string, args ...any) { b = fmt.Appendf(b, format+"\x00", args...) }
	add("%q %q %q %d %g %d %t %d %d", p.Pools, p.Models, p.Routes, p.MaxTokens, p.Temperature, p.Seed, p.Stream, p.Repeat, p.Pass)
	for _, m := range p.Messages {
		add("%q %q", m.Role, m.Text.text)
	}
	for _, t := range p.Tools {
		add("%q %q %q", t.Name, t.Description, []byte(t.Parameters))
	}
	e := &p.Expect
	add("%t %q %q %d", e.Exact.OK, e.Exact.V.text, e.Regex, e.Length)
	for _, c := range e.Contains {
		add("%q", c.text)
	}
	document := func(j *GoldenJSON) {
		if j == nil {
			add("none")
			return
		}
		for _, v := range j.Values {
			add("%q %q", v.Path, []byte(v.Value))
		}
		add("%q", []byte(j.Subset))
	}
	document(e.JSON)
	if e.Call != nil {
		add("%q", e.Call.Name)
		document(e.Call.Arguments)
	}
	return shortDigest(b)
}

// GoldenAnswer is what a replica answered.
type GoldenAnswer struct {
	Text   Unsaid
	Calls  []GoldenCalled
	Tokens Maybe[int] // of the answer, as the replica counts them
	Cut    bool       // it ended at the limit of tokens
	// Refused is the status with which the replica says that it does not take the request at all, whatever its load; 0 where
	// it took it, or where nobody knows.
	Refused int
}

// GoldenCalled is one tool call of an answer.
type GoldenCalled struct {
	Name      Unsaid
	Arguments Unsaid // a JSON document, if the model writes one
}

// Asker sends one prompt to one replica and waits for the answer, until ctx ends. It does no retry. An answer that does
// not come whole is an error. It is only used within a change that a person confirmed, or by a command that says so: each
// answer costs tokens.
type Asker interface {
	Ask(ctx context.Context, model ModelName, p *GoldenPrompt) (GoldenAnswer, error)
}
