package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"pitwall/fleet"
)

// GoldenPrompt is a question whose right answer is known, for new replicas.
type GoldenPrompt struct {
	Name        string          `yaml:"name"`
	Pools       []string        `yaml:"pools,omitempty"`
	Models      []string        `yaml:"models,omitempty"`
	Routes      []string        `yaml:"routes,omitempty"`
	System      string          `yaml:"system,omitempty"`
	Prompt      string          `yaml:"prompt,omitempty"`
	Messages    []GoldenMessage `yaml:"messages,omitempty"`
	Tools       []GoldenTool    `yaml:"tools,omitempty"`
	MaxTokens   int             `yaml:"max_tokens,omitempty"`
	Temperature float64         `yaml:"temperature,omitempty"`
	Seed        *int            `yaml:"seed,omitempty"`
	Stream      bool            `yaml:"stream,omitempty"`
	Timeout     Duration        `yaml:"timeout,omitempty"`
	Repeat      int             `yaml:"repeat,omitempty"`
	Pass        string          `yaml:"pass,omitempty"` // "all" or "4 of 5"
	Expect      GoldenExpect    `yaml:"expect"`
}

// GoldenMessage is one message of a conversation.
type GoldenMessage struct {
	Role    string `yaml:"role"`
	Content string `yaml:"content"`
}

// GoldenTool is a function that the model may call.
type GoldenTool struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description,omitempty"`
	Parameters  any    `yaml:"parameters,omitempty"`
}

// GoldenExpect is what an answer must be like; all that is written must hold.
type GoldenExpect struct {
	Text   *GoldenText   `yaml:"text,omitempty"`
	JSON   *GoldenJSON   `yaml:"json,omitempty"`
	Call   *GoldenCall   `yaml:"tool_call,omitempty"`
	Length *GoldenLength `yaml:"length,omitempty"`
}

// GoldenText is what a text must be like.
type GoldenText struct {
	Exact    string   `yaml:"exact,omitempty"`
	Contains []string `yaml:"contains,omitempty"`
	Regex    string   `yaml:"regex,omitempty"`
}

// GoldenJSON is what a document must hold: values by JSON pointer, and members with their values.
type GoldenJSON struct {
	Values map[string]any `yaml:"values,omitempty"`
	Subset any            `yaml:"subset,omitempty"`
}

// GoldenCall is a tool call that must be made.
type GoldenCall struct {
	Name      string         `yaml:"name"`
	Values    map[string]any `yaml:"values,omitempty"`
	Arguments any            `yaml:"arguments,omitempty"`
}

// GoldenLength bounds an answer.
type GoldenLength struct {
	MinTokens     int `yaml:"min_tokens,omitempty"`
	MaxTokens     int `yaml:"max_tokens,omitempty"`
	MinCharacters int `yaml:"min_characters,omitempty"`
	MaxCharacters int `yaml:"max_characters,omitempty"`
}

// What a prompt is that does not say it.
const (
	goldenTokens  = 256
	goldenSeed    = 1
	goldenTimeout = time.Minute
)

// golden turns a prompt into what is asked.
func golden(g *GoldenPrompt) (fleet.GoldenPrompt, error) {
	p := fleet.GoldenPrompt{Name: g.Name, Pools: named[fleet.PoolID](g.Pools), Models: named[fleet.ModelName](g.Models),
		Routes: named[fleet.RouteID](g.Routes), MaxTokens: g.MaxTokens, Temperature: g.Temperature, Seed: goldenSeed, Stream: g.Stream,
		Timeout: time.Duration(g.Timeout)}
	if p.MaxTokens == 0 {
		p.MaxTokens = goldenTokens
	}
	if p.Timeout == 0 {
		p.Timeout = goldenTimeout
	}
	if g.Seed != nil {
		p.Seed = *g.Seed
	}
	for _, m := range conversation(g) {
		p.Messages = append(p.Messages, fleet.GoldenMessage{Role: m.Role, Text: fleet.NewUnsaid(m.Content)})
	}
	var errs []error
	encode := func(of string, v any) fleet.JSON {
		b, err := document(v)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", of, err))
		}
		return b
	}
	for _, t := range g.Tools {
		p.Tools = append(p.Tools, fleet.GoldenTool{Name: t.Name, Description: t.Description, Parameters: encode("tools", t.Parameters)})
	}
	var err error
	p.Repeat, p.Pass, err = threshold(g.Repeat, g.Pass)
	errs = append(errs, err)
	p.Expect = expectation(&g.Expect, encode)
	return p, errors.Join(errs...)
}

