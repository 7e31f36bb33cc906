package config

import (
	"bytes"
	"encoding/json"
	"fmt"

	"pitwall/fleet"
)

// goldenOf writes a prompt as the file has it.
func goldenOf(p *fleet.GoldenPrompt) GoldenPrompt {
	g := GoldenPrompt{Name: p.Name, Pools: texts(p.Pools), Models: texts(p.Models), Routes: texts(p.Routes), MaxTokens: p.MaxTokens,
		Temperature: p.Temperature, Seed: &p.Seed, Stream: p.Stream, Timeout: Duration(p.Timeout)}
	for _, m := range p.Messages {
		g.Messages = append(g.Messages, GoldenMessage{m.Role, m.Text.Reveal()})
	}
	for _, t := range p.Tools {
		g.Tools = append(g.Tools, GoldenTool{t.Name, t.Description, value(t.Parameters)})
	}
	if p.Repeat > 1 {
		g.Pass = fmt.Sprintf("%d of %d", p.Pass, p.Repeat)
	}
	e := &p.Expect
	if e.Exact.OK || len(e.Contains) > 0 || e.Regex != "" {
		g.Expect.Text = &GoldenText{Exact: e.Exact.V.Reveal(), Regex: e.Regex}
		for _, c := range e.Contains {
			g.Expect.Text.Contains = append(g.Expect.Text.Contains, c.Reveal())
		}
	}
	if e.JSON != nil {
		g.Expect.JSON = &GoldenJSON{Values: valuesOf(e.JSON), Subset: value(e.JSON.Subset)}
	}
	if e.Call != nil {
		g.Expect.Call = &GoldenCall{Name: e.Call.Name}
		if a := e.Call.Arguments; a != nil {
			g.Expect.Call.Values, g.Expect.Call.Arguments = valuesOf(a), value(a.Subset)
		}
	}
	if e.Length != (fleet.GoldenLength{}) {
		l := GoldenLength(e.Length)
		g.Expect.Length = &l
	}
	return g
}

func texts[T ~string](list []T) []string {
	var out []string
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

func valuesOf(j *fleet.GoldenJSON) map[string]any {
	var out map[string]any
	for _, v := range j.Values {
		if out == nil {
			out = map[string]any{}
		}
		out[v.Path] = value(v.Value)
	}
	return out
}

// value reads a document that this package wrote. Whole numbers stay whole.
func value(j fleet.JSON) any {
	if len(j) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(j))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil
	}
	return plainNumbers(v)
}

func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64() // what the file held was one
		return f
	case map[string]any:
		for name := range v {
			v[name] = plainNumbers(v[name])
		}
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	}
	return v
}
