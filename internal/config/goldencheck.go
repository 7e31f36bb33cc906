package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Bounds of golden prompts: each is sent to every new replica.
const (
	mostPrompts  = 64
	mostMessages = 32
	mostTools    = 16
	mostText     = 32 << 10
	mostPattern  = 1 << 10
	mostAnswer   = 4096
	mostRepeat   = 10
	mostTimeout  = 5 * time.Minute
)

// plainName is a name that can stand in a journal.
var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func (c *checker) goldenPrompts(ctx *Context) {
	if len(ctx.Golden) > mostPrompts {
		c.fail("golden_prompts: %d of them, more than %d", len(ctx.Golden), mostPrompts)
		return
	}
	for i := range ctx.Golden {
		c.golden(&ctx.Golden[i], len(ctx.Clusters) > 0)
	}
}

// golden checks one prompt. Where clusters are searched, pools and routes may be found that the file does not name.
func (c *checker) golden(g *GoldenPrompt, searched bool) {
	of := fmt.Sprintf("golden prompt %q", g.Name)
	if !plainName.MatchString(g.Name) {
		c.fail("%s: a name has up to 64 letters, digits, dots, dashes and underscores", of)
		return
	}
	c.id("golden prompt", g.Name)
	if !searched {
		for _, id := range g.Pools {
			c.refers(of, "pool", id)
		}
		for _, id := range g.Routes {
			c.refers(of, "route", id)
		}
	}
	within := func(key string, v, least, most int) {
		if v != 0 && (v < least || v > most) {
			c.fail("%s: %s must lie between %d and %d", of, key, least, most)
		}
	}
	within("max_tokens", g.MaxTokens, 1, mostAnswer)
	within("repeat", g.Repeat, 1, mostRepeat)
	if g.Temperature < 0 || g.Temperature > 2 {
		c.fail("%s: temperature must lie between 0 and 2", of)
	}
	if time.Duration(g.Timeout) > mostTimeout {
		c.fail("%s: timeout must be at most %s", of, mostTimeout)
	}
	c.goldenMessages(of, g)
	c.goldenTools(of, g)
	c.goldenExpect(of, g)
	p, err := golden(g)
	if err != nil {
		c.fail("%s: %w", of, err)
	}
	within("pass", p.Repeat, 1, mostRepeat)
}

func (c *checker) goldenMessages(of string, g *GoldenPrompt) {
	list := conversation(g)
	size := 0
	for _, m := range list {
		size += len(m.Content)
		if !slices.Contains([]string{"system", "user", "assistant"}, m.Role) {
			c.fail("%s: role %q is none of system, user, assistant", of, m.Role)
		}
	}
	switch {
	case g.Prompt != "" && len(g.Messages) > 0:
		c.fail("%s: prompt and messages exclude each other", of)
	case len(list) == 0 || list[len(list)-1].Role != "user":
		c.fail("%s: it asks nothing: prompt is missing, or messages that end with the user's", of)
	case len(list) > mostMessages || size > mostText:
		c.fail("%s: it has more than %d messages or %d kB of text", of, mostMessages, mostText>>10)
	}
}

func (c *checker) goldenTools(of string, g *GoldenPrompt) {
	if len(g.Tools) > mostTools {
		c.fail("%s: it has more than %d tools", of, mostTools)
	}
	for _, t := range g.Tools {
		_, object := t.Parameters.(map[string]any)
		switch {
		case !plainName.MatchString(t.Name):
			c.fail("%s: tool %q: a name has up to 64 letters, digits, dots, dashes and underscores", of, t.Name)
		case t.Parameters != nil && !object:
			c.fail("%s: tool %q: parameters are a JSON schema, that is an object", of, t.Name)
		}
	}
}

func (c *checker) goldenExpect(of string, g *GoldenPrompt) {
	e := &g.Expect
	empty := true
	if t := e.Text; t != nil {
		empty = empty && t.Exact == "" && len(t.Contains) == 0 && t.Regex == ""
		c.goldenText(of, t)
	}
	if j := e.JSON; j != nil {
		empty = empty && len(j.Values) == 0 && j.Subset == nil
		c.pointers(of+": expect.json.values", j.Values)
	}
	if t := e.Call; t != nil {
		empty = false
		c.pointers(of+": expect.tool_call.values", t.Values)
		if !slices.ContainsFunc(g.Tools, func(x GoldenTool) bool { return x.Name == t.Name }) {
			c.fail("%s: expect.tool_call: there is no tool %q among its tools", of, t.Name)
		}
	}
	if l := e.Length; l != nil {
		empty = empty && *l == GoldenLength{}
		c.goldenLength(of, g, l)
	}
	if empty {
		c.fail("%s: expect says nothing: any answer would be right", of)
	}
}

func (c *checker) goldenText(of string, t *GoldenText) {
	if _, err := regexp.Compile(t.Regex); err != nil || len(t.Regex) > mostPattern {
		c.fail("%s: expect.text.regex cannot be read, or is longer than %d bytes; it is written as for Go and RE2", of, mostPattern)
	}
	if slices.Contains(t.Contains, "") {
		c.fail("%s: expect.text.contains has an empty text, which every answer contains", of)
	}
}

func (c *checker) pointers(of string, values map[string]any) {
	for path := range values {
		if path != "" && !strings.HasPrefix(path, "/") {
			c.fail("%s: %q is no JSON pointer such as /total or /items/0/name", of, path)
		}
	}
}

func (c *checker) goldenLength(of string, g *GoldenPrompt, l *GoldenLength) {
	limit := g.MaxTokens
	if limit == 0 {
		limit = goldenTokens
	}
	switch {
	case min(l.MinTokens, l.MaxTokens, l.MinCharacters, l.MaxCharacters) < 0:
		c.fail("%s: expect.length has a negative bound", of)
	case l.MaxTokens > 0 && l.MinTokens > l.MaxTokens, l.MaxCharacters > 0 && l.MinCharacters > l.MaxCharacters:
		c.fail("%s: expect.length: the least is more than the most", of)
	case l.MinTokens > limit:
		c.fail("%s: expect.length.min_tokens is more than the %d that an answer may have (max_tokens)", of, limit)
	}
}