func named[T ~string](list []string) []T {
	var out []T
	for _, s := range list {
		out = append(out, T(s))
	}
	return out
}

// conversation is the messages of a prompt, which may be written as one text.
func conversation(g *GoldenPrompt) []GoldenMessage {
	var list []GoldenMessage
	if g.System != "" {
		list = append(list, GoldenMessage{"system", g.System})
	}
	if g.Prompt != "" {
		list = append(list, GoldenMessage{"user", g.Prompt})
	}
	return append(list, g.Messages...)
}

// threshold reads how often a prompt is asked and how many answers must be right: "all", or "4 of 5".
func threshold(repeat int, pass string) (asked, right int, err error) {
	if pass == "" || pass == "all" {
		return max(repeat, 1), max(repeat, 1), nil
	}
	if n, err := fmt.Sscanf(pass, "%d of %d", &right, &asked); err != nil || n != 2 || pass != fmt.Sprintf("%d of %d", right, asked) {
		return 1, 1, fmt.Errorf("pass %q is neither all nor such as 4 of 5", pass)
	}
	switch {
	case repeat != 0 && repeat != asked:
		return 1, 1, fmt.Errorf("pass %q and repeat %d say two different numbers of answers", pass, repeat)
	case right < 1 || right > asked:
		return 1, 1, fmt.Errorf("pass %q cannot be reached, or always is", pass)
	}
	return asked, right, nil
}

func expectation(e *GoldenExpect, encode func(string, any) fleet.JSON) fleet.GoldenExpect {
	var out fleet.GoldenExpect
	if t := e.Text; t != nil {
		if t.Exact != "" {
			out.Exact = fleet.Some(fleet.NewUnsaid(t.Exact))
		}
		for _, s := range t.Contains {
			out.Contains = append(out.Contains, fleet.NewUnsaid(s))
		}
		out.Regex = t.Regex
	}
	holds := func(of string, values map[string]any, subset any) *fleet.GoldenJSON {
		if len(values) == 0 && subset == nil {
			return nil
		}
		j := &fleet.GoldenJSON{}
		for _, path := range sorted(values) {
			j.Values = append(j.Values, fleet.GoldenValue{Path: path, Value: encode(of+".values", values[path])})
		}
		if subset != nil {
			j.Subset = encode(of, subset)
		}
		return j
	}
	if e.JSON != nil {
		out.JSON = holds("expect.json", e.JSON.Values, e.JSON.Subset)
	}
	if c := e.Call; c != nil {
		out.Call = &fleet.GoldenCall{Name: c.Name, Arguments: holds("expect.tool_call", c.Values, c.Arguments)}
	}
	if l := e.Length; l != nil {
		out.Length = fleet.GoldenLength(*l)
	}
	return out
}

// Bounds of a document in the configuration.
const (
	mostNodes    = 2000
	mostDocument = 16 << 10
)

var errDocument = errors.New("it is larger than 16 kB or 2,000 values")

// document is a value of the file as JSON; nil for none. What a few lines with anchors unfold to is bounded before.
func document(v any) (fleet.JSON, error) {
	if v == nil {
		return nil, nil
	}
	left := mostNodes
	if !fits(v, &left) {
		return nil, errDocument
	}
	b, err := json.Marshal(v)
	switch {
	case err != nil:
		return nil, errors.New("it cannot be written as JSON")
	case len(b) > mostDocument:
		return nil, errDocument
	}
	return b, nil
}

func fits(v any, left *int) bool {
	if *left--; *left < 0 {
		return false
	}
	switch v := v.(type) {
	case map[string]any:
		for _, x := range v {
			if !fits(x, left) {
				return false
			}
		}
	case []any:
		for _, x := range v {
			if !fits(x, left) {
				return false
			}
		}
	}
	return true
}
